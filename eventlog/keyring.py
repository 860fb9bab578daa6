"""Personal values sealed with a key of their customer (spec 6.2): destroying the key forgets the person everywhere.

Each customer has a data key (AES-256-GCM), kept in `customer_keys` wrapped by the installation's secret. Who the
customer is stands there only as an HMAC, so the table alone names nobody.
"""

import base64
import hashlib
import hmac
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import uuid4

import msgspec
import psycopg
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.personal import Personal
from eventlog.connect import Datastore

# The keys of subjects, made where there are none; a row that another process made in between is missing. A forgotten
# subject starts anew: its old key stays destroyed.
KEYS = """
with wanted as (
        select * from unnest(%s::text[], %s::bytea[], %s::bytea[]) as w (key, subject, wrapped)),
    found as (select w.key as asked, k.key from wanted w join customer_keys k on k.subject = w.subject),
    made as (
        insert into customer_keys (key, subject, wrapped)
        select key, subject, wrapped from wanted where key not in (select asked from found)
            on conflict (subject) do nothing returning key)
select asked, key from found union all select key, key from made
"""
WRAPPED = "select wrapped from customer_keys where key = %s"
WRAPPED_OF_MANY = "select key, wrapped from customer_keys where key = any(%s)"
FORGET = """
update customer_keys set wrapped = null, subject = null, forgotten_at = now()
 where key = any(%s) and wrapped is not null
"""
FORGOTTEN = "select key from customer_keys where wrapped is null order by key"

KEY_OF_SUBJECT = "select key from customer_keys where subject = %(subject)s"

_NONCE = 12


