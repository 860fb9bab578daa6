"""Fewest packages: cover what is wanted with as few locations as a greedy search, recomputed on the remainder, finds,
and where that is not proven the fewest, the same from several other starts.

Candidates are told by their rank (0 is the best by `order_by`), goods by their column. Formulation and figures:
design/performance.md. Nothing depends on time; ties go to the better rank.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import itemgetter

UNIT = 1 << 20  # a whole good counts about so much: whole numbers, so that no rounding decides

# Goods, and holders of each, that the search starts from anew, and how many figures (goods × candidates) it may go
# through for it: a budget of work, never of time, so that the plan does not depend on the machine.
SCARCEST, STARTS, FIGURES = 2, 4, 20_000


@dataclass(frozen=True, slots=True)
class Cover:
    """`chosen` ranks in rank order, `given[i][g]` what the i-th of them gives of good g; `bound`: no choice of the
    candidates serves as much with fewer."""

    chosen: list[int]
    given: list[list[int]]
    bound: int


NOTHING = Cover([], [], 0)


@dataclass(frozen=True, slots=True)
class Goods:
    """`target[g]` pieces, none more than all candidates have together; `columns[g][c]` what candidate c has;
    `piece[g]` what a piece counts, so that large lines do not outweigh small ones."""

    target: list[int]
    columns: list[Sequence[int]]
    piece: list[int]

    def gains(self, left: Sequence[int], among: Sequence[int]) -> list[int]:
        """What each candidate would add of what is left."""
        each = []
        for g in among:
            piece, rest = self.piece[g], left[g]
            full = piece * rest
            each.append([piece * n if n < rest else full for n in self.columns[g]])
        return list(map(sum, zip(*each, strict=True)))

    def covers(self, chosen: Sequence[int], served: Sequence[int]) -> bool:
        return all(sum([column[c] for c in chosen]) >= n for n, column in zip(served, self.columns, strict=True) if n)


def cover_units(need: Sequence[int], rows: Sequence[Sequence[int]], ranked: Sequence[int], most: int) -> Cover:
    """Goods that may be cut between locations. `need[g]` pieces; `rows[g]` stock by ordinal, `ranked` the ordinals
    of the candidates, at most `most` of them used."""
    for at in with_all(need, rows, ranked):
        return Cover([ranked.index(at)], [list(need)], 1)
    if len(ranked) < 2:
        columns: list[Sequence[int]] = [[row[at] for at in ranked] for row in rows]
    else:
        pick = itemgetter(*ranked)
        columns = [pick(row) for row in rows]
    target = [min(n, sum(column)) for n, column in zip(need, columns, strict=True)]
    if not any(target) or most < 1:
        return NOTHING
    goods = Goods(target, columns, [max(1, UNIT // n) if n else 0 for n in target])
    first = goods.gains(target, [g for g, n in enumerate(target) if n])
    chosen, left = _greedy(goods, first, [], most)
    served = [n - rest for n, rest in zip(target, left, strict=True)]
    bound = _bound(goods, served, first)
    chosen = _needed(goods, sorted(chosen), served)
    if len(chosen) > bound:
        chosen = _from_other_starts(goods, first, served, chosen, bound)
    return Cover(chosen, _shares(served, columns, chosen), bound)


def with_all(need: Sequence[int], rows: Sequence[Sequence[int]], ranked: Sequence[int]) -> Sequence[int]:
    """Those of the ranked that have everything."""
    for n, row in zip(need, rows, strict=True):
        ranked = [at for at in ranked if row[at] >= n]
        if not ranked:
            break
    return ranked


def _greedy(goods: Goods, first: list[int], start: list[int], most: int) -> tuple[list[int], list[int]]:
    """After those of `start`, the candidate that adds most, again and again: who was chosen, what is left."""
    chosen, left, gains = list[int](), goods.target[:], first
    among = [g for g, n in enumerate(left) if n]
    while among and len(chosen) < most:
        best = start[len(chosen)] if len(chosen) < len(start) else gains.index(max(gains))
        chosen.append(best)
        for g in among:
            left[g] -= min(left[g], goods.columns[g][best])
        among = [g for g in among if left[g]]
        if among:
            gains = goods.gains(left, among)
            for used in chosen:
                gains[used] = 0
    return chosen, left


def _from_other_starts(goods: Goods, first: list[int], served: list[int], chosen: list[int], bound: int) -> list[int]:
    """Fewer than `chosen`, if a start from a good holder of the scarcest goods leads there."""
    budget = FIGURES // (len(goods.columns) * len(first))
    if not budget:
        return chosen
    wanted = [g for g, n in enumerate(served) if n]
    scarce = sorted(wanted, key=lambda g: sum(goods.columns[g]) * goods.piece[g])[:SCARCEST]
    starts = {}
    for g in scarce:
        column, n = goods.columns[g], served[g]
        holders = [c for c in range(len(column)) if column[c]]
        starts.update(dict.fromkeys(sorted(holders, key=lambda c: (-min(column[c], n), -first[c]))[:STARTS]))
    for start in list(starts)[:budget]:
        tried, left = _greedy(goods, first, [start], len(chosen))
        if all(n - rest >= want for n, rest, want in zip(goods.target, left, served, strict=True)):
            tried = _needed(goods, sorted(tried), served)
            if len(tried) < len(chosen):
                chosen = tried
                if len(chosen) == bound:
                    break
    return chosen


def _needed(goods: Goods, chosen: list[int], served: Sequence[int]) -> list[int]:
    """Without those the others can do without, the worst ranked first."""
    for c in reversed(chosen[:]):
        others = [other for other in chosen if other != c]
        if goods.covers(others, served):
            chosen = others
    return chosen


def _shares(served: Sequence[int], columns: Sequence[Sequence[int]], chosen: Sequence[int]) -> list[list[int]]:
    """Who gives what: all of a good from the best ranked that has it whole, else from the largest holders."""
    given = [[0] * len(served) for _ in chosen]
    for g, (n, column) in enumerate(zip(served, columns, strict=True)):
        have = [column[c] for c in chosen]
        whole = next((i for i, amount in enumerate(have) if amount >= n), None)
        if whole is not None:
            given[whole][g] = n
            continue
        for i in sorted(range(len(chosen)), key=lambda i: -have[i]):
            given[i][g] = min(n, have[i])
            n -= given[i][g]
    return given


def _bound(goods: Goods, served: Sequence[int], gains: Sequence[int]) -> int:
    """At least so many locations: by the largest holders of each good, by the largest gains for all together, and
    two where nobody has everything."""
    bound = 1 if with_all(served, goods.columns, range(len(gains))) else 2
    for n, column in zip(served, goods.columns, strict=True):
        if max(column) < n:
            bound = max(bound, _count(sorted(column, reverse=True), n))
    goal = sum(n * piece for n, piece in zip(served, goods.piece, strict=True))
    return max(bound, _count(sorted(gains, reverse=True), goal))


def _count(amounts: Sequence[int], goal: int) -> int:
    """How many of the amounts, the first ones first, add up to the goal."""
    for count, amount in enumerate(amounts, start=1):
        goal -= amount
        if goal <= 0:
            return count
    return len(amounts)


def cover_wholes(
    alone: Sequence[int], everything: int, together: Callable[[int, int], int] | None, most: int
) -> tuple[list[int], int]:
    """Goods that go whole: bit masks. `alone[c]` are those that candidate c could send one by one; `together(c, left)`
    those of `left` it could send at once (None: all of them). The ranks in the order of use, and the bound."""

    def sends(c: int, left: int) -> int:
        return alone[c] & left if together is None else together(c, left)

    chosen, left = list[int](), everything
    while left and len(chosen) < most and alone:
        gains = [(mask & left).bit_count() for mask in alone]
        if together is not None:
            # What goes one by one is at least what goes at once: nobody below the best so far need be asked.
            best_yet = 0
            for c in sorted(range(len(alone)), key=lambda c: -gains[c]):
                if gains[c] < best_yet or c in chosen:
                    gains[c] = 0
                    continue
                gains[c] = sends(c, left).bit_count()
                best_yet = max(best_yet, gains[c])
        best = gains.index(max(gains))
        if not gains[best] or best in chosen:
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
    least = 1 if any(mask & served == served for mask in alone) else 2
    sizes = sorted(((mask & served).bit_count() for mask in alone), reverse=True)
    return max(least, _count(sizes, served.bit_count()))
