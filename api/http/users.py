"""Who calls: users, passwords, keys (spec 3.1). Passwords and keys are records of their own, hashed, never events."""

import hashlib
import hmac
import os
import secrets
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg_pool import ConnectionPool

from domain import settings
from domain.kinds import stream_of
from eventlog.log import EventLog
from eventlog.migrate import migrate
from eventlog.recorded import Claim, ClaimTaken

ROLES = ("admin", "planner", "support", "store", "integration", "viewer")
KEPT_SECONDS = 1.0
KEY_DAYS = 30
TRIES, TRIES_SECONDS = 10, 60.0
_N, _R, _P = 2**14, 8, 1  # scrypt: about 40 ms and 16 MB a guess


@dataclass(frozen=True)
class Caller:
    """A user as a request sees one; `locations` None: all of them. `permissions`: of the user's groups."""

    id: int
    username: str
    roles: frozenset[str]
    locations: frozenset[int] | None
    permissions: frozenset[str] = frozenset()

    def may_at(self, *locations: int) -> bool:
        """Whether one of these locations is theirs."""
        return self.locations is None or any(at in self.locations for at in locations)

    def lacks(self, permissions: Iterable[str]) -> list[str]:
        """Those of a transition's extra permissions that the user has not; an admin has all, a role is one too."""
        return [] if "admin" in self.roles else sorted(set(permissions) - self.permissions - self.roles)


NOBODY = Caller(0, "", frozenset(), frozenset())


def install(log: EventLog) -> None:
    """The tables of this room."""
    migrate(log.direct_url, "api", Path(__file__).parent.parent / "sql")


class Users:
    """Logs users in and knows them by their keys. A key is looked up at most once a second, so revoking is quick."""

    def __init__(self, log: EventLog, pool: ConnectionPool[Any]) -> None:
        self._log, self._pool = log, pool
        self._known: dict[bytes, tuple[float, int]] = {}
        self._failed: dict[str, tuple[float, int]] = {}
        self._lock = threading.Lock()

    def log_in(self, username: str, password: str) -> str | None:
        """A new key, or None: wrong name or password (which of them is not said)."""
        user = self._log.reference.find("user", username)
        with self._log.listening() as connection:
            row = connection.execute(
                "select salt, hash from passwords where user_id = %s", (user.id if user else 0,)
            ).fetchone()
            salt, expected = (bytes(row[0]), bytes(row[1])) if row else (b"-" * 16, b"")
            right = hmac.compare_digest(_hash(password, salt), expected)
            if not right or user is None or not user.is_active:
                return None
            key = secrets.token_urlsafe(32)
            connection.execute(
                "insert into api_keys (digest, user_id, expires_at) values (%s, %s, now() + %s * interval '1 day')",
                (_digest(key), user.id, KEY_DAYS),
            )
            return key

    def throttled(self, who: str) -> float:
        """Seconds until this name or address may try again; 0: now."""
        with self._lock:
            since, tries = self._failed.get(who, (0.0, 0))
        left = since + TRIES_SECONDS - time.monotonic()
        return max(0.0, left) if tries >= TRIES else 0.0

    def failed(self, who: str) -> None:
        now = time.monotonic()
        with self._lock:
            since, tries = self._failed.get(who, (now, 0))
            self._failed[who] = (since, tries + 1) if now - since < TRIES_SECONDS else (now, 1)
            if len(self._failed) > 10_000:
                self._failed.clear()

    def caller(self, key: str) -> Caller | None:
        """Who has this key; None where nobody has, or has no more."""
        digest = _digest(key)
        until, user_id = self._known.get(digest, (0.0, 0))
        if until < time.monotonic():
            user_id = self._user_of(digest)
            if len(self._known) > 10_000:
                self._known.clear()
            self._known[digest] = (time.monotonic() + KEPT_SECONDS, user_id)
        user = self._log.reference.one("user", user_id) if user_id else None
        if user is None or not user.is_active:
            return None
        limited = (user.locations or "store" in user.roles) and "admin" not in user.roles
        groups = (self._log.reference.one("permission_group", id) for id in user.groups)
        held = frozenset(p for group in groups if group is not None and not group.removed for p in group.permissions)
        return Caller(
            user.id, user.username, frozenset(user.roles), frozenset(user.locations) if limited else None, held
        )

    def _user_of(self, digest: bytes) -> int:
        with self._pool.connection() as connection:
            row = connection.execute(_USER_OF, (digest,)).fetchone()
        return row[0] if row else 0


_USER_OF = "select user_id from api_keys where digest = %s and expires_at > now()"


def save_user(
    log: EventLog, username: str, password: str, roles: Iterable[str], locations: Iterable[int], *, actor: str
) -> int:
    """A user made or changed, with a password; the id."""
    known = log.reference.find("user", username)
    id = known.id if known else log.ids("user")
    record = settings.User(id, username, tuple(roles), tuple(locations))
    claims = () if known else (Claim(f"user:{username}", answer=str(id).encode(), forever=True),)
    try:
        log.decide(
            stream_of("user", id),
            lambda state, _: settings.save(state, record),
            actor=actor,
            command="save-user",
            claims=claims,
        )
    except ClaimTaken as taken:  # made by another process at the same time
        id = int(taken.answer or b"0")
    set_password(log, id, password)
    return id


def set_password(log: EventLog, user_id: int, password: str) -> None:
    """The password of a user, hashed with a salt of its own."""
    salt = os.urandom(16)
    with log.listening() as connection:
        connection.execute(
            "insert into passwords (user_id, salt, hash) values (%s, %s, %s)"
            " on conflict (user_id) do update set salt = excluded.salt, hash = excluded.hash, changed_at = now()",
            (user_id, salt, _hash(password, salt)),
        )


def revoke_keys(log: EventLog, user_id: int) -> int:
    """Every key of a user is worthless; how many there were."""
    with log.listening() as connection:
        return connection.execute("delete from api_keys where user_id = %s", (user_id,)).rowcount


def has_password(log: EventLog, username: str, password: str) -> bool:
    """Whether the user's password is this one."""
    user: Any = log.reference.find("user", username)
    if user is None:
        return False
    with log.listening() as connection:
        row = connection.execute("select salt, hash from passwords where user_id = %s", (user.id,)).fetchone()
    return row is not None and hmac.compare_digest(_hash(password, bytes(row[0])), bytes(row[1]))


def _hash(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=_N, r=_R, p=_P, maxmem=64 * 1024 * 1024)


def _digest(key: str) -> bytes:
    """Keys are random and long, so a plain hash keeps them as well as a slow one."""
    return hashlib.sha256(key.encode()).digest()
