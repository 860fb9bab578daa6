"""What an order holds of what orders share, as a function of its state; so what each event does to the guards.

Reservations and quota slots are never kept by hand: the effect of an event is the difference of `holdings` and `slots`
before and after it, so none can leak. Only goods that move and stock that is learnt are told by the facts themselves.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Any

from domain.discrepancy import DiscrepancyClosed, DiscrepancyReason, DiscrepancyRecorded
from domain.guards import Effect, SlotEffect, StockEffect
from domain.kernel import info
from domain.order import Order
from domain.package import Package, PackageCancelled, PackageCreated, PackagePacked, PackageReservationsDeallocated
from domain.planning_facts import Level
from domain.states import SLOT, TransferStatus
from domain.transfer import Transfer, TransferCreated, TransferDelivered, TransferDispatched

Row = tuple[int, str]
"""(location, SKU)."""


def package_holdings(package: Package) -> Iterator[tuple[Row, int]]:
    """Reserved at its location: all lines, but those that still come by transfer (spec 1.2)."""
    if package.reserves:
        for item in package.items:
            if item.quantity > item.coming:
                yield (package.location, item.sku), item.quantity - item.coming


def transfer_holdings(transfer: Transfer) -> Iterator[tuple[Row, int]]:
    """Reserved at the source until the goods leave (spec 1.3)."""
    if transfer.state in (TransferStatus.waiting, TransferStatus.ready_to_shipment):
        for item in transfer.items:
            yield (transfer.source, item.sku), item.quantity


def holdings(order: Order) -> Counter[Row]:
    """All that the order has reserved."""
    total: Counter[Row] = Counter()
    for package in order.packages.values():
        total.update(dict_of(package_holdings(package)))
    for transfer in order.transfers.values():
        total.update(dict_of(transfer_holdings(transfer)))
    return total


def slots(order: Order) -> Counter[int]:
    """How many quota slots it holds per location."""
    return Counter(p.location for p in order.packages.values() if p.state in SLOT)


def dict_of(rows: Iterable[tuple[Row, int]]) -> Counter[Row]:
    total: Counter[Row] = Counter()
    for row, quantity in rows:
        total[row] += quantity
    return total


def effects(before: Order | None, fact: object, after: Order) -> list[Effect]:
    """What the event does to stock and capacity rows, in the order of the lines."""
    about = info(fact)
    if about.on == "order":
        return []
    reserve: Counter[Row] = Counter()
    slot: Counter[int] = Counter()
    for order, sign in ((before, -1), (after, 1)):
        if order is None:
            continue
        if (id := getattr(fact, "package", None)) is not None and (package := order.packages.get(id)) is not None:
            for row, quantity in package_holdings(package):
                reserve[row] += sign * quantity
            if package.state in SLOT:
                slot[package.location] += sign
        if (id := getattr(fact, "transfer", None)) is not None and (transfer := order.transfers.get(id)) is not None:
            for row, quantity in transfer_holdings(transfer):
                reserve[row] += sign * quantity

    move = _moves(before, fact)
    levels, margin, checked = _known(fact)
    out: list[Effect] = []
    for row in dict.fromkeys((*reserve, *move)):
        level = levels.get(row[1])
        if reserve[row] or move[row]:
            out.append(
                StockEffect(
                    location=row[0],
                    sku=row[1],
                    reserve=reserve[row],
                    move=move[row],
                    level=level.quantity if level else None,
                    asked_at=level.asked_at if level else None,
                    settle=level.settle if level else 0,
                    checked=checked and reserve[row] > 0,
                    margin=margin,
                )
            )
    by_quota = isinstance(fact, PackageCreated) and fact.by_quota
    out += [SlotEffect(location, slots=n, checked=by_quota and n > 0) for location, n in slot.items() if n]
    out += _missing(before, fact)
    return out


def _known(fact: object) -> tuple[dict[str, Level], int, bool]:
    """The levels that a planning fact carries, the safety stock, and whether short stock refuses it."""
    if isinstance(fact, PackageCreated):
        return {level.sku: level for level in fact.levels}, fact.margin, not fact.forced
    if isinstance(fact, TransferCreated):
        return {level.sku: level for level in fact.levels}, fact.margin, True
    return {}, 0, type(fact) in CHECKED


CHECKED: set[type[Any]] = set()
"""Facts besides those of planning that short stock refuses."""

MOVES: dict[type[Any], Callable[[Order, Any], Iterable[tuple[Row, int]]]] = {}
"""Fact → the goods that leave (−) or reach (+) the known stock by it, given the order before it (spec 1.9)."""


def _moves(before: Order | None, fact: object) -> Counter[Row]:
    moved: Counter[Row] = Counter()
    if before is None:
        return moved
    if (told := MOVES.get(type(fact))) is not None:
        moved.update(dict_of(told(before, fact)))
    elif isinstance(fact, PackagePacked | PackageReservationsDeallocated):
        package = before.packages[fact.package]
        if not package.goods_out:
            for item in package.items:
                moved[package.location, item.sku] -= item.quantity
    elif isinstance(fact, PackageCancelled) and fact.goods_back:
        package = before.packages[fact.package]
        for item in package.items:
            moved[package.location, item.sku] += item.quantity
    elif isinstance(fact, TransferDispatched):
        transfer = before.transfers[fact.transfer]
        for line in transfer.items:
            moved[transfer.source, line.sku] -= line.quantity
    elif isinstance(fact, TransferDelivered):
        destination = before.transfers[fact.transfer].destination
        for arrival in fact.counted:
            moved[destination, arrival.sku] += arrival.arrived
    return moved


def _missing(before: Order | None, fact: object) -> list[Effect]:
    """What a discrepancy says of the shelf: nothing there, or so many less, unless they had left before (spec 1.9)."""
    if isinstance(fact, DiscrepancyClosed):
        counted = fact.counted
        return [] if counted is None else [StockEffect(fact.location, fact.sku, level=Decimal(counted), push=True)]
    if before is None or not isinstance(fact, DiscrepancyRecorded) or fact.reason is DiscrepancyReason.lost:
        return []
    if fact.reason is DiscrepancyReason.not_found:
        return [StockEffect(fact.location, fact.sku, level=Decimal(0), freeze=fact.freeze)]
    out = before.packages[fact.package].goods_out
    return [] if out else [StockEffect(fact.location, fact.sku, move=-fact.quantity)]
