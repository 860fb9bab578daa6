"""The planner's picture of now, moved by each event of the log: the world, and the orders that need planning.

It begins from the guard tables and the last checkpoint, never from the beginning of the log.
"""

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from heapq import heappop, heappush
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
from scenarios.demands import closed_until, place_of
from scenarios.hours import next_day, opens_next
from scenarios.tallies import Tallies, tally
from scenarios.waiting import NOBODY, Cause, Needs
from scenarios.world import World

KEPT_ORDERS = 20_000


class Following:
    """`apply` each batch in position order, then `spread` the news to those who wait. What came up to `guards_at` is in
    the loaded guard figures already."""

    def __init__(self, log: EventLog, *, wait: float, now: Callable[[], datetime]) -> None:
        """`wait`: seconds after which an order that could not be planned is tried again without any news."""
        self._log, self.wait, self._now = log, wait, now
        self.world = World()
        self.needs = Needs()
        self.position = 0
        self.guards_at = 0
        self.rules_changed = self.rules_stale = False
        self.by_quota = True
        self.opened: set[int] = set()
        self.freed: set[int] = set()
        self._caused = NOBODY  # of the last event that opened or freed something, or changed a rule
        self.locations: dict[int, Location] = {}
        self.located = 0  # how often one of them was new or another: what is made of them is made anew
        self.rules_change_at: datetime | None = None
        self._reopening: list[tuple[datetime, int]] = []
        self._orders: OrderedDict[int, Order] = OrderedDict()

    def begin(self, position: int, needs: Iterable[tuple[Any, ...]]) -> None:
        """From a checkpoint: (order, since, and its cause) of those that needed planning at `position`."""
        self.position = position
        for id, since, *cause in needs:
            self.needs.put(self.order(id), since, 0.0, Cause(*cause) if cause else NOBODY)

    def put_location(self, location: Location) -> None:
        """As it is now. One that is closed until some time opens then by itself; so it does at its hours, and its daily
        maximum begins anew at midnight."""
        now = self._now()
        self.located += self.locations.get(location.id) != location
        self.locations[location.id] = location
        place = place_of(location, now)
        at = self.world.places.ordinal.get(location.id)
        if at is None or self.world.places.rows[at] != place:
            self.world.put_place(place)
        times = [closed_until(location, now), opens_next(place, now)]
        times += [next_day(place, now)] if place.max_per_day is not None else []
        for time in times:
            if time is not None:
                heappush(self._reopening, (time, location.id))

    def reopen(self) -> None:
        """Locations whose time of being closed is over, or whose day or hours begin; scenarios whose time has come."""
        now = self._now()
        due: set[int] = set()
        while self._reopening and self._reopening[0][0] <= now:
            due.add(heappop(self._reopening)[1])
        for id in due:
            self.put_location(self.locations[id])
        self.opened |= due
        if self.rules_change_at is not None and self.rules_change_at <= now:
            self.rules_change_at = None
            self.rules_changed = self.rules_stale = True

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
                self.rules_changed = self.rules_stale = True
                self._caused = _cause(recorded)
            self.position = recorded.position

    def _order_event(self, recorded: Recorded, id: int, now: float) -> None:
        before = self._orders.get(id)
        if before is None and recorded.version > 1:
            before = self._log.state_at(recorded.stream, version=recorded.version - 1).state
        after = orders.evolve(before, recorded.fact, recorded.at)
        self._keep(after)
        self._effects(KINDS["order"].effects(before, recorded.fact, after), recorded)
        tally(self.world, self._log.reference, before, recorded, after)
        if not needs_planning(after):
            self.needs.drop(id)
        elif isinstance(recorded.fact, OrderUnplanned):
            self.needs.put(after, recorded.position, None)  # when again, who tried it knows
        elif isinstance(recorded.fact, OrderPlanned):
            self.needs.put(after, recorded.position, now + self._wait_of(after))  # the rest waits for a change
        elif (
            before is None or not needs_planning(before) or open_lines(before) != open_lines(after) or _asked(recorded)
        ):
            self.needs.put(after, recorded.position, now, _cause(recorded))

    def _location_event(self, recorded: Recorded, id: int) -> None:
        before = self.locations.get(id)
        after = KINDS["location"].evolve(before, recorded.fact, recorded.at)
        self.put_location(after)
        if before is None or before.profile != after.profile:
            self.opened.add(id)
            self._caused = _cause(recorded)

    def _effects(self, effects: Iterable[Effect], recorded: Recorded) -> None:
        for effect in effects:
            if recorded.position > self.guards_at:
                self._moved(effect)
            if isinstance(effect, StockEffect):
                self._told(effect, recorded)
            elif effect.slots < 0:
                self.freed.add(effect.location)
                self._caused = _cause(recorded)

    def _moved(self, effect: Effect) -> None:
        """As the guard row does it; what a late answer may know of moves is settled where answers are used."""
        world, location = self.world, effect.location
        if isinstance(effect, SlotEffect):
            if effect.slots:
                world.slots(location, effect.slots)
            return
        if effect.level is not None:
            world.set_known(location, effect.sku, effect.level)
        if effect.move:
            world.move(location, effect.sku, effect.move)
        if effect.reserve:
            world.reserve(location, effect.sku, effect.reserve)

    def _told(self, effect: StockEffect, recorded: Recorded) -> None:
        """Goods that came, to who waits for them."""
        world, sku = self.world, effect.sku
        more = effect.move > 0 or effect.reserve < 0 or (effect.level is not None and effect.level > 0)
        if more and sku in self.needs.by_sku:
            waiting, cause = self.needs.by_sku[sku], _cause(recorded)
            self.needs.round(sku, waiting, recorded.position, lambda: sum(world.available(sku)), cause)

    def _wait_of(self, order: Order) -> float:
        """Seconds until it is tried again without news; none where news came that its plan did not see."""
        need = self.needs.by_order.get(order.id)
        return self.patience(order) if need is None or need.woken <= need.seen else 0.0

    def patience(self, order: Order) -> float:
        """Seconds until it makes sense to try an order again of which nothing is heard: at the latest after `wait`, and
        when a location counts again that had refused it."""
        now = self._now()
        over = [(until - now).total_seconds() for _, _, until in order.refused if until > now]
        return min(self.wait, *(seconds + 0.001 for seconds in over)) if over else self.wait

    def spread(self) -> None:
        """Who waits for goods of a location that opened, changed, or has a slot again, has a turn; where all rules may
        have changed, everybody."""
        waiting, cause = self.needs.by_order, self._caused
        if self.rules_changed:
            self.needs.round("rules", waiting, self.position, lambda: len(waiting), cause)
        elif self.opened:
            helped = self._wait_for(self.opened)
            self.needs.round("locations", helped, self.position, lambda: len(waiting), cause)
        elif free := self._free_slots(self.freed):
            helped, freed = self._wait_for(free), set(self.freed)
            self.needs.round("slots", helped, self.position, lambda: sum(self._free_slots(freed).values()), cause)
        self.opened.clear()
        self.freed.clear()
        self.rules_changed, self._caused = False, NOBODY

    def _wait_for(self, locations: Collection[int]) -> set[int]:
        """The orders that wait for something these locations may have."""
        if any(self.locations[id].profile.engine is not None for id in locations):
            return set(self.needs.by_order)
        ordinals = [self.world.places.ordinal[id] for id in locations]
        found: set[int] = set()
        for sku, waiting in self.needs.by_sku.items():
            if self.world.has_any(sku, ordinals):
                found |= waiting
        return found

    def _free_slots(self, locations: Iterable[int]) -> dict[int, int]:
        """Slots that are free, of those that have any: of the quota, where a rule minds it, or of a channel."""
        free = {}
        for id in locations:
            profile, held = self.locations[id].profile, self.world.tallies
            left = sum(max(0, most - held.of_channel(id, slug)) for slug, most in profile.channel_limits.items())
            if self.by_quota and profile.max_quota is not None:
                left = profile.max_quota - self.world.quota[self.world.places.ordinal[id]]
            if left > 0:
                free[id] = left
        return free

    def _keep(self, order: Order) -> None:
        self._orders[order.id] = order
        self._orders.move_to_end(order.id)
        if len(self._orders) > KEPT_ORDERS:
            self._orders.popitem(last=False)


