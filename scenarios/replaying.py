"""What if, a period: its orders planned under another scenario, against the stock, quotas and refusals as they were,
beside what really happened (spec 2.7). Only the log and the kept inputs are read.

The world of the simulation is the real one and what differs: what the orders that went another way have taken more or
less. Each real planning is done again on its own kept inputs, moved by that difference; so a run under the same
scenario is the same plan by plan, and differs in nothing. What waits only in the simulation is tried every half hour of
the log's time, as the planner's job does, where goods have come that it waits for."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from domain.discrepancy import DiscrepancyRecorded
from domain.kinds import KINDS
from domain.order import Order, OrderPlanned, OrderUnplanned
from domain.package import PackageCancelled, PackageRefused
from eventlog.log import EventLog
from eventlog.recorded import Recorded
from scenarios import keeping
from scenarios.choosing import choose_scenario
from scenarios.definition import Scenario, TransferScenario
from scenarios.demand import Demand, Line
from scenarios.demands import demand_of
from scenarios.inputs import Inputs
from scenarios.past import READ, Past
from scenarios.plan import plan
from scenarios.planned import Plan
from scenarios.rulebook import Rulebook
from scenarios.twins import Row, Twin, difference, of_facts, of_order, of_plan, same
from scenarios.world import Overlay, World

AGAIN = timedelta(minutes=30)


@dataclass(slots=True)
class Counted:
    """Of the plannings in the period: done again on kept inputs, or on the world folded from the log where these are no
    longer kept; `waited`: for which no scenario of the simulation fitted."""

    plannings: int = 0
    on_inputs: int = 0
    on_the_log: int = 0
    waited: int = 0


@dataclass(slots=True)
class Outcome:
    """`orders`: when each was first planned in the period; `twins` of those that went another way; `peaks`: the most
    slots held at a location, really and here; `past`: the world at the end."""

    past: Past
    orders: dict[int, datetime] = field(default_factory=dict)
    twins: dict[int, Twin] = field(default_factory=dict)
    peaks: dict[int, list[int]] = field(default_factory=dict)
    counted: Counted = field(default_factory=Counted)
    positions: tuple[int, int] = (0, 0)


class Replay:
    """`draft` None: every order under the scenario that planned it, as a control; `transfers` None: those of then."""

    def __init__(
        self,
        log: EventLog,
        begin: datetime,
        end: datetime,
        draft: Scenario | None = None,
        transfers: Sequence[TransferScenario] | None = None,
        progress: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._log, self._begin, self._end = log, begin, end
        self._draft, self._transfers, self._progress = draft, transfers, progress
        self._past = Past(log)
        self._rules = _Rules(draft)
        self._kept: dict[str, Inputs] = {}
        self._stock: defaultdict[str, Counter[int]] = defaultdict(Counter)
        self._slots: Counter[int] = Counter()
        self._differs: dict[int, tuple[Counter[Row], Counter[int]]] = {}
        self._next = begin
        self.out = Outcome(self._past)

    def run(self) -> Outcome:
        first = 0
        for decision in self._decisions():
            at = decision[0].at
            if at >= self._end:
                break
            if at < self._begin:
                for event in decision:
                    self._rules.see(event)
                    self._past.step(event)
                first = self._past.position
                continue
            if at >= self._next:
                self._try_again(at)
            self._decision(decision)
        self.out.positions = (first + 1, self._past.position)
        return self.out

    def _decisions(self) -> Iterator[list[Recorded]]:
        """Events of one decision stand together."""
        position, rest = 0, list[Recorded]()
        head = self._log.head().position
        while position < head and (batch := self._log.read(position, READ)):
            position = batch[-1].position
            self._keep([e.fact.inputs for e in batch if isinstance(e.fact, OrderPlanned) and e.at >= self._begin])
            groups = [list(group) for _, group in groupby([*rest, *batch], key=lambda e: e.command_id)]
            rest = groups.pop()
            yield from groups
            self._progress(position)
        if rest:
            yield rest

    def _keep(self, digests: Sequence[str]) -> None:
        if digests:
            with self._log.listening() as connection:
                self._kept = {**keeping.read(connection, digests), **dict(list(self._kept.items())[-READ:])}

    # --- one decision

    def _decision(self, decision: list[Recorded]) -> None:
        for event in decision:
            if isinstance(event.fact, OrderPlanned):
                self._planned(event, [e.fact for e in decision if e.stream == event.stream])
            elif isinstance(event.fact, OrderUnplanned):
                self._unplanned(event)
        for event in decision:
            self._rules.see(event)
            before, after = self._past.step(event)
            if after is not None:
                self._follow(event, before, after)

    def _planned(self, event: Recorded, facts: list[Any]) -> None:
        id, out = event.fact.order, self.out
        out.orders.setdefault(id, event.at)
        out.counted.plannings += 1
        order = self._past.order(id)
        if order is None:
            return
        twin = out.twins.get(id)
        if twin is not None:
            self._place(twin, order, event.at)
            return
        kept = self._kept.get(event.fact.inputs)
        demand = kept.case.demand if kept is not None else demand_of(order, self._log.reference, event.at)
        world = kept.world() if kept is not None else Overlay(self._past.world)
        out.counted.on_inputs += kept is not None
        out.counted.on_the_log += kept is None
        made = self._plan(demand, world, event, kept)
        placed = of_plan(made) if made is not None else []
        if not same(placed, of_facts(facts)):
            twin = of_order(order)
            lines = {line.id: line.quantity for line in demand.lines}
            twin.packages += placed
            twin.open = {line.line: line.quantity for line in made.open_lines} if made is not None else lines
            twin.since, twin.at = event.position, event.at
            out.twins[id] = twin

    def _unplanned(self, event: Recorded) -> None:
        """It found no scenario; perhaps it does now."""
        id = event.fact.order
        order = self._past.order(id)
        if order is None or id in self.out.twins or not self._rules.was_passed_over(event.fact.reasons):
            return
        self.out.orders.setdefault(id, event.at)
        twin = of_order(order)
        twin.since, twin.at = event.position, event.at
        self._place(twin, order, event.at)
        if twin.packages:
            self.out.twins[id] = twin

    def _plan(self, demand: Demand, world: World, event: Recorded, kept: Inputs | None) -> Plan | None:
        if self._draft is None and kept is not None:
            scenario, transfers = kept.frame.scenario, kept.frame.transfer_scenarios
        else:
            found = self._rules.choose(demand, event.at, event.fact.scenario if self._draft is None else None)
            if found is None:
                self.out.counted.waited += 1
                return None
            # Saved a moment before, another version may have planned it than stands there now.
            old = kept is not None and kept.frame.scenario.id == found.id and not self._rules.is_draft(found)
            scenario = kept.frame.scenario if kept is not None and old else found
            transfers = kept.frame.transfer_scenarios if kept is not None else tuple(self._rules.book.transfers)
        self._move(world, demand)
        return plan(demand, world, scenario, transfers if self._transfers is None else self._transfers)

    def _place(self, twin: Twin, order: Order, at: datetime) -> None:
        """What waits here is planned in the world of then, with what differs."""
        item = {i.id: i for i in order.items}
        lines = tuple(
            Line(id, item[id].sku, n, item[id].attributes, item[id].price) for id, n in sorted(twin.open.items())
        )
        if not lines:
            return
        demand = replace(demand_of(order, self._log.reference, at), lines=lines)
        found = self._rules.choose(demand, at, None)
        if found is None:
            return
        world = Overlay(self._past.world)
        self._move(world, demand)
        transfers = self._rules.book.transfers if self._transfers is None else self._transfers
        made = plan(demand, world, found, transfers)
        twin.packages += of_plan(made)
        twin.open = {line.line: line.quantity for line in made.open_lines}
        self._differ(twin, order, at)

    def _move(self, world: World, demand: Demand) -> None:
        """To the world that the simulation has come to."""
        known = world.places.ordinal
        for sku in {line.sku for line in demand.lines} & self._stock.keys():
            for location, n in self._stock[sku].items():
                if location in known:
                    world.reserve(location, sku, n)
        for location, n in self._slots.items():
            if location in known:
                world.slots(location, n)

    # --- what really happens next

    def _follow(self, event: Recorded, before: Order | None, after: Order) -> None:
        twin = self.out.twins.get(after.id)
        if twin is not None:
            self._happens(twin, event.fact, before, after)
            self._differ(twin, after, event.at)
        for location in {p.location for p in after.packages.values()}:
            self._peak(location)

    def _happens(self, twin: Twin, fact: Any, before: Order | None, after: Order) -> None:
        """What a location does to its package, it does to the twin's there."""
        if before is None:
            return
        if isinstance(fact, PackageRefused | PackageCancelled) and fact.package in before.packages:
            package = before.packages[fact.package]
            for item in package.items:
                twin.back(package.location, item.item)
        elif isinstance(fact, DiscrepancyRecorded) and fact.transfer is None:
            for line in before.items:
                if line.sku == fact.sku:
                    twin.back(fact.location, line.id)
        for item_id, n in after.cancelled.items():
            more = n - before.cancelled.get(item_id, 0)
            if more > 0:
                twin.cancelled(item_id, more)

    def _differ(self, twin: Twin, order: Order, at: datetime) -> None:
        stock, slots = difference(twin, order, at)
        old_stock, old_slots = self._differs.get(order.id, (Counter(), Counter()))
        for row in {*stock, *old_stock}:
            location, sku = row
            self._stock[sku][location] += stock[row] - old_stock[row]
            if stock[row] < old_stock[row]:
                self._past.arrived.add(sku)
            if not self._stock[sku][location]:
                del self._stock[sku][location]
        for location in {*slots, *old_slots}:
            self._slots[location] += slots[location] - old_slots[location]
            self._peak(location)
        self._differs[order.id] = (stock, slots)

    def _peak(self, location: int) -> None:
        ordinal = self._past.world.places.ordinal.get(location)
        if ordinal is not None:
            held = self._past.world.quota[ordinal]
            most = self.out.peaks.setdefault(location, [0, 0])
            most[0], most[1] = max(most[0], held), max(most[1], held + self._slots[location])

    def _try_again(self, at: datetime) -> None:
        self._next = at + AGAIN
        arrived, self._past.arrived = self._past.arrived, set()
        for twin in sorted(self.out.twins.values(), key=lambda twin: twin.since):
            order = self._past.order(twin.order) if twin.open else None
            if order is not None and any(i.sku in arrived for i in order.items if i.id in twin.open):
                self._place(twin, order, at)
        for id, (_, slots) in list(self._differs.items()):
            order = self._past.order(id) if slots else None
            if order is not None:  # a slot that is held only here is held for a day
                self._differ(self.out.twins[id], order, at)


