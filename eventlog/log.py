"""The event log: the one object the rooms above append to, read from and follow."""

import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from threading import Event
from typing import Any
from uuid import UUID

import psycopg
from eventsourcing.application import Application
from eventsourcing.persistence import EventStore
from eventsourcing.utils import Environment

from domain.guards import Effect
from domain.kernel import Given
from domain.kinds import kind_of
from eventlog.committer import Committer
from eventlog.connect import Datastore, connect
from eventlog.encode import encode
from eventlog.follow import Handle, run_follower, run_tail
from eventlog.ids import Ids
from eventlog.keyring import Keyring
from eventlog.mapper import FactMapper
from eventlog.migrate import migrate
from eventlog.read import Reader
from eventlog.recorded import (
    Claim,
    Claimed,
    ClaimTaken,
    Decision,
    Head,
    Held,
    Recorded,
    VersionClash,
    Written,
    new_command_id,
)
from eventlog.recorder import FollowerRecorder, LogFactory
from eventlog.reference import Reference
from eventlog.states import NOTHING, States

Decide = Callable[[Any, Given], Iterable[Any]]


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a decision would write: the facts, the state before and after, and the decision itself."""

    facts: tuple[Any, ...]
    before: Held
    after: Any
    decision: Decision


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
        self.ids = Ids(self._datastore)
        self.followers = FollowerRecorder(self._datastore)
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
        return self.submit(decision).result()

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

    # --- decide -----------------------------------------------------------------------------------------------------

    def decide(
        self,
        stream: str,
        function: Decide,
        *,
        actor: str,
        command: str,
        command_id: UUID | None = None,
        correlation_id: str = "",
        causation_id: str = "",
        given: Given | None = None,
        claims: tuple[Claim, ...] = (),
        expects: Mapping[str, int] | None = None,
        check: Callable[[Any, int], None] | None = None,
        checked: bool = True,
        attempts: int = 8,
    ) -> Written:
        """Loads the stream, calls `function(state or None, given) -> facts`, computes their effects and appends; on a
        version clash it decides anew on the fresh state, `attempts` times at most. No facts: nothing is written and the
        state's position and version come back. `check(state, version)` may raise (If-Match). `checked=False` forces:
        guards are moved without being asked. The same `command_id`, or a claim that is taken, is found even where the
        function would by now refuse. What the function raises is raised only if it holds on the fresh state."""
        envelope = Decision(
            command_id=command_id or new_command_id(),
            events=(),
            expects=expects or {},
            claims=claims,
            actor=actor,
            command=command,
            correlation_id=correlation_id,
            causation_id=causation_id,
        )
        held = self._states.known(stream)
        fresh = held is None
        while True:
            if held is None or fresh:
                held = self._states.now(stream)
            try:
                prepared = self._prepare(stream, held, function, envelope, given, check, checked)
            except Exception:
                if fresh:
                    if command_id is not None or claims:
                        return self._written_before(envelope)
                    raise
                fresh = True
                continue
            if not prepared.facts:
                if fresh:
                    return Written(held.position, {stream: held.version}, self.now())
                fresh = True
                continue
            try:
                written = self.append(prepared.decision)
            except VersionClash:
                attempts -= 1
                if attempts <= 0:
                    raise
                time.sleep(random.uniform(0, 0.003))  # noqa: S311 - jitter
                fresh = True
                continue
            if not written.repeated:
                self._states.moved(stream, held, prepared.facts, written.at, written.position, written.versions[stream])
            return written

    def prepare(
        self,
        stream: str,
        function: Decide,
        *,
        actor: str,
        command: str,
        command_id: UUID | None = None,
        correlation_id: str = "",
        causation_id: str = "",
        given: Given | None = None,
        claims: tuple[Claim, ...] = (),
        expects: Mapping[str, int] | None = None,
        check: Callable[[Any, int], None] | None = None,
        checked: bool = True,
    ) -> Prepared:
        """What `decide` would write now, without writing it: for `dry_run`, or to append several together."""
        envelope = Decision(
            command_id=command_id or new_command_id(),
            events=(),
            expects=expects or {},
            claims=claims,
            actor=actor,
            command=command,
            correlation_id=correlation_id,
            causation_id=causation_id,
        )
        return self._prepare(stream, self._states.now(stream), function, envelope, given, check, checked)

    def given(self, actor: str) -> Given:
        """What a decision is handed: the time, new ids, reference data, who asks."""
        return Given(self.now(), self.ids, self.reference, actor)

    def _prepare(
        self,
        stream: str,
        held: Held,
        function: Decide,
        envelope: Decision,
        given: Given | None,
        check: Callable[[Any, int], None] | None,
        checked: bool,
    ) -> Prepared:
        if check is not None:
            check(held.state, held.version)
        given = given or self.given(envelope.actor)
        facts = tuple(function(held.state, given))
        kind = kind_of(stream)
        effects: list[Effect] = []
        state = held.state
        for fact in facts:
            after = kind.evolve(state, fact, given.now)
            effects.extend(kind.effects(state, fact, after))
            state = after
        decision = replace(
            envelope,
            events=tuple((stream, fact) for fact in facts),
            expects={**envelope.expects, stream: held.version},
            effects=tuple(effects if checked else (replace(effect, checked=False) for effect in effects)),
        )
        return Prepared(facts, held, state, decision)

    def _written_before(self, envelope: Decision) -> Written:
        """Called while an exception is handled: what was written under the same command id, else that exception."""
        written = self.written(envelope.command_id)
        if written is not None:
            return written
        for claim in envelope.claims:
            taken = self.claim(claim.key)
            if taken is not None:
                raise ClaimTaken(taken.key, taken.fingerprint, taken.answer, taken.position)
        raise

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


__all__ = ["NOTHING", "Decide", "EventLog", "Events", "Prepared"]
