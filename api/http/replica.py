"""Reads from a streaming replica (OMS_READ_DATABASE_URL, spec 8): whether it keeps up, and the connections of one
request. A hot standby knows no LISTEN, so its position is polled. What it cannot answer in time, the primary does."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

import psycopg
from psycopg_pool import ConnectionPool

from api.http import metrics
from eventlog.connect import conninfo
from projections.schema import projected

log_ = logging.getLogger("daybook.api")

PATIENCE = 0.5
"""Seconds that the replica has to come to a position that the primary has, and to give a connection."""
LOOK_SECONDS = 1.0
"""Between two looks. With PATIENCE, how old what is read there may be."""
RECONNECT_SECONDS = 1.0

UNSEEN, AWAY, BEHIND, STRANGE = "unseen", "away", "behind", "strange"
CONFLICT, ERROR, MISSED = "conflict", "error", "missed"
"""Why the primary answers a read, as the metrics say it. UNSEEN: nobody has looked at the replica yet; STRANGE: it is
one of another database; MISSED: something was not there yet."""

# The same of a server and its physical replicas, and of no others.
IDENTITY = "select system_identifier, current_database() from pg_control_system()"

Pool = ConnectionPool[Any]


class ReplicaFailed(Exception):
    """The replica did not answer what the primary may: the request is begun again there."""


class Replica:
    """`trouble`: why nobody is to ask it now (UNSEEN to STRANGE), else None. A thread looks again and again, so that
    requests need not wait for a server that is down."""

    def __init__(self, database_url: str, options: str, size: int, primary: Pool) -> None:
        self.pool: Pool = ConnectionPool(
            conninfo(database_url, "daybook reads", options),
            min_size=1,
            max_size=size,
            open=True,
            kwargs={"autocommit": True},
            timeout=PATIENCE,
            reconnect_timeout=RECONNECT_SECONDS,
        )
        self.trouble: str | None = UNSEEN
        self._primary = primary
        self._stopped = Event()
        self._watcher = Thread(target=self._watch, name="replica", daemon=True)
        self._watcher.start()

    def close(self) -> None:
        self._stopped.set()
        self._watcher.join()
        self.pool.close()

    def comes_to(self, position: int) -> bool:
        """Whether its read models come in time to a position that the primary's have; who is too late is not asked
        until a look finds it well. Raises psycopg.Error."""
        until, pause = time.monotonic() + PATIENCE, 0.002
        with self.pool.connection() as connection:
            while projected(connection) < position:
                if time.monotonic() >= until:
                    self._turn(BEHIND, f"its read models have not come to {position}")
                    return False
                time.sleep(pause)
                pause = min(pause * 1.5, 0.02)
        return True

    def failed(self, error: psycopg.Error) -> str:
        """Why it did not answer. After a lost connection nobody asks until a look finds it well."""
        said = _first_line(error)
        if isinstance(error, psycopg.errors.SerializationFailure | psycopg.errors.DeadlockDetected):
            log_.info("the replica had to replay what a read stood in the way of: %s", said)
            return CONFLICT
        if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
            self._turn(AWAY, said)
            return AWAY
        log_.warning("the replica could not answer: %s: %s", type(error).__name__, said)
        return ERROR

    def _watch(self) -> None:
        while not self._stopped.is_set():
            self._look()
            self._stopped.wait(LOOK_SECONDS)

    def _look(self) -> None:
        """Well is who comes in time to where the primary is. A primary that is away says nothing about it."""
        try:
            with self._primary.connection() as connection:
                wanted, identity = projected(connection), connection.execute(IDENTITY).fetchone()
        except psycopg.Error:
            return
        try:
            if self.trouble == AWAY:
                self.pool.check()  # connections to the server that went away are not kept
            with self.pool.connection() as connection:
                same = connection.execute(IDENTITY).fetchone() == identity
            if not same:
                self._turn(STRANGE, "it is no replica of the database of DATABASE_URL")
            elif self.comes_to(wanted):
                self._turn(None, "it keeps up")
        except psycopg.Error as error:
            self._turn(AWAY, _first_line(error))

    def _turn(self, trouble: str | None, why: str) -> None:
        if trouble != self.trouble:
            if trouble is None:
                log_.info("reads go to the replica: %s", why)
            else:
                log_.warning("reads go to the primary, the replica is %s: %s", trouble, why)
        self.trouble = trouble


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]


class Reads:
    """The connections by which one request reads the read models: the replica's or, once there was a reason, the
    primary's and no others, so that no answer goes back in time. Without a `replica`: the primary's."""

    def __init__(self, primary: Pool, replica: Replica | None) -> None:
        self._primary = primary
        self._replica = replica
        self._counted = replica is None
        self._because = ""
        if replica is not None and replica.trouble is not None:
            self.turn_to_primary(replica.trouble)

    @contextmanager
    def connection(self) -> Iterator[psycopg.Connection[Any]]:
        """Raises ReplicaFailed for whatever the replica could not do: a query that was cancelled for what had to be
        replayed, a lost connection, a table that has not come to it."""
        replica = self._replica
        if not self._counted:
            metrics.read("primary" if replica is None else "replica", self._because)
            self._counted = True
        if replica is None:
            with self._primary.connection() as connection:
                yield connection
            return
        try:
            with replica.pool.connection() as connection:
                yield connection
        except psycopg.Error as error:
            self.turn_to_primary(replica.failed(error))
            raise ReplicaFailed from error

    def come_to(self, position: int) -> None:
        """What is read from now on has this position, which the primary's read models have."""
        replica = self._replica
        if replica is None:
            return
        try:
            if not replica.comes_to(position):
                self.turn_to_primary(BEHIND)
        except psycopg.Error as error:
            self.turn_to_primary(replica.failed(error))

    def turn_to_primary(self, because: str) -> None:
        """For the rest of the request."""
        if self._replica is not None:
            self._replica, self._because, self._counted = None, because, False
