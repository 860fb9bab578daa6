"""C8: goods that are kept back, because their order items are to be refunded (spec 1.6)."""

from collections.abc import Mapping
from dataclasses import dataclass

from domain.discrepancy import DiscrepancyReason, DiscrepancyRemoved
from domain.kernel import Facts, Given, command
from domain.order import Order
from domain.package import NewItem, Package, PackageCreated
from domain.package_items import PackageItemsSetApart, PackagePackedForRefund
from domain.pieces import Piece, counted, once
from domain.states import PackageStatus

S = PackageStatus


@dataclass(frozen=True, slots=True)
class RefundInput:
    """`package_items`: only these, which move to a package of their own; all where none is named."""

    package_items: tuple[Piece, ...] = ()


@command(
    "package",
    "package-packed-for-refund",
    id=37,
    button="Keep back for refund",
    source=(S.waiting, S.out_of_stock),
    target=S.packed_for_refund,
    input=RefundInput,
)
def package_packed_for_refund(order: Order, package: Package, given_input: RefundInput, given: Given) -> Facts:
    """C8: kept back; its reservations and discrepancies go, its items are to be refunded."""
    rows = given_input.package_items
    once(rows)
    named = {item.id: pieces for item, pieces in counted(package, ((row.id, row.quantity) for row in rows))}
    return pack_for_refund(order, package, named or {item.id: item.quantity for item in package.items}, given)


def pack_for_refund(order: Order, package: Package, pieces: Mapping[int, int], given: Given) -> Facts:
    """The facts of C8 for pieces per package item. Some of a package go by way of a new one in its state: what is told
    of a package that is packed for refund is then told of that one."""
    facts: Facts = [
        DiscrepancyRemoved(discrepancy=found.id, package=package.id, item=found.item)
        for found in order.discrepancies.values()
        if found.package == package.id
        and found.item in pieces
        and not found.removed
        and found.reason is not DiscrepancyReason.lost
    ]
    if sum(pieces.values()) == package.quantity:
        return [*facts, PackagePackedForRefund(package=package.id)]
    items = tuple(
        NewItem(i.id if pieces[i.id] == i.quantity else given.ids("package_item"), i.item, i.sku, pieces[i.id])
        for i in package.items
        if i.id in pieces
    )
    new = given.ids("package")
    return [
        *facts,
        PackageItemsSetApart(package=package.id, items=tuple(pieces.items())),
        PackageCreated(
            package=new,
            number=f"{order.number}P{order.births + 1}",
            state=package.state,
            born=S.waiting,
            location=package.location,
            items=items,
            rule="set apart for refund",
            forced=True,  # what it reserves was reserved before
        ),
        PackagePackedForRefund(package=new),
    ]
