"""The package commands (spec 1.6). Each is a function (order, package, input, given) → facts, or a refusal."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from domain.carriers import carrier_of
from domain.kernel import Facts, Given, command, invalid
from domain.order import Order
from domain.package import (
    Package,
    PackagePacked,
    PackagePicked,
    PackagePreparing,
    PackageRemoteActionCompleted,
    PackageReservationsDeallocated,
    PackageShipped,
    PackedItem,
)
from domain.package_items import PackagePickingReopened
from domain.pieces import counted, cut
from domain.shipment import Parcel, ShipmentCreated, ShipmentHandedOver, ShipmentStatusUpdated, live
from domain.states import PackageStatus, ShipmentStatus

S = PackageStatus
PICKING = (S.waiting, S.preparing, S.ready_for_packaging)


# --- picking


@command(
    "package",
    "deallocate-package-reservations",
    id=30,
    button="De-allocate",
    source=(S.waiting,),
    target=S.preparing,
    aliases=("PKG_DEALLOCATE_RESERVATIONS",),
)
def deallocate(_order: Order, package: Package, _input: None, _given: Given) -> Facts:
    """C1: another system has taken the goods over; they leave the known stock with their reservation."""
    return [PackageReservationsDeallocated(package=package.id)]


@command(
    "package",
    "start-preparing",
    id=43,
    button="Start picking",
    source=(S.waiting,),
    target=S.preparing,
    aliases=("PKG_STATE_TRANSITION",),
)
def start_preparing(_order: Order, package: Package, _input: None, _given: Given) -> Facts:
    """C14: picking begins."""
    return [PackagePreparing(package=package.id)]


@command(
    "package",
    "ready-for-packaging",
    id=44,
    button="Picked",
    source=(S.waiting, S.preparing),
    target=S.ready_for_packaging,
)
def ready_for_packaging(_order: Order, package: Package, _input: None, _given: Given) -> Facts:
    """C15: all is picked."""
    return [PackagePicked(package=package.id)]


@command(
    "package",
    "reopen-picking",
    id=59,
    button="Pick again",
    source=(S.ready_for_packaging,),
    target=S.preparing,
)
def reopen_picking(_order: Order, package: Package, _input: None, _given: Given) -> Facts:
    """C30: it is picked again."""
    return [PackagePickingReopened(package=package.id)]


@command(
    "package",
    "remote-action-completed",
    id=45,
    button="Other system told",
    source=(S.waiting_remote_action,),
    target=S.waiting,
)
def remote_action_completed(_order: Order, package: Package, _input: None, _given: Given) -> Facts:
    """C16: the other system, a marketplace for one, knows of the split."""
    return [PackageRemoteActionCompleted(package=package.id)]


# --- packing and shipping


@dataclass(frozen=True, slots=True)
class PackItem:
    """`quantity` pieces of an item, all of them where it is not said, with what was scanned and weighed."""

    id: int
    quantity: int | None = None
    barcode: str | None = None
    serial_no: str | None = None
    weight: str | None = None


@dataclass(frozen=True, slots=True)
class PackInput:
    """`package_items` may say barcode, serial number and weight; `parcels` one row per parcel."""

    package_items: tuple[PackItem, ...] = ()
    parcels: tuple[Parcel, ...] = ()


@command(
    "package",
    "complete-packaging-with-shipment",
    id=31,
    button="Pack",
    source=PICKING,
    target=S.packed,
    input=PackInput,
)
def complete_packaging_with_shipment(order: Order, package: Package, given_input: PackInput, given: Given) -> Facts:
    """C2: packed; a shipment is made and asked of the carrier."""
    company = carrier_of(order, package, given)
    carrier = None if company is None else given.reference.one("cargo_company", company)
    labelled = any(p.awb_number for p in given_input.parcels)
    waits = carrier is not None and carrier.label_required and not labelled
    return [
        *_packed(package, given_input, S.waiting_cargo_label if waits else S.packed, given),
        _shipment(order, package, given_input.parcels, given),
    ]


@command(
    "package",
    "complete-packaging-without-shipment",
    id=32,
    button="Pack without shipment",
    source=PICKING,
    target=S.packed,
    input=PackInput,
)
def complete_packaging_without_shipment(_order: Order, package: Package, given_input: PackInput, given: Given) -> Facts:
    """C3: packed; the shipment is made when it is shipped."""
    return _packed(package, given_input, S.packed, given)


@command(
    "package",
    "channel-based-complete-packaging-without-shipment",
    id=33,
    button="Pack by channel",
    source=PICKING,
    target=S.packed,
    input=PackInput,
)
def channel_based_complete_packaging(_order: Order, package: Package, given_input: PackInput, given: Given) -> Facts:
    """C4: packed as by C3; what follows is set by the order's channel, not by the transition."""
    return _packed(package, given_input, S.packed, given)


