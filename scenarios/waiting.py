"""The orders that need planning, and what wakes them: only those that the news can help, oldest first (spec 2.1).

News of stock, slots or a location does not make everybody due. It opens a *round*: the orders it may help, oldest
first, of which each batch takes as many as there is something for, until that is used up or all had their turn.
"""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from math import inf
from typing import NamedTuple

from domain.order import Order
from domain.planning import open_lines
from scenarios.stock_service import Engine


class Cause(NamedTuple):
    """What began it (a request's id, a job's run), and the id and position of the event that did: for the envelope of
    its plan."""

    correlation: str = ""
    event: str = ""
    position: int = 0


NOBODY = Cause()


@dataclass(slots=True)
class Need:
    """An order with open lines. `since`: the position that made it so (the oldest is planned first); `due`: seconds
    of the planner's clock from which it may be tried; `tries` in a row that wrote nothing; `taken` by a batch;
    `woken` and `seen`: positions of the last news that may help it, and of the picture it was last planned in;
    `passed`: since when it is left for another planner; `engines`: the stock services it was last asked of;
    `shard`: under whose lock it is taken; `missed`: how often in a row another planner held that; `cause`: of the last
    news that made it due."""

    order: int
    since: int
    due: float = 0.0
    tries: int = 0
    skus: frozenset[str] = frozenset()
    taken: bool = False
    woken: int = 0
    seen: int = 0
    passed: float | None = None
    engines: frozenset[Engine] = frozenset()
    shard: int = 0
    missed: int = 0
    cause: Cause = NOBODY


@dataclass(slots=True)
class Round:
    """Orders that news may help, oldest first; `room()`: how many of them it may still help now, 0 ends it. `left`:
    those that another planner should take, looked at again from `again` on, if there is still something for them."""

    queue: deque[int]
    room: Callable[[], int]
    left: deque[int] = field(default_factory=deque)
    again: float = 0.0


@dataclass(slots=True)
class Needs:
    """Who waits, by order and by SKU; `take` gives a batch."""

    by_order: dict[int, Need] = field(default_factory=dict)
    by_sku: dict[str, set[int]] = field(default_factory=dict)
    rounds: dict[object, Round] = field(default_factory=dict)
    _later: list[tuple[float, int]] = field(default_factory=list)
    _ready: list[tuple[int, int]] = field(default_factory=list)

    # --- who waits

    def put(self, order: Order, position: int, due: float | None, cause: Cause = NOBODY) -> None:
        """The order needs planning; `due` None leaves it as it was, at once where it is new; `cause` NOBODY, too."""
        need = self.by_order.get(order.id)
        if need is None:
            need = self.by_order[order.id] = Need(order.id, position)
            due = due or 0.0
        if cause is not NOBODY:
            need.cause = cause
        if due is not None:
            need.tries = 0
            self.later(need, due)
        sku = {item.id: item.sku for item in order.items}
        skus = frozenset(sku[item] for item in open_lines(order))
        if skus != need.skus:
            self._index(need, skus)

    def drop(self, order: int) -> None:
        need = self.by_order.pop(order, None)
        if need is not None:
            self._index(need, frozenset())

    def later(self, need: Need, due: float) -> None:
        """It may be tried from then on; infinite: not without news."""
        need.due = due
        if due < inf:
            heappush(self._later, (due, need.order))

    def give_back(self, need: Need, due: float) -> None:
        """A batch is done with it; it is tried again from then on, unless news came that the batch did not see."""
        need.taken = False
        self.later(need, due if need.woken <= need.seen else 0.0)

    def _index(self, need: Need, skus: frozenset[str]) -> None:
        for sku in need.skus - skus:
            waiting = self.by_sku[sku]
            waiting.discard(need.order)
            if not waiting:
                del self.by_sku[sku]
        for sku in skus - need.skus:
            self.by_sku.setdefault(sku, set()).add(need.order)
        need.skus = skus

    # --- news

    def round(
        self, key: object, orders: Iterable[int], position: int, room: Callable[[], int], cause: Cause = NOBODY
    ) -> None:
        """News at `position` that may help these orders; it takes the place of older news of the same kind."""
        needs = sorted((self.by_order[id] for id in orders), key=lambda need: need.since)
        for need in needs:
            need.woken = position
            if cause.position > need.cause.position:  # not what it came after
                need.cause = cause
        if needs:
            self.rounds[key] = Round(deque(need.order for need in needs), room)

    # --- batches

    def take(self, now: float, limit: int, wanted: Callable[[Need], bool] = lambda _need: True) -> list[Need]:
        """The oldest that are due or have their turn in a round; they are the caller's until given back. Who is not
        `wanted` is left for another planner."""
        found: dict[int, Need] = {}
        self._due(now, limit, wanted, found)
        for key in list(self.rounds):
            self._turn(key, now, limit, wanted, found)
        oldest = sorted(found.values(), key=lambda need: need.since)
        for need in oldest[limit:]:
            self.later(need, 0.0)
        for need in oldest[:limit]:
            need.taken, need.passed = True, None
        return oldest[:limit]

    def _due(self, now: float, limit: int, wanted: Callable[[Need], bool], found: dict[int, Need]) -> None:
        while self._later and self._later[0][0] <= now:
            _, id = heappop(self._later)
            need = self._free(id)
            if need is not None and need.due <= now:
                heappush(self._ready, (need.since, id))
        passed = []
        while self._ready and len(found) < limit:
            _, id = heappop(self._ready)
            need = self._free(id)
            if need is None or need.due > now:
                continue
            if wanted(need):
                found[id] = need
            else:
                passed.append(need)
        for need in passed:
            if need.passed is None:
                need.passed = now
            self.later(need, now + OTHERS)

    def _turn(
        self, key: object, now: float, limit: int, wanted: Callable[[Need], bool], found: dict[int, Need]
    ) -> None:
        turn = self.rounds[key]
        if now < turn.again:
            return
        room = min(limit, turn.room())
        if room <= 0:
            del self.rounds[key]
            return
        while turn.queue and room > 0:
            need = self._free(turn.queue.popleft())
            if need is None or need.order in found:
                continue
            if wanted(need):
                found[need.order] = need
                room -= 1
            else:
                need.passed = now if need.passed is None else need.passed
                turn.left.append(need.order)
        if not turn.queue and turn.left:
            turn.queue, turn.left, turn.again = turn.left, deque(), now + OTHERS
        elif not turn.queue:
            del self.rounds[key]

    def _free(self, id: int) -> Need | None:
        need = self.by_order.get(id)
        return None if need is None or need.taken else need

    def next_due(self) -> float | None:
        """When somebody is to be tried; what is past: now."""
        if self._ready:
            return 0.0
        times = [turn.again for turn in self.rounds.values()]
        return min([*times, *(due for due, _ in self._later[:1])], default=None)


OTHERS = 0.25  # seconds after which it is looked again at an order that another planner should take
