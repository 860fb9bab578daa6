"""What is wanted, seen from the candidates: a matrix of whole numbers.

A *good* is a SKU (or a line that goes whole) with the pieces wanted of it; a *candidate* is a location told by its rank
(0 is the best by `order_by`). Pieces are weighed so that every good counts UNIT, however many pieces it has: large
lines do not outweigh small ones. Weights are whole numbers, so that sums are exact and the same on any machine.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import lcm
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scenarios.places import MOST, Pieces

Ints = NDArray[np.int64]

UNIT = lcm(*range(1, 37))
"""Divided by any small number of pieces without a rest; above all that 65,000 candidates can have of a good, and as
many goods together fit in eight bytes."""
LOOK = 8_000
"""What any look at a rest costs beside its cells, in cells: so that searches can count what they do."""


@dataclass(frozen=True, slots=True)
class Rest:
    """What is still wanted: `left[g]` of each good, 0 of some, `held[g, c]` what candidate c has of it; those in `out`
    may not be used (again). `held` is never changed, and copied only where it becomes half as large."""

    left: Ints
    held: Ints
    out: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.left.any())

    @property
    def work(self) -> int:
        return self.held.size + LOOK

    @property
    def size(self) -> int:
        """What is still wanted: a candidate with this gain has it all."""
        return int(self.left.sum())

    def gains(self) -> Ints:
        """What each candidate would add."""
        gains: Ints = np.add.reduce(np.minimum(self.held, self.left[:, None]))
        gains[list(self.out)] = 0
        return gains

    def after(self, *candidates: int) -> "Rest":
        """What is left once the candidates have given all they can."""
        left = np.maximum(self.left - self.held[:, candidates].sum(axis=1), 0)
        held, still = self.held, left.nonzero()[0]
        if 2 * len(still) <= len(left):
            left, held = left[still], held.take(still, axis=0)
        return Rest(left, held, self.out + candidates)

    def without(self, candidate: int) -> "Rest":
        return Rest(self.left, self.held, (*self.out, candidate))

    def with_all(self, until: int | None = None) -> list[int]:
        """Those of the candidates before `until` that have everything."""
        found = np.logical_and.reduce(self.held[:, :until] >= self.left[:, None]).nonzero()[0].tolist()
        return [c for c in found if c not in self.out]

    def scarce_first(self) -> Ints:
        """The goods that are still wanted, those that the fewest candidates have before the others."""
        wanted: Ints = self.left.nonzero()[0]
        holders: Ints = (self.held[wanted] > 0).sum(axis=1)
        return wanted[holders.argsort(kind="stable")]


class Goods:
    """`target[g]` pieces, none more than all candidates have together; `held[g, c]` what candidate c has, at most what
    is wanted; both are weighed in `full` and `held`."""

    def __init__(self, target: Ints, held: NDArray[np.integer[Any]]) -> None:
        self.weight = UNIT // np.maximum(target, 1)
        self.full = target * self.weight
        self.held = held * self.weight[:, None]
        self.count = held.shape[1]
        self.all = Rest(self.full, self.held)

    def served(self, chosen: Sequence[int], whole: bool) -> "Goods":
        """Only what these can give."""
        given = np.minimum(self.held[:, chosen].sum(axis=1), self.full)
        target = (np.where(given < self.full, 0, given) if whole else given) // self.weight
        return Goods(target, np.minimum(self.held // self.weight[:, None], target[:, None]))

    def needed(self, chosen: Sequence[int]) -> list[int]:
        """Of a cover, in its order, those that the others cannot do without, the last first to go."""
        held = self.held[:, chosen]
        spare = held.sum(axis=1) - self.full
        kept = []
        for i in reversed(range(len(chosen))):
            without = spare - held[:, i]
            if without.min() >= 0:
                spare = without
            else:
                kept.append(chosen[i])
        return kept[::-1]


def served_by(need: Sequence[int], rows: Sequence[Pieces], ranked: Sequence[int], whole: bool) -> Goods | None:
    """What of the need these candidates can serve together; None: nothing. `whole`: a good is given by one of them or
    not at all."""
    wanted = np.array([min(n, MOST) for n in need], dtype=np.intc)[:, None]
    held = np.frombuffer(b"".join(rows), dtype=np.intc).reshape(len(rows), -1)[:, ranked]
    if whole:
        held[held < wanted] = 0
    np.minimum(held, wanted, out=held)
    served = held.max(axis=1) if whole else held.sum(axis=1, dtype=np.int64)
    target = np.array([min(n, has) for n, has in zip(need, served.tolist(), strict=True)], dtype=np.int64)
    return Goods(target, held) if target.any() else None
