"""The planner's picture of now, moved by each event of the log: the world, and the orders that need planning.

It begins from the guard tables and the last checkpoint, never from the beginning of the log.
"""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg

from domain import order as orders
from domain.guards import Effect, SlotEffect, StockEffect
from domain.kinds import KINDS
from domain.location import Location
from domain.order import Order, OrderPlanned, OrderPlanRequested, OrderUnplanned, needs_planning
from domain.package import PackageRefused, PackageRescheduleRequested
from domain.planning import open_lines
from eventlog.log import EventLog
from eventlog.read import read_head
from eventlog.recorded import Recorded
from scenarios.demands import place_of
from scenarios.world import World

KEPT_ORDERS = 20_000


@dataclass(slots=True)
class Need:
    """An order with open lines. `since`: the position that made it so (the oldest is planned first); `due`: seconds
    of the planner's clock from which it may be tried; `tries` in a row that wrote nothing."""

    order: int
    since: int
    due: float = 0.0
    tries: int = 0
    skus: frozenset[str] = frozenset()


@dataclass(slots=True)
class Needs:
    """The orders that need planning, and which SKU each waits for."""

    by_order: dict[int, Need] = field(default_factory=dict)
    by_sku: dict[str, set[int]] = field(default_factory=dict)

    def put(self, order: Order, position: int, due: float | None) -> None:
        """The order needs planning; `due` None leaves it as it was."""
        need = self.by_order.get(order.id)
        if need is None:
            need = self.by_order[order.id] = Need(order.id, position)
        if due is not None:
            need.due, need.tries = due, 0
        sku = {item.id: item.sku for item in order.items}
        skus = frozenset(sku[item] for item in open_lines(order))
        if skus != need.skus:
            self._index(need, skus)

    def drop(self, order: int) -> None:
        need = self.by_order.pop(order, None)
        if need is not None:
            self._index(need, frozenset())

    def wake(self, order_ids: Iterable[int]) -> None:
        """Something came that may help them."""
        for id in order_ids:
            self.by_order[id].due = 0.0

    def due(self, now: float, limit: int) -> list[Need]:
        """The oldest that may be tried now."""
        ready = [need for need in self.by_order.values() if need.due <= now]
        ready.sort(key=lambda need: need.since)
        return ready[:limit]

    def next_due(self) -> float | None:
        return min((need.due for need in self.by_order.values()), default=None)

    def _index(self, need: Need, skus: frozenset[str]) -> None:
        for sku in need.skus - skus:
            waiting = self.by_sku[sku]
            waiting.discard(need.order)
            if not waiting:
                del self.by_sku[sku]
        for sku in skus - need.skus:
            self.by_sku.setdefault(sku, set()).add(need.order)
        need.skus = skus


