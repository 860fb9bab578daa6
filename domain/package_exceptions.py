"""The package commands of what goes wrong: refused, not found, blocked, cancelled, planned again (spec 1.6)."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from domain.discrepancy import DiscrepancyReason, DiscrepancyRecorded
from domain.kernel import Facts, Given, command, invalid
from domain.order import Order
from domain.package import (
    Package,
    PackageBlocked,
    PackageCancelled,
    PackageNotFound,
    PackageRefused,
    PackageRescheduleRequested,
    PackageUnblocked,
)
from domain.package_commands import item_of
from domain.shipment import ShipmentCancelled
from domain.states import OPEN_TRANSFER, PackageStatus, ShipmentStatus, TransferStatus
from domain.transfer import TransferCancelled, TransferDetached

S = PackageStatus

# --- refusing and missing


@dataclass(frozen=True, slots=True)
class RefuseInput:
    """`denial_reason` is the id of an active denial reason; `package_items` only says which were the trouble."""

    denial_reason: int
    package_items: tuple[int, ...] = ()


@command(
    "package",
    "package-refuse-with-denial-reason",
    id=34,
    button="Refuse",
    source=(S.waiting, S.waiting_remote_action, S.preparing),
    target=S.needs_rescheduling,
    input=RefuseInput,
)
def refuse(_order: Order, package: Package, given_input: RefuseInput, given: Given) -> Facts:
    """C5: the location does not do it; it is planned again elsewhere."""
    for id in given_input.package_items:
        item_of(package, id)
    reason = given.reference.one("denial_reason", given_input.denial_reason)
    if reason is None or not reason.is_active:
        raise invalid(denial_reason=f"{given_input.denial_reason} is not an active denial reason.")
    return [
        PackageRefused(
            package=package.id,
            denial_reason=reason.id,
            reason=reason.title,
            exclude_until=given.now + timedelta(seconds=reason.exclude_for),
        )
    ]


@dataclass(frozen=True, slots=True)
class MissingItem:
    id: int
    quantity: int
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
    source=(S.waiting, S.waiting_remote_action, S.preparing, S.ready_for_packaging),
    target=S.out_of_stock,
    input=MissingInput,
    aliases=("DETECTED_OUT_OF_STOCK_ITEM",),
)
def product_not_found(_order: Order, package: Package, given_input: MissingInput, given: Given) -> Facts:
    """C6: goods are missing; discrepancies are recorded and the whole package is planned again."""
    if not given_input.package_items:
        raise invalid(package_items="Name at least one missing item.")
    seen: dict[int, int] = {}
    for missing in given_input.package_items:
        item = item_of(package, missing.id)
        seen[missing.id] = seen.get(missing.id, 0) + missing.quantity
        if missing.quantity < 1 or seen[missing.id] > item.quantity:
            raise invalid(package_items=f"Item {missing.id}: between 1 and {item.quantity} can be missing.")
    recorded = [
        DiscrepancyRecorded(
            discrepancy=given.ids("discrepancy"),
            package=package.id,
            item=missing.id,
            location=package.location,
            sku=item_of(package, missing.id).sku,
            quantity=missing.quantity,
            reason=DiscrepancyReason(missing.reason),
        )
        for missing in given_input.package_items
    ]
    return [*recorded, PackageNotFound(package=package.id)]


@command(
    "package",
    "reschedule",
    id=46,
    button="Plan again",
    source=(S.needs_rescheduling, S.out_of_stock),
)
def reschedule(_order: Order, package: Package, _input: None, _given: Given) -> Facts:
    """C17: planned again now (A2)."""
    return [PackageRescheduleRequested(package=package.id)]


# --- freezing and ending


@dataclass(frozen=True, slots=True)
class ReasonInput:
    reason: str = ""


@command(
    "package",
    "block-package",
    id=38,
    button="Block",
    source=(S.waiting, S.waiting_remote_action, S.preparing, S.ready_for_packaging),
    target=S.blocked,
    input=ReasonInput,
)
def block(_order: Order, package: Package, given_input: ReasonInput, _given: Given) -> Facts:
    """C9: frozen; its reservations stay."""
    return [PackageBlocked(package=package.id, reason=given_input.reason)]


@command(
    "package",
    "unblock-package",
    id=39,
    button="Unblock",
    source=(S.blocked,),
    aliases=("UNBLOCK_THE_PACKAGE",),
)
def unblock(_order: Order, package: Package, _input: None, _given: Given) -> Facts:
    """C10: goes on in the state before."""
    return [PackageUnblocked(package=package.id)]


@dataclass(frozen=True, slots=True)
class CancelInput:
    """`replan`: its live lines are planned again; otherwise they are held."""

    reason: str = ""
    replan: bool = True


@command(
    "package",
    "cancel-package",
    id=55,
    button="Cancel",
    source=(
        S.waiting_for_transfer,
        S.waiting,
        S.waiting_remote_action,
        S.preparing,
        S.blocked,
        S.ready_for_packaging,
        S.waiting_cargo_label,
        S.needs_rescheduling,
        S.out_of_stock,
        S.cancellation_waiting,
    ),
    target=S.cancelled,
    input=CancelInput,
)
def cancel(order: Order, package: Package, given_input: CancelInput, _given: Given) -> Facts:
    """C26: cancelled; its transfers and shipment with it; its lines are planned again, or held."""
    facts: Facts = []
    for transfer in order.transfers.values():
        if transfer.package != package.id or transfer.state not in OPEN_TRANSFER:
            continue
        if transfer.state is TransferStatus.in_transit:
            facts.append(TransferDetached(transfer=transfer.id, package=package.id))
        else:
            facts.append(
                TransferCancelled(transfer=transfer.id, package=package.id, reason="its package was cancelled")
            )
    shipment = order.shipments.get(package.shipment) if package.shipment else None
    if shipment is not None and shipment.state in (ShipmentStatus.created, ShipmentStatus.labelled):
        facts.append(ShipmentCancelled(shipment=shipment.id, package=package.id))
    return [
        *facts,
        PackageCancelled(
            package=package.id,
            reason=given_input.reason,
            held=not given_input.replan,
            goods_back=package.standing is S.waiting_cargo_label,
        ),
    ]
