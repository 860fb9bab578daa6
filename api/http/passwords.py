"""Passwords: records of their own, hashed, never events (spec 3.1)."""

import hashlib
import hmac
import os
from typing import Any

from eventlog.log import EventLog

WORK = 2**14
"""scrypt's N for passwords that are set from now on, about 40 ms and 16 MB a guess; kept with each."""

SET = """
insert into passwords (user_id, salt, hash, work) values (%s, %s, %s, %s) on conflict (user_id)
    do update set salt = excluded.salt, hash = excluded.hash, work = excluded.work, changed_at = now()
"""
READ = "select salt, hash, work from passwords where user_id = %s"


def set_password(log: EventLog, user_id: int, password: str, *, keep_key: bytes | None = None) -> int:
    """The password of a user, hashed with a salt of its own. Every key of theirs is worthless from then on, but the one
    of the digest `keep_key`; how many there were. Both at once or neither."""
    salt = os.urandom(16)
    hashed = _hash(password, salt, WORK)
    with log.listening() as connection, connection.transaction():
        connection.execute(SET, (user_id, salt, hashed, WORK))
        return connection.execute(
            "delete from api_keys where user_id = %s and digest is distinct from %s", (user_id, keep_key)
        ).rowcount


def has_password(log: EventLog, username: str, password: str) -> bool:
    """Whether the user's password is this one."""
    user: Any = log.reference.find("user", username)
    if user is None:
        return False
    with log.listening() as connection:
        return is_password(connection, user.id, password)


def is_password(connection: Any, user_id: int, password: str) -> bool:
    """As slow for a user that is not there as for one that is."""
    row = connection.execute(READ, (user_id,)).fetchone()
    salt, expected, work = (bytes(row[0]), bytes(row[1]), row[2]) if row else (b"-" * 16, b"", WORK)
    return hmac.compare_digest(_hash(password, salt, work), expected)


def _hash(password: str, salt: bytes, work: int) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=work, r=8, p=1, maxmem=64 * 1024 * 1024)
