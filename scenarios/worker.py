"""The planner at work: follows the log, plans what needs planning on the figures of now, and writes it for good.

Any number of them run at once: an order is planned by who holds its advisory lock, and what two took at the same
time the guards refuse one of, who plans it again on fresh figures (spec 2.1). Time and ids enter here.
"""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Event
from typing import Any

import psycopg

from domain import reservations
from domain.kernel import Facts, Given, Refusal
from domain.kinds import stream_of
from domain.location import Location
from domain.order import Order, evolve
from domain.planning import record_plan, record_unplanned
from eventlog.log import EventLog
from eventlog.read import read_all
from eventlog.recorded import Busy, Decision, Refused, Unavailable, new_command_id
from eventlog.recorder import CHANNEL
from scenarios import keeping
from scenarios.choosing import choose_scenario
from scenarios.definition import Scenario, TransferScenario
from scenarios.demand import Demand
from scenarios.demands import demand_of, skus_of
from scenarios.following import Following, Need, load
from scenarios.inputs import Frame, Inputs, keep
from scenarios.inquiry import Answered, Inquiry
from scenarios.parsing import parse_scenario, parse_transfer_scenario
from scenarios.plan import plan
from scenarios.planned import Plan, apply_plan
from scenarios.recording import plan_record

ACTOR = "planner"
BATCH = 200
READ = 2_000
CHECKPOINT_EVERY = 5_000  # events
TRIES_AT_ONCE = 4
BACKOFF = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)  # seconds, by tries in a row

log_ = logging.getLogger("daybook.planner")


@dataclass(slots=True)
class Counts:
    """What this planner did; for metrics and benchmarks."""

    planned: int = 0
    refused: int = 0
    unplanned: int = 0
    batches: int = 0


@dataclass(slots=True)
class _Try:
    """One order of a batch on its way into the log."""

    need: Need
    order: Order
    facts: Facts
    at: datetime
    inputs: Inputs | None = None


@dataclass(slots=True)
class Rulebook:
    """The scenarios as they stand, parsed once a version."""

    scenarios: list[Scenario] = field(default_factory=list)
    transfers: list[TransferScenario] = field(default_factory=list)

    @classmethod
    def of(cls, log: EventLog) -> "Rulebook":
        reference = log.reference
        return cls(
            [
                parse_scenario(s.definition, s.id, s.version)
                for s in reference.all("scenario")
                if s.is_active and not s.removed
            ],
            [
                parse_transfer_scenario(s.definition, s.id, s.version)
                for s in reference.all("transfer_scenario")
                if s.is_active and not s.removed
            ],
        )


