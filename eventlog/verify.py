"""Walks the log and names the first wrong event: positions and versions without gaps, time never backwards, and the
hash chain, which shows a changed, missing, added or reordered event (spec 6.2)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import namedtuple_row

from eventlog.chain import FIRST_HASH, Walk
from eventlog.connect import connect
from eventlog.read import read_head

# Every event as it is stored, by position.
WALK = """
select position, at, version, stream, topic, actor, command, command_id::text as command_id, correlation_id,
       causation_id, data, hash
  from log where position > %(after)s and position <= %(until)s order by position
"""
HASH_AT = "select hash from log where position = %s"
VERSIONS_AT = """
select distinct on (stream) stream, version from log
 where position <= %s order by stream, position desc
"""
# Streams whose head says something else than their last event.
HEADS = """
select s.stream, s.version, s.last_position, l.version as written, l.position
  from streams s left join lateral (
       select version, position from log where stream = s.stream order by version desc limit 1) l on true
 where l.version is distinct from s.version or l.position is distinct from s.last_position
 order by s.stream limit 1
"""


@dataclass(frozen=True, slots=True)
class Verified:
    """`events` compared; `wrong`: the first that is not as it was written, as a sentence, or None; `position` of it,
    or of the last event seen; `hash` of the last good one."""

    events: int
    position: int
    hash: bytes
    wrong: str | None


def verify(
    database_url: str,
    after: int = 0,
    until: int | None = None,
    progress: Callable[[int], None] | None = None,
    begins: dict[str, Any] | None = None,
) -> Verified:
    """Compares the events after a position up to another, all in one snapshot. At the log's end, the heads of the log
    and of the streams are compared too. `begins`: a signed head, whose signature the caller has checked: it
    stands for all events up to its position, and their partitions may be dropped."""
    with connect(database_url, "daybook verify") as connection, connection.transaction():
        connection.execute("set transaction isolation level repeatable read, read only")
        head = read_head(connection)
        last = head.position if until is None else min(until, head.position)
        walk = _walk(connection, after) if begins is None else Walk(begins["position"], bytes.fromhex(begins["hash"]))
        for row in _rows(connection, walk.position, last):
            wrong = walk.step(row)
            if wrong is not None:
                return Verified(walk.events, row.position, walk.hash, wrong)
            if progress is not None and walk.events % 10_000 == 0:
                progress(walk.events)
        return Verified(walk.events, walk.position, walk.hash, _end(connection, walk, last, head.position, head.hash))


def _rows(connection: psycopg.Connection[Any], after: int, until: int) -> Iterator[Any]:
    with connection.cursor(name="verify", row_factory=namedtuple_row) as cursor:
        cursor.itersize = 2000
        cursor.execute(WALK, {"after": after, "until": until})
        yield from cursor


def _walk(connection: psycopg.Connection[Any], after: int) -> Walk:
    if not after:
        return Walk(0, FIRST_HASH)
    row = connection.execute(HASH_AT, (after,)).fetchone()
    if row is None:
        raise LookupError(f"there is no event at position {after} to begin after")
    return Walk(after, row[0], dict(connection.execute(VERSIONS_AT, (after,)).fetchall()))


def _end(connection: psycopg.Connection[Any], walk: Walk, last: int, head: int, head_hash: bytes) -> str | None:
    """What is wrong with the heads, once every event is right."""
    if walk.position != last:
        return f"position {walk.position + 1} is missing: the log should go on to {last}"
    if last != head:
        return None
    if walk.hash != head_hash:
        return f"the head of the log does not fit its last event at position {last}"
    wrong = connection.execute(HEADS).fetchone()
    return None if wrong is None else f"the head of stream {wrong[0]} says version {wrong[1]}, its events {wrong[3]}"