def _cause(recorded: Recorded) -> Cause:
    return Cause(recorded.correlation_id, str(recorded.event_id), recorded.position)


def _asked(recorded: Recorded) -> bool:
    """Somebody wants it planned now, although nothing else changed."""
    return isinstance(recorded.fact, PackageRescheduleRequested | OrderPlanRequested | PackageRefused)


def load(connection: psycopg.Connection[Any], log: EventLog, following: Following) -> None:
    """The start: locations, guard rows, and the needs of the last checkpoint, all as of one snapshot; what came after
    the checkpoint is applied by the caller from `following.position` on."""
    with connection.transaction():
        connection.execute("set transaction isolation level repeatable read")
        following.guards_at = read_head(connection).position
        log.reference.refresh()  # the guards may be of locations that it has not heard of yet
        for location in log.reference.all("location"):
            following.put_location(location)
        checkpoint = connection.execute("select position, needs, tallies from planner_checkpoint").fetchone()
        for id, quota in connection.execute("select location, quota from capacity where quota <> 0"):
            following.world.slots(id, quota)
        for id, sku, known, reserved in connection.execute("select location, sku, known, reserved from availability"):
            following.world.set_known(id, sku, known)
            if reserved:
                following.world.reserve(id, sku, reserved)
    if checkpoint is not None:
        position, needs, tallies = checkpoint
        following.world.tallies = Tallies.of(tallies)
        following.begin(position, needs)
