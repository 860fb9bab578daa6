"""The rows of set-up tasks and of what is wrong in their files (tables of sql/001_setup.sql)."""

import hashlib
import hmac
import os
import zlib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psycopg
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from psycopg.rows import dict_row

from eventlog.log import EventLog
from eventlog.migrate import migrate

Connection = psycopg.Connection[Any]

READY, WORKING, FINISHED, FAILED, ABORTED = "READY", "WORKING", "FINISHED", "FAILED", "ABORTED"
FILE = "file"
MOST_PROBLEMS = 10_000
"""Of one task; beyond it they are counted only."""

_NONCE = 12

ADD = """
insert into setup_tasks (step, source, state, dry_run, user_id, username, file_name, sealed)
values (%(step)s, %(source)s, 'READY', %(dry_run)s, %(user)s, %(username)s, %(file_name)s, %(sealed)s) returning id
"""
TASKS = """
select id, step, source, state, dry_run, user_id, username, file_name, row_done, created, changed, there, rejected,
       message, asked_at, started_at, ended_at from setup_tasks
"""
ONE = TASKS + "where id = %s"
LAST = TASKS + "where step = %s and not dry_run order by id desc limit 1"
OPEN = TASKS + "where state in ('READY', 'WORKING') order by id"
LISTED = TASKS + "order by id desc limit %s offset %s"
COUNT = "select count(*) from setup_tasks"
SEALED = "select sealed from setup_tasks where id = %s"

BEGIN = """
update setup_tasks set state = 'WORKING', started_at = coalesce(started_at, clock_timestamp())
 where id = %s and state in ('READY', 'WORKING')
"""
GO_ON = """
update setup_tasks set row_done = %(row)s, created = created + %(created)s, changed = changed + %(changed)s,
       there = there + %(there)s, rejected = rejected + %(rejected)s
 where id = %(id)s and state = 'WORKING'
"""
END = """
update setup_tasks set state = %s, message = %s, ended_at = clock_timestamp(), sealed = null
 where id = %s and state in ('READY', 'WORKING')
"""
PROBLEM = "insert into setup_problems (task, number, row, field, text) values (%s, %s, %s, %s, %s)"
PROBLEMS = "select row, field, text from setup_problems where task = %s order by number limit %s offset %s"
KNOWN = "select count(*) from setup_problems where task = %s"
FORGET = "delete from setup_tasks where ended_at < clock_timestamp() - make_interval(days => %s)"


def prepare(log: EventLog) -> None:
    """The tables of this room."""
    migrate(log.direct_url, "setup", Path(__file__).parent / "sql")


class Sealing:
    """Files as they are kept: packed, and sealed with the installation's secret."""

    def __init__(self, secret: str) -> None:
        self._sealing = AESGCM(hmac.digest(secret.encode(), b"sealing of files", hashlib.sha256))

    def seal(self, data: bytes) -> bytes:
        nonce = os.urandom(_NONCE)
        return nonce + self._sealing.encrypt(nonce, zlib.compress(data), b"")

    def open(self, sealed: bytes) -> bytes:
        """LookupError where it was sealed with another secret."""
        try:
            return zlib.decompress(self._sealing.decrypt(sealed[:_NONCE], sealed[_NONCE:], b""))
        except InvalidTag:
            raise LookupError("the file was sealed with another secret key") from None


def add(connection: Connection, sealed: bytes | None, **said: Any) -> int:
    """A task that waits; `said`: step, source, dry_run, user, username, file_name."""
    row = connection.execute(ADD, {"file_name": None, **said, "sealed": sealed}).fetchone()
    assert row is not None  # noqa: S101 – a statement that returns a row
    return int(row[0])


def one(connection: Connection, id: int) -> dict[str, Any] | None:
    found = _rows(connection, ONE, (id,))
    return found[0] if found else None


def last(connection: Connection, step: str) -> dict[str, Any] | None:
    """The newest of a step that was to write something."""
    found = _rows(connection, LAST, (step,))
    return found[0] if found else None


def open_ones(connection: Connection) -> list[dict[str, Any]]:
    """Those that are to be done, the oldest first."""
    return _rows(connection, OPEN, ())


def listed(connection: Connection, limit: int, offset: int) -> list[dict[str, Any]]:
    return _rows(connection, LISTED, (limit, offset))


def count(connection: Connection) -> int:
    return _number(connection, COUNT, ())


def file_of(connection: Connection, id: int) -> bytes | None:
    """As it is kept, sealed."""
    row = connection.execute(SEALED, (id,)).fetchone()
    return row[0] if row else None


def begin(connection: Connection, id: int) -> bool:
    """Whether it is still to be done."""
    return bool(connection.execute(BEGIN, (id,)).rowcount)


def go_on(
    connection: Connection, id: int, row: int, outcomes: Counter[str], problems: Iterable[tuple[int, str, str]]
) -> bool:
    """Everything up to this row is done. False where it was aborted meanwhile."""
    counts = {name: outcomes.get(name, 0) for name in ("created", "changed", "there", "rejected")}
    if not connection.execute(GO_ON, {"id": id, "row": row, **counts}).rowcount:
        return False
    known = _number(connection, KNOWN, (id,))
    kept = list(problems)[: max(0, MOST_PROBLEMS - known)]
    with connection.cursor() as cursor:
        cursor.executemany(PROBLEM, [(id, known + n, *problem) for n, problem in enumerate(kept)])
    return True


def end(connection: Connection, id: int, state: str, message: str | None = None) -> bool:
    """It is over, and its file is gone; False where it was over before."""
    return bool(connection.execute(END, (state, message, id)).rowcount)


def problems(connection: Connection, id: int, limit: int, offset: int = 0) -> list[dict[str, Any]]:
    return _rows(connection, PROBLEMS, (id, limit, offset))


def count_problems(connection: Connection, id: int) -> int:
    return _number(connection, KNOWN, (id,))


def forget(connection: Connection, days: int) -> int:
    """Lets go of tasks that were over so long ago; how many."""
    return connection.execute(FORGET, (days,)).rowcount


def _rows(connection: Connection, statement: str, values: tuple[Any, ...]) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement.encode(), values).fetchall()


def _number(connection: Connection, statement: str, values: tuple[Any, ...]) -> int:
    row = connection.execute(statement.encode(), values).fetchone()
    return int(row[0]) if row else 0
