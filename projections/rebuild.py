"""A read model built anew beside the old one from the log, then swapped in, while commands and the projector go on."""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import psycopg

from eventlog.log import EventLog
from projections.model import Table
from projections.models.orders import ORDER_STATES
from projections.objects.person import Reveal, Warm
from projections.projection import Projection, Rows
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
        connection.execute("set maintenance_work_mem = '256MB'")  # indexes of a large table are sorted in memory
        scratch = None
        for table in wanted:
            connection.execute(f"drop table if exists {next_to[table.name]}".encode())
            create(connection, table, next_to[table.name])
        if ORDER_STATES.name not in next_to:
            scratch = f"{ORDER_STATES.name}__for_{wanted[0].name}"
            connection.execute(f"drop table if exists {scratch}".encode())
            create(connection, ORDER_STATES, scratch, scratch=True)
        projection = Projection({ORDER_STATES.name: scratch or "", **next_to}, reveal, warm)
        try:
            with ThreadPoolExecutor(1) as beside:
                build = _Build(log, connection, projection, beside, progress)
                build.up_to_near_the_projector()
                for table in wanted:
                    create_indexes(connection, table, next_to[table.name])
                    connection.execute(f"analyze {next_to[table.name]}".encode())
                build.up_to_near_the_projector()
                with connection.transaction():
                    connection.execute("set local synchronous_commit = on")
                    connection.execute(ALONE)
                    build.up_to(projected(connection))
                    return {
                        table.name: _swap(connection, table, next_to[table.name], build.position) for table in wanted
                    }
        finally:
            if scratch is not None and not connection.closed:
                connection.execute(f"drop table if exists {scratch}".encode())


def _swap(connection: psycopg.Connection[Any], table: Table, new: str, position: int) -> Rebuilt:
    done = Rebuilt(digest(connection, table.name), digest(connection, new), position)
    connection.execute(f"drop table {table.name}".encode())
    rename(connection, table, new, table.name)
    connection.execute("update read_models set shape = %s where name = %s", (table.shape, table.name))
    return done


class Underway(Exception):
    """Another process is building this read model."""


def _claim(connection: psycopg.Connection[Any], name: str) -> None:
    """For as long as the connection lives."""
    row = connection.execute("select pg_try_advisory_lock(7104, %s)", (crc32(name.encode()) - 2**31,)).fetchone()
    if row is None or not row[0]:
        raise Underway(f"{name} is being built anew already")


class _Build:
    """The new tables, at a position of the log that is never beyond the projector's. While a batch is written `beside`,
    in a thread, the next one is folded."""

    def __init__(
        self,
        log: EventLog,
        connection: psycopg.Connection[Any],
        projection: Projection,
        beside: Executor,
        progress: Progress | None,
    ) -> None:
        self._log, self._connection, self._projection, self._progress = log, connection, projection, progress
        self._beside, self._writing = beside, Future[None]()
        self._writing.set_result(None)
        self.position = 0

    def up_to_near_the_projector(self) -> None:
        while (there := projected(self._connection)) - self.position > NEAR:
            self.up_to(there)

    def up_to(self, there: int) -> None:
        while self.position < there:
            events = self._log.read(self.position, min(BATCH, there - self.position))
            waiting = self._projection.take(self._settled, events)
            self.position = events[-1].position
            whole = waiting >= ORDERS or self.position >= there
            rows = self._projection.all_rows() if whole else self._projection.rows_of_events()
            self._writing = self._beside.submit(self._write, self._settled(), rows)
            if self._progress is not None:
                self._progress(self.position, there)
        self._settled()

    def _settled(self) -> psycopg.Connection[Any]:
        """The connection, once nothing is being written."""
        self._writing.result()
        return self._connection

    def _write(self, connection: psycopg.Connection[Any], rows: Rows) -> None:
        with connection.transaction():
            self._projection.write(connection, rows)
