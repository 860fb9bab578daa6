"""The planner at work: follows the log, plans what needs planning on the figures of now, and writes it for good.

Any number of them run at once and divide the orders by their goods (`peers.py`); what two took at the same time the
guards refuse one of, who plans it again on fresh figures (spec 2.1). Time and ids enter here.
"""

import logging
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import FIRST_COMPLETED, wait
from dataclasses import dataclass
from datetime import UTC, datetime
from math import inf
from threading import Event
from typing import Any

import psycopg

from domain.kernel import Given
from eventlog.log import EventLog
from eventlog.read import read_all
from eventlog.recorded import Busy, Refused, Unavailable
from eventlog.recorder import CHANNEL
from scenarios import keeping
from scenarios.choosing import choose_scenario
from scenarios.demand import Demand
from scenarios.demands import demand_of
from scenarios.drafting import ACTOR, Sent, Try, decision, draft
from scenarios.following import Following, load
from scenarios.inquiry import Answered, Asking, Inquiry, Stocked, stocked
from scenarios.peers import Peers
from scenarios.reach import reached
from scenarios.rulebook import Rulebook
from scenarios.stock_service import WHOLE, Engine, NobodyAsks, StockServices
from scenarios.timing import Timing
from scenarios.waiting import Need

BATCH = 200
SENT = 50  # are written together, while the next are planned; of a few a refusal stops only these
READ = 2_000
CHECKPOINT_EVERY = 5_000  # events
CHECKPOINT_SECONDS = 10.0  # what others read of it (scenarios.keeping.tallies) is never older
TRIES_AT_ONCE = 4
MISSED = 20  # tries in a row that found another planner at an order, before it is left alone for a while
BACKOFF = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)  # seconds, by tries in a row

log_ = logging.getLogger("daybook.planner")


@dataclass(slots=True)
class Counts:
    """What this planner did; for metrics and benchmarks."""

    planned: int = 0
    refused: int = 0
    unplanned: int = 0
    tried: int = 0
    batches: int = 0


@dataclass(slots=True)
class _Asked:
    """Orders that wait for an answer of these engines; their locks are held meanwhile."""

    asking: Asking
    needs: list[Need]