class _Rules:
    """The scenarios as they stood then, the draft in the place of its namesake, or before all others."""

    def __init__(self, draft: Scenario | None) -> None:
        self.draft = None if draft is None else replace(draft, active=True, valid_from=None, valid_to=None)
        self.book = Rulebook()
        self._states: dict[str, dict[str, Any]] = {"scenario": {}, "transfer_scenario": {}}
        self._stale = False
        self._names: set[str] = set()

    def see(self, event: Recorded) -> None:
        kind = event.stream.rpartition("-")[0]
        states = self._states.get(kind)
        if states is not None:
            states[event.stream] = KINDS[kind].evolve(states.get(event.stream), event.fact, event.at)
            self._stale = True

    def all(self, kind: str) -> list[Any]:
        """As a reference has them."""
        return list(self._states[kind].values())

    def choose(self, demand: Demand, at: datetime, only: int | None) -> Scenario | None:
        """The first that fits; `only` that one, whatever it asks."""
        if self._stale:
            self.book, self._stale = Rulebook.of_view(self), False
            self._names = {one.name for one in self.all("scenario")}
        if only is not None:
            return next((one for one in self.book.scenarios if one.id == only), None)
        return choose_scenario(demand, self._with_draft(), at).scenario

    def is_draft(self, one: Scenario) -> bool:
        return self.draft is not None and one.name == self.draft.name

    def _with_draft(self) -> list[Scenario]:
        draft = self.draft
        if draft is None:
            return self.book.scenarios
        others = [one for one in self.book.scenarios if one.name != draft.name]
        namesake = next((one for one in self.all("scenario") if one.name == draft.name and not one.removed), None)
        if namesake is not None:
            return [*others, replace(draft, id=namesake.id)]
        first = min((one.priority for one in others), default=0) - 1
        return [replace(draft, priority=first), *others]

    def was_passed_over(self, reasons: Sequence[str]) -> bool:
        """Whether these say that no scenario fitted, and not that one waited for a stock service."""
        if self.draft is None:
            return False
        names = {one.name for one in self.all("scenario")}
        return all(
            reason == "there is no active scenario"
            or (reason.partition(": ")[0] in names and "default stock location is not known" not in reason)
            for reason in reasons
        )
