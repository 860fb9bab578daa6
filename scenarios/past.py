"""The world as it was at any position of the log: stock, reservations, quotas, locations, folded from the first event
on with the very effects that move the guards (spec 2.7).

Where a location's stock is its own, a level simply replaces what was known, as in the planner's world; where a stock
service knows it, the guard row's whole rule decides what its answers are believed (domain.guards)."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from heapq import heappop, heappush

from domain import order as orders
from domain.guards import Effect, SlotEffect, StockEffect, StockRow
from domain.kinds import KINDS
from domain.location import Location
from domain.order import Order
from eventlog.log import EventLog
from eventlog.recorded import Recorded
from scenarios.demands import closed_until, place_of
from scenarios.tallies import tally
from scenarios.world import World

READ = 2_000
KEPT_ORDERS = 50_000
BEGIN = datetime(2000, 1, 1, tzinfo=UTC)


class Past:
    """`to` a position, or event by event with `step`; then `world` is as it was right after it. `arrived`: SKUs of
    which more may be free since it was emptied last."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self.world = World()
        self.locations: dict[int, Location] = {}
        self.position, self.at = 0, BEGIN
        self.arrived: set[str] = set()
        self._rows: dict[tuple[int, str], StockRow] = {}
        self._served: set[int] = set()
        self._reopening: list[tuple[datetime, int]] = []
        self._orders: OrderedDict[int, Order] = OrderedDict()

    def to(self, position: int, progress: Callable[[int], None] = lambda _: None) -> "Past":
        """Folds up to this position, included."""
        while self.position < position and (batch := self._log.read(self.position, READ)):
            self.apply([event for event in batch if event.position <= position])
            progress(self.position)
            if batch[-1].position >= position:
                break
        return self

    def apply(self, batch: Sequence[Recorded]) -> None:
        for event in batch:
            self.step(event)

    def step(self, event: Recorded) -> tuple[Order | None, Order | None]:
        """One event; of an order, the order before it and after."""
        self.at = event.at
        self._reopen()
        kind, _, id = event.stream.rpartition("-")
        before: Order | None = None
        after: Order | None = None
        if kind == "order":
            before = self._before(event, int(id))
            after = orders.evolve(before, event.fact, event.at)
            self._keep(after)
            self._effects(KINDS["order"].effects(before, event.fact, after), event.at)
            tally(self.world, self._log.reference, before, event, after)
        elif kind == "stock":
            self._effects(KINDS["stock"].effects(None, event.fact, None), event.at)
        elif kind == "location":
            self._put(KINDS["location"].evolve(self.locations.get(int(id)), event.fact, event.at))
        self.position = event.position
        return before, after

    def order(self, id: int) -> Order | None:
        """As of `position`; None where it was not there yet."""
        found = self._orders.get(id)
        if found is None:
            state: Order | None = self._log.state_at(f"order-{id}", position=self.position).state
            return state
        return found

    def _before(self, event: Recorded, id: int) -> Order | None:
        if event.version == 1:
            return None
        found = self._orders.get(id)
        if found is None:
            state: Order = self._log.state_at(event.stream, version=event.version - 1).state
            return state
        return found

    def _keep(self, order: Order) -> None:
        self._orders[order.id] = order
        self._orders.move_to_end(order.id)
        if len(self._orders) > KEPT_ORDERS:
            self._orders.popitem(last=False)

    def _put(self, location: Location) -> None:
        self.locations[location.id] = location
        self.world.put_place(place_of(location, self.at))
        if location.profile.engine is not None:
            self._served.add(location.id)
        until = closed_until(location, self.at)
        if until is not None:
            heappush(self._reopening, (until, location.id))

    def _reopen(self) -> None:
        while self._reopening and self._reopening[0][0] <= self.at:
            _, id = heappop(self._reopening)
            self._put(self.locations[id])

    def _effects(self, effects: Iterable[Effect], at: datetime) -> None:
        for effect in effects:
            if isinstance(effect, SlotEffect):
                if effect.slots:
                    self.world.slots(effect.location, effect.slots)
                continue
            if effect.move > 0 or effect.reserve < 0 or effect.level:
                self.arrived.add(effect.sku)
            if effect.location in self._served:
                self._answered(effect, at)
            else:
                if effect.level is not None:
                    self.world.set_known(effect.location, effect.sku, effect.level)
                if effect.move:
                    self.world.move(effect.location, effect.sku, effect.move)
                if effect.reserve:
                    self.world.reserve(effect.location, effect.sku, effect.reserve)

    def _answered(self, effect: StockEffect, at: datetime) -> None:
        row = self._rows.get((effect.location, effect.sku), StockRow())
        row = self._rows[effect.location, effect.sku] = row.apply(replace(effect, checked=False), at)
        if effect.reserve:
            self.world.reserve(effect.location, effect.sku, effect.reserve)
        self.world.set_known(effect.location, effect.sku, row.known)
