"""What a subscription keeps secret: its keys, the values of its own headers, passwords. Sealed, never in an event."""

import base64
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from eventlog.keyring import Keyring
from webhook_outbox.tables import WAKE, Connection

SUBJECT = "webhook endpoints"
"""Whose key seals them: the installation's own, known under this name (no e-mail address has a space)."""

LOAD = "select endpoint, version, key, sealed from webhook_secrets where endpoint = any(%s)"
VERSIONS = "select endpoint, version from webhook_secrets where endpoint = any(%s)"
SAVE = """
insert into webhook_secrets (endpoint, key, sealed) values (%s, %s, %s)
on conflict (endpoint) do update set key = excluded.key, sealed = excluded.sealed,
    version = webhook_secrets.version + 1, changed_at = now()
"""


@dataclass(frozen=True, slots=True)
class Secrets:
    """`old_secret_key` signs beside the new one until `old_until`; `auth` as in spec 4.1."""

    secret_key: str | None = None
    additional_headers: Mapping[str, str] = field(default_factory=dict)
    auth: Mapping[str, Any] | None = None
    old_secret_key: str | None = None
    old_until: datetime | None = None

    def signing(self, now: datetime) -> tuple[str, ...]:
        """The keys to sign with, the newest first."""
        keys = [self.secret_key]
        if self.old_until is not None and now < self.old_until:
            keys.append(self.old_secret_key)
        return tuple(key for key in keys if key)

    def headers(self) -> dict[str, str]:
        """What is added to each request, secret all of it. A token is fetched before sending, elsewhere."""
        if self.auth is None or self.auth["auth_type"] != "basic":
            return {}
        pair = f"{self.auth['username']}:{self.auth['password']}".encode()
        return {"Authorization": "Basic " + base64.b64encode(pair).decode()}


def load_secrets(connection: Connection, keyring: Keyring, endpoints: Iterable[int]) -> dict[int, tuple[int, Secrets]]:
    """Endpoint → version and secrets; who keeps none is left out."""
    found = {}
    for endpoint, version, key, sealed in connection.execute(LOAD, (list(endpoints),)).fetchall():
        plain = keyring.reveal_bytes(key, bytes(sealed))
        if plain is None:
            raise LookupError("the key of the webhook endpoints' secrets was destroyed")
        found[endpoint] = (version, msgspec.json.decode(plain, type=Secrets))
    return found


def secrets_of(connection: Connection, keyring: Keyring, endpoint: int) -> Secrets:
    return load_secrets(connection, keyring, [endpoint]).get(endpoint, (0, Secrets()))[1]


def secret_versions(connection: Connection, endpoints: Iterable[int]) -> dict[int, int]:
    return dict(connection.execute(VERSIONS, (list(endpoints),)).fetchall())


def save_secrets(connection: Connection, keyring: Keyring, endpoint: int, secrets: Secrets) -> None:
    key = keyring.new_key(SUBJECT)
    sealed = keyring.seal_bytes(key, msgspec.json.encode(asdict(secrets)))
    with connection.transaction():
        connection.execute(SAVE, (endpoint, key, sealed))
        connection.execute(WAKE)