class Keyring:
    """`secret`: the installation's secret (OMS_SECRET_KEY). Keys are held in memory for `keep` seconds at most, so that
    what one process forgets the others forget soon. Safe to share by threads."""

    def __init__(self, datastore: Datastore, secret: str, keep: float = 5.0, held: int = 10_000) -> None:
        self._datastore, self._keep, self._held = datastore, keep, held
        self._wrapping = AESGCM(_derive(secret, b"wrapping of customer keys"))
        self._naming = _derive(secret, b"naming of customers")
        self._keys: OrderedDict[str, tuple[float, AESGCM | None]] = OrderedDict()
        self._lock = threading.Lock()

    def new_key(self, subject: str | None) -> str:
        """The id of the customer's key: the same for the same subject (an e-mail address or a remote id, in upper or
        lower case); None is a guest, who gets a key of their own each time."""
        return self.new_keys([subject])[0]

    def new_keys(self, subjects: Sequence[str | None]) -> list[str]:
        """The same for each of many, in one query."""
        rows: list[tuple[str, bytes | None, bytes]] = []
        plain: dict[str, bytes] = {}
        first: dict[bytes, str] = {}
        asked = []
        for subject in subjects:
            key, name = uuid4().hex, None if subject is None else self._name(subject)
            if name is not None and name in first:
                asked.append(first[name])
                continue
            if name is not None:
                first[name] = key
            plain[key], nonce = AESGCM.generate_key(256), os.urandom(_NONCE)
            rows.append((key, name, nonce + self._wrapping.encrypt(nonce, plain[key], key.encode())))
            asked.append(key)
        with self._datastore.get_connection() as connection:
            columns = [list(column) for column in zip(*rows, strict=True)] or [[], [], []]
            found = {row["asked"]: row["key"] for row in connection.execute(KEYS, columns).fetchall()}
        for key in found.keys() & set(found.values()):
            self._remember(key, AESGCM(plain[key]))
        # one that is missing was made by another process in between
        return [found.get(key) or self.new_key(subject) for key, subject in zip(asked, subjects, strict=True)]

    def seal(self, customer_key: str, value: Any) -> Personal:
        """Any value of JSON, sealed; KeyError where the key is forgotten or was never there."""
        return Personal(
            customer_key, base64.b64encode(self.seal_bytes(customer_key, msgspec.json.encode(value))).decode()
        )

    def reveal(self, personal: Personal) -> Any:
        """The value as JSON gives it back, or None where the customer is forgotten."""
        plain = self.reveal_bytes(personal.key, base64.b64decode(personal.sealed))
        return None if plain is None else msgspec.json.decode(plain)

    def seal_bytes(self, customer_key: str, plain: bytes) -> bytes:
        key = self._key(customer_key)
        if key is None:
            raise KeyError(customer_key)
        nonce = os.urandom(_NONCE)
        return nonce + key.encrypt(nonce, plain, customer_key.encode())

    def reveal_bytes(self, customer_key: str, sealed: bytes) -> bytes | None:
        """The plain bytes, or None where the key is forgotten; ValueError where they were sealed with another key or
        changed since."""
        key = self._key(customer_key)
        if key is None:
            return None
        try:
            return key.decrypt(sealed[:_NONCE], sealed[_NONCE:], customer_key.encode())
        except InvalidTag as wrong:
            raise ValueError(f"a value was not sealed with key {customer_key}, or has been changed") from wrong

    def warm(self, customer_keys: Iterable[str]) -> None:
        """Fetches the keys of many customers in one query, for who is about to open or seal much."""
        now = time.monotonic()
        with self._lock:
            wanted = [key for key in set(customer_keys) if self._keys.get(key, (0.0, None))[0] < now + self._keep / 5]
        if not wanted:
            return
        with self._datastore.get_connection() as connection:
            found = connection.execute(WRAPPED_OF_MANY, (wanted,)).fetchall()
        wrapped = {row["key"]: row["wrapped"] for row in found}
        for key in wanted:
            sealed = wrapped.get(key)
            self._remember(key, None if sealed is None else AESGCM(self._unwrap(key, bytes(sealed))))

    def forget(self, customer_key: str) -> bool:
        """Destroys the key; whether there was one. Other processes forget it when their copy is `keep` seconds old."""
        with self._datastore.get_connection() as connection:
            destroyed = destroy_keys(connection, [customer_key])
        with self._lock:
            self._keys.pop(customer_key, None)
        return destroyed == 1

    def drop(self, customer_keys: Iterable[str]) -> None:
        """What this process holds of them in memory, once others have destroyed them."""
        with self._lock:
            for key in customer_keys:
                self._keys.pop(key, None)

    def key_of(self, subject: str) -> str | None:
        """The key of a customer that has one; None where nobody of this name has, or they were forgotten."""
        with self._datastore.get_connection() as connection:
            found = connection.execute(KEY_OF_SUBJECT, {"subject": self._name(subject)}).fetchone()
        return None if found is None else str(found["key"])

    def _name(self, subject: str) -> bytes:
        return hmac.digest(self._naming, subject.strip().casefold().encode(), hashlib.sha256)

    def _key(self, customer_key: str) -> AESGCM | None:
        with self._lock:
            until, held = self._keys.get(customer_key, (0.0, None))
        if until > time.monotonic():
            return held
        with self._datastore.get_connection() as connection:
            row = connection.execute(WRAPPED, (customer_key,)).fetchone()
        wrapped = row["wrapped"] if row else None
        key = None if wrapped is None else AESGCM(self._unwrap(customer_key, bytes(wrapped)))
        self._remember(customer_key, key)
        return key

    def _unwrap(self, customer_key: str, wrapped: bytes) -> bytes:
        try:
            return self._wrapping.decrypt(wrapped[:_NONCE], wrapped[_NONCE:], customer_key.encode())
        except InvalidTag as wrong:
            raise ValueError(
                "customer keys were wrapped with another secret key; is OMS_SECRET_KEY the old one?"
            ) from wrong

    def _remember(self, customer_key: str, key: AESGCM | None) -> None:
        with self._lock:
            self._keys[customer_key] = (time.monotonic() + self._keep, key)
            self._keys.move_to_end(customer_key)
            if len(self._keys) > self._held:
                self._keys.popitem(last=False)


def destroy_keys(connection: psycopg.Connection[Any], customer_keys: Iterable[str]) -> int:
    """Destroys them for every process, in the transaction of the caller; gives how many there were to destroy."""
    return connection.execute(FORGET, (list(customer_keys),)).rowcount


def forgotten_keys(connection: psycopg.Connection[Any]) -> list[str]:
    """The names of all keys that were destroyed: to be kept beside a backup, and destroyed again after a restore."""
    return [str(row[0]) for row in connection.execute(FORGOTTEN)]


def _derive(secret: str, purpose: bytes) -> bytes:
    return hmac.digest(secret.encode(), purpose, hashlib.sha256)
