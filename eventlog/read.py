"""Reading the log: one stream by version, all of it by position, whole kinds; rows become Recorded facts."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import tuple_row

from eventlog.connect import Datastore, only_row, patiently
from eventlog.mapper import decode
from eventlog.recorded import Claimed, Head, Recorded, Written

COLUMNS = "position, stream, version, at, topic, data, actor, command, command_id, correlation_id, causation_id"

# One stream after a version, up to a version, position or time.
STREAM = f"""
select {COLUMNS} from log
 where stream = %(stream)s and version > %(after)s
   and version <= %(version)s and position <= %(position)s and at <= %(at)s
 order by version
"""  # noqa: S608 - constants only

# All streams by position.
ALL = f"select {COLUMNS} from log where position > %(after)s order by position limit %(limit)s"  # noqa: S608 - constants only

# Streams of some kinds by position, not beyond the head that was read before.
OF_KINDS_AFTER = f"""
select {COLUMNS} from log
 where position > %(after)s and position <= %(until)s and stream ^@ any(%(prefixes)s)
 order by position limit %(limit)s
"""  # noqa: S608 - constants only

# Whole kinds, from the streams' heads: the log is not scanned.
OF_KIND = f"""
select {", ".join("l." + column for column in COLUMNS.split(", "))} from streams s join log l on l.stream = s.stream
 where s.stream >= %(low)s and s.stream < %(high)s and l.position <= %(until)s
 order by l.position
"""  # noqa: S608 - constants only

# What one request or job began, by position.
CORRELATED = f"""
select {COLUMNS} from log where correlation_id = %(id)s and position > %(after)s order by position limit %(limit)s
"""  # noqa: S608 - constants only

HEAD = "select position, at, hash from head"
CLAIM = "select key, fingerprint, answer, position, at from claims where key = %s"

# What a command wrote, with the versions of its streams.
COMMAND = """
select c.last_position, c.at, coalesce((select json_object_agg(v.stream, v.version) from (
       select stream, max(version) as version from log
        where position between c.first_position and c.last_position group by stream) v), '{}')
  from commands c where c.command_id = %s
"""

ANY_VERSION = 2**31 - 1
ANY_POSITION = 2**62
ANY_TIME = datetime.max.replace(tzinfo=UTC)


def recorded(row: Sequence[Any]) -> Recorded:
    """A row of COLUMNS as an event; UnknownFact where its topic is not known here."""
    position, stream, version, at, topic, data, actor, command, command_id, correlation, causation = row
    fact = decode(topic, data)
    return Recorded(position, stream, version, at, fact, actor, command, command_id, correlation, causation)


def prefix(kind: str) -> str:
    """What the names of a kind's streams begin with."""
    return f"{kind}-"


def read_all(connection: psycopg.Connection[Any], after: int, limit: int) -> list[Recorded]:
    """Up to `limit` events after a position, in order."""
    cursor = connection.cursor(binary=True, row_factory=tuple_row)
    # Planned each time: a plan kept from when the log was empty would read all of it.
    return [recorded(row) for row in cursor.execute(ALL, {"after": after, "limit": limit}, prepare=False)]


def read_kinds(
    connection: psycopg.Connection[Any], kinds: Iterable[str], after: int, limit: int
) -> tuple[list[Recorded], int]:
    """Up to `limit` events of some kinds after a position, and the position up to which the log has been seen."""
    cursor = connection.cursor(binary=True, row_factory=tuple_row)
    until = read_head(connection).position
    bounds = {"after": after, "until": until, "limit": limit, "prefixes": [prefix(kind) for kind in kinds]}
    events = [recorded(row) for row in cursor.execute(OF_KINDS_AFTER, bounds, prepare=False)]
    return events, (events[-1].position if len(events) == limit else max(until, after))


def read_head(connection: psycopg.Connection[Any]) -> Head:
    return Head(*only_row(connection.cursor(binary=True, row_factory=tuple_row).execute(HEAD)))


class Reader:
    """Reads on pooled connections; a lost connection is replaced and the read tried again for two seconds."""

    def __init__(self, datastore: Datastore) -> None:
        self._datastore = datastore

    @contextmanager
    def _cursor(self) -> Iterator[psycopg.Cursor[Any]]:
        with self._datastore.get_connection() as connection:
            yield connection.cursor(binary=True, row_factory=tuple_row)

    @patiently
    def stream(
        self,
        stream: str,
        after: int = 0,
        *,
        version: int | None = None,
        position: int | None = None,
        at: datetime | None = None,
    ) -> list[Recorded]:
        bounds = {
            "stream": stream,
            "after": after,
            "version": ANY_VERSION if version is None else version,
            "position": ANY_POSITION if position is None else position,
            "at": ANY_TIME if at is None else at,
        }
        with self._cursor() as cursor:
            return [recorded(row) for row in cursor.execute(STREAM, bounds, prepare=True)]

    @patiently
    def all(self, after: int, limit: int) -> list[Recorded]:
        with self._datastore.get_connection() as connection:
            return read_all(connection, after, limit)

    @patiently
    def correlated(self, id: str, after: int, limit: int) -> list[Recorded]:
        with self._cursor() as cursor, cursor.connection.transaction():
            # The primary key would give the order, and read the whole log for it.
            cursor.execute("set local enable_indexscan = off")
            bounds = {"id": id, "after": after, "limit": limit}
            return [recorded(row) for row in cursor.execute(CORRELATED, bounds, prepare=False)]

    @patiently
    def of_kind(self, kind: str, until: int | None = None) -> list[Recorded]:
        """Every event of a kind's streams up to a position, by position."""
        low = prefix(kind)
        bounds = {"low": low, "high": low[:-1] + chr(ord("-") + 1), "until": ANY_POSITION if until is None else until}
        with self._cursor() as cursor:
            return [recorded(row) for row in cursor.execute(OF_KIND, bounds)]

    @patiently
    def of_kinds_after(self, kinds: Iterable[str], after: int, limit: int) -> tuple[list[Recorded], int]:
        with self._datastore.get_connection() as connection:
            return read_kinds(connection, kinds, after, limit)

    @patiently
    def head(self) -> Head:
        with self._datastore.get_connection() as connection:
            return read_head(connection)

    @patiently
    def claim(self, key: str) -> Claimed | None:
        with self._cursor() as cursor:
            row = cursor.execute(CLAIM, (key,)).fetchone()
        return Claimed(*row) if row else None

    @patiently
    def command(self, command_id: UUID) -> Written | None:
        with self._cursor() as cursor:
            row = cursor.execute(COMMAND, (command_id,)).fetchone()
        return Written(row[0], row[2], row[1], repeated=True) if row else None
