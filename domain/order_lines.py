"""Where the pieces of an order's lines go by each fact about its packages and transfers (law 1)."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from domain.kernel import Evolver
from domain.package import PackageCancelled, PackageCreated, PackageLinesReplanned, PackageRefused
from domain.transfer import TransferDelivered

if TYPE_CHECKING:
    from domain.order import Order

evolve_lines = Evolver()
"""Fact class → function (order before, fact, at) → the order's fields that change."""


def less(lines: Mapping[int, int], taken: Iterable[tuple[int, int]]) -> dict[int, int]:
    """`lines` without what was taken; nothing is left at 0."""
    left = dict(lines)
    for id, quantity in taken:
        left[id] = left.get(id, 0) - quantity
    return {id: quantity for id, quantity in left.items() if quantity}


def more(lines: Mapping[int, int], added: Iterable[tuple[int, int]]) -> dict[int, int]:
    return less(lines, ((id, -quantity) for id, quantity in added))


@evolve_lines.on(PackageCreated)
def _born(order: "Order", fact: PackageCreated, _at: datetime) -> dict[str, Any]:
    """Lines come to it from those that wait; what moves from another package was put there by that one's fact."""
    return {
        "waiting": less(order.waiting, ((i.item, i.quantity) for i in fact.items)),
        "births": order.births + 1,
    }


@evolve_lines.on(PackageLinesReplanned)
def _moved(order: "Order", fact: PackageLinesReplanned, _at: datetime) -> dict[str, Any]:
    line = {i.id: i.item for i in order.packages[fact.package].items}
    return {"waiting": more(order.waiting, ((line[id], quantity) for id, quantity in fact.moved))}


@evolve_lines.on(PackageCancelled)
def _freed(order: "Order", fact: PackageCancelled, _at: datetime) -> dict[str, Any]:
    """What was asked to be cancelled is; the rest waits, or is held."""
    package = order.packages[fact.package]
    asked = {i.id: min(i.quantity, package.cancelling.get(i.id, 0)) for i in package.items}
    lines = [(i.item, i.quantity - asked[i.id]) for i in package.items]
    cancelled = more(order.cancelled, ((i.item, asked[i.id]) for i in package.items))
    rest = {"held": more(order.held, lines)} if fact.held else {"waiting": more(order.waiting, lines)}
    return rest | {"cancelled": cancelled}


@evolve_lines.on(PackageRefused)
def _left_out(order: "Order", fact: PackageRefused, at: datetime) -> dict[str, Any]:
    package = order.packages[fact.package]
    still = tuple(r for r in order.refused if r[2] > at)
    sku = {line.id: line.sku for line in order.items}  # what is planned again, whatever replaced it in the package
    return {"refused": still + tuple((package.location, sku[i.item], fact.exclude_until) for i in package.items)}


@evolve_lines.on(TransferDelivered)
def _short(order: "Order", fact: TransferDelivered, _at: datetime) -> dict[str, Any]:
    """Pieces that did not arrive wait to be planned on their own."""
    if fact.package is None:
        return {}
    line = {i.id: i.item for i in order.packages[fact.package].items}
    lost = ((line[c.package_item], c.sent - c.arrived) for c in fact.counted if c.package_item in line)
    return {"waiting": more(order.waiting, lost)}
