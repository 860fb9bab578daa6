"""Pieces that are cancelled: out of packages, out of transfers, or out of the lines that wait (spec 1.6, A5, C31)."""

from datetime import datetime
from typing import Any, NamedTuple

from domain.cancellation_plan import Answered, Asked, CancellationPlan, PlanType
from domain.changing import replace
from domain.kernel import fact
from domain.order import Order, evolve_order
from domain.order_lines import evolve_lines, less, more
from domain.package import ENDED, Package
from domain.package import evolve as evolve_package
from domain.reservations import MOVES, Row
from domain.states import PackageStatus, TransferStatus
from domain.transfer import Transfer, TransferItem
from domain.transfer import evolve as evolve_transfer

S = PackageStatus
FREE = 0
"""Instead of a package item: goods on their way that are no package's any more."""

# --- facts


class CancelledItem(NamedTuple):
    """`quantity` pieces of the package item `item`, of which `coming` had not come by transfer."""

    item: int
    quantity: int
    coming: int = 0


class DetachedItem(NamedTuple):
    """`quantity` pieces of the transfer item `item` arrive as free stock; as the item `cut` where it was cut in two."""

    item: int
    quantity: int
    cut: int | None = None


@fact("PackageItemsCancelled", on="package", sentence="Items of it were cancelled: {reason}.")
class PackageItemsCancelled:
    """What is left stays as it was; `emptied`: nothing is, it ends. `goods_back`: they were out and are stock again."""

    package: int
    items: tuple[CancelledItem, ...]
    emptied: bool
    goods_back: bool = False
    reason: str = ""


@fact("OrderLinesCancelled", on="order", sentence="Lines that waited were cancelled: {reason}.")
class OrderLinesCancelled:
    """Pieces per order item that waited to be planned, and that were held."""

    order: int
    waiting: tuple[tuple[int, int], ...] = ()
    held: tuple[tuple[int, int], ...] = ()
    reason: str = ""


@fact("PackageCancellationRequested", on="package", sentence="A cancellation of it must be decided: {reason}.")
class PackageCancellationRequested:
    """`items` is (package item, pieces); they join those that wait for a decision already."""

    package: int
    items: tuple[tuple[int, int], ...]
    reason: str = ""


@fact("PackageCancellationDeclined", on="package", sentence="Its cancellation was declined: {reason}.")
class PackageCancellationDeclined:
    package: int
    reason: str = ""


@fact("PackageCancellationFailed", on="package", sentence="A cancellation came too late: {reason}.")
class PackageCancellationFailed:
    package: int
    items: tuple[tuple[int, int], ...]
    reason: str = ""


@fact("PackageRefundAccepted", on="package", sentence="A refund was accepted; the goods must come back.")
class PackageRefundAccepted:
    """`items` is (package item, pieces) that C29 is waited for."""

    package: int
    items: tuple[tuple[int, int], ...]
    reason: str = ""


@fact("TransferItemsCancelled", on="transfer", also=("package",), sentence="Items of it need not come: {reason}.")
class TransferItemsCancelled:
    """`items` is (transfer item, pieces) that have not left the source; `emptied`: nothing is left, it is cancelled."""

    transfer: int
    package: int
    items: tuple[tuple[int, int], ...]
    emptied: bool
    reason: str = ""


@fact("TransferItemsDetached", on="transfer", also=("package",), sentence="Items of it come as free stock.")
class TransferItemsDetached:
    transfer: int
    package: int
    items: tuple[DetachedItem, ...]


@fact("CancellationPlanAnswered", on="order", sentence="A {plan_type} plan was answered.")
class CancellationPlanAnswered:
    order: int
    uuid: str
    pk: str | None
    plan_type: PlanType
    asked: tuple[Asked, ...]
    answered: tuple[Answered, ...]


# --- evolve


@evolve_package.on(PackageItemsCancelled)
def _items_cancelled(package: Package, fact: PackageItemsCancelled, _at: datetime) -> Package:
    gone = {c.item: c for c in fact.items}
    items = []
    for item in package.items:
        if (cut := gone.get(item.id)) is not None:
            item = replace(item, quantity=item.quantity - cut.quantity, coming=item.coming - cut.coming)
        if item.quantity:
            items.append(item)
    if fact.emptied:
        return replace(package, items=(), state=S.cancelled, **ENDED)
    return replace(package, items=tuple(items))


