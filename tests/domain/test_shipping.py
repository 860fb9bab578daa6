"""Numbers told by hand, labels asked again, what carriers answer and report (spec 1.6: C19, C22, C23, A4, A6)."""

from typing import Any

import pytest

from domain.deciding import decide
from domain.document import Document
from domain.package import PackageLabelled, PackageShipped
from domain.shipment import (
    Parcel,
    ShipmentCancelled,
    ShipmentHandedOver,
    ShipmentInfoUpdated,
    ShipmentLabelled,
    ShipmentLabelRequested,
    ShipmentStatusUpdated,
)
from domain.shipping import AdvancedShipmentInput, LabelInput, ShipmentInfoInput, labelled, reported
from domain.states import ShipmentStatus
from tests.domain import shop
from tests.domain.given import Story
from tests.domain.table import P, Row, check, shipment, status

NUMBER = "package.shipment.awb_number 1"
LABEL = Document("d1", "application/pdf", 10)


def told(id: int = 1, carrier: int | None = 1, awb: str | None = "T1", query: str | None = None) -> ShipmentInfoUpdated:
    return ShipmentInfoUpdated(shipment=id, package=1, cargo_company=carrier, awb_number=awb, query_number=query)


ROWS = [
    Row(
        "C19",
        shop.PACKED,
        "package-advanced-shipment",
        AdvancedShipmentInput("T1", "fast"),
        [told(), PackageShipped(package=1), ShipmentHandedOver(shipment=1, package=1)],
        P.shipped,
        [],
        [NUMBER, *status("shipped")],
    ),
    Row(
        "C19 makes the shipment, with another carrier by its id",
        shop.PACKED_ALONE,
        "48",
        AdvancedShipmentInput(" T1 ", "2"),
        [
            shipment(carrier=2),
            told(101, 2),
            PackageShipped(package=1),
            ShipmentHandedOver(shipment=101, package=1),
        ],
        P.shipped,
        [],
        ["shipment.created 101", NUMBER, *status("shipped")],
    ),
    Row(
        "C22 brings the number that 450 waits for",
        shop.UNLABELLED,
        "update-shipment-info",
        ShipmentInfoInput("fast", "T1", "Q1"),
        [told(query="Q1"), PackageLabelled(package=1)],
        P.packed,
        [],
        [NUMBER, *status("packed")],
    ),
    Row(
        "C22 another carrier, whose number is not known yet",
        shop.UNLABELLED,
        "update-shipment-info",
        ShipmentInfoInput("label"),
        [told(carrier=2, awb=None)],
        P.waiting_cargo_label,
        [],
        [NUMBER],
    ),
    Row(
        "C22 on the way",
        shop.SHIPPED,
        "51",
        ShipmentInfoInput(query_number="Q1"),
        [told(awb=None, query="Q1")],
        P.shipped,
        [],
        [NUMBER],
    ),
    Row(
        "C22 the same again gives nothing",
        (*shop.PACKED, told(query="Q1")),
        "update-shipment-info",
        ShipmentInfoInput("fast", "T1", "Q1"),
        [],
        P.packed,
        [],
        [],
    ),
    Row(
        "C23",
        shop.UNLABELLED,
        "UPDATE_SHIPMENT_LABEL",
        LabelInput((11,)),
        [ShipmentLabelRequested(shipment=1, package=1, items=(11,))],
        P.waiting_cargo_label,
        [],
        [],
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.case)
def test_command(row: Row) -> None:
    check(row)


@pytest.mark.parametrize(
    ("given", "slug", "said", "field"),
    [
        (shop.PACKED, "package-advanced-shipment", AdvancedShipmentInput("T1", "snail"), "cargo_company"),
        (shop.PACKED, "package-advanced-shipment", AdvancedShipmentInput("  "), "tracking_number"),
        (shop.PACKED, "update-shipment-info", ShipmentInfoInput(), "tracking_number"),
        (shop.PACKED, "update-shipment-info", ShipmentInfoInput("99"), "cargo_company"),
        (shop.UNLABELLED, "update-shipment-label", LabelInput((99,)), "package_items"),
        (shop.PACKED_ALONE, "update-shipment-label", LabelInput(), "package"),
        (
            (*shop.PACKED, ShipmentCancelled(shipment=1, package=1)),
            "update-shipment-label",
            LabelInput(),
            "package",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_field(given: Any, slug: str, said: Any, field: str) -> None:
    story = Story(*given, books=shop.BOOKS)
    refusal = story.refused(lambda o, g: decide(o, "package", 1, slug, said, g))
    assert list(refusal.extra["fields"]) == [field]


def test_numbers_by_hand_end_the_carriers_label_and_label_the_shipment() -> None:
    story = Story(*shop.PACKED, books=shop.BOOKS)
    story.when(lambda o, _: labelled(o, 1, awb_number="C1", label=LABEL))
    assert story.order is not None and story.order.shipments[1].label == LABEL
    story.command("package", 1, "update-shipment-info", ShipmentInfoInput(query_number="Q"))
    assert story.order.shipments[1].label == LABEL
    story.command("package", 1, "update-shipment-info", ShipmentInfoInput(tracking_number="T2"))
    after = story.order.shipments[1]
    assert (after.label, after.awb_number, after.parcels, after.query_number) == (None, "T2", (Parcel("T2"),), "Q")
    assert [(h.state, h.source) for h in after.history] == [
        (ShipmentStatus.created, "command"),
        (ShipmentStatus.labelled, "carrier"),
    ]


# --- what the carrier says


def test_a_label_that_arrives_packs_what_waited_for_it() -> None:
    story = Story(*shop.UNLABELLED)

    def arrives(order: Any, _: Any) -> Any:
        return labelled(order, 1, awb_number="C1", parcels=(Parcel("C1", "1.2"),), query_number="Q1", label=LABEL)

    story.when(arrives)
    assert story.facts == [
        ShipmentLabelled(
            shipment=1, package=1, awb_number="C1", parcels=(Parcel("C1", "1.2"),), query_number="Q1", label=LABEL
        ),
        PackageLabelled(package=1),
    ]
    assert story.messages == [NUMBER, *status("packed")]
    assert story.order is not None and story.order.shipments[1].state is ShipmentStatus.labelled
    assert story.when(arrives).facts == story.facts[:2]


def test_a_label_for_a_shipment_that_is_over_is_nothing() -> None:
    story = Story(*shop.PACKED, ShipmentCancelled(shipment=1, package=1))
    assert story.when(lambda o, _: labelled(o, 1, awb_number="C1")).facts == []
    assert story.when(lambda o, _: labelled(o, 9, awb_number="C1")).facts == []
    assert Story().when(lambda o, _: labelled(o, 1, awb_number="C1")).facts == []


REPORTED = ShipmentStatusUpdated(
    shipment=1, package=1, status=ShipmentStatus.delivered, state=P.delivered, source="carrier"
)
TAKEN = [PackageShipped(package=1), ShipmentHandedOver(shipment=1, package=1, source="carrier")]


@pytest.mark.parametrize(
    ("given", "report", "facts"),
    [
        (shop.PACKED, "shipped", TAKEN),
        (shop.PACKED, "delivered", [*TAKEN, REPORTED]),
        (shop.SHIPPED, "shipped", []),
        (shop.SHIPPED, "delivered", [REPORTED]),
        (shop.ATTEMPTED, "delivered", [REPORTED]),
        (shop.FAILED, "delivered", [REPORTED]),
        (shop.DELIVERED, "attempted_delivery", []),
        (shop.UNLABELLED, "delivered", []),
        (shop.PACKED_ALONE, "delivered", []),
        (shop.CANCELLED, "delivered", []),
        ((*shop.PACKED, ShipmentCancelled(shipment=1, package=1)), "delivered", []),
    ],
)
def test_a_report(given: Any, report: Any, facts: Any) -> None:
    assert Story(*given).when(lambda o, _: reported(o, 1, report)).facts == facts


def test_the_history_says_who_told() -> None:
    story = Story(*shop.PACKED).when(lambda o, _: reported(o, 1, "delivered"))
    assert story.order is not None
    shown = [(h.state.value, h.source) for h in story.order.shipments[1].history]
    assert shown == [("created", "command"), ("shipped", "carrier"), ("delivered", "carrier")]
    assert [m for m in story.messages if m.startswith("package.status.") and "transitioned" not in m] == [
        "package.status.shipped 1",
        "package.status.delivered 1",
    ]
