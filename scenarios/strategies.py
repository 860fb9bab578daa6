"""How a rule chooses among its ranked candidates: the simple walk, and the fewest packages."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from scenarios.definition import Coverage
from scenarios.desk import Desk
from scenarios.places import Pieces, with_all
from scenarios.transfers import NONE, Amounts, Brought


@dataclass(frozen=True)
class Task:
    """What one rule has to place: `lines` (indexes) with the pieces `need` of `skus`, `rows` the usable stock of each
    line's SKU by ordinal, `ranked` the candidates, at most `most` packages. `bring(hub, missing)` by transfers;
    `cost` of the candidates by rank: the first sort key, never falling; `prices` of a package there, of each transfer:
    least_cost."""

    desk: Desk
    coverage: Coverage
    lines: list[int]
    skus: list[str]
    need: list[int]
    rows: list[Pieces]
    ranked: list[int]
    most: int
    bring: Callable[[int, Amounts], Brought] | None
    cost: Sequence[float] = ()
    prices: Sequence[float] = ()
    transfer_price: float = 0.0

    @cached_property
    def twice(self) -> bool:
        """Whether two lines ask for the same SKU, and so for the same pieces."""
        return len(set(self.skus)) < len(self.skus)

    @cached_property
    def goods(self) -> dict[int, tuple[str, Pieces]]:
        """By line its SKU and the row of it."""
        return dict(zip(self.lines, zip(self.skus, self.rows, strict=True), strict=True))


@dataclass(frozen=True, slots=True)
class Pick:
    """One package: at the location (ordinal), `own` pieces by line from there, and what is brought."""

    at: int
    own: Amounts
    brought: Brought = NONE


class Chosen(NamedTuple):
    """The packages and their lower bound; `cost` and its bound where the strategy goes by it."""

    picks: list[Pick]
    bound: int
    cost: float | None = None
    least: float | None = None


def first_fit(task: Task) -> Chosen:
    """The simple walk: each candidate in turn takes what it can."""
    picks: list[Pick] = []
    left = dict(zip(task.lines, task.need, strict=True))
    if task.coverage == "whole_order" and task.bring is None:
        return _first_with_all(task, left)
    for at in task.ranked:
        if not left or len(picks) >= task.most:
            break
        pick = _pick(task, at, left)
        if pick is not None:
            picks.append(pick)
            _take(left, pick)
            if task.bring:
                settle(task.desk, pick)
    if task.bring:
        for pick in picks:
            settle(task.desk, pick, back=True)
    return Chosen(picks, len(picks))


def _first_with_all(task: Task, everything: Amounts) -> Chosen:
    """The walk where only all of it may be taken at once."""
    goods, rows = _by_sku(task)
    whole = with_all(list(goods.values()), rows, task.ranked) if task.most > 0 else ()
    return Chosen([Pick(whole[0], everything)], 1) if whole else Chosen([], 0)


def fewest_packages(task: Task) -> Chosen:
    """As few packages as the search finds; with transfers, one if a location can be brought everything."""
    covered = _cover(task)
    picks = covered.picks
    if task.bring is None or (len(picks) == 1 and _whole(task, picks)):
        return covered
    hub = _best_hub(task, [pick.at for pick in picks])
    if hub is not None:
        return Chosen([hub], 1)
    return Chosen(picks, 1) if picks and task.coverage != "whole_order" else first_fit(task)


def least_cost(task: Task) -> Chosen:
    """The cheapest choice that places as much as can be placed: a price for each package by its location, and one for
    each transfer. A location that can be brought everything is compared with those that have it together."""
    own = _cheapest(task)
    if task.bring is None:
        return own
    cheap = sorted(range(len(task.ranked)), key=lambda rank: (task.prices[rank], rank))[:HUBS_TRIED]
    best = own if _whole(task, own.picks) else None
    for rank in cheap:
        pick = _pick(task, task.ranked[rank], dict(zip(task.lines, task.need, strict=True)))
        if pick is not None and _whole(task, [pick]):
            cost = round(task.prices[rank] + task.transfer_price * len(pick.brought.legs), 6)
            if best is None or best.cost is None or cost < best.cost:
                best = Chosen([pick], 1, cost, min(own.least or 0.0, cost))
    return best or (own if own.picks else first_fit(task))


STRATEGIES: dict[str, Callable[[Task], Chosen]] = {
    "first_fit": first_fit,
    "fewest_packages": fewest_packages,
    "least_cost": least_cost,
}

HUBS_TRIED = 16  # a bound on the work: holders of much first, so the rest would seldom be better


def _by_sku(task: Task) -> tuple[dict[str, int], list[Pieces]]:
    """Pieces by SKU, and the row of each."""
    goods: dict[str, int] = {}
    for sku, n in zip(task.skus, task.need, strict=True):
        goods[sku] = goods.get(sku, 0) + n
    by_sku = dict(zip(task.skus, task.rows, strict=True))
    return goods, [by_sku[sku] for sku in goods]


def _cheapest(task: Task) -> Chosen:
    from scenarios.cheapest import cheapest
    from scenarios.cover import bound_of, shares
    from scenarios.goods import served_by

    goods, rows = _by_sku(task)
    need = list(goods.values())
    if task.coverage == "whole_order" or task.twice or len(task.ranked) > task.most:
        # Prices decide among those that have everything; else a limit or lines that share their stock go first.
        whole = with_all(need, rows, task.ranked)
        if whole:
            price = {at: task.prices[rank] for rank, at in enumerate(task.ranked)}
            best = min(whole, key=lambda at: price[at])
            return Chosen([Pick(best, dict(zip(task.lines, task.need, strict=True)))], 1, price[best], price[best])
        if task.coverage == "whole_order":
            return Chosen([], 0)
    wanted = None if task.twice else served_by(need, rows, task.ranked, task.coverage == "whole_lines")
    if wanted is None:
        return _cover(task)
    found = cheapest(wanted, task.prices)
    if len(found.chosen) > task.most:
        return _cover(task)
    bound = max(bound_of(wanted), 1)
    picks = _picks(task, goods, found.chosen, shares(wanted, found.chosen))
    return Chosen(picks, bound, found.cost, found.bound)


def _cover(task: Task) -> Chosen:
    from scenarios.cover import cover_units  # numpy comes with it: only where packages are chosen together

    goods, rows = _by_sku(task)
    need = list(goods.values())
    whole = with_all(need, rows, task.ranked)
    if whole:
        return Chosen([Pick(whole[0], dict(zip(task.lines, task.need, strict=True)))], 1)
    if task.coverage == "whole_order":
        return Chosen([], 0)
    if task.coverage == "whole_lines" and task.twice:
        return _cover_lines(task)
    cover = cover_units(need, rows, task.ranked, task.most, whole=task.coverage == "whole_lines", cost=task.cost)
    return Chosen(_picks(task, goods, cover.chosen, cover.given), cover.bound)


def _picks(task: Task, goods: dict[str, int], chosen: Sequence[int], shared: Sequence[list[int]]) -> list[Pick]:
    """What each of the chosen (ranks) gives of the goods, line by line."""
    left, picks = dict(zip(task.lines, task.need, strict=True)), []
    for rank, given in zip(chosen, shared, strict=True):
        amounts, own = dict(zip(goods, given, strict=True)), dict[int, int]()
        for line, sku in zip(task.lines, task.skus, strict=True):
            n = min(amounts[sku], left[line])
            if n:
                own[line] = n
                amounts[sku] -= n
                left[line] -= n
        picks.append(Pick(task.ranked[rank], own))
    return picks


def _cover_lines(task: Task) -> Chosen:
    """Lines that go whole and of which some share the stock of a SKU."""
    from scenarios.cover import cover_together

    alone = [0] * len(task.ranked)
    for bit, (n, row) in enumerate(zip(task.need, task.rows, strict=True)):
        alone = [mask | 1 << bit if row[at] >= n else mask for mask, at in zip(alone, task.ranked, strict=True)]

    def lines(mask: int) -> Amounts:
        return {task.lines[bit]: n for bit, n in enumerate(task.need) if mask >> bit & 1}

    bits = {line: 1 << bit for bit, line in enumerate(task.lines)}

    def together(rank: int, left: int) -> int:
        return sum(bits[line] for line in _from_own(task, task.ranked[rank], lines(left), "whole_lines"))

    everything = (1 << len(task.lines)) - 1
    order, bound = cover_together(alone, everything, together, task.most)
    left, picks = everything, []
    for rank in order:
        mask = together(rank, left)
        left &= ~mask
        if mask:
            picks.append(Pick(task.ranked[rank], lines(mask)))
    return Chosen(picks, bound)


def _best_hub(task: Task, covering: Sequence[int]) -> Pick | None:
    """The location that needs the fewest legs to send everything at once; those of the fewest cover are tried first,
    where k − 1 legs can do."""
    tried = [*covering, *(at for at in task.ranked if at not in covering)][:HUBS_TRIED]
    rank = {at: i for i, at in enumerate(task.ranked)}
    best: tuple[int, int] | None = None
    found = None
    for at in tried:
        pick = _pick(task, at, dict(zip(task.lines, task.need, strict=True)))
        if pick is not None and _whole(task, [pick]):
            key = (len(pick.brought.legs), rank[at])
            if best is None or key < best:
                best, found = key, pick
    return found


def _pick(task: Task, at: int, left: Amounts) -> Pick | None:
    """What the location can send of what is left, as the coverage allows, with what can be brought to it."""
    if task.bring is None:
        own = _from_own(task, at, left, task.coverage)
        return Pick(at, own) if own else None
    wanted = dict(left)
    while wanted:
        own = _from_own(task, at, wanted, "split_lines")
        brought = task.bring(at, {line: n - own.get(line, 0) for line, n in wanted.items() if n > own.get(line, 0)})
        total = brought.total()
        lacking = [line for line, n in wanted.items() if own.get(line, 0) + total.get(line, 0) < n]
        if not lacking or (task.coverage == "split_lines" and (own or total)):
            return Pick(at, own, brought)
        if task.coverage != "whole_lines":
            return None
        if not total:
            own = _from_own(task, at, left, "whole_lines")
            return Pick(at, own) if own else None
        for line in lacking:
            del wanted[line]
    return None


def _from_own(task: Task, at: int, left: Amounts, coverage: Coverage) -> Amounts:
    """What the location has itself of what is left; lines in their order, which share the stock of their SKU."""
    own: Amounts = {}
    used: dict[str, int] = {}
    twice, goods = task.twice, task.goods
    for line, n in left.items():
        sku, row = goods[line]
        have = row[at] - used.get(sku, 0) if twice else row[at]
        if have >= n or (coverage == "split_lines" and have > 0):
            own[line] = part = n if have >= n else have
            if twice:
                used[sku] = used.get(sku, 0) + part
        elif coverage == "whole_order":
            return {}
    return own


def _take(left: Amounts, pick: Pick) -> None:
    for amounts in (pick.own, pick.brought.total()):
        for line, n in amounts.items():
            left[line] -= n
            if not left[line]:
                del left[line]


def _whole(task: Task, picks: Sequence[Pick]) -> bool:
    return sum(sum(p.own.values()) + sum(p.brought.total().values()) for p in picks) == sum(task.need)


def settle(desk: Desk, pick: Pick, back: bool = False) -> None:
    """Takes the pick's pieces from the desk's stock (or puts them back)."""
    for at, amounts in [(pick.at, pick.own), *pick.brought.legs]:
        for line, n in amounts.items():
            desk.take(at, desk.demand.lines[line].sku, -n if back else n)