@evolve_package.on(PackageCancellationRequested)
def _must_be_decided(package: Package, fact: PackageCancellationRequested, _at: datetime) -> Package:
    asked = more(package.cancelling, fact.items)
    if package.state is S.cancellation_waiting:
        return replace(package, cancelling=asked)
    return replace(
        package,
        state=S.cancellation_waiting,
        before=package.standing,
        blocked=package.state is S.blocked,
        cancelling=asked,
    )


@evolve_package.on(PackageCancellationDeclined)
def _goes_on(package: Package, fact: PackageCancellationDeclined, _at: datetime) -> Package:
    state, before = (S.blocked, package.before) if package.blocked else (package.standing, None)
    why = fact.reason or "declined"
    return replace(package, state=state, before=before, blocked=False, cancelling={}, cancellation_failure=why)


@evolve_package.on(PackageCancellationFailed)
def _too_late(package: Package, fact: PackageCancellationFailed, _at: datetime) -> Package:
    return replace(package, cancellation_failure=fact.reason or "too late")


@evolve_package.on(PackageRefundAccepted)
def _comes_back(package: Package, fact: PackageRefundAccepted, _at: datetime) -> Package:
    return replace(package, refunds=more(package.refunds, fact.items))


@evolve_package.on(TransferItemsCancelled, TransferItemsDetached)
def _less_comes(package: Package, _fact: Any, _at: datetime) -> Package:
    """The package's own fact tells what it lost."""
    return package


@evolve_transfer.on(TransferItemsCancelled)
def _not_sent(transfer: Transfer, fact: TransferItemsCancelled, _at: datetime) -> Transfer:
    left = less({i.id: i.quantity for i in transfer.items}, fact.items)
    items = tuple(replace(i, quantity=left[i.id]) for i in transfer.items if i.id in left)
    return replace(transfer, items=items, state=TransferStatus.cancelled if fact.emptied else transfer.state)


@evolve_transfer.on(TransferItemsDetached)
def _free(transfer: Transfer, fact: TransferItemsDetached, _at: datetime) -> Transfer:
    taken = {d.item: d for d in fact.items}
    items: list[TransferItem] = []
    for item in transfer.items:
        cut = taken.get(item.id)
        if cut is None:
            items.append(item)
        elif cut.cut is None:
            items.append(replace(item, package_item=FREE))
        else:
            items.append(replace(item, quantity=item.quantity - cut.quantity))
            items.append(replace(item, id=cut.cut, package_item=FREE, quantity=cut.quantity))
    return replace(transfer, items=tuple(items))


@evolve_lines.on(PackageItemsCancelled)
def _ended(order: Order, fact: PackageItemsCancelled, _at: datetime) -> dict[str, Any]:
    line = {i.id: i.item for i in order.packages[fact.package].items}
    return {"cancelled": more(order.cancelled, ((line[c.item], c.quantity) for c in fact.items))}


@evolve_order.on(OrderLinesCancelled)
def _lines_cancelled(order: Order, fact: OrderLinesCancelled, _at: datetime) -> Order:
    return replace(
        order,
        waiting=less(order.waiting, fact.waiting),
        held=less(order.held, fact.held),
        cancelled=more(more(order.cancelled, fact.waiting), fact.held),
    )


@evolve_order.on(CancellationPlanAnswered)
def _answered(order: Order, fact: CancellationPlanAnswered, _at: datetime) -> Order:
    plan = CancellationPlan(fact.uuid, fact.pk, fact.plan_type, fact.asked, fact.answered)
    return replace(order, cancellation_plans=(*order.cancellation_plans, plan))


def _goods_back(order: Order, fact: PackageItemsCancelled) -> list[tuple[Row, int]]:
    package = order.packages[fact.package]
    sku = {i.id: i.sku for i in package.items}
    return [((package.location, sku[c.item]), c.quantity) for c in fact.items] if fact.goods_back else []


MOVES[PackageItemsCancelled] = _goods_back
