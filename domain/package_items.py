"""What happens to single items of a package: cut, replaced, missing, scanned, kept back for a refund (spec 1.6)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from domain.changing import replace
from domain.discrepancy import DiscrepancyRemoved
from domain.kernel import fact
from domain.order import Order
from domain.order_lines import evolve_lines, more
from domain.package import Package, PackageItem
from domain.package import evolve as evolve_package
from domain.reservations import CHECKED, MOVES, Row
from domain.states import PackageStatus

S = PackageStatus

# --- facts


@fact("PackageItemCut", on="package", sentence="{quantity} of item {item} became item {cut}.")
class PackageItemCut:
    """The rest keeps the id."""

    package: int
    item: int
    quantity: int
    cut: int


@fact("PackageItemReplaced", on="package", sentence="{was} of item {item} was replaced by {sku}.")
class PackageItemReplaced:
    """The whole item; it still counts for its order item."""

    package: int
    item: int
    was: str
    sku: str


@fact("PackageItemsMissing", on="package", sentence="Missing goods left it, to be planned again.")
class PackageItemsMissing:
    """`items` is (package item, pieces); something is left, and stays as it was."""

    package: int
    items: tuple[tuple[int, int], ...]


@fact("PackageItemsScanned", on="package", sentence="Barcodes of its items were scanned.")
class PackageItemsScanned:
    """`items` is (package item, barcode)."""

    package: int
    items: tuple[tuple[int, str], ...]


@fact("PackageItemsSetApart", on="package", sentence="Items of it moved to a package of their own.")
class PackageItemsSetApart:
    """`items` is (package item, pieces); something is left, and stays as it was."""

    package: int
    items: tuple[tuple[int, int], ...]


@fact("PackagePackedForRefund", on="package", sentence="It was kept back; its items are to be refunded.")
class PackagePackedForRefund:
    package: int


@fact("PackagePickingReopened", on="package", sentence="It is picked again.")
class PackagePickingReopened:
    package: int


# --- evolve


def _changed(package: Package, item: int, **changes: Any) -> tuple[PackageItem, ...]:
    return tuple(replace(i, **changes) if i.id == item else i for i in package.items)


def _without(package: Package, gone: Mapping[int, int]) -> tuple[PackageItem, ...]:
    left = (replace(i, quantity=i.quantity - gone.get(i.id, 0)) for i in package.items)
    return tuple(i for i in left if i.quantity)


@evolve_package.on(PackageItemCut)
def _cut(package: Package, fact: PackageItemCut, _at: datetime) -> Package:
    items = []
    for item in package.items:
        if item.id == fact.item:
            items.append(replace(item, quantity=item.quantity - fact.quantity))
            item = replace(item, id=fact.cut, quantity=fact.quantity)
        items.append(item)
    return replace(package, items=tuple(items))


@evolve_package.on(PackageItemReplaced)
def _replaced(package: Package, fact: PackageItemReplaced, _at: datetime) -> Package:
    return replace(package, items=_changed(package, fact.item, sku=fact.sku))


@evolve_package.on(PackageItemsMissing)
def _missing(package: Package, fact: PackageItemsMissing, _at: datetime) -> Package:
    """What is left of an item is there."""
    gone = dict(fact.items)
    items = tuple(replace(i, discrepancy_reason=None) if i.id in gone else i for i in _without(package, gone))
    return replace(package, items=items)


@evolve_package.on(PackageItemsScanned)
def _scanned(package: Package, fact: PackageItemsScanned, _at: datetime) -> Package:
    barcode = dict(fact.items)
    items = tuple(replace(i, barcode=barcode.get(i.id, i.barcode)) for i in package.items)
    return replace(package, items=items)


@evolve_package.on(PackageItemsSetApart)
def _set_apart(package: Package, fact: PackageItemsSetApart, _at: datetime) -> Package:
    return replace(package, items=_without(package, dict(fact.items)))


@evolve_package.on(PackagePackedForRefund)
def _refunded(package: Package, _: PackagePackedForRefund, _at: datetime) -> Package:
    return replace(package, state=S.packed_for_refund)


@evolve_package.on(PackagePickingReopened)
def _reopened(package: Package, _: PackagePickingReopened, _at: datetime) -> Package:
    return replace(package, state=S.preparing)


@evolve_package.on(DiscrepancyRemoved)
def _cleared(package: Package, fact: DiscrepancyRemoved, _at: datetime) -> Package:
    return replace(package, items=_changed(package, fact.item, discrepancy_reason=None))


@evolve_lines.on(PackageItemsMissing, PackageItemsSetApart)
def _wait(order: Order, fact: PackageItemsMissing | PackageItemsSetApart, _at: datetime) -> dict[str, Any]:
    line = {i.id: i.item for i in order.packages[fact.package].items}
    return {"waiting": more(order.waiting, ((line[id], pieces) for id, pieces in fact.items))}


# --- goods


def _swapped(order: Order, fact: PackageItemReplaced) -> list[tuple[Row, int]]:
    """Where the goods had left the known stock before (C1), those of the replacement leave it now instead."""
    package = order.packages[fact.package]
    if not package.goods_out:
        return []
    pieces = sum(i.quantity for i in package.items if i.id == fact.item)
    return [((package.location, fact.was), pieces), ((package.location, fact.sku), -pieces)]


MOVES[PackageItemReplaced] = _swapped
CHECKED.add(PackageItemReplaced)
