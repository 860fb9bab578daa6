"""Least cost: the locations whose prices together are the lowest, by branch and bound with a budget of nodes.

A price is what a package there costs with its kilometres and its lateness. As with the fewest packages, all that can be
served is served, and nothing depends on time.
"""

from collections.abc import Sequence
from math import inf

from scenarios.cover import greedy, needed_by_all
from scenarios.goods import Goods, Rest

WORK = 60_000
NODES = 150


class Cheapest:
    """`chosen` in rank order and its `cost` once `search` is done; `bound`: no choice costs less."""

    def __init__(self, goods: Goods, prices: Sequence[float], chosen: Sequence[int]) -> None:
        """`prices` by rank, all above 0; `chosen` a cover to begin from."""
        self.goods, self.prices = goods, prices
        self.left = max(1, min(NODES, WORK // goods.work))
        self.complete = True
        self.cost, self.chosen = inf, list[int]()
        self._slack = (len(goods.target) + 1) * 64
        self._holders = {g: [c for c, _ in goods.holders(g)] for g, n in enumerate(goods.target) if n}
        self._keep(list(chosen))
        self.bound = 0.0

    def search(self) -> None:
        musts = needed_by_all(self.goods)
        rest = self.goods.all
        for c in musts:
            rest = self.goods.after(rest, c)
        spent = sum(self.prices[c] for c in musts)
        self.bound = spent + (self._least(rest, self.goods.gains(rest)) if rest else 0.0)
        self._keep(self._by_price(musts, rest))
        self._look(rest, musts, spent)
        if self.complete:
            self.bound = self.cost
        self.bound = min(round(self.bound, 6), self.cost)

    def _look(self, rest: Rest, chosen: list[int], spent: float) -> None:
        if not rest:
            self._keep(chosen)
            return
        if self.left <= 0:
            self.complete = False
            return
        self.left -= 1
        gains = self.goods.gains(rest)
        if spent + self._least(rest, gains) >= self.cost - 1e-9:
            return
        open_goods = [g for g in self._holders if rest.fresh >> g & 1 or g in rest.touched]
        scarce = min(open_goods, key=lambda g: len(self._holders[g]))
        branches = [c for c in self._holders[scarce] if c not in rest.out]
        for c in sorted(branches, key=lambda c: (-gains[c] / self.prices[c], c)):
            price = spent + self.prices[c]
            if price < self.cost - 1e-9:
                self._look(self.goods.after(rest, c), [*chosen, c], price)
            rest = rest.without(c)

    def _least(self, rest: Rest, gains: Sequence[int]) -> float:
        """What the rest costs at least: everybody's gain bought by the piece, the cheapest first."""
        left = float(self.goods.size(rest) - self._slack)
        least = 0.0
        for price, gain in sorted((self.prices[c] / gain, gain) for c, gain in enumerate(gains) if gain):
            if left <= gain:
                return least + max(0.0, left) * price
            least += gain * price
            left -= gain
        return inf

    def _by_price(self, start: Sequence[int], rest: Rest) -> list[int]:
        """Greedily the one that adds most for its price."""
        chosen = list(start)
        while rest:
            gains = self.goods.gains(rest)
            best = max(range(len(gains)), key=lambda c: (gains[c] / self.prices[c], -c))
            if not gains[best]:
                break
            chosen.append(best)
            rest = self.goods.after(rest, best)
        return chosen

    def _keep(self, chosen: list[int]) -> None:
        """A cover, without whom the others can do without (the dearest first), if it is the cheapest so far."""
        if self.goods.lacking(chosen):
            return
        kept = sorted(chosen)
        for c in sorted(chosen, key=lambda c: (-self.prices[c], -c)):
            others = [other for other in kept if other != c]
            if not self.goods.lacking(others):
                kept = others
        cost = round(sum(self.prices[c] for c in kept), 6)
        if (cost, kept) < (self.cost, self.chosen):
            self.cost, self.chosen = cost, kept


def cheapest(goods: Goods, prices: Sequence[float]) -> Cheapest:
    """The cheapest cover found."""
    search = Cheapest(goods, prices, greedy(goods, [], goods.count)[0])
    search.search()
    return search
