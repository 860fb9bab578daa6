"""Who calls: users as requests see them, known by their keys (spec 3.1)."""

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg_pool import ConnectionPool

from api.http import keys, throttle
from api.http.passwords import is_password, set_password
from domain import settings
from domain.kinds import stream_of
from eventlog.log import EventLog
from eventlog.migrate import migrate
from eventlog.recorded import Claim, ClaimTaken

ROLES = ("admin", "planner", "support", "store", "integration", "viewer")
KEPT_SECONDS = 1.0


@dataclass(frozen=True)
class Caller:
    """A user as a request sees one; `locations` None: all of them. `permissions`: of the user's groups. `key`: the
    digest of the key they came with."""

    id: int
    username: str
    roles: frozenset[str]
    locations: frozenset[int] | None
    permissions: frozenset[str] = frozenset()
    key: bytes = b""

    def may_at(self, *locations: int) -> bool:
        """Whether one of these locations is theirs."""
        return self.locations is None or any(at in self.locations for at in locations)

    def lacks(self, permissions: Iterable[str]) -> list[str]:
        """Those of a transition's extra permissions that the user has not; an admin has all, a role is one too."""
        return [] if "admin" in self.roles else sorted(set(permissions) - self.permissions - self.roles)


def caller_of(log: EventLog, user_id: int, key: bytes = b"") -> Caller | None:
    """A user as a request sees one; None where there is none who is active."""
    user = log.reference.one("user", user_id)
    if user is None or not user.is_active:
        return None
    limited = (user.locations or "store" in user.roles) and "admin" not in user.roles
    groups = (log.reference.one("permission_group", id) for id in user.groups)
    held = frozenset(p for group in groups if group is not None and not group.removed for p in group.permissions)
    locations = frozenset(user.locations) if limited else None
    return Caller(user.id, user.username, frozenset(user.roles), locations, held, key)


NOBODY = Caller(0, "", frozenset(), frozenset())


class TooManyTries(Exception):
    """`seconds` until the next try is looked at."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"{seconds:.0f} s")
        self.seconds = seconds


def install(log: EventLog) -> None:
    """The tables of this room."""
    migrate(log.direct_url, "api", Path(__file__).parent.parent / "sql")


class Users:
    """Logs users in and knows them by their keys. A key is looked up at most once a second, so revoking is quick."""

    def __init__(self, log: EventLog, pool: ConnectionPool[Any]) -> None:
        self._log, self._pool = log, pool
        self._known: dict[bytes, tuple[float, int]] = {}
        self._lock = threading.Lock()

    def log_in(self, username: str, password: str, seconds: int, address: str, agent: str) -> str | None:
        """A new key, or None: wrong name or password (which of them is not said). Raises TooManyTries."""
        user = self._log.reference.find("user", username)
        with self._log.listening() as connection:
            if not self._tried(connection, username, password, address) or user is None or not user.is_active:
                return None
            return keys.new_key(connection, user.id, seconds, address, agent)

    def is_right(self, username: str, password: str, address: str) -> bool:
        """Whether it is the user's password; a wrong one counts as a try to log in. Raises TooManyTries."""
        with self._log.listening() as connection:
            return self._tried(connection, username, password, address)

    def _tried(self, connection: Any, username: str, password: str, address: str) -> bool:
        wait = throttle.tried(connection, username, address)
        if wait:
            raise TooManyTries(wait)
        user = self._log.reference.find("user", username)
        right = is_password(connection, user.id if user else 0, password)
        if right:
            throttle.was_right(connection, username, address)
        return right

    def caller(self, key: str) -> Caller | None:
        """Who has this key; None where nobody has, or has no more."""
        digest = keys.digest_of(key)
        until, user_id = self._known.get(digest, (0.0, 0))
        if until < time.monotonic():
            with self._pool.connection() as connection:
                user_id = keys.user_of(connection, digest)
            with self._lock:
                if len(self._known) > 10_000:
                    self._known.clear()
                self._known[digest] = (time.monotonic() + KEPT_SECONDS, user_id)
        return caller_of(self._log, user_id, digest) if user_id else None

    def forget(self) -> None:
        """What this process remembers of keys; asked after some were taken back."""
        with self._lock:
            self._known.clear()


def save_user(
    log: EventLog, username: str, password: str, roles: Iterable[str], locations: Iterable[int], *, actor: str
) -> int:
    """A user made or changed, with a password; the id. The password is there before the user is: whoever dies between
    leaves no user without one."""
    known = log.reference.find("user", username)
    id = known.id if known else log.ids("user")
    record = settings.User(id, username, tuple(roles), tuple(locations))
    claims = () if known else (Claim(f"user:{username}", answer=str(id).encode(), forever=True),)
    set_password(log, id, password)
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


def revoke_keys(log: EventLog, user_id: int) -> int:
    """Every key of a user is worthless; how many there were."""
    with log.listening() as connection:
        return keys.revoke(connection, user_id)
