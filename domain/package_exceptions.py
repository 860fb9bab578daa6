"""The package commands of what goes wrong: refused, blocked, cancelled, planned again (spec 1.6)."""

from dataclasses import dataclass
from datetime import timedelta

from domain.kernel import Facts, Given, command, invalid
from domain.order import Order
from domain.package import (
    Package,
    PackageBlocked,
    PackageCancelled,
    PackageRefused,
    PackageRescheduleRequested,
    PackageUnblocked,
)
from domain.pieces import item_of
from domain.shipment import ShipmentCancelled
from domain.states import OPEN_TRANSFER, PackageStatus, ShipmentStatus, TransferStatus
from domain.transfer import TransferCancelled, TransferDetached

S = PackageStatus

# --- refusing, and planning again


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
    facts = without_transfers(order, package, "its package was cancelled")
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


def without_transfers(order: Order, package: Package, reason: str) -> Facts:
    """Its transfers that are not yet dispatched are cancelled; one in transit is detached and comes as free stock."""
    facts: Facts = []
    for transfer in order.transfers.values():
        if transfer.package != package.id or transfer.state not in OPEN_TRANSFER:
            continue
        if transfer.state is TransferStatus.in_transit:
            facts.append(TransferDetached(transfer=transfer.id, package=package.id))
        else:
            facts.append(TransferCancelled(transfer=transfer.id, package=package.id, reason=reason))
    return facts
