"""Picking, packing and shipping: facts, stock, slots, webhooks (spec 1.6, 4.2)."""

import pytest

from domain.discrepancy import DiscrepancyReason
from domain.package import (
    PackagePacked,
    PackagePicked,
    PackagePreparing,
    PackageRemoteActionCompleted,
    PackageReservationsDeallocated,
    PackageShipped,
    PackedItem,
)
from domain.package_commands import PackInput, PackItem, ShipmentStatusInput
from domain.package_missing import MissingInput, MissingItem
from domain.shipment import Parcel, ShipmentHandedOver
from domain.states import ShipmentStatus
from tests.domain import shop
from tests.domain.given import Story
from tests.domain.table import FREED, LEFT, P, Row, check, shipment, status

PACKED = PackagePacked(package=1, state=P.packed)
SHIP = [PackageShipped(package=1), ShipmentHandedOver(shipment=1, package=1)]
UPDATED = "shipment.status.updated 1"
DEFECTIVE, NOT_FOUND = DiscrepancyReason.defective, DiscrepancyReason.not_found
ONE_MISSING = MissingInput((MissingItem(11, 1),))
TWO_WAYS = MissingInput((MissingItem(11, 1, "defective"), MissingItem(11, 2, "not_found")))

ROWS = [
    Row(
        "C1",
        shop.WAITING,
        "PKG_DEALLOCATE_RESERVATIONS",
        None,
        [PackageReservationsDeallocated(package=1)],
        P.preparing,
        LEFT,
        status("preparing"),
    ),
    Row(
        "C2",
        shop.WAITING,
        "complete-packaging-with-shipment",
        PackInput(),
        [PACKED, shipment()],
        P.packed,
        [*LEFT, FREED],
        [*status("packed"), "shipment.created 101"],
    ),
    Row(
        "C2 picked, what packing said is kept",
        shop.PICKED,
        "31",
        PackInput((PackItem(11, None, "869", "S1", "0.4"),), (Parcel(None, "1.2"), Parcel(None, "0.3"))),
        [
            PackagePacked(package=1, state=P.packed, items=(PackedItem(11, "869", "S1", "0.4"),)),
            shipment(Parcel(None, "1.2"), Parcel(None, "0.3")),
        ],
        P.packed,
        LEFT,
        [*status("packed"), "shipment.created 101"],
    ),
    Row(
        "C2 label required",
        (shop.received(2), shop.created()),
        "31",
        PackInput(),
        [PackagePacked(package=1, state=P.waiting_cargo_label), shipment(carrier=2)],
        P.waiting_cargo_label,
        [*LEFT, FREED],
        [*status("waiting_cargo_label"), "shipment.created 101"],
    ),
    Row(
        "C2 label required and there",
        (shop.received(2), shop.created()),
        "31",
        PackInput((), (Parcel("AWB1"),)),
        [PACKED, shipment(Parcel("AWB1"), carrier=2)],
        P.packed,
        [*LEFT, FREED],
        [*status("packed"), "shipment.created 101"],
    ),
    Row(
        "C2 after C1 takes nothing more",
        shop.DEALLOCATED,
        "31",
        PackInput(),
        [PACKED, shipment()],
        P.packed,
        [FREED],
        [*status("packed"), "shipment.created 101"],
    ),
    Row(
        "C3",
        shop.PREPARING,
        "complete-packaging-without-shipment",
        PackInput(),
        [PACKED],
        P.packed,
        [*LEFT, FREED],
        status("packed"),
    ),
    Row(
        "C3 asks for no label",
        (shop.received(2), shop.created()),
        "32",
        PackInput(),
        [PACKED],
        P.packed,
        [*LEFT, FREED],
        status("packed"),
    ),
    Row(
        "C14",
        shop.WAITING,
        "PKG_STATE_TRANSITION",
        None,
        [PackagePreparing(package=1)],
        P.preparing,
        [],
        status("preparing"),
    ),
    Row(
        "C15",
        shop.WAITING,
        "ready-for-packaging",
        None,
        [PackagePicked(package=1)],
        P.ready_for_packaging,
        [FREED],
        status("ready_for_packaging"),
    ),
    Row(
        "C16",
        (shop.received(), shop.created(P.waiting_remote_action)),
        "remote-action-completed",
        None,
        [PackageRemoteActionCompleted(package=1)],
        P.waiting,
        [],
        status("waiting"),
    ),
    Row("C18", shop.PACKED, "shipment-order", None, SHIP, P.shipped, [], status("shipped")),
    Row(
        "C18 makes the shipment",
        shop.PACKED_ALONE,
        "ship-package",
        None,
        [shipment(), PackageShipped(package=1), ShipmentHandedOver(shipment=101, package=1)],
        P.shipped,
        [],
        ["shipment.created 101", *status("shipped")],
    ),
    Row(
        "C21 delivered",
        shop.SHIPPED,
        "update-shipment-status",
        ShipmentStatusInput("delivered"),
        [shop.reported(ShipmentStatus.delivered, P.delivered)],
        P.delivered,
        [],
        [UPDATED, *status("delivered")],
    ),
    Row(
        "C21 tried",
        shop.FAILED,
        "update-shipment-status",
        ShipmentStatusInput("attempted_delivery"),
        [shop.reported(ShipmentStatus.attempted_delivery, P.attempted_delivery)],
        P.attempted_delivery,
        [],
        [UPDATED, *status("attempted_delivery")],
    ),
    Row(
        "C21 given up",
        shop.ATTEMPTED,
        "update-shipment-status",
        ShipmentStatusInput("delivery_failed"),
        [shop.reported(ShipmentStatus.delivery_failed, P.delivery_failed)],
        P.delivery_failed,
        [],
        [UPDATED, *status("delivery_failed")],
    ),
    Row(
        "C21 again gives nothing",
        shop.FAILED,
        "update-shipment-status",
        ShipmentStatusInput("delivery_failed"),
        [],
        P.delivery_failed,
        [],
        [],
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.case)
def test_command(row: Row) -> None:
    check(row)


def test_packing_keeps_what_was_said_of_the_items() -> None:
    said = PackInput((PackItem(12, None, "869", "S1", "0.4"),))
    order = Story(*shop.WAITING, books=shop.BOOKS).command("package", 1, "31", said).order
    assert order is not None
    items = order.packages[1].items
    assert [(i.barcode, i.serial_no, i.weight) for i in items] == [(None, None, None), ("869", "S1", "0.4")]
