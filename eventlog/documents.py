"""Documents kept beside the log: an event holds a digest, here stands the content, sealed with the customer's key.

So the log stays small, and a customer who is forgotten takes the documents along.
"""

from domain.document import digest_of
from eventlog.connect import Datastore
from eventlog.keyring import Keyring

KEEP = "insert into documents (digest, key, sealed) values (%s, %s, %s) on conflict (digest) do nothing"
READ = "select key, sealed from documents where digest = %s"


class Documents:
    """Safe to share by threads."""

    def __init__(self, datastore: Datastore, keyring: Keyring) -> None:
        self._datastore, self._keyring = datastore, keyring

    def keep(self, customer_key: str, content: bytes) -> str:
        """Keeps a content; its digest. KeyError where the customer is forgotten."""
        digest = digest_of(customer_key, content)
        sealed = self._keyring.seal_bytes(customer_key, content)
        with self._datastore.get_connection() as connection:
            connection.execute(KEEP, (digest, customer_key, sealed))
        return digest

    def read(self, digest: str) -> bytes | None:
        """The content; None where none is kept, or its customer is forgotten."""
        with self._datastore.get_connection() as connection:
            row = connection.execute(READ, (digest,)).fetchone()
        if row is None:
            return None
        return self._keyring.reveal_bytes(str(row["key"]), bytes(row["sealed"]))
