"""New ids by kind of object, unique over all processes, counting from 1; taken from a sequence in blocks, small ones
while few are needed and larger ones while many are."""

import time
from collections import deque
from threading import Lock
from typing import Any

import psycopg
from psycopg import sql

from eventlog.connect import Datastore
from eventlog.migrate import LOCKS, MIGRATION_LOCK

MOST = 2048


class Ids:
    """`ids("package") -> int`. What a process took and did not use is a gap, never used twice."""

    def __init__(self, datastore: Datastore, block: int = 32) -> None:
        self._datastore, self._block = datastore, block
        self._left: dict[str, deque[int]] = {}
        self._taken: dict[str, tuple[float, int]] = {}
        self._lock = Lock()

    def __call__(self, kind: str) -> int:
        with self._lock:
            left = self._left.setdefault(kind, deque())
            if not left:
                left.extend(self._take(kind))
            return left.popleft()

    def _take(self, kind: str) -> list[int]:
        name = f"ids_{kind}"
        with self._datastore.get_connection() as connection:
            try:
                return self._next(connection, name)
            except psycopg.errors.UndefinedTable:
                self._make(connection, name)
                return self._next(connection, name)

    def _next(self, connection: psycopg.Connection[Any], name: str) -> list[int]:
        quoted = sql.Identifier(name).as_string(connection)
        taken = connection.execute(
            "select array(select nextval(%s) from generate_series(1, %s)) as ids", (quoted, self._size(name))
        ).fetchall()
        ids: list[int] = taken[0]["ids"]
        return ids

    def _size(self, name: str) -> int:
        """Twice the last block where that was used up within a second."""
        at, size = self._taken.get(name, (0.0, 0))
        now = time.monotonic()
        size = min(2 * size, MOST) if size and now - at < 1.0 else self._block
        self._taken[name] = (now, size)
        return size

    def _make(self, connection: psycopg.Connection[Any], name: str) -> None:
        with connection.transaction():
            connection.execute("select pg_advisory_xact_lock(%s, %s)", (LOCKS, MIGRATION_LOCK))
            connection.execute(sql.SQL("create sequence if not exists {}").format(sql.Identifier(name)))
