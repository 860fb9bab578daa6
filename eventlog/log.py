"""The event log: the one object the rooms above append to, read from and follow."""

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from datetime import UTC, datetime
from functools import cached_property
from threading import Event
from typing import Any
from uuid import UUID

import psycopg
from eventsourcing.application import Application
from eventsourcing.persistence import EventStore
from eventsourcing.utils import Environment

from eventlog.committer import Committer
from eventlog.connect import Datastore, connect
from eventlog.decide import Decide, Decider, Prepared
from eventlog.documents import Documents
from eventlog.encode import encode
from eventlog.follow import Handle, run_follower, run_tail
from eventlog.ids import Ids
from eventlog.keyring import Keyring
from eventlog.mapper import FactMapper
from eventlog.migrate import migrate
from eventlog.read import Reader
from eventlog.recorded import (
    Claimed,
    Decision,
    Head,
    Held,
    Recorded,
    Written,
)
from eventlog.recorder import FollowerRecorder, LogFactory
from eventlog.reference import Reference
from eventlog.states import States


def utc_now() -> datetime:
    return datetime.now(UTC)


class Events(EventStore[str]):
    """The library's event store; called, it gives the events of one stream as they stand in the log."""

    reader: Reader

    def __call__(self, stream: str, after: int = 0, until: int | None = None) -> list[Recorded]:
        """Events of a stream with versions after `after`, up to `until`."""
        return self.reader.stream(stream, after, version=until)


