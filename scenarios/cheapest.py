"""Least cost: the locations whose prices together are the lowest, by branch and bound with a budget of looks.

A price is what a package there costs with its kilometres and its lateness. As with the fewest packages, all that can be
served is served, and nothing depends on time.
"""

from collections.abc import Sequence
from math import inf

import numpy as np

from scenarios.cover import greedy, needed_by_all
from scenarios.goods import Goods, Ints, Rest

WORK = 2_000_000  # cells


class Cheapest:
    """`chosen` in rank order and its `cost` once `search` is done; `bound`: no choice costs less."""

    def __init__(self, goods: Goods, prices: Sequence[float], chosen: Sequence[int]) -> None:
        """`prices` by rank, all above 0; `chosen` a cover to begin from."""
        self.goods, self.prices = goods, prices
        self.work = WORK
        self.complete = True
        self.cost, self.chosen = inf, list[int]()
        self._prices = np.array(prices)
        self._keep(list(chosen))
        self.bound = 0.0

    def search(self) -> None:
        musts = needed_by_all(self.goods)
        rest = self.goods.all.after(*musts)
        spent = sum(self.prices[c] for c in musts)
        self.bound = spent + (self._least(rest, rest.gains()) if rest else 0.0)
        self._keep(self._by_price(musts, rest))
        self._look(rest, musts, spent)
        if self.complete:
            self.bound = self.cost
        self.bound = min(round(self.bound, 6), self.cost)

    def _look(self, rest: Rest, chosen: list[int], spent: float) -> None:
        if not rest:
            self._keep(chosen)
            return
        if self.work <= 0:
            self.complete = False
            return
        self.work -= 3 * rest.work
        gains = rest.gains()
        if spent + self._least(rest, gains) >= self.cost - 1e-9:
            return
        gain_of, price_of = gains.tolist(), self.prices
        holders = ((rest.held[rest.scarce_first()[0]] > 0) & (gains > 0)).nonzero()[0]
        for c in sorted(holders.tolist(), key=lambda c: (-gain_of[c] / price_of[c], c)):
            price = spent + self.prices[c]
            if price < self.cost - 1e-9:
                self._look(rest.after(c), [*chosen, c], price)
            rest = rest.without(c)

    def _least(self, rest: Rest, gains: Ints) -> float:
        """What the rest costs at least: everybody's gain bought by the piece, the cheapest first."""
        left, least = rest.size, 0.0
        adding = gains.nonzero()[0]
        rates = self._prices[adding] / gains[adding]
        for i in rates.argsort(kind="stable").tolist():
            gain, price = int(gains[adding[i]]), float(rates[i])
            if left <= gain:
                return least + left * price
            least += gain * price
            left -= gain
        return inf

    def _by_price(self, start: Sequence[int], rest: Rest) -> list[int]:
        """Greedily the one that adds most for its price."""
        chosen = list(start)
        while rest:
            gains = rest.gains()
            best = int((gains / self._prices).argmax())
            if not gains[best]:
                break
            chosen.append(best)
            rest = rest.after(best)
        return chosen

    def _keep(self, chosen: list[int]) -> None:
        """A cover, without whom the others can do without (the dearest first), if it is the cheapest so far."""
        if self.goods.all.after(*chosen):
            return
        kept = sorted(self.goods.needed(sorted(chosen, key=lambda c: (self.prices[c], c))))
        cost = round(sum(self.prices[c] for c in kept), 6)
        if (cost, kept) < (self.cost, self.chosen):
            self.cost, self.chosen = cost, kept


def cheapest(goods: Goods, prices: Sequence[float]) -> Cheapest:
    """The cheapest cover found."""
    search = Cheapest(goods, prices, greedy(goods, [], goods.count)[0])
    search.search()
    return search
