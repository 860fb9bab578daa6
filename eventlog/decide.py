"""Deciding: a stream loaded, a function asked, its facts and their effects appended; again when others were faster."""

import random
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from domain.changing import replace
from domain.guards import Effect
from domain.kernel import Given
from domain.kinds import kind_of
from eventlog.recorded import Claim, Claimed, ClaimTaken, Decision, Held, VersionClash, Written, new_command_id
from eventlog.reference import Reference
from eventlog.states import States

Decide = Callable[[Any, Given], Iterable[Any]]


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a decision would write: the facts, the state before and after, and the decision itself."""

    facts: tuple[Any, ...]
    before: Held
    after: Any
    decision: Decision


class Log(Protocol):
    """What deciding needs of the log."""

    now: Callable[[], datetime]
    ids: Callable[[str], int]

    @property
    def reference(self) -> Reference: ...
    def append(self, decision: Decision) -> Written: ...
    def claim(self, key: str) -> Claimed | None: ...
    def written(self, command_id: UUID) -> Written | None: ...


class Decider:
    """Decides over streams of a log; EventLog offers its `decide`, `prepare` and `given` as its own."""

    def __init__(self, log: Log, states: States) -> None:
        self._log, self._states = log, states

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
        also: Callable[[], tuple[Claim, ...]] = tuple,
        expects: Mapping[str, int] | None = None,
        check: Callable[[Any, int], None] | None = None,
        checked: bool = True,
        attempts: int = 8,
    ) -> Written:
        """Loads the stream, calls `function(state or None, given) -> facts`, computes their effects and appends; on a
        version clash it decides anew on the fresh state, `attempts` times at most. No facts: nothing is written and the
        state's position and version come back. `check(state, version)` may raise (If-Match). `checked=False` forces:
        guards are moved without being asked. The same `command_id`, or a claim that is taken, is found even where the
        function would by now refuse; the same `command_id` also where it would by now give no facts. `also()` gives the
        claims that come of what the function decided. What the function raises is raised only if it holds on the fresh
        state."""
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
                decision = replace(prepared.decision, claims=(*claims, *also()))
            except Exception:
                if fresh:
                    if command_id is not None or claims:
                        return self._written_before(envelope)
                    raise
                fresh = True
                continue
            if not prepared.facts:
                if fresh:
                    before = None if command_id is None else self._log.written(command_id)
                    return before or Written(held.position, {stream: held.version}, self._log.now())
                fresh = True
                continue
            try:
                written = self._log.append(decision)
            except VersionClash:
                attempts -= 1
                if attempts <= 0:
                    raise
                time.sleep(random.uniform(0, 0.003))  # noqa: S311 - jitter
                fresh = True
                continue
            if not written.repeated:
                self._states.moved(stream, held, prepared.facts, written.at, written.position, written.versions[stream])
                if kind_of(stream).reference:
                    self._log.reference.refresh()  # who wrote it reads it from now on
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
        return Given(self._log.now(), self._log.ids, self._log.reference, actor)

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
        written = self._log.written(envelope.command_id)
        if written is not None:
            return written
        for claim in envelope.claims:
            taken = self._log.claim(claim.key)
            if taken is not None:
                raise ClaimTaken(taken.key, taken.fingerprint, taken.answer, taken.position)
        raise
