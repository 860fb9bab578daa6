"""Fewest packages: as few locations as the search finds, then the better ones by the scenario's own order, and a bound
below which no choice of the candidates can be.

One that has everything; else those nobody can do without, the rest greedily *recomputed on the remainder*, from several
starts; what became needless is dropped, two are swapped for one; a short depth-first search looks for one fewer, and
proves that there is none when it comes to its end. Last, one is swapped for one that stands before it. Formulation and
figures: design/performance.md. Work is limited by counting it, never by time: the plan does not depend on the machine.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from scenarios.better import better
from scenarios.goods import Goods, Rest, columns_of
from scenarios.search import Search

# How much is tried where the first cover is not proven the fewest: starts, and work (`Goods.work` a look).
SCARCEST, STARTS = 2, 4
WORK = 40_000
NODES = 80


@dataclass(frozen=True, slots=True)
class Cover:
    """`chosen` ranks in rank order, `given[i][g]` what the i-th of them gives of good g; `bound`: no choice of the
    candidates serves as much with fewer."""

    chosen: list[int]
    given: list[list[int]]
    bound: int


NOTHING = Cover([], [], 0)


def cover_units(
    need: Sequence[int],
    rows: Sequence[Sequence[int]],
    ranked: Sequence[int],
    most: int,
    whole: bool = False,
    cost: Sequence[float] = (),
) -> Cover:
    """`need[g]` pieces of each good; `rows[g]` stock by ordinal, `ranked` the ordinals of the candidates, at most
    `most` of them used. `whole`: a good is given by one candidate or not at all. `cost` by rank: what `order_by`
    looks at first, never falling."""
    for at in with_all(need, rows, ranked):
        return Cover([ranked.index(at)], [list(need)], 1)
    goods = served_by(need, rows, ranked, whole) if most > 0 and ranked else None
    if goods is None:
        return NOTHING
    musts = needed_by_all(goods)
    chosen, rest = greedy(goods, musts, most) if len(musts) <= most else ([], goods.all)
    if rest:
        goods = Goods(_served(goods, greedy(goods, [], most)[0], whole), goods.columns)
        musts = needed_by_all(goods)
        chosen, _ = greedy(goods, musts, most)
    chosen, bound = fewest(goods, musts, chosen)
    chosen = better(goods, musts, chosen, cost or [0.0] * goods.count)
    return Cover(chosen, shares(goods, chosen), bound)


def served_by(need: Sequence[int], rows: Sequence[Sequence[int]], ranked: Sequence[int], whole: bool) -> Goods | None:
    """What of the need these candidates can serve together; None: nothing."""
    columns = columns_of(rows, ranked)
    if whole:
        columns = [[n if has >= n else 0 for has in column] for n, column in zip(need, columns, strict=True)]
        target = [n if any(column) else 0 for n, column in zip(need, columns, strict=True)]
    else:
        target = [min(n, sum(column)) for n, column in zip(need, columns, strict=True)]
    return Goods(target, columns) if any(target) else None


def with_all(need: Sequence[int], rows: Sequence[Sequence[int]], ranked: Sequence[int]) -> Sequence[int]:
    """Those of the ranked that have everything."""
    for n, row in zip(need, rows, strict=True):
        ranked = [at for at in ranked if row[at] >= n]
        if not ranked:
            break
    return ranked


def needed_by_all(goods: Goods) -> list[int]:
    """The candidates without whom the others have too little of some good."""
    found: set[int] = set()
    for n, column in zip(goods.target, goods.columns, strict=True):
        slack = sum(column) - n if n else 0
        if n and max(column) > slack:
            found.update(c for c, has in enumerate(column) if has > slack)
    return sorted(found)


def greedy(goods: Goods, start: Sequence[int], most: int) -> tuple[list[int], Rest]:
    """After those of `start`, the candidate that adds most, again and again: who was chosen, what is left."""
    chosen, rest = list(start), goods.all
    for c in start:
        rest = goods.after(rest, c)
    while rest and len(chosen) < most:
        gains = goods.gains(rest)
        most_added = max(gains)
        if not most_added:
            break
        chosen.append(gains.index(most_added))
        rest = goods.after(rest, chosen[-1])
    return chosen, rest


def fewest(goods: Goods, musts: list[int], chosen: list[int]) -> tuple[list[int], int]:
    """From one cover to as few as the search finds, in rank order, and the bound."""
    chosen = needed(goods, sorted(chosen))
    bound = max(len(musts), bound_of(goods))
    if len(chosen) > bound:
        starts = max(1, WORK // (goods.work * len(chosen)))
        for start in _starts(goods, musts)[:starts]:
            tried, rest = greedy(goods, [*musts, start], len(chosen) - 1)
            if not rest:
                chosen = needed(goods, sorted(tried))
                if len(chosen) == bound:
                    break
        chosen = _two_for_one(goods, musts, chosen, bound)
    nodes = min(NODES, WORK // goods.work)
    while len(chosen) > bound:
        search = Search(goods, nodes)
        fewer = search.within(musts, len(chosen) - 1)
        if fewer is None:
            if search.complete:
                bound = len(chosen)
            break
        chosen = needed(goods, sorted(fewer))
    return chosen, bound


def needed(goods: Goods, chosen: list[int]) -> list[int]:
    """Without those the others can do without, the worst ranked first."""
    for c in reversed(chosen[:]):
        others = [other for other in chosen if other != c]
        if not goods.lacking(others):
            chosen = others
    return chosen


def _two_for_one(goods: Goods, musts: Sequence[int], chosen: list[int], bound: int) -> list[int]:
    """One candidate in the place of two, wherever one has what would be missing."""
    work = WORK
    found = True
    while found and len(chosen) > bound:
        found = False
        free = [c for c in chosen if c not in musts]
        for i, one in enumerate(free):
            for other in free[i + 1 :]:
                work -= goods.count
                if work < 0:
                    return chosen
                rest = [c for c in chosen if c not in (one, other)]
                for c in goods.with_all(goods.lacking(rest), range(goods.count)):
                    if c not in rest:
                        chosen, found = needed(goods, sorted([*rest, c])), True
                        break
                if found:
                    break
            if found:
                break
    return chosen


def _starts(goods: Goods, musts: Sequence[int]) -> list[int]:
    """The best holders of the scarcest goods."""
    wanted = [g for g, n in enumerate(goods.target) if n]
    scarce = sorted(wanted, key=lambda g: sum(goods.columns[g]) / goods.target[g])[:SCARCEST]
    first = goods.gains(goods.all)
    starts: dict[int, None] = {}
    for g in scarce:
        column, n = goods.columns[g], goods.target[g]
        holders = sorted((c for c, _ in goods.holders(g)), key=lambda c: (-min(column[c], n), -first[c]))
        starts.update(dict.fromkeys(c for c in holders[:STARTS] if c not in musts))
    return list(starts)


def bound_of(goods: Goods) -> int:
    """At least so many candidates: by the largest holders of each good, by the largest gains for all together, and
    two where nobody has everything."""
    gains, size = goods.gains(goods.all), goods.size(goods.all)
    bound = 1 if max(gains) == size else 2
    for n, column in zip(goods.target, goods.columns, strict=True):
        if n and max(column) < n:
            bound = max(bound, _count(sorted(column, reverse=True), n))
    return max(bound, _count(sorted(gains, reverse=True), size - (len(goods.target) + 1) * 64))


def _count(amounts: Sequence[int], goal: int) -> int:
    """How many of the amounts, the first ones first, add up to the goal."""
    for count, amount in enumerate(amounts, start=1):
        goal -= amount
        if goal <= 0:
            return count
    return len(amounts)


def _served(goods: Goods, chosen: Sequence[int], whole: bool) -> list[int]:
    """The pieces of each good that the chosen can give."""
    short = dict(goods.lacking(chosen))
    return [0 if whole and g in short else n - short.get(g, 0) for g, n in enumerate(goods.target)]


def shares(goods: Goods, chosen: Sequence[int]) -> list[list[int]]:
    """Who gives what: all of a good from the best ranked that has it whole, else from the largest holders."""
    given = [[0] * len(goods.target) for _ in chosen]
    for g, (n, column) in enumerate(zip(goods.target, goods.columns, strict=True)):
        have = [column[c] for c in chosen]
        whole = next((i for i, amount in enumerate(have) if amount >= n), None)
        if whole is not None:
            given[whole][g] = n
            continue
        for i in sorted(range(len(chosen)), key=lambda i: -have[i]):
            given[i][g] = min(n, have[i])
            n -= given[i][g]
    return given


def cover_together(
    alone: Sequence[int], everything: int, together: Callable[[int, int], int], most: int
) -> tuple[list[int], int]:
    """Lines that go whole where some ask for the same SKU. `alone[c]` is the mask of those that candidate c could send
    one by one; `together(c, left)` those of `left` it could send at once. The ranks in the order of use, and the
    bound."""
    chosen, left = list[int](), everything
    while left and len(chosen) < most and alone:
        gains = [(mask & left).bit_count() for mask in alone]
        # What goes one by one is at least what goes at once: nobody below the best so far need be asked.
        best_yet = 0
        for c in sorted(range(len(alone)), key=lambda c: -gains[c]):
            if gains[c] < best_yet or c in chosen:
                gains[c] = 0
                continue
            gains[c] = together(c, left).bit_count()
            best_yet = max(best_yet, gains[c])
        best = gains.index(max(gains))
        if not gains[best] or best in chosen:
            break
        chosen.append(best)
        left &= ~together(best, left)
    served, order = everything & ~left, chosen
    for c in sorted(chosen, reverse=True):
        others, rest = [other for other in order if other != c], served
        for other in others:
            rest &= ~together(other, rest)
        if not rest:
            order = others
    return order, _bound_of_masks(served, alone) if served else 0


def _bound_of_masks(served: int, alone: Sequence[int]) -> int:
    least = 1 if any(mask & served == served for mask in alone) else 2
    sizes = sorted(((mask & served).bit_count() for mask in alone), reverse=True)
    return max(least, _count(sizes, served.bit_count()))
