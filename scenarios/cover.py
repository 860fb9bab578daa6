"""Fewest packages: as few locations as the search finds, then the better ones by the scenario's own order, and a bound
below which no choice of the candidates can be.

One that has everything; else those nobody can do without, the rest greedily *recomputed on the remainder*, from several
starts; what became needless is dropped, two are swapped for one, three for two; a short depth-first search looks for
one fewer, and proves that there is none when it comes to its end. Last, ones and pairs are swapped for those that stand
before them. Formulation and figures: design/performance.md. Work is limited by counting it, never by time: the plan
does not depend on the machine.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain, combinations

import numpy as np

from scenarios.better import better
from scenarios.goods import LOOK, Goods, Ints, Rest, served_by
from scenarios.places import Pieces, with_all
from scenarios.search import Search

# How much is tried where the first cover is not proven the fewest: starts, and cells that are looked at.
SCARCEST, STARTS = 2, 4
WORK = 1_000_000
LOOKED_UP = 3  # a cover of so many is shown to be the fewest, or a pair is found, at one look: nothing else is tried


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
    rows: Sequence[Pieces],
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
        goods = goods.served(greedy(goods, [], most)[0], whole)
        musts = needed_by_all(goods)
        chosen, _ = greedy(goods, musts, most)
    chosen, bound = fewest(goods, musts, chosen)
    chosen = better(goods, musts, chosen, cost or [0.0] * goods.count)
    return Cover(chosen, shares(goods, chosen), bound)


def needed_by_all(goods: Goods) -> list[int]:
    """The candidates without whom the others have too little of some good."""
    slack = goods.held.sum(axis=1) - goods.full
    found: list[int] = (goods.held > slack[:, None]).any(axis=0).nonzero()[0].tolist()
    return found


def greedy(goods: Goods, start: Sequence[int], most: int) -> tuple[list[int], Rest]:
    """After those of `start`, the candidate that adds most, again and again: who was chosen, what is left."""
    chosen, rest = list(start), goods.all.after(*start)
    while rest and len(chosen) < most:
        gains = rest.gains()
        best = int(gains.argmax())
        if not gains[best]:
            break
        chosen.append(best)
        rest = rest.after(best)
    return chosen, rest


def fewest(goods: Goods, musts: list[int], chosen: list[int]) -> tuple[list[int], int]:
    """From one cover to as few as the search finds, in rank order, and the bound."""
    chosen = goods.needed(sorted(chosen))
    bound = max(len(musts), bound_of(goods))
    if len(chosen) - len(musts) > LOOKED_UP:
        chosen = _from_others(goods, musts, chosen, bound)
        chosen = _one_fewer(goods, musts, chosen, bound)
    search = Search(WORK)
    while len(chosen) > bound:
        fewer = search.within(goods.all.after(*musts), len(chosen) - 1 - len(musts))
        if fewer is None:
            if search.complete:
                bound = len(chosen)
            break
        chosen = goods.needed(sorted([*musts, *fewer]))
    return chosen, bound


def _from_others(goods: Goods, musts: Sequence[int], chosen: list[int], bound: int) -> list[int]:
    """The cover, or one that is found with fewer from another start."""
    work = WORK
    for start in _starts(goods, musts):
        if len(chosen) == bound or work < 0:
            break
        work -= 3 * len(chosen) * (goods.held.size // 4 + LOOK)
        tried, rest = greedy(goods, [*musts, start], len(chosen) - 1)
        if not rest:
            chosen = goods.needed(sorted(tried))
    return chosen


def _one_fewer(goods: Goods, musts: Sequence[int], chosen: list[int], bound: int) -> list[int]:
    """One candidate in the place of two, two in the place of three, wherever they have what would be missing."""
    search, found = Search(WORK), True
    while found and len(chosen) > bound:
        free, found = [c for c in least_missed(goods, chosen) if c not in musts], False
        for some in chain(combinations(free, 2), combinations(free, 3)):
            others = [c for c in chosen if c not in some]
            search.work -= LOOK + len(others) * len(goods.full)
            instead = search.within(goods.all.after(*others), len(some) - 1)
            if instead is not None:
                chosen, found = goods.needed(sorted([*others, *instead])), True
                break
            if search.work <= 0:
                break
    return chosen


def least_missed(goods: Goods, chosen: Sequence[int]) -> list[int]:
    """Of a cover those first without whom the least would be missing: the easiest to replace."""
    held = goods.held[:, chosen]
    missing = (goods.full[:, None] - held.sum(axis=1)[:, None] + held).clip(min=0).sum(axis=0)
    return [chosen[i] for i in missing.argsort(kind="stable").tolist()]


def _starts(goods: Goods, musts: Sequence[int]) -> list[int]:
    """The best holders of the scarcest goods."""
    wanted = goods.full.nonzero()[0]
    plenty = goods.held[wanted].sum(axis=1) / goods.full[wanted]
    first = goods.held.sum(axis=0)
    starts: dict[int, None] = {}
    for g in wanted[plenty.argsort(kind="stable")[:SCARCEST]]:
        holders = goods.held[g].nonzero()[0]
        best = holders[np.lexsort((-first[holders], -goods.held[g, holders]))[:STARTS]]
        starts.update(dict.fromkeys(c for c in best.tolist() if c not in musts))
    return list(starts)


def bound_of(goods: Goods) -> int:
    """At least so many candidates: by the largest holders of each good, by the largest gains for all together, and
    two where nobody has everything."""
    size, gains = int(goods.full.sum()), goods.held.sum(axis=0)
    bound = _count(gains, size)
    in_parts = goods.held.max(axis=1) < goods.full
    return max([bound, *(_count(held, n) for held, n in zip(goods.held[in_parts], goods.full[in_parts], strict=True))])


def _count(amounts: Ints, goal: int) -> int:
    """How many of the amounts, the largest first, add up to the goal; all where none do."""
    return min(int(np.sort(amounts)[::-1].cumsum().searchsorted(goal)) + 1, len(amounts))


def shares(goods: Goods, chosen: Sequence[int]) -> list[list[int]]:
    """Who gives what, in pieces: all of a good from the best ranked that has it whole, else from the largest
    holders."""
    held, need = goods.held[:, chosen] // goods.weight[:, None], goods.full // goods.weight
    whole = held >= need[:, None]
    by_one = whole.any(axis=1)
    given = np.zeros((len(chosen), len(need)), dtype=np.int64)
    given[whole.argmax(axis=1), np.arange(len(need))] = np.where(by_one, need, 0)
    for g in (~by_one).nonzero()[0].tolist():
        n = need[g]
        for i in (-held[g]).argsort(kind="stable").tolist():
            given[i, g] = min(n, held[g, i])
            n -= given[i, g]
    found: list[list[int]] = given.tolist()
    return found


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
    sizes = np.array([(mask & served).bit_count() for mask in alone])
    return max(least, _count(sizes, served.bit_count()))
