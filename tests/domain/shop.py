"""A small shop for the tests: order 1 of 3 of A and 2 of B; package 1 at location 10, transfer 1 from location 20."""

from datetime import datetime, timedelta
from typing import Any

from domain.cancelling import PackageCancellationRequested
from domain.discrepancy import DiscrepancyReason, DiscrepancyRecorded
from domain.location import Location, Profile
from domain.order import Destination, OrderItem, OrderReceived
from domain.package import (
    NewItem,
    PackageBlocked,
    PackageCancelled,
    PackageCreated,
    PackageNotFound,
    PackagePacked,
    PackagePicked,
    PackagePreparing,
    PackageRefused,
    PackageReservationsDeallocated,
    PackageShipped,
)
from domain.personal import Personal
from domain.settings import CargoCompany, DenialReason
from domain.shipment import Parcel, ShipmentCreated, ShipmentHandedOver, ShipmentStatusUpdated
from domain.states import OrderStatus, PackageStatus, ShipmentStatus
from domain.transfer import NewTransferItem, TransferCreated, TransferDispatched, TransferMadeReady
from tests.domain.given import NOW, Books

P = PackageStatus

CARRIER = CargoCompany(1, "Fast Cargo", "fast")
LABELLED = CargoCompany(2, "Label Cargo", "label", label_required=True)
REASON = DenialReason(4, "Too busy", exclude_for=3600)
BOOKS = Books(
    {
        ("cargo_company", 1): CARRIER,
        ("cargo_company", 2): LABELLED,
        ("denial_reason", 4): REASON,
        ("location", 10): Location(10, Profile("S10", "Shop")),
        ("location", 30): Location(30, Profile("S30", "Other shop")),
        ("location", 40): Location(40, Profile("S40", "Closed shop", is_active=False)),
        ("denial_reason", 5): DenialReason(5, "Old", is_active=False),
    }
)
LATER: datetime = NOW + timedelta(seconds=3600)


def received(carrier: int = 1, **fields: Any) -> OrderReceived:
    return OrderReceived(
        **{
            "order": 1,
            "number": "R1",
            "channel": 1,
            "status": OrderStatus.approved,
            "items": (OrderItem(1, "A", 3), OrderItem(2, "B", 2)),
            "destination": Destination("GB", "Leeds"),
            "personal": Personal("key", "sealed"),
            "cargo_company": carrier,
            **fields,
        }
    )


def created(state: PackageStatus = P.waiting, **fields: Any) -> PackageCreated:
    return PackageCreated(
        **{
            "package": 1,
            "number": "R1P1",
            "state": state,
            "born": P.waiting,
            "location": 10,
            "items": (NewItem(11, 1, "A", 3), NewItem(12, 2, "B", 2)),
            **fields,
        }
    )


WAITING = (received(), created())
PREPARING = (*WAITING, PackagePreparing(package=1))
DEALLOCATED = (*WAITING, PackageReservationsDeallocated(package=1))
PICKED = (*WAITING, PackagePicked(package=1))
BLOCKED = (*PREPARING, PackageBlocked(package=1, reason="fraud?"))
_SHIPMENT = ShipmentCreated(shipment=1, package=1, cargo_company=1, parcels=(Parcel(),))
UNLABELLED = (received(2), created(), PackagePacked(package=1, state=P.waiting_cargo_label), _SHIPMENT)
PACKED = (*WAITING, PackagePacked(package=1, state=P.packed), _SHIPMENT)
PACKED_ALONE = (*WAITING, PackagePacked(package=1, state=P.packed))
SHIPPED = (*PACKED, PackageShipped(package=1), ShipmentHandedOver(shipment=1, package=1))
REFUSED = (*WAITING, PackageRefused(package=1, denial_reason=4, reason="Too busy", exclude_until=LATER))
MISSED = (
    *WAITING,
    DiscrepancyRecorded(
        discrepancy=1, package=1, item=11, location=10, sku="A", quantity=1, reason=DiscrepancyReason.not_found
    ),
    PackageNotFound(package=1),
)
CANCELLED = (*WAITING, PackageCancelled(package=1, held=True))
TO_BE_DECIDED = (*WAITING, PackageCancellationRequested(package=1, items=((11, 1),), reason="changed my mind"))


def reported(status: ShipmentStatus, state: PackageStatus) -> ShipmentStatusUpdated:
    return ShipmentStatusUpdated(shipment=1, package=1, status=status, state=state)


ATTEMPTED = (*SHIPPED, reported(ShipmentStatus.attempted_delivery, P.attempted_delivery))
FAILED = (*SHIPPED, reported(ShipmentStatus.delivery_failed, P.delivery_failed))
DELIVERED = (*SHIPPED, reported(ShipmentStatus.delivered, P.delivered))

COMING = (
    received(),
    created(P.waiting_for_transfer, items=(NewItem(11, 1, "A", 3, 2), NewItem(12, 2, "B", 2))),
    TransferCreated(
        transfer=1, number="R1P1T1", package=1, source=20, destination=10, items=(NewTransferItem(21, 11, "A", 2),)
    ),
)
READY = (*COMING, TransferMadeReady(transfer=1))
ON_THE_WAY = (*COMING, TransferDispatched(transfer=1))
ALL_COMING = (
    received(items=(OrderItem(1, "A", 2),)),
    created(P.waiting_for_transfer, items=(NewItem(11, 1, "A", 2, 2),)),
    TransferCreated(
        transfer=1, number="R1P1T1", package=1, source=20, destination=10, items=(NewTransferItem(21, 11, "A", 2),)
    ),
    TransferDispatched(transfer=1),
)
TWO_COMING = (
    received(),
    created(P.waiting_for_transfer, items=(NewItem(11, 1, "A", 3, 2), NewItem(12, 2, "B", 2, 2))),
    TransferCreated(
        transfer=1, number="R1P1T1", package=1, source=20, destination=10, items=(NewTransferItem(21, 11, "A", 2),)
    ),
    TransferCreated(
        transfer=2, number="R1P1T2", package=1, source=30, destination=10, items=(NewTransferItem(22, 12, "B", 2),)
    ),
    TransferDispatched(transfer=1),
    TransferMadeReady(transfer=2),
)