class EventLog(Application[str]):
    """An eventsourcing application whose recorder is our log. Open one a process; it is safe to share by threads."""

    name = "Daybook"
    events: Events
    factory: LogFactory

    def __init__(
        self,
        database_url: str,
        direct_url: str | None = None,
        *,
        pool_size: int = 20,
        cached_states: int = 10_000,
        patience: float = 10.0,
        waiting: int = 4096,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.database_url, self.direct_url = database_url, direct_url or database_url
        self.now = clock
        self._pooled = self.direct_url != database_url
        self._datastore = Datastore(database_url, size=pool_size, pooled=self._pooled)
        self._committer = Committer(
            lambda: connect(database_url, "daybook append", pooled=self._pooled), patience=patience, waiting=waiting
        )
        self._reader = Reader(self._datastore)
        self._states = States(self._reader, cached_states)
        self._closed = False
        self.ids: Callable[[str], int] = Ids(self._datastore)
        self.followers = FollowerRecorder(self._datastore)
        decider = Decider(self, self._states)
        self.decide, self.prepare, self.given = decider.decide, decider.prepare, decider.given
        super().__init__()

    @classmethod
    def open(cls, database_url: str, direct_url: str | None = None, **settings: Any) -> "EventLog":
        """Migrates under a lock, then opens. `direct_url`: past a pooler, for LISTEN and session locks. Settings as
        of the constructor: `pool_size`, `cached_states`, `patience` (seconds), `waiting` (decisions), `clock`."""
        migrate(direct_url or database_url)
        return cls(database_url, direct_url, **settings)

    def close(self) -> None:
        """Writes what waits and closes every connection; once is enough."""
        if not self._closed:
            self._closed = True
            if "reference" in self.__dict__:
                self.reference.close()
            self._committer.close()
            super().close()

    # --- what the library asks an application for -------------------------------------------------------------------

    def construct_factory(self, env: Environment) -> LogFactory:
        return LogFactory(env, self._datastore, self._committer, self.listening)

    def construct_mapper(self) -> FactMapper:
        return FactMapper(self.factory.transcoder())

    def construct_event_store(self) -> Events:
        store = Events(self.mapper, self.recorder)
        store.reader = self._reader
        return store

    # --- append -----------------------------------------------------------------------------------------------------

    def append(self, decision: Decision) -> Written:
        """Writes a decision, or raises Refused (which of its kinds), Busy or Unavailable."""
        return self._committer.append(encode(decision))

    def submit(self, decision: Decision) -> Future[Written]:
        """Queues a decision; its Future gives what `append` gives."""
        return self._committer.submit([encode(decision)])[0]

    def append_many(self, decisions: Sequence[Decision]) -> list[Future[Written]]:
        """Queues decisions together, in order; each is accepted or refused on its own."""
        return list(self._committer.submit([encode(decision) for decision in decisions]))

    @property
    def waiting(self) -> int:
        """Decisions that wait for their transaction now."""
        return self._committer.waiting

    # --- load and read ----------------------------------------------------------------------------------------------

    def state(self, stream: str, *, at_least: int | None = None) -> Held:
        """The stream's state as it stands. Where the kept one has at least version `at_least` (known from an answer of
        `decide`) no query is made."""
        if at_least is not None:
            held = self._states.known(stream)
            if held is not None and held.version >= at_least:
                return held
        return self._states.now(stream)

    def state_at(
        self, stream: str, *, version: int | None = None, position: int | None = None, at: datetime | None = None
    ) -> Held:
        """The stream's state as it was: up to a version, a position of the log, or a time, each included."""
        return self._states.then(stream, version, position, at)

    def read(self, after: int = 0, limit: int = 500) -> list[Recorded]:
        """Up to `limit` events of the whole log after a position, in order."""
        return self._reader.all(after, limit)

    def correlated(self, id: str, after: int = 0, limit: int = 500) -> list[Recorded]:
        """Up to `limit` events of the chain that this request or job began, over all streams, by position."""
        return self._reader.correlated(id, after, limit)

    def of_kind(self, kind: str, until: int | None = None) -> list[Recorded]:
        """Every event of a kind's streams up to a position, by position: for small kinds."""
        return self._reader.of_kind(kind, until)

    def head(self) -> Head:
        return self._reader.head()

    def claim(self, key: str) -> Claimed | None:
        """Who has taken a claimed key, if anybody has."""
        return self._reader.claim(key)

    def written(self, command_id: UUID) -> Written | None:
        """What a command has written, if it has."""
        return self._reader.command(command_id)

    def keyring(self, secret: str) -> Keyring:
        """The customers' keys, opened with the installation's secret."""
        return Keyring(self._datastore, secret)

    def documents(self, keyring: Keyring) -> Documents:
        """What is kept beside the log, opened with the customers' keys."""
        return Documents(self._datastore, keyring)

    def prune(self, before: datetime) -> int:
        """Lets go of idempotency keys and command ids recorded before a time (OMS_IDEMPOTENCY_DAYS); natural keys stay.
        Gives how many went."""
        with self._datastore.get_connection() as connection:
            claims = connection.execute("delete from claims where not forever and at < %s", (before,)).rowcount
            return claims + connection.execute("delete from commands where at < %s", (before,)).rowcount

    @cached_property
    def reference(self) -> Reference:
        """The small kinds in memory (domain.kernel.Reference), loaded when first asked for."""
        return Reference(self._reader, self.listening)

    # --- follow -----------------------------------------------------------------------------------------------------

    def listening(self) -> psycopg.Connection[Any]:
        """A connection of one's own past any pooler: for LISTEN and session locks."""
        return connect(self.direct_url, "daybook follow")

    def follow(
        self, name: str, handle: Handle, *, stop: Event, batch: int = 500, poll: float = 1.0, start: int = 0
    ) -> None:
        """Runs until `stop`: `handle(connection, [Recorded])` in the transaction that saves the position; one owner
        over all processes, others stand by. See eventlog.follow."""
        run_follower(self.listening, name, handle, stop, batch, poll, start)

    def tail(
        self,
        after: int,
        handle: Handle,
        *,
        stop: Event,
        batch: int = 500,
        poll: float = 1.0,
        kinds: Iterable[str] | None = None,
    ) -> None:
        """Runs until `stop`: `handle(connection, [Recorded])` for every event after a position, no position stored."""
        run_tail(self.listening, after, handle, stop, batch, poll, kinds)

    def positions(self) -> dict[str, int]:
        """How far each follower is; `head().position` minus it is its lag in events."""
        with self._datastore.get_connection() as connection:
            rows = connection.execute("select application_name, notification_id from followers").fetchall()
        return {row["application_name"]: row["notification_id"] for row in rows}

    def wait_for(self, names: Iterable[str], position: int, timeout: float = 2.0) -> bool:
        """Whether all these followers have reached a position within `timeout` seconds (read your own writes)."""
        until = time.monotonic() + timeout
        try:
            for name in names:
                self.followers.wait(name, position, max(until - time.monotonic(), 0))
        except TimeoutError:
            return False
        return True


__all__ = ["Decide", "EventLog", "Events", "Prepared"]
