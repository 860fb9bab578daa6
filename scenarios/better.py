"""Of covers with as many packages, one that the scenario's own order likes better: single candidates and pairs are
swapped for cheaper ones. Work is counted, never timed."""

from collections.abc import Sequence
from itertools import combinations

from scenarios.goods import Goods

ROUNDS = 3
WORK = 60_000  # candidates looked at while pairs are swapped


def better(goods: Goods, musts: Sequence[int], chosen: list[int], cost: Sequence[float]) -> list[int]:
    """`cost` by rank, never falling. As many as before, the sum of the costs not above what it was."""
    chosen = _one_for_one(goods, musts, chosen)
    free = [c for c in reversed(chosen) if c not in musts]
    work = WORK
    for pair in combinations(free, 2):
        if not set(pair) <= set(chosen):
            continue
        others = [c for c in chosen if c not in pair]
        lacking = goods.lacking(others)
        scarce, _pieces = min(lacking, key=lambda want: len(goods.holders(want[0])))
        holders = [c for c, _ in goods.holders(scarce) if c not in others]
        work -= len(holders) * (goods.count // 4 + 4 * len(lacking))
        if work < 0:
            break
        best, key = pair, _key(pair, cost)
        for one in holders:
            if cost[one] > key[0]:
                break
            rest = [(g, n - goods.columns[g][one]) for g, n in lacking]
            for other in goods.with_all([(g, n) for g, n in rest if n > 0], range(_reach(one, key, cost))):
                if other != one and other not in others:
                    if _key((one, other), cost) < key:
                        best, key = (one, other), _key((one, other), cost)
                    break
        chosen = sorted([*others, *best])
    return chosen


def _reach(one: int, key: tuple[float, int], cost: Sequence[float]) -> int:
    """Candidates from here on are too dear beside `one`."""
    low, high = 0, len(cost)
    while low < high:
        middle = (low + high) // 2
        if cost[one] + cost[middle] <= key[0]:
            low = middle + 1
        else:
            high = middle
    return low


def _key(pair: tuple[int, int], cost: Sequence[float]) -> tuple[float, int]:
    return cost[pair[0]] + cost[pair[1]], pair[0] + pair[1]


def _one_for_one(goods: Goods, musts: Sequence[int], chosen: list[int]) -> list[int]:
    """One for one that stands before it, as long as that can be."""
    for _ in range(ROUNDS):
        before = chosen
        for c in reversed(before):
            if c in musts or c not in chosen:
                continue
            others = [other for other in chosen if other != c]
            for first in goods.with_all(goods.lacking(others), range(c)):
                if first not in others:
                    chosen = sorted([*others, first])
                    break
        if chosen == before:
            break
    return chosen
