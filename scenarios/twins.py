"""An order as it would be under another scenario: its twin, kept beside what really happened (spec 2.7)."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from domain import reservations
from domain.order import Order
from domain.package import PackageCreated
from domain.planning import open_lines
from domain.states import UNPLANNED, PackageStatus, TransferStatus
from domain.transfer import TransferCreated
from scenarios.planned import Plan

Row = tuple[int, str]
"""(location, SKU)."""

A_DAY = timedelta(days=1)
"""How long a package is taken to hold its slot whose order has none in what really happened."""

GONE = (TransferStatus.cancelled, TransferStatus.out_of_stock)


@dataclass(slots=True)
class Placed:
    """A package: pieces by order item in all, and by `legs` what of them comes from another location."""

    location: int
    lines: dict[int, int]
    legs: list[tuple[int, dict[int, int]]] = field(default_factory=list)

    def as_key(self) -> Any:
        legs = sorted((source, sorted(lines.items())) for source, lines in self.legs if lines)
        return self.location, sorted(self.lines.items()), legs

    def without(self, item: int, pieces: int) -> int:
        """Takes up to so many pieces of an item out; how many it were."""
        taken = min(pieces, self.lines.get(item, 0))
        self.lines[item] = self.lines.get(item, 0) - taken
        left = taken
        for _source, lines in self.legs:
            part = min(left, lines.get(item, 0))
            if part:
                lines[item] -= part
                left -= part
        if not self.lines[item]:
            del self.lines[item]
        return taken


@dataclass(slots=True)
class Twin:
    """`open`: pieces by order item that wait here; `since`: the position at which it went another way."""

    order: int
    packages: list[Placed]
    open: dict[int, int]
    since: int = 0
    at: datetime | None = None

    def back(self, location: int, item: int) -> None:
        """What it has of the item at the location waits again."""
        for package in self.packages:
            if package.location == location and item in package.lines:
                pieces = package.without(item, package.lines[item])
                self.open[item] = self.open.get(item, 0) + pieces
        self.packages = [package for package in self.packages if package.lines]

    def cancelled(self, item: int, pieces: int) -> None:
        """So many pieces are wanted no more: first of what waits, then of the last package."""
        waits = min(pieces, self.open.get(item, 0))
        if waits:
            self.open[item] -= waits
            pieces -= waits
        self.open = {item: n for item, n in self.open.items() if n}
        for package in reversed(self.packages):
            pieces -= package.without(item, pieces) if pieces else 0
        self.packages = [package for package in self.packages if package.lines]


def of_plan(made: Plan) -> list[Placed]:
    return [
        Placed(
            package.location,
            _sum((line.line, line.quantity) for line in package.lines),
            [(leg.source, _sum((line.line, line.quantity) for line in leg.lines)) for leg in package.transfers],
        )
        for package in made.packages
    ]


def of_facts(facts: Iterable[Any]) -> list[Placed]:
    """The packages of one planning decision; what it parked for lack of a location is none."""
    found: dict[int, Placed] = {}
    items: dict[int, int] = {}
    for fact in facts:
        if isinstance(fact, PackageCreated) and fact.state not in UNPLANNED:
            found[fact.package] = Placed(fact.location, _sum((i.item, i.quantity) for i in fact.items))
            items.update({i.id: i.item for i in fact.items})
        elif isinstance(fact, TransferCreated) and fact.package in found:
            lines = _sum((items[i.package_item], i.quantity) for i in fact.items if i.package_item in items)
            found[fact.package].legs.append((fact.source, lines))
    return list(found.values())


def of_order(order: Order) -> Twin:
    """The order as it is: every package that was given to a location and not taken back."""
    packages = []
    for package in order.packages.values():
        if package.state in UNPLANNED or package.state is PackageStatus.cancelled:
            continue
        item = {i.id: i.item for i in package.items}
        legs = [
            (leg.source, _sum((item[i.package_item], i.quantity) for i in leg.items if i.package_item in item))
            for leg in order.transfers.values()
            # A second leg brings what the first has taken from its source.
            if leg.package == package.id and leg.state not in GONE and leg.after is None
        ]
        packages.append(Placed(package.location, _sum((i.item, i.quantity) for i in package.items), legs))
    return Twin(order.id, [package for package in packages if package.lines], open_lines(order))


def same(one: Iterable[Placed], other: Iterable[Placed]) -> bool:
    return sorted(p.as_key() for p in one) == sorted(p.as_key() for p in other)


def taken(twin: Twin, sku: Mapping[int, str]) -> Counter[Row]:
    """Pieces it took from each location, ever: also what has long been shipped is not there any more."""
    total: Counter[Row] = Counter()
    for package in twin.packages:
        brought: Counter[int] = Counter()
        for source, lines in package.legs:
            for item, n in lines.items():
                total[source, sku[item]] += n
                brought[item] += n
        for item, n in package.lines.items():
            total[package.location, sku[item]] += n - brought[item]
    return total


def difference(twin: Twin, order: Order, at: datetime) -> tuple[Counter[Row], Counter[int]]:
    """What the twin's world has taken more (+) or less (−) than the real one: pieces by row, slots by location."""
    sku = {item.id: item.sku for item in order.items}
    stock = taken(twin, sku)
    stock.subtract(taken(of_order(order), sku))
    real = reservations.slots(order)
    given = any(p.state is not PackageStatus.cancelled and p.state not in UNPLANNED for p in order.packages.values())
    holds = bool(real) if given else twin.at is not None and at < twin.at + A_DAY
    slots = Counter(package.location for package in twin.packages) if holds else Counter()
    slots.subtract(real)
    return Counter({row: n for row, n in stock.items() if n}), Counter({at: n for at, n in slots.items() if n})


def _sum(lines: Iterable[tuple[int, int]]) -> dict[int, int]:
    total: dict[int, int] = {}
    for item, n in lines:
        total[item] = total.get(item, 0) + n
    return total
