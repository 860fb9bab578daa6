"""What is wanted, seen from the candidates: whole goods as bit masks, large lines by their pieces.

A *good* is a SKU (or a line that goes whole) with the pieces wanted of it; a *candidate* is a location told by its rank
(0 is the best by `order_by`). Most candidates have a good whole or not at all, so a mask a candidate says nearly all,
and only what a candidate has in part is told by figures. A good counts UNIT however many pieces it has, so that large
lines do not outweigh small ones.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter

UNIT = 1 << 40  # above any quantity, so that no two shares of a good are rounded to the same


@dataclass(frozen=True, slots=True)
class Rest:
    """What is still wanted: `fresh`, the mask of goods nobody has given of yet; `touched`, pieces left of the others;
    `parts`, by candidate its shares of fresh goods it has in part; `out`, who may not be used (again)."""

    fresh: int
    touched: dict[int, int]
    parts: list[int]
    out: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.fresh or self.touched)

    def without(self, candidate: int) -> "Rest":
        return Rest(self.fresh, self.touched, self.parts, self.out | {candidate})


class Goods:
    """`target[g]` pieces, none more than all candidates have together; `columns[g][c]` what candidate c has.
    `work`: what looking at all candidates once costs, so that a search can count it."""

    def __init__(self, target: list[int], columns: list[Sequence[int]]) -> None:
        self.target, self.columns = target, columns
        self.count = len(columns[0]) if columns else 0
        self.work = self.count * (2 + len(target) // 8)
        self.masks, self._parts = _seen(target, columns, self.count)
        self._in_part = sum([1 << g for g in self._parts])
        self._holders: dict[int, list[tuple[int, int]]] = {}
        shares = [0] * self.count
        for part in self._parts.values():
            for c, share in part:
                shares[c] += share
        self.all = Rest(sum([1 << g for g, n in enumerate(target) if n]), {}, shares)

    def holders(self, g: int) -> list[tuple[int, int]]:
        """(candidate, pieces) of those that have any."""
        found = self._holders.get(g)
        if found is None:
            found = self._holders[g] = [(c, n) for c, n in enumerate(self.columns[g]) if n]
        return found

    def size(self, rest: Rest) -> int:
        """What is still wanted: a candidate with this gain has it all."""
        return rest.fresh.bit_count() * UNIT + sum([UNIT * n // self.target[g] for g, n in rest.touched.items()])

    def gains(self, rest: Rest) -> list[int]:
        """What each candidate would add of what is left."""
        fresh = rest.fresh
        found = [(mask & fresh).bit_count() * UNIT + part for mask, part in zip(self.masks, rest.parts, strict=True)]
        for g, left in rest.touched.items():
            n = self.target[g]
            most = UNIT * left // n
            for c, has in self.holders(g):
                found[c] += most if has >= left else UNIT * has // n
        for c in rest.out:
            found[c] = 0
        return found

    def after(self, rest: Rest, candidate: int) -> Rest:
        """What is left once the candidate has given all it can."""
        mask, out = self.masks[candidate], rest.out | {candidate}
        fresh, touched = rest.fresh & ~mask, {}
        for g, left in rest.touched.items():
            left -= self.columns[g][candidate]
            if left > 0:
                touched[g] = left
        for g in bits(fresh & self._in_part):
            has = self.columns[g][candidate]
            if has:
                touched[g] = self.target[g] - has
                fresh &= ~(1 << g)
        parts = rest.parts
        left_fresh = rest.fresh & ~fresh & self._in_part
        if left_fresh:
            parts = parts[:]
            for g in bits(left_fresh):
                for c, share in self._parts[g]:
                    parts[c] -= share
        return Rest(fresh, touched, parts, out)

    def lacking(self, chosen: Sequence[int]) -> list[tuple[int, int]]:
        """(good, pieces) the chosen together do not have."""
        wanted = self.all.fresh
        for c in chosen:
            wanted &= ~self.masks[c]
        found = []
        for g in bits(wanted):
            column = self.columns[g]
            left = self.target[g] - sum([column[c] for c in chosen])
            if left > 0:
                found.append((g, left))
        return found

    def with_all(self, wanted: Sequence[tuple[int, int]], among: Sequence[int]) -> Sequence[int]:
        """Those among the candidates that have all of it."""
        for g, n in wanted:
            column = self.columns[g]
            among = [c for c in among if column[c] >= n]
            if not among:
                break
        return among


def columns_of(rows: Sequence[Sequence[int]], ranked: Sequence[int]) -> list[Sequence[int]]:
    """By candidate instead of by ordinal."""
    if len(ranked) < 2:
        return [[row[at] for at in ranked] for row in rows]
    pick = itemgetter(*ranked)
    return [pick(row) for row in rows]


def bits(mask: int) -> Iterator[int]:
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def _seen(
    target: Sequence[int], columns: Sequence[Sequence[int]], count: int
) -> tuple[list[int], dict[int, list[tuple[int, int]]]]:
    """The mask of each candidate, and by good the (candidate, share) of those that have it in part."""
    masks, parts = [0] * count, {}
    for g, (n, column) in enumerate(zip(target, columns, strict=True)):
        if not n:
            continue
        bit = 1 << g
        masks = [mask | bit if has >= n else mask for mask, has in zip(masks, column, strict=True)]
        if n > 1:
            part = [(c, UNIT * has // n) for c, has in enumerate(column) if 0 < has < n]
            if part:
                parts[g] = part
    return masks, parts
