"""C28 and C29: goods that come back into the shop (spec 1.6)."""

from typing import Any

import pytest

from domain.cancelling import PackageRefundAccepted
from domain.deciding import decide
from domain.guards import SlotEffect, StockEffect
from domain.order import item_states
from domain.package import PackagePacked
from domain.returning import (
    PackageReturned,
    PackageUnpacked,
    ReturnedItem,
    ReturnedRow,
    ReturnInput,
    ShipmentReturned,
    UnpackInput,
)
from domain.shipment import ShipmentCancelled
from domain.states import OrderStatus, PackageStatus, ShipmentStatus
from tests.domain import shop
from tests.domain.given import Story

P = PackageStatus
BACK_AND_RESERVED = [StockEffect(10, "A", reserve=3, move=3), StockEffect(10, "B", reserve=2, move=2)]
COMES_BACK = PackageRefundAccepted(package=1, items=((11, 2), (12, 1)))


@pytest.mark.parametrize("given", [shop.UNLABELLED, shop.PACKED])
def test_unpacked_the_goods_are_back_and_reserved(given: tuple[Any, ...]) -> None:
    story = Story(*given).command("package", 1, "unpack-package", UnpackInput("wrong box"))
    assert story.facts == [ShipmentCancelled(shipment=1, package=1), PackageUnpacked(package=1, reason="wrong box")]
    assert story.effects == BACK_AND_RESERVED
    assert story.messages == [
        "shipment.cancelled 1",
        "package.status.ready_for_packaging 1",
        "package.status.transitioned 1",
    ]


def test_without_a_shipment_and_packed_again() -> None:
    story = Story(*shop.PACKED_ALONE).command("package", 1, "57", UnpackInput())
    assert story.facts == [PackageUnpacked(package=1)]
    again = Story(*shop.PACKED, books=shop.BOOKS).command("package", 1, "unpack-package", UnpackInput())
    again.when(lambda *_: [PackagePacked(package=1, state=P.packed)]).command("package", 1, "ship-package")
    assert again.order is not None and set(again.order.shipments) == {1, 101}
    assert again.order.shipments[1].state is ShipmentStatus.cancelled


def test_all_came_back_sellable() -> None:
    story = Story(*shop.DELIVERED, COMES_BACK).command("package", 1, "return-package", ReturnInput())
    assert story.facts == [
        PackageReturned(
            package=1, items=(ReturnedItem(11, 3), ReturnedItem(12, 2)), location=10, condition="sellable", whole=True
        ),
        ShipmentReturned(shipment=1, package=1, whole=True),
    ]
    assert story.effects == [StockEffect(10, "A", move=3), StockEffect(10, "B", move=2)]
    assert story.messages == [
        "package.status.returned 1",
        "package.status.transitioned 1",
        "shipment.status.updated 1",
    ]
    assert story.order is not None and story.order.state is OrderStatus.refunded
    assert story.order.packages[1].refunds == {} and story.order.shipments[1].state is ShipmentStatus.returned


def test_damaged_goods_are_no_stock() -> None:
    story = Story(*shop.FAILED).command("package", 1, "58", ReturnInput(condition="damaged"))
    assert story.effects == [] and story.order is not None and story.order.packages[1].state is P.returned


def test_a_part_came_back_then_the_rest() -> None:
    first = ReturnInput((ReturnedRow(11, 1), ReturnedRow(12)))
    story = Story(*shop.DELIVERED, COMES_BACK).command("package", 1, "return-package", first)
    assert story.effects == [StockEffect(10, "A", move=1), StockEffect(10, "B", move=2)]
    assert story.messages == ["shipment.status.updated 1"]
    assert story.order is not None
    package = story.order.packages[1]
    assert package.state is P.delivered and package.refunds == {11: 1}
    assert [(i.id, i.quantity, i.returned) for i in package.items] == [(11, 2, False), (101, 1, True), (12, 2, True)]
    assert item_states(story.order) == {1: OrderStatus.delivered, 2: OrderStatus.refunded}
    assert story.order.shipments[1].state is ShipmentStatus.delivered

    story.command("package", 1, "return-package", ReturnInput())
    assert story.facts[2] == PackageReturned(
        package=1, items=(ReturnedItem(11, 2),), location=10, condition="sellable", whole=True
    )
    assert story.order.state is OrderStatus.refunded


@pytest.mark.parametrize(
    ("rows", "field"),
    [
        ((ReturnedRow(99),), "package_items"),
        ((ReturnedRow(11, 4),), "package_items"),
        ((ReturnedRow(11, 0),), "package_items"),
        ((ReturnedRow(11, 2), ReturnedRow(11, 2)), "package_items"),
    ],
)
def test_more_than_there_is_does_not_come_back(rows: tuple[ReturnedRow, ...], field: str) -> None:
    refusal = Story(*shop.DELIVERED).refused(
        lambda order, given: decide(order, "package", 1, "return-package", ReturnInput(rows), given)
    )
    assert refusal.code == "invalid" and field in refusal.extra["fields"]


def test_an_unknown_place() -> None:
    refusal = Story(*shop.DELIVERED).refused(
        lambda order, given: decide(order, "package", 1, "58", ReturnInput(stock_location="77"), given)
    )
    assert refusal.code == "invalid" and "stock_location" in refusal.extra["fields"]


def test_reservations_of_a_pickup_package_hold_no_slot_when_unpacked() -> None:
    story = Story(*shop.PACKED).command("package", 1, "unpack-package", UnpackInput())
    assert not [e for e in story.effects if isinstance(e, SlotEffect)]