class Planner:
    """`run` until stopped. `replan` seconds after which what waits is tried without any news (A2)."""

    def __init__(
        self,
        log: EventLog,
        *,
        replan: float = 1800.0,
        secret: Callable[[str], str] = lambda _name: "",
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._log, self._now, self._clock = log, now, clock
        self._following = Following(log, wait=replan)
        self._inquiry = Inquiry(now, secret)
        self._rulebook = Rulebook()
        self._frames: dict[tuple[int, int, int], Frame] = {}
        self._kept = keeping.Kept()
        self._connection: psycopg.Connection[Any]
        self._checkpoint = 0
        self._rechecked = 0.0
        self.counts = Counts()

    @property
    def waiting(self) -> int:
        """Orders that need planning."""
        return len(self._following.needs.by_order)

    def run(self, stop: Event) -> None:
        """Plans until `stop`, through lost connections; a batch that was under way is planned anew."""
        keeping.prepare(self._log)
        loaded = False
        while not stop.is_set():
            try:
                with self._log.listening() as self._connection:
                    self._connection.execute(f"listen {CHANNEL}")
                    if not loaded:
                        self._load()
                        loaded = True
                    self._work(stop)
                    self._save_checkpoint()
            except (psycopg.OperationalError, psycopg.InterfaceError, Unavailable, Busy) as lost:
                log_.warning("planning begins again: %s", str(lost).strip().split("\n")[0])
                stop.wait(0.2)

    def _load(self) -> None:
        load(self._connection, self._log, self._following)
        self._checkpoint = self._following.position
        self._following.rules_changed = True

    def _work(self, stop: Event) -> None:
        while not stop.is_set():
            self.step()
            due = self._following.needs.next_due()
            pause = 1.0 if due is None else min(1.0, max(0.0, due - self._clock()))
            until = self._clock() + pause
            while not stop.is_set() and (left := until - self._clock()) > 0:
                if list(self._connection.notifies(timeout=min(left, 0.2), stop_after=1)):
                    break

    def step(self) -> int:
        """Catches up with the log, then plans one batch; how many orders were tried."""
        self.catch_up()
        due = self._following.needs.due(self._clock(), BATCH)
        if not due:
            return 0
        with self._locked(due) as mine:
            if mine:
                self._batch(mine)
        ours = {need.order for need in mine}
        for need in due:
            if need.order not in ours:
                need.due = max(need.due, self._clock() + 0.05)  # another planner has it
        return len(mine)

    def catch_up(self) -> None:
        """Everything in the log is in the picture."""
        while batch := read_all(self._connection, self._following.position, READ):
            self._following.apply(batch, self._clock())
            if len(batch) < READ:
                break
        if self._following.rules_changed:
            self._rules_changed()
        if self._following.position >= self._checkpoint + CHECKPOINT_EVERY:
            self._save_checkpoint()

    def _rules_changed(self) -> None:
        """Scenarios, locations or free slots: whoever waits may be helped, so all are looked at again; once a second
        at most, since slots free up all the time."""
        if self._clock() < self._rechecked + 1.0:
            return
        self._rechecked = self._clock()
        self._following.rules_changed = False
        self._rulebook = Rulebook.of(self._log)
        self._frames.clear()
        self._following.needs.wake(list(self._following.needs.by_order))

    # --- one batch

    def _batch(self, needs: Sequence[Need]) -> None:
        now = self._now()
        orders = [self._following.order(need.order) for need in needs]
        demands = [demand_of(order, self._log.reference, now) for order in orders]
        answered = self._inquiry.ask(self._connection, self._following.world, self._locations(), skus_of(demands))
        self.counts.batches += 1
        given = Given(now=now, ids=self._log.ids, reference=self._log.reference, actor=ACTOR)
        tries = [
            self._try(need, order, demand, answered, given)
            for need, order, demand in zip(needs, orders, demands, strict=True)
        ]
        self._kept.keep(self._connection, [t.inputs for t in tries if t.inputs is not None and t.facts])
        self._write([t for t in tries if t.facts])
        for quiet in (t for t in tries if not t.facts):
            self._later(quiet.need, waits=answered.reason is None)

    def _try(self, need: Need, order: Order, demand: Demand, answered: Answered, given: Given) -> _Try:
        choice = choose_scenario(demand, self._rulebook.scenarios, given.now)
        if choice.scenario is None:
            reasons = [text for _, text in choice.reasons] or ["there is no active scenario"]
            return _Try(need, order, record_unplanned(order, reasons), given.now)
        if answered.reason is not None:
            return _Try(need, order, record_unplanned(order, [answered.reason]), given.now)
        default = self._default(choice.scenario)
        if default is None:
            wrong = f"{choice.scenario.name}: its default stock location is not known"
            return _Try(need, order, record_unplanned(order, [wrong]), given.now)
        frame = self._frame(choice.scenario)
        inputs = keep(demand, answered.world, frame, answered.asked_at.isoformat())
        made: Plan = plan(demand, answered.world, choice.scenario, self._rulebook.transfers)
        record = plan_record(made, choice.scenario, default, inputs.digest, answered)
        try:
            facts = record_plan(order, record, given)
        except Refusal as moved_on:
            log_.info("%s", moved_on)
            return _Try(need, order, [], given.now)
        apply_plan(answered.world, made)
        return _Try(need, order, facts, given.now, inputs)

    def _write(self, tries: Sequence[_Try]) -> None:
        futures = self._log.append_many([_decision(t) for t in tries])
        for done, future in zip(tries, futures, strict=True):
            try:
                future.result()
            except Refused as faster:
                self._refused(done.need, faster)
                continue
            if done.inputs is None:
                self.counts.unplanned += 1
                done.need.due = self._clock() + self._pause(done.need)
            else:
                self.counts.planned += 1
                done.need.due = self._clock() + 1.0  # its own events say more at once

    def _refused(self, need: Need, why: Refused) -> None:
        """Somebody else was faster; again at once, on fresh figures, and after some tries with a pause."""
        log_.debug("order %s is planned again: %s", need.order, why)
        self.counts.refused += 1
        need.tries += 1
        need.due = 0.0 if need.tries <= TRIES_AT_ONCE else self._clock() + self._pause(need)

    def _later(self, need: Need, *, waits: bool) -> None:
        """Nothing could be written for it: it waits for stock, quota or a location, or for a service that is down."""
        if waits:
            need.due, need.tries = self._clock() + self._following.wait, 0
        else:
            need.due = self._clock() + self._pause(need)

    def _pause(self, need: Need) -> float:
        need.tries += 1
        return BACKOFF[min(need.tries, len(BACKOFF)) - 1]

    # --- what a batch needs

    def _locations(self) -> list[Location]:
        return list(self._following.locations.values())

    def _default(self, scenario: Scenario) -> int | None:
        for location in self._following.locations.values():
            if location.profile.erp_code == scenario.default_stock_location:
                return location.id
        return None

    def _frame(self, scenario: Scenario) -> Frame:
        places = self._following.world.places
        key = (id(places), scenario.id, scenario.version)
        frame = self._frames.get(key)
        if frame is None:
            frame = self._frames[key] = Frame(places.rows, scenario, tuple(self._rulebook.transfers))
        return frame

    @contextmanager
    def _locked(self, needs: Sequence[Need]) -> Iterator[list[Need]]:
        """Those of the orders that no other planner is at, seen as they stand once we hold them."""
        with keeping.locked(self._connection, [need.order for need in needs]) as got:
            self.catch_up()
            current = self._following.needs.by_order
            yield [n for n in needs if n.order in got and current.get(n.order) is n]

    def _save_checkpoint(self) -> None:
        needs = [(need.order, need.since) for need in self._following.needs.by_order.values()]
        keeping.save_checkpoint(self._connection, self._following.position, needs)
        self._checkpoint = self._following.position


def _decision(done: _Try) -> Decision:
    """The facts of one order with their effects on the guards, to be written if the order has not moved on."""
    stream = stream_of("order", done.order.id)
    state, effects = done.order, []
    for fact in done.facts:
        after = evolve(state, fact, done.at)
        effects += reservations.effects(state, fact, after)
        state = after
    id = new_command_id()
    return Decision(
        command_id=id,
        events=tuple((stream, fact) for fact in done.facts),
        expects={stream: done.order.version},
        effects=tuple(effects),
        actor=ACTOR,
        command="plan",
        correlation_id=id.hex,
        causation_id="",
    )
