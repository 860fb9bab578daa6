"""Passwords of outside systems (a stock service's, say): sealed here under a name; only the name is ever in an event.

The name is a keyed hash of the password. So the same password has the same name and saving it again changes nothing;
another password has another name, so that who holds a connection made with the old one sees that it is another.
"""

import hashlib
import hmac
import os
from collections.abc import Callable
from typing import Any

import psycopg
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEEP = "insert into secrets (name, sealed) values (%s, %s) on conflict (name) do nothing"
READ = "select sealed from secrets where name = %s"

_NONCE = 12


class Secrets:
    """`connect`: a connection of one's own (EventLog.listening); `secret`: the installation's (OMS_SECRET_KEY)."""

    def __init__(self, connect: Callable[[], psycopg.Connection[Any]], secret: str) -> None:
        self._connect = connect
        self._sealing = AESGCM(hmac.digest(secret.encode(), b"sealing of passwords", hashlib.sha256))
        self._naming = hmac.digest(secret.encode(), b"naming of passwords", hashlib.sha256)

    def name_of(self, plain: str) -> str:
        """The name a password is kept under, whether it is kept or not."""
        return "sealed:" + hmac.digest(self._naming, plain.encode(), hashlib.sha256).hex()

    def keep(self, plain: str) -> str:
        """Keeps a password; its name."""
        name, nonce = self.name_of(plain), os.urandom(_NONCE)
        sealed = nonce + self._sealing.encrypt(nonce, plain.encode(), name.encode())
        with self._connect() as connection:
            connection.execute(KEEP, (name, sealed))
        return name

    def read(self, name: str) -> str:
        """The password; LookupError where none is kept under this name, or it was sealed with another secret."""
        with self._connect() as connection:
            row = connection.execute(READ, (name,)).fetchone()
        if row is None:
            raise LookupError("no password is kept under this name")
        sealed = bytes(row[0])
        try:
            return self._sealing.decrypt(sealed[:_NONCE], sealed[_NONCE:], name.encode()).decode()
        except InvalidTag as wrong:
            raise LookupError(
                "the password was sealed with another secret key; is OMS_SECRET_KEY the old one?"
            ) from wrong
