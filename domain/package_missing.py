"""Goods that are not found in the shop, or are the wrong ones, or broken: C6 and C7 (spec 1.6, 1.9)."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from domain.discrepancy import DiscrepancyReason, DiscrepancyRecorded, freeze
from domain.kernel import Facts, Given, command, invalid
from domain.order import Order
from domain.package import Package, PackageNotFound
from domain.package_items import PackageItemsMissing
from domain.pieces import counted
from domain.states import PackageStatus

S = PackageStatus
_FROM = (S.waiting, S.waiting_remote_action, S.preparing, S.ready_for_packaging)


@dataclass(frozen=True, slots=True)
class MissingItem:
    """`quantity` pieces of an item; all of them where it is not said."""

    id: int
    quantity: int | None = None
    reason: Literal["not_found", "wrong_product", "defective"] = "not_found"


@dataclass(frozen=True, slots=True)
class MissingInput:
    """What was not found, came as another product, or is broken."""

    package_items: tuple[MissingItem, ...]


@command(
    "package",
    "product-not-found",
    id=35,
    button="Not found",
    source=_FROM,
    target=S.out_of_stock,
    input=MissingInput,
    aliases=("DETECTED_OUT_OF_STOCK_ITEM",),
)
def product_not_found(_order: Order, package: Package, given_input: MissingInput, given: Given) -> Facts:
    """C6: goods are missing; discrepancies are recorded and the whole package is planned again."""
    if not given_input.package_items:
        raise invalid(package_items="Name at least one missing item.")
    return [*recorded(package, given_input.package_items, given), PackageNotFound(package=package.id)]


@command("package", "product-not-found-advanced", id=36, button="Items not found", source=_FROM, input=MissingInput)
def product_not_found_advanced(_order: Order, package: Package, given_input: MissingInput, given: Given) -> Facts:
    """C7: only the missing goods leave, and are planned again; where nothing is left, the package is (C6)."""
    if not given_input.package_items:
        raise invalid(package_items="Name at least one missing item.")
    return leave(package, given_input.package_items, given)


def leave(package: Package, missing: Iterable[MissingItem], given: Given, field: str = "package_items") -> Facts:
    """The facts of goods that leave a package because they are missing."""
    rows = tuple(missing)
    facts = recorded(package, rows, given, field)
    gone: Counter[int] = Counter()
    for fact in facts:
        gone[fact.item] += fact.quantity
    if gone.total() == package.quantity:
        return [*facts, PackageNotFound(package=package.id)]
    return [*facts, PackageItemsMissing(package=package.id, items=tuple(gone.items()))]


def recorded(
    package: Package, missing: tuple[MissingItem, ...], given: Given, field: str = "package_items"
) -> list[DiscrepancyRecorded]:
    """A discrepancy for each row. The same item may be missing for several reasons, once each."""
    twice = [key for key, times in Counter((row.id, row.reason) for row in missing).items() if times > 1]
    if twice:
        raise invalid(**{field: f"Item {twice[0][0]} is named twice as {twice[0][1]}."})
    return [
        DiscrepancyRecorded(
            discrepancy=given.ids("discrepancy"),
            package=package.id,
            item=item.id,
            location=package.location,
            sku=item.sku,
            quantity=pieces,
            reason=DiscrepancyReason(row.reason),
            freeze=freeze(given.reference),
        )
        for row, (item, pieces) in zip(
            missing, counted(package, ((row.id, row.quantity) for row in missing), field), strict=True
        )
    ]
