"""A depth-first search for a few candidates that have all that is left, which proves that there are none when it ends.

What it looks at is counted, never timed. The last two are looked for together: all pairs that add enough, and of these
the ones that have each good, the scarcest first."""

import numpy as np
from numpy.typing import NDArray

from scenarios.goods import LOOK, Rest

Ranks = NDArray[np.int64]


class Search:
    """`complete` as long as every answer was certain; `work` cells may be looked at by all its searches together."""

    def __init__(self, work: int) -> None:
        self.work, self.complete = work, True

    def within(self, rest: Rest, room: int) -> list[int] | None:
        """At most so many that have all of it; None where none are found."""
        if not rest:
            return []
        if room < 1:
            return None
        if self.work <= 0:
            self.complete = False
            return None
        self.work -= 3 * rest.work
        if room == 1:
            return rest.with_all()[:1] or None
        gains, size = rest.gains(), rest.size
        best = np.sort(gains)[: -room - 1 : -1]
        if best[0] == size:
            return [int(gains.argmax())]
        if best.sum() < size:
            return None
        # Some holder of the scarcest good is used: but for those whose gain is too small beside the best of all.
        holders = (rest.held[rest.scarce_first()[0]] > 0) & (gains >= size - best[: room - 1].sum())
        ones = holders.nonzero()[0]
        if room == 2:
            ones, others = self.pairs(rest, ones)
            return [int(ones[0]), int(others[0])] if len(ones) else None
        for c in ones[(-gains[ones]).argsort(kind="stable")].tolist():
            if self.work <= 0:
                self.complete = False
                return None
            found = self.within(rest.after(c), room - 1)
            if found is not None:
                return [c, *found]
            rest = rest.without(c)  # covers with it have been looked at
        return None

    def pairs(self, rest: Rest, ones: Ranks) -> tuple[Ranks, Ranks]:
        """Every pair that together has all that is left: one of these, who have the scarcest good, and another who adds
        something."""
        gains = rest.gains()
        together = gains[ones][:, None] + np.where(gains > 0, gains, -rest.size) >= rest.size
        together[np.arange(len(ones)), ones] = False
        scarce_first = np.roll(rest.scarce_first(), -1)
        for g in scarce_first[:DENSE].tolist():
            lacking = (rest.held[g, ones] < rest.left[g]).nonzero()[0]
            together[lacking] &= rest.held[g] >= (rest.left[g] - rest.held[g, ones[lacking]])[:, None]
        first, second = together.nonzero()
        first = ones[first]
        self.work -= 2 * rest.work + (DENSE + 2) * (LOOK + together.size)
        begin, many = DENSE, 2
        while begin < len(scarce_first) and len(first):
            some = scarce_first[begin : begin + many]
            held = rest.held[some]
            enough = np.logical_and.reduce(held[:, first] + held[:, second] >= rest.left[some][:, None])
            self.work -= 4 * len(first) * len(some) + LOOK
            first, second = first[enough], second[enough]
            begin, many = begin + many, 2 * many
        return first, second


DENSE = 6
"""Goods by which all pairs are looked at; by the others only the pairs that these leave."""
