"""A whole log as of a position, in a database of its own (spec 6.3 `oms replay`): to look around in, never to go on
from as if it were the real one. Hashes, times and ids are those of the original, so it is verified like it."""

from collections.abc import Callable, Sequence
from typing import Any

import psycopg
from psycopg import sql

from eventlog import guard_rebuild
from eventlog.connect import connect, only_row
from eventlog.migrate import migrate

PARTITIONS = "select make_partition_v1(p) from generate_series(1, %s::bigint, (select partition_size from head)) p"
EVENTS = "copy (select * from log where position <= {}) to stdout (format binary)"
STREAMS = """
insert into streams (stream, version, last_position)
select distinct on (stream) stream, version, position from log order by stream, version desc
"""
HEAD = """
update head h set position = l.position, at = l.at, hash = l.hash, epoch = %s from log l where l.position = %s
"""
# Natural keys stand for ever; idempotency keys would let a request of then be answered as done.
CLAIMS = "copy (select * from claims where forever and position <= {}) to stdout (format binary)"
SEQUENCES = (
    "select sequencename, last_value from pg_sequences where sequencename like 'ids\\_%%' and last_value is not null"
)
BESIDE = ("customer_keys", "secrets", "documents")
"""What events name and the log does not hold. Who was forgotten since stays forgotten."""


class NotEmpty(Exception):
    """The other database has a log already."""


def replay(
    source_url: str,
    into_url: str,
    until: int,
    beside: Sequence[str] = (),
    progress: Callable[[int], None] | None = None,
) -> int:
    """Copies the log up to position `until` into an empty database, and rebuilds its guards; gives the last position.
    `beside`: tables of the rooms above that go along, made there already. Raises NotEmpty."""
    migrate(into_url)
    with connect(source_url, "daybook replay") as source, connect(into_url, "daybook replay") as target:
        if only_row(target.execute("select position from head"))[0] or target.execute("select 1 from log").fetchone():
            raise NotEmpty("the database to replay into has a log already; give an empty one")
        with source.transaction(), target.transaction():
            source.execute("set transaction isolation level repeatable read, read only")
            until = min(until, only_row(source.execute("select position from head"))[0])
            target.execute(PARTITIONS, (until,))
            _copy(source, target, sql.SQL(EVENTS).format(sql.Literal(until)), "log", progress)
            _copy(source, target, sql.SQL(CLAIMS).format(sql.Literal(until)), "claims")
            for table in (*BESIDE, *beside):
                columns = sql.SQL("copy {} to stdout (format binary)").format(sql.Identifier(table))
                _copy(source, target, columns, table)
            target.execute(STREAMS)
            epoch = only_row(source.execute("select epoch from head"))[0]
            target.execute(HEAD, (epoch, until))
            for name, last in source.execute(SEQUENCES).fetchall():
                target.execute(sql.SQL("create sequence if not exists {}").format(sql.Identifier(name)))
                target.execute("select setval(%s, %s)", (name, last))
    guard_rebuild.rebuild(into_url)
    return until


def _copy(
    source: psycopg.Connection[Any],
    target: psycopg.Connection[Any],
    rows: sql.Composed,
    table: str,
    progress: Callable[[int], None] | None = None,
) -> None:
    """Bytes from one server to the other, as they come."""
    into = sql.SQL("copy {} from stdin (format binary)").format(sql.Identifier(table))
    done = 0
    with source.cursor().copy(rows) as out, target.cursor().copy(into) as in_:
        for block in out:
            in_.write(block)
            done += len(block)
            if progress is not None:
                progress(done)
