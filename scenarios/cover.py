"""Fewest packages: cover what is wanted with as few locations as a greedy search, recomputed on the remainder, finds.

Candidates are told by their rank (0 is the best by `order_by`), goods by their column. Formulation and figures:
design/performance.md. Nothing depends on time; ties go to the better rank.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

UNIT = 1 << 40  # a whole good counts so much: whole numbers, so that no rounding decides


@dataclass(frozen=True, slots=True)
class Cover:
    """`chosen` ranks in rank order, `given[i][g]` what the i-th of them gives of good g; `bound`: no choice of the
    candidates serves as much with fewer."""

    chosen: list[int]
    given: list[list[int]]
    bound: int


NOTHING = Cover([], [], 0)


def cover_units(need: Sequence[int], rows: Sequence[Sequence[int]], ranked: Sequence[int], most: int) -> Cover:
    """Goods that may be cut between locations. `need[g]` pieces; `rows[g]` stock by ordinal, `ranked` the ordinals
    of the candidates, at most `most` of them used."""
    for at in with_all(need, rows, ranked):
        return Cover([ranked.index(at)], [list(need)], 1)
    columns = [[row[at] for at in ranked] for row in rows]
    target = [min(n, sum(column)) for n, column in zip(need, columns, strict=True)]
    goods = [g for g, n in enumerate(target) if n]
    if not goods or most < 1:
        return NOTHING
    left, chosen = target[:], list[int]()
    gains = first = _gains(goods, target, left, columns, len(ranked))
    while goods and len(chosen) < most:
        best = max(range(len(ranked)), key=gains.__getitem__)
        chosen.append(best)
        for g in goods:
            left[g] -= min(left[g], columns[g][best])
        goods = [g for g in goods if left[g]]
        if goods:
            gains = _gains(goods, target, left, columns, len(ranked))
            for used in chosen:
                gains[used] = 0
    served = [n - rest for n, rest in zip(target, left, strict=True)]
    chosen = sorted(chosen)
    for c in reversed(chosen[:]):
        others = [other for other in chosen if other != c]
        if all(sum(column[o] for o in others) >= n for n, column in zip(served, columns, strict=True) if column[c]):
            chosen = others
    return Cover(chosen, _shares(served, columns, chosen), _bound(served, columns, first, target))


def with_all(need: Sequence[int], rows: Sequence[Sequence[int]], ranked: Sequence[int]) -> Sequence[int]:
    for n, row in zip(need, rows, strict=True):
        ranked = [at for at in ranked if row[at] >= n]
        if not ranked:
            break
    return ranked


def _gains(
    goods: Sequence[int], target: Sequence[int], left: Sequence[int], columns: Sequence[Sequence[int]], size: int
) -> list[int]:
    """What each candidate would add now: of each good the part of its target, a whole one UNIT."""
    gains = [0] * size
    for g in goods:
        piece, rest = UNIT // target[g], left[g]
        full = UNIT if rest == target[g] else piece * rest
        gains = [gain + (full if n >= rest else piece * n) for gain, n in zip(gains, columns[g], strict=True)]
    return gains


def _shares(served: Sequence[int], columns: Sequence[Sequence[int]], chosen: Sequence[int]) -> list[list[int]]:
    """Who gives what: all of a good from the best ranked that has it whole, else from the largest holders."""
    given = [[0] * len(served) for _ in chosen]
    for g, (n, column) in enumerate(zip(served, columns, strict=True)):
        holders = sorted(range(len(chosen)), key=lambda i: -column[chosen[i]])
        whole = [i for i in range(len(chosen)) if column[chosen[i]] >= n]
        for i in whole[:1] or holders:
            given[i][g] = min(n, column[chosen[i]])
            n -= given[i][g]
    return given


def _bound(served: Sequence[int], columns: Sequence[Sequence[int]], gains: Sequence[int], target: Sequence[int]) -> int:
    """At least so many locations: by the largest holders of each good, by the largest gains for all together, and
    two where nobody has everything."""
    bound = 1
    for n, column in zip(served, columns, strict=True):
        have, count = 0, 0
        for amount in sorted(column, reverse=True):
            if have >= n:
                break
            have, count = have + amount, count + 1
        bound = max(bound, count)
    if bound == 1 and not with_all(served, columns, range(len(gains))):
        bound = 2
    goal = sum(UNIT // t * n for n, t in zip(served, target, strict=True) if n)
    together = 0
    for count, gain in enumerate(sorted(gains, reverse=True)):
        if together >= goal:
            return max(bound, count)
        together += gain
    return max(bound, len(gains)) if together < goal else bound


def cover_wholes(
    alone: Sequence[int], everything: int, together: Callable[[int, int], int] | None, most: int
) -> tuple[list[int], int]:
    """Goods that go whole: bit masks. `alone[c]` are those that candidate c could send one by one; `together(c, left)`
    those of `left` it could send at once (None: all of them). The ranks in the order of use, and the bound."""

    def sends(c: int, left: int) -> int:
        return alone[c] & left if together is None else together(c, left)

    chosen, left = list[int](), everything
    while left and len(chosen) < most:
        gains = [sends(c, left).bit_count() for c in range(len(alone))]
        for used in chosen:
            gains[used] = 0
        best = max(range(len(alone)), key=gains.__getitem__, default=0)
        if not gains or not gains[best]:
            break
        chosen.append(best)
        left &= ~sends(best, left)
    served = everything & ~left
    order = sorted(chosen) if together is None else chosen
    for c in sorted(chosen, reverse=True):
        others, rest = [other for other in order if other != c], served
        for other in others:
            rest &= ~sends(other, rest)
        if not rest:
            order = others
    return order, _bound_of_masks(served, alone) if served else 0


def _bound_of_masks(served: int, alone: Sequence[int]) -> int:
    goal, sum_ = served.bit_count(), 0
    least = 1 if any(mask & served == served for mask in alone) else 2
    for count, size in enumerate(sorted(((mask & served).bit_count() for mask in alone), reverse=True), start=1):
        sum_ += size
        if sum_ >= goal:
            return max(count, least)
    return len(alone)