class Planner:
    """`run` until stopped. `replan` seconds after which what waits is tried without any news; without it when
    a job calls all of them (A2, keeping.call_all). `services` asks the stock services, which may take `patience`
    seconds each."""

    def __init__(
        self,
        log: EventLog,
        *,
        replan: float = inf,
        services: StockServices | None = None,
        patience: float = WHOLE,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._log, self._now, self._clock = log, now, clock
        self._following = Following(log, wait=replan, now=now)
        self._inquiry = Inquiry(now, services or NobodyAsks(), patience)
        self._rulebook = Rulebook()
        self._stocked: tuple[int, dict[int, Stocked]] = (0, {})
        self._asked: list[_Asked] = []
        self._kept = keeping.Kept()
        self._timing = Timing()
        self._peers = Peers()
        self._looked_at = 0.0
        self._calls: int | None = None
        self._connection: psycopg.Connection[Any]
        self._checkpoint = 0
        self._saved_at = 0.0
        self._spread_at = 0.0
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
                    self._peers.sit_down(self._connection)
                    if not loaded:
                        self._load()
                        loaded = True
                    self._work(stop)
                    self._save_checkpoint()
            except (psycopg.OperationalError, psycopg.InterfaceError, Unavailable, Busy) as lost:
                log_.warning("planning begins again: %s", str(lost).strip().split("\n")[0])
                self._begin_again()
                stop.wait(0.2)

    def _load(self) -> None:
        load(self._connection, self._log, self._following)
        self._checkpoint, self._saved_at = self._following.position, self._clock()
        self._following.rules_changed = self._following.rules_stale = True

    def _begin_again(self) -> None:
        """The locks went with the connection: what was under way is due again."""
        self._asked.clear()
        for need in list(self._following.needs.by_order.values()):
            if need.taken:
                self._following.needs.give_back(need, 0.0)

    def _work(self, stop: Event) -> None:
        while not stop.is_set():
            self.step()
            due = self._following.needs.next_due()
            until = self._clock() + (1.0 if due is None else min(1.0, max(0.0, due - self._clock())))
            while not stop.is_set() and (left := until - self._clock()) > 0:
                if self._asked:
                    running = [f for asked in self._asked for f in asked.asking.answers.values() if not f.done()]
                    if not running or wait(running, min(left, 0.05), FIRST_COMPLETED).done:
                        break
                    left = 0.0
                if list(self._connection.notifies(timeout=min(left, 0.2), stop_after=1)):
                    break

    def step(self) -> int:
        """Catches up with the log, then plans one batch; how many orders were tried."""
        self.catch_up()
        tried = self._answered()
        needs, now = self._following.needs, self._clock()
        if now >= self._looked_at:
            self._looked_at = now + 0.25
            self._peers.look(self._connection)
            self._called()
        # The more are at it, the less each takes before it looks at what the others took: fewer are refused.
        due = needs.take(now, max(SENT, BATCH // self._peers.present), lambda need: self._peers.wants(need, now))
        if not due:
            return tried
        got = self._peers.take(self._connection, due)
        self.catch_up()  # seen as they stand once we hold them
        mine = []
        for need in due:
            if need.order in got:
                need.missed = 0
                mine.append(need)
            else:  # another planner is at its goods: again at once, so that no younger one comes first
                need.missed += 1
                needs.give_back(need, now if need.missed < MISSED else now + 0.25)
        if not mine:
            time.sleep(0.01)
        self._plan(mine, None, self._ask(mine))
        return tried + len(mine)

    def _called(self) -> None:
        """Whether all that wait are to be tried again; a planner that has just begun tries them anyway."""
        calls = keeping.calls(self._connection)
        if self._calls is not None and calls != self._calls:
            needs = self._following.needs
            needs.round("called", needs.by_order, self._following.position, lambda: len(needs.by_order))
        self._calls = calls

    def catch_up(self) -> None:
        """Everything in the log is in the picture."""
        following = self._following
        while batch := read_all(self._connection, following.position, READ):
            following.apply(batch, self._clock())
            if len(batch) < READ:
                break
        following.reopen()
        if following.rules_stale:
            self._log.reference.refresh()  # it follows by itself, and may be behind us
            self._rulebook = Rulebook.of(self._log)
            following.by_quota = self._rulebook.by_quota
            following.rules_change_at = self._rulebook.next_change(self._now())
            following.rules_stale = False
        if self._clock() >= self._spread_at and (following.rules_changed or following.opened or following.freed):
            self._spread_at = self._clock() + 1.0  # slots free up all the time
            following.spread()
        behind = following.position - self._checkpoint
        if behind >= CHECKPOINT_EVERY or (behind and self._clock() >= self._saved_at + CHECKPOINT_SECONDS):
            self._save_checkpoint()

    # --- stock services

    def _ask(self, needs: Sequence[Need]) -> set[int]:
        """Begins to ask for those of the orders that cannot be planned on the own stock alone; which these are."""
        known = self._engines()
        if not known:
            return set()
        wanted: dict[Engine, set[str]] = {}
        asking, rest = [], []
        for need in needs:
            need.engines = self._needed(self._demand(need), known)
            if any(self._inquiry.engines.busy(engine) for engine in need.engines):
                rest.append(need)  # with the next, when those that are busy have answered
            elif need.engines:
                asking.append(need)
                for engine in need.engines:
                    wanted.setdefault(engine, set()).update(need.skus)
        if asking:
            self._asked.append(_Asked(self._inquiry.begin(wanted), asking))
        self._done(rest, self._clock() + 0.05)
        return {need.order for need in (*asking, *rest)}

    def _needed(self, demand: Demand, known: dict[int, Stocked]) -> frozenset[Engine]:
        scenario = choose_scenario(demand, self._rulebook.scenarios, self._now()).scenario
        if scenario is None:
            return frozenset()
        ids = reached(known, demand, self._following.world, scenario.rules, self._rulebook.transfers)
        return frozenset(known[id].engine for id in ids)

    def _answered(self) -> int:
        """Plans the orders whose engines have all answered, or failed; how many."""
        tried = 0
        for asked in list(self._asked):
            ready = [need for need in asked.needs if asked.asking.has(need.engines)]
            if ready:
                asked.needs = [need for need in asked.needs if not asked.asking.has(need.engines)]
                self._plan(ready, asked.asking, ())
                tried += len(ready)
            if not asked.needs:
                self._asked.remove(asked)
        return tried

    def _engines(self) -> dict[int, Stocked]:
        located = self._following.located
        if self._stocked[0] != located:
            self._stocked = (located, stocked(self._following.locations.values()))
        return self._stocked[1]

    # --- one batch

    def _plan(self, needs: Sequence[Need], asking: Asking | None, but: Collection[int]) -> None:
        """Plans the orders, `but` these, on what was answered."""
        answered = self._inquiry.answered(self._connection, self._following.world, self._engines().values(), asking)
        wanted = [need for need in needs if need.order not in but]
        sent: list[Sent] = []
        for first in range(0, len(wanted), SENT):
            sent += self._send(self._tries(wanted[first : first + SENT], answered))
        self.counts.batches += bool(sent)
        self._settle(sent)
        self._peers.release(self._connection, wanted)

    def _tries(self, needs: Sequence[Need], answered: Answered) -> list[Try]:
        """The orders planned, those that need it still; what each takes is taken from the answered world."""
        current = self._following.needs.by_order
        now = self._now()
        given = Given(now=now, ids=self._log.ids, reference=self._log.reference, actor=ACTOR)
        tries: list[Try] = []
        for need in needs:
            if current.get(need.order) is not need:
                continue
            need.seen = self._following.position
            order = self._following.order(need.order)
            began = time.perf_counter()
            made = draft(order, self._demand(need), answered, self._rulebook, self._following.locations, given)
            self._timing.took(time.perf_counter() - began)
            tries.append(Try(need, order, made, now))
        self.counts.tried += len(tries)
        return tries

    def _send(self, tries: Sequence[Try]) -> list[Sent]:
        """Puts them on their way into the log, where they are written while the next are planned."""
        writing = [t for t in tries if t.draft.facts]
        self._kept.keep(self._connection, [t.draft.inputs for t in writing if t.draft.inputs])
        futures = self._log.append_many([decision(t) for t in writing])
        return [*zip(writing, futures, strict=True), *((t, None) for t in tries if not t.draft.facts)]

    def _settle(self, sent: Sequence[Sent]) -> None:
        """What became of the tries, once the log has answered."""
        for done, future in sent:
            if future is None:
                self._waits(done)
                continue
            try:
                future.result()
            except Refused as faster:
                self._refused(done.need, faster)
                continue
            if done.draft.inputs is None:
                self.counts.unplanned += 1
                self._waits(done)
            else:
                self.counts.planned += 1
                self._following.needs.give_back(done.need, self._clock() + 1.0)  # its own events say more at once

    def _refused(self, need: Need, why: Refused) -> None:
        """Somebody else was faster; again at once, on fresh figures, and after some tries with a pause."""
        log_.debug("order %s is planned again: %s", need.order, why)
        self.counts.refused += 1
        need.tries += 1
        again = self._clock() if need.tries <= TRIES_AT_ONCE else self._clock() + self._pause(need)
        self._following.needs.give_back(need, again)

    def _waits(self, quiet: Try) -> None:
        """It could not be planned: it waits for stock, quota, a location or a scenario, or for a service to answer."""
        need, now = quiet.need, self._clock()
        if quiet.draft.silent:
            rest = max((self._inquiry.engines.retry_at(engine) for engine in need.engines), default=0.0)
            due = rest if rest > now else now + self._pause(need)
        else:
            due = now + self._following.patience(quiet.order)
        self._following.needs.give_back(need, due)

    def _pause(self, need: Need) -> float:
        need.tries += 1
        return BACKOFF[min(need.tries, len(BACKOFF)) - 1]

    def _done(self, needs: Sequence[Need], due: float) -> None:
        """Nothing was tried: they are let go of."""
        for need in needs:
            self._following.needs.give_back(need, due)
        self._peers.release(self._connection, needs)

    def _demand(self, need: Need) -> Demand:
        return demand_of(self._following.order(need.order), self._log.reference, self._now())

    def _save_checkpoint(self) -> None:
        needs = [(need.order, need.since, *need.cause) for need in self._following.needs.by_order.values()]
        keeping.save_checkpoint(self._connection, self._following.position, needs, self._following.world.tallies)
        self._timing.write(self._connection)
        self._checkpoint, self._saved_at = self._following.position, self._clock()
