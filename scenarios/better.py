"""Of covers with as many packages, one that the scenario's own order likes better: single candidates and pairs are
swapped for cheaper ones. Work is counted, never timed."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from scenarios.goods import Goods
from scenarios.search import Search

ROUNDS = 3
WORK = 700_000  # cells looked at while pairs are swapped


def better(goods: Goods, musts: Sequence[int], chosen: list[int], cost: Sequence[float]) -> list[int]:
    """`cost` by rank, never falling. As many as before, the sum of the costs not above what it was."""
    chosen = _one_for_one(goods, musts, chosen)
    free = [c for c in reversed(chosen) if c not in musts]
    search, costs = Search(WORK), np.array(cost)
    for pair in combinations(free, 2):
        if not set(pair) <= set(chosen):
            continue
        if search.work < 0:
            break
        others = [c for c in chosen if c not in pair]
        rest = goods.all.after(*others)
        now = costs[list(pair)].sum()
        holders = (rest.held[rest.scarce_first()[0]] > 0) & (costs + costs[0] <= now)
        ones, twos = search.pairs(rest, holders.nonzero()[0])
        sums, ranks = costs[ones] + costs[twos], ones + twos
        if len(ones):
            best = np.lexsort((ranks, sums))[0]
            if (sums[best], ranks[best]) < (now, sum(pair)):
                chosen = sorted([*others, int(ones[best]), int(twos[best])])
    return chosen


def _one_for_one(goods: Goods, musts: Sequence[int], chosen: list[int]) -> list[int]:
    """One for one that stands before it, as long as that can be."""
    for _ in range(ROUNDS):
        before = chosen
        for c in reversed(before):
            if c in musts or c not in chosen:
                continue
            others = [other for other in chosen if other != c]
            first = goods.all.after(*others).with_all(until=c)[:1]
            chosen = sorted([*others, *(first or [c])])
        if chosen == before:
            break
    return chosen