def _packed(package: Package, given_input: PackInput, state: PackageStatus, given: Given) -> Facts:
    said = given_input.package_items
    facts, ids = cut(package, counted(package, ((row.id, row.quantity) for row in said)), given)
    items = tuple(PackedItem(id, row.barcode, row.serial_no, row.weight) for id, row in zip(ids, said, strict=True))
    return [*facts, PackagePacked(package=package.id, state=state, items=items)]


def _shipment(order: Order, package: Package, parcels: Iterable[Parcel], given: Given) -> ShipmentCreated:
    return ShipmentCreated(
        shipment=given.ids("shipment"),
        package=package.id,
        cargo_company=carrier_of(order, package, given),
        parcels=tuple(parcels) or (Parcel(),),
    )


@command(
    "package",
    "ship-package",
    id=47,
    button="Ship",
    source=(S.packed,),
    target=S.shipped,
    aliases=("shipment-order",),
)
def ship_package(order: Order, package: Package, _input: None, given: Given) -> Facts:
    """C18: handed to the carrier; makes the shipment where there is none."""
    facts: Facts = []
    shipment = live(order.shipments, package.shipment)
    if shipment is None:
        facts = [made := _shipment(order, package, (), given)]
    return [
        *facts,
        PackageShipped(package=package.id),
        ShipmentHandedOver(shipment=shipment.id if shipment else made.shipment, package=package.id),
    ]


@command(
    "package",
    "ship-without-shipment-integration",
    id=49,
    button="Ship without integration",
    source=(S.packed,),
    target=S.shipped,
)
def ship_without_integration(order: Order, package: Package, _input: None, given: Given) -> Facts:
    """C20: as C18, where all its items are packed."""
    left = [item.id for item in package.items if not item.packed]
    if left:
        raise invalid(package_items=f"All items must be packed; {left} are not.")
    return ship_package(order, package, None, given)


@dataclass(frozen=True, slots=True)
class ShipmentStatusInput:
    status: Literal["delivered", "attempted_delivery", "delivery_failed"]


_REPORTED = {
    "delivered": (ShipmentStatus.delivered, S.delivered),
    "attempted_delivery": (ShipmentStatus.attempted_delivery, S.attempted_delivery),
    "delivery_failed": (ShipmentStatus.delivery_failed, S.delivery_failed),
}


@command(
    "package",
    "update-shipment-status",
    id=50,
    button="Carrier reports",
    source=(S.shipped, S.attempted_delivery, S.delivery_failed),
    input=ShipmentStatusInput,
)
def update_shipment_status(_order: Order, package: Package, given_input: ShipmentStatusInput, _given: Given) -> Facts:
    """C21: delivered, tried in vain, or given up."""
    status, state = _REPORTED[given_input.status]
    if state is package.state or package.shipment is None:
        return []
    return [ShipmentStatusUpdated(shipment=package.shipment, package=package.id, status=status, state=state)]
