"""A short depth-first search for a cover of one candidate fewer, which proves that there is none when it ends."""

from collections.abc import Sequence
from heapq import nlargest

from scenarios.goods import Goods, Rest


class Search:
    """Depth first for a cover of at most so many; `complete` when the answer is certain."""

    def __init__(self, goods: Goods, nodes: int) -> None:
        self.goods, self.left, self.complete = goods, nodes, True
        self.slack = (len(goods.target) + 1) * 64  # what the rounding of shares may come to
        self.holders = {g: [c for c, _ in goods.holders(g)] for g, n in enumerate(goods.target) if n}

    def within(self, musts: Sequence[int], room: int) -> list[int] | None:
        rest = self.goods.all
        for c in musts:
            rest = self.goods.after(rest, c)
        if not rest:
            return list(musts)
        if self.left <= 0:
            self.complete = False
            return None
        found = self._look(rest, room - len(musts))
        return None if found is None else [*musts, *found]

    def _look(self, rest: Rest, room: int) -> list[int] | None:
        self.left -= 1
        if room < 1:
            return None
        gains, size = self.goods.gains(rest), self.goods.size(rest)
        most = max(gains)
        if most == size:
            return [gains.index(most)]
        if room < 2 or sum(nlargest(room, gains)) + self.slack < size:
            return None
        for c in self._branches(rest, gains):
            if self.left <= 0:
                self.complete = False
                break
            found = self._look(self.goods.after(rest, c), room - 1)
            if found is not None:
                return [c, *found]
            rest = rest.without(c)  # covers with it have been looked at
        return None

    def _branches(self, rest: Rest, gains: list[int]) -> list[int]:
        """Some holder of the scarcest good must be used: all of them, those that add most first."""
        open_goods = [g for g in self.holders if rest.fresh >> g & 1 or g in rest.touched]
        scarce = min(open_goods, key=lambda g: len(self.holders[g]))
        return sorted((c for c in self.holders[scarce] if c not in rest.out), key=lambda c: (-gains[c], c))