class Following:
    """`apply` each batch in position order. What came up to `guards_at` is in the loaded guard figures already."""

    def __init__(self, log: EventLog, *, wait: float) -> None:
        """`wait`: seconds after which an order that could not be planned is tried again without any news."""
        self._log, self.wait = log, wait
        self.world = World()
        self.needs = Needs()
        self.position = 0
        self.guards_at = 0
        self.rules_changed = False
        self.locations: dict[int, Location] = {}
        self._orders: OrderedDict[int, Order] = OrderedDict()

    def begin(self, position: int, needs: Iterable[tuple[int, int]]) -> None:
        """From a checkpoint: (order, since) of those that needed planning at `position`."""
        self.position = position
        for id, since in needs:
            self.needs.put(self.order(id), since, 0.0)

    def put_location(self, location: Location) -> None:
        self.locations[location.id] = location
        self.world.put_place(place_of(location))

    def order(self, id: int) -> Order:
        """The order as of `position`."""
        state = self._orders.get(id)
        if state is None:
            state = self._log.state_at(f"order-{id}", position=self.position).state
            self._keep(state)
        return state

    def apply(self, batch: Sequence[Recorded], now: float) -> None:
        for recorded in batch:
            kind, _, id = recorded.stream.rpartition("-")
            if kind == "order":
                self._order_event(recorded, int(id), now)
            elif kind == "stock":
                self._effects(KINDS["stock"].effects(None, recorded.fact, None), recorded)
            elif kind == "location":
                self._location_event(recorded, int(id))
            elif kind in ("scenario", "transfer_scenario"):
                self.rules_changed = True
            self.position = recorded.position

    def _order_event(self, recorded: Recorded, id: int, now: float) -> None:
        before = self._orders.get(id)
        if before is None and recorded.version > 1:
            before = self._log.state_at(recorded.stream, version=recorded.version - 1).state
        after = orders.evolve(before, recorded.fact, recorded.at)
        self._keep(after)
        self._effects(KINDS["order"].effects(before, recorded.fact, after), recorded)
        if not needs_planning(after):
            self.needs.drop(id)
        elif isinstance(recorded.fact, OrderUnplanned):
            self.needs.put(after, recorded.position, None)  # when again, who tried it knows
        elif isinstance(recorded.fact, OrderPlanned):
            self.needs.put(after, recorded.position, now + self.wait)  # the rest waits for something to change
        elif (
            before is None or not needs_planning(before) or open_lines(before) != open_lines(after) or _asked(recorded)
        ):
            self.needs.put(after, recorded.position, now)

    def _location_event(self, recorded: Recorded, id: int) -> None:
        before = self.locations.get(id)
        after = KINDS["location"].evolve(before, recorded.fact, recorded.at)
        self.put_location(after)
        self.rules_changed = True

    def _effects(self, effects: Iterable[Effect], recorded: Recorded) -> None:
        if recorded.position <= self.guards_at:
            return
        for effect in effects:
            if isinstance(effect, SlotEffect):
                if effect.slots:
                    self.world.slots(effect.location, effect.slots)
                if effect.slots < 0:
                    self.rules_changed = True
            else:
                self._stock(effect)

    def _stock(self, effect: StockEffect) -> None:
        """As the guard row does it; what a late answer may know of moves is settled where answers are used."""
        world, location, sku = self.world, effect.location, effect.sku
        if effect.level is not None:
            world.set_known(location, sku, effect.level)
        if effect.move:
            world.move(location, sku, effect.move)
        if effect.reserve:
            world.reserve(location, sku, effect.reserve)
        more = effect.move > 0 or effect.reserve < 0 or (effect.level is not None and effect.level > 0)
        if more and sku in self.needs.by_sku:
            self.needs.wake(self.needs.by_sku[sku])

    def _keep(self, order: Order) -> None:
        self._orders[order.id] = order
        self._orders.move_to_end(order.id)
        if len(self._orders) > KEPT_ORDERS:
            self._orders.popitem(last=False)


def _asked(recorded: Recorded) -> bool:
    """Somebody wants it planned now, although nothing else changed."""
    return isinstance(recorded.fact, PackageRescheduleRequested | OrderPlanRequested | PackageRefused)


def load(connection: psycopg.Connection[Any], log: EventLog, following: Following) -> None:
    """The start: locations, guard rows, and the needs of the last checkpoint, all as of one snapshot; what came after
    the checkpoint is applied by the caller from `following.position` on."""
    for location in log.reference.all("location"):
        following.put_location(location)
    with connection.transaction():
        connection.execute("set transaction isolation level repeatable read")
        following.guards_at = read_head(connection).position
        checkpoint = connection.execute("select position, needs from planner_checkpoint").fetchone()
        for id, quota in connection.execute("select location, quota from capacity where quota <> 0"):
            following.world.slots(id, quota)
        for id, sku, known, reserved in connection.execute("select location, sku, known, reserved from availability"):
            following.world.set_known(id, sku, known)
            if reserved:
                following.world.reserve(id, sku, reserved)
    if checkpoint is not None:
        position, needs = checkpoint
        following.begin(position, needs)
