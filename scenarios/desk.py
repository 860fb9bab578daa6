"""What is on the desk while one order is planned: what is still open, and what the plan itself has taken so far.

The world is only read; each SKU's row is copied when it is first asked for."""

from collections.abc import Sequence
from typing import Protocol

from scenarios.conditions import holds, of_line, of_order
from scenarios.definition import ItemFilter, LocationFilter
from scenarios.demand import Address, Demand, Line
from scenarios.hours import day_of
from scenarios.places import Pieces, Places

MANY = 1_000_000


class View(Protocol):
    """The part of a world that a plan looks at."""

    places: Places
    quota: list[int]

    def available(self, sku: str) -> Pieces: ...

    def born(self, ordinal: int, day: str) -> int: ...

    def of_channel(self, ordinal: int, channel: str) -> int: ...


class Desk:
    """Lines are told by their index in `demand.lines`; locations by their ordinal in `places`."""

    def __init__(self, demand: Demand, view: View) -> None:
        self.demand, self.view, self.places = demand, view, view.places
        self.open = [line.quantity for line in demand.lines]
        self.taken: dict[int, int] = {}
        self._rows: dict[str, Pieces] = {}
        self._masked: dict[str, Pieces] = {}
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
        return [i for i, n in enumerate(self.open) if n > 0 and _fits(items, lines[i], self.demand)]

    def stock(self, sku: str) -> Pieces:
        """What is left of the SKU by ordinal; one array, which `take` changes."""
        row = self._rows.get(sku)
        if row is None:
            row = self._rows[sku] = self.view.available(sku)
            for location, excluded in self.demand.excluded:
                if excluded == sku and location in self.places.ordinal:
                    row[self.places.ordinal[location]] = 0
        return row

    def usable(self, sku: str, where: LocationFilter) -> Pieces:
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

    def today(self, at: int) -> int:
        """Packages born at the location on the day of the plan, there, with those of this plan."""
        when = self.demand.at
        born = 0 if when is None else self.view.born(at, day_of(self.places.rows[at], when))
        return born + self.taken.get(at, 0)

    def of_channel(self, at: int) -> int:
        """Packages of the order's channel that hold a slot at the location, with those of this plan."""
        return self.view.of_channel(at, self.demand.channel) + self.taken.get(at, 0)

    def room(self, at: int, by_quota: bool) -> int:
        """How many packages more the location may be given; many where nothing limits it."""
        place, found = self.places.rows[at], MANY
        if by_quota and place.max_quota is not None:
            found = place.max_quota - self.quota(at)
        if place.max_per_day is not None and self.demand.at is not None:
            found = min(found, place.max_per_day - self.today(at))
        limit = dict(place.channel_limits).get(self.demand.channel)
        return found if limit is None else min(found, limit - self.of_channel(at))

    def km(self, origin: Address) -> Sequence[float]:
        return self.places.km(origin)

    def take(self, at: int, sku: str, n: int) -> None:
        self.stock(sku)[at] -= n
        if sku in self._masked and not self.refused(at, sku):
            self._masked[sku][at] -= n

    def hold_slot(self, at: int) -> None:
        self.taken[at] = self.taken.get(at, 0) + 1


def _fits(items: ItemFilter, line: Line, demand: Demand) -> bool:
    if items.skus and line.sku not in items.skus:
        return False
    if items.expression and not holds(items.expression, {**of_order(demand), **of_line(line)}):
        return False
    return all(key in line.attributes and line.attributes[key] in values for key, values in items.attributes)
