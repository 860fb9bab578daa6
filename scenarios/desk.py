"""What is on the desk while one order is planned: what is still open, and what the plan itself has taken so far.

The world is only read; each SKU's row is copied when it is first asked for."""

from collections.abc import Sequence
from typing import Protocol

from scenarios.definition import ItemFilter, LocationFilter
from scenarios.demand import Address, Demand, Line
from scenarios.places import Places


class View(Protocol):
    """The part of a world that a plan looks at."""

    places: Places
    quota: list[int]

    def available(self, sku: str) -> list[int]: ...


class Desk:
    """Lines are told by their index in `demand.lines`; locations by their ordinal in `places`."""

    def __init__(self, demand: Demand, view: View) -> None:
        self.demand, self.view, self.places = demand, view, view.places
        self.open = [line.quantity for line in demand.lines]
        self.taken: dict[int, int] = {}
        self._rows: dict[str, list[int]] = {}
        self._masked: dict[str, list[int]] = {}
        self._refused: dict[str, list[int]] = {}
        for location, sku in sorted(demand.refused):
            at = self.places.ordinal.get(location)
            if at is not None:
                self._refused.setdefault(sku, []).append(at)

    def wanted(self, items: ItemFilter) -> list[int]:
        """The lines that are open and that a rule with these items may take."""
        lines = self.demand.lines
        if items.takes_all:
            return [i for i, n in enumerate(self.open) if n > 0]
        return [i for i, n in enumerate(self.open) if n > 0 and _fits(items, lines[i])]

    def stock(self, sku: str) -> list[int]:
        """What is left of the SKU by ordinal; one list, which `take` changes."""
        row = self._rows.get(sku)
        if row is None:
            row = self._rows[sku] = self.view.available(sku)
            for location, excluded in self.demand.excluded:
                if excluded == sku and location in self.places.ordinal:
                    row[self.places.ordinal[location]] = 0
        return row

    def usable(self, sku: str, where: LocationFilter) -> list[int]:
        """As `stock`, with 0 where the location refused the SKU."""
        row, refused = self.stock(sku), self._refused.get(sku)
        if refused is None or where.allow_refused:
            return row
        masked = self._masked.get(sku)
        if masked is None:
            masked = self._masked[sku] = row[:]
            for at in refused:
                masked[at] = 0
        return masked

    def refused(self, at: int, sku: str) -> bool:
        return at in self._refused.get(sku, ())

    def quota(self, at: int) -> int:
        """Quota slots held at the location, with those of this plan."""
        return self.view.quota[at] + self.taken.get(at, 0)

    def km(self, origin: Address) -> Sequence[float]:
        return self.places.km(origin)

    def take(self, at: int, sku: str, n: int) -> None:
        self.stock(sku)[at] -= n
        if sku in self._masked and not self.refused(at, sku):
            self._masked[sku][at] -= n

    def hold_slot(self, at: int) -> None:
        self.taken[at] = self.taken.get(at, 0) + 1


def _fits(items: ItemFilter, line: Line) -> bool:
    if items.skus and line.sku not in items.skus:
        return False
    return all(key in line.attributes and line.attributes[key] in values for key, values in items.attributes)
