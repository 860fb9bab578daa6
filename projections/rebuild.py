"""A read model built anew beside the old one from the log, then swapped in, while commands and the projector go on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import psycopg

from eventlog.log import EventLog
from projections.models.orders import ORDER_STATES
from projections.objects.person import Reveal, Warm
from projections.projection import Projection
from projections.schema import TABLES, create, create_indexes, projected, rename

BATCH = 2_000
ORDERS = 4_000
"""Orders whose rows wait to be written together: one about which much happens is written once."""
NEAR = 2_000

# A batch of the projector holds the first, the swap the second: between two batches every table is at one position.
SHARE = "select pg_advisory_xact_lock_shared(7103, 1)"
ALONE = "select pg_advisory_xact_lock(7103, 1)"

# Equal for equal rows, in whatever order they stand.
DIGEST = "select count(*) || ':' || coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) from {} t"

Progress = Callable[[int, int], None]
"""Called with (events done, events to do)."""


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """The digests of the old and the new table at the position at which they were swapped."""

    old: str
    new: str
    position: int


def digest(connection: psycopg.Connection[Any], name: str) -> str:
    """A digest over all rows of a table."""
    [(found,)] = connection.execute(DIGEST.format(name).encode()).fetchall()
    return str(found)


def rebuild(
    log: EventLog,
    names: str | Sequence[str],
    reveal: Reveal,
    progress: Progress | None = None,
    warm: Warm | None = None,
) -> dict[str, Rebuilt]:
    """Builds these read models from the first event on. The new tables stand beside the old ones until they have come
    to where the projector is; then they take their names in one transaction. Raises KeyError for a name unknown, and
    Underway where another process is building one of them."""
    wanted = [TABLES[name] for name in ([names] if isinstance(names, str) else names)]
    next_to = {table.name: f"{table.name}__next" for table in wanted}
    with log.listening() as connection:
        for table in wanted:
            _claim(connection, table.name)
        connection.execute("set synchronous_commit = off")
        scratch = None
        for table in wanted:
            connection.execute(f"drop table if exists {next_to[table.name]}".encode())
            create(connection, table, next_to[table.name])
        if ORDER_STATES.name not in next_to:
            scratch = f"{ORDER_STATES.name}__for_{wanted[0].name}"
            connection.execute(f"drop table if exists {scratch}".encode())
            create(connection, ORDER_STATES, scratch, scratch=True)
        try:
            build = _Build(
                log, connection, Projection({ORDER_STATES.name: scratch or "", **next_to}, reveal, warm), progress
            )
            build.up_to_near_the_projector()
            for table in wanted:
                create_indexes(connection, table, next_to[table.name])
                connection.execute(f"analyze {next_to[table.name]}".encode())
            build.up_to_near_the_projector()
            with connection.transaction():
                connection.execute("set local synchronous_commit = on")
                connection.execute(ALONE)
                build.up_to(projected(connection))
                done = {}
                for table in wanted:
                    new = next_to[table.name]
                    done[table.name] = Rebuilt(digest(connection, table.name), digest(connection, new), build.position)
                    connection.execute(f"drop table {table.name}".encode())
                    rename(connection, table, new, table.name)
                    connection.execute("update read_models set shape = %s where name = %s", (table.shape, table.name))
            return done
        finally:
            if scratch is not None and not connection.closed:
                connection.execute(f"drop table if exists {scratch}".encode())


class Underway(Exception):
    """Another process is building this read model."""


def _claim(connection: psycopg.Connection[Any], name: str) -> None:
    """For as long as the connection lives."""
    row = connection.execute("select pg_try_advisory_lock(7104, %s)", (crc32(name.encode()) - 2**31,)).fetchone()
    if row is None or not row[0]:
        raise Underway(f"{name} is being built anew already")


class _Build:
    """The new tables, at a position of the log that is never beyond the projector's."""

    def __init__(
        self, log: EventLog, connection: psycopg.Connection[Any], projection: Projection, progress: Progress | None
    ) -> None:
        self._log, self._connection, self._projection, self._progress = log, connection, projection, progress
        self.position = 0

    def up_to_near_the_projector(self) -> None:
        while (there := projected(self._connection)) - self.position > NEAR:
            self.up_to(there)

    def up_to(self, there: int) -> None:
        while self.position < there:
            events = self._log.read(self.position, min(BATCH, there - self.position))
            with self._connection.transaction():
                waiting = self._projection.take(self._connection, events)
                if waiting >= ORDERS or events[-1].position >= there:
                    self._projection.flush(self._connection)
            self.position = events[-1].position
            if self._progress is not None:
                self._progress(self.position, there)
