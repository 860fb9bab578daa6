"""C26: what a cancelled package leaves behind, by the state it was in (spec 1.6)."""

from typing import Any

import pytest

from domain.guards import Effect, SlotEffect, StockEffect
from domain.order import needs_planning
from domain.package import PackageCancelled
from domain.package_exceptions import CancelInput
from domain.shipment import ShipmentCancelled
from domain.states import OrderStatus, PackageStatus, ShipmentStatus
from domain.transfer import TransferCancelled, TransferDetached
from domain.transfer_commands import DeliverInput
from tests.domain import shop
from tests.domain.given import Story

P = PackageStatus
RELEASED: list[Effect] = [StockEffect(10, "A", reserve=-3), StockEffect(10, "B", reserve=-2)]
FREED = SlotEffect(10, -1)
CANCELLED = ["package.status.cancelled 1", "package.status.transitioned 1"]

BY_STATE: list[tuple[str, tuple[Any, ...], list[Effect]]] = [
    ("waiting", shop.WAITING, [*RELEASED, FREED]),
    ("remote", (shop.received(), shop.created(P.waiting_remote_action)), [*RELEASED, FREED]),
    ("preparing", shop.PREPARING, [*RELEASED, FREED]),
    ("de-allocated", shop.DEALLOCATED, [FREED]),
    ("blocked", shop.BLOCKED, [*RELEASED, FREED]),
    ("picked", shop.PICKED, RELEASED),
    ("refused", shop.REFUSED, []),
    ("missed", shop.MISSED, []),
]


@pytest.mark.parametrize(("given", "effects"), [row[1:] for row in BY_STATE], ids=[row[0] for row in BY_STATE])
def test_reservations_are_released_and_lines_wait(given: tuple[Any, ...], effects: list[Effect]) -> None:
    story = Story(*given).command("package", 1, "cancel-package", CancelInput("changed my mind"))
    assert story.facts == [PackageCancelled(package=1, reason="changed my mind")]
    assert story.effects == effects
    assert story.messages == CANCELLED
    assert story.order is not None
    assert story.order.waiting == {1: 3, 2: 2} and story.order.held == {} and needs_planning(story.order)


def test_held_lines_are_not_planned() -> None:
    story = Story(*shop.WAITING).command("package", 1, "55", CancelInput(replan=False))
    assert story.facts == [PackageCancelled(package=1, held=True)]
    assert story.order is not None
    assert story.order.held == {1: 3, 2: 2} and story.order.waiting == {} and not needs_planning(story.order)
    assert story.order.state is OrderStatus.approved


def test_packed_without_label_its_shipment_ends_and_the_goods_are_stock_again() -> None:
    story = Story(*shop.UNLABELLED).command("package", 1, "55", CancelInput())
    assert story.facts == [
        ShipmentCancelled(shipment=1, package=1),
        PackageCancelled(package=1, goods_back=True),
    ]
    assert story.effects == [StockEffect(10, "A", move=3), StockEffect(10, "B", move=2)]
    assert story.messages == ["shipment.cancelled 1", *CANCELLED]
    assert story.order is not None and story.order.shipments[1].state is ShipmentStatus.cancelled


@pytest.mark.parametrize("given", [shop.COMING, shop.READY])
def test_a_transfer_that_has_not_left_is_cancelled(given: tuple[Any, ...]) -> None:
    story = Story(*given).command("package", 1, "55", CancelInput())
    assert story.facts == [
        TransferCancelled(transfer=1, package=1, reason="its package was cancelled"),
        PackageCancelled(package=1),
    ]
    assert story.effects == [
        StockEffect(20, "A", reserve=-2),
        StockEffect(10, "A", reserve=-1),
        StockEffect(10, "B", reserve=-2),
        FREED,
    ]
    assert story.messages == ["transfer.status.cancelled 1", "transfer.status.transitioned 1", *CANCELLED]


def test_a_transfer_on_the_way_brings_free_stock() -> None:
    story = Story(*shop.ON_THE_WAY).command("package", 1, "55", CancelInput())
    assert story.facts == [TransferDetached(transfer=1, package=1), PackageCancelled(package=1)]
    assert story.effects == [StockEffect(10, "A", reserve=-1), StockEffect(10, "B", reserve=-2), FREED]
    assert story.order is not None and story.order.waiting == {1: 3, 2: 2}
    later = Story(order=story.order).command("transfer", 1, "transfer-delivered", DeliverInput())
    assert later.effects == [StockEffect(10, "A", move=2)]
    assert later.order is not None and later.order.waiting == {1: 3, 2: 2}
    assert later.messages == ["transfer.status.transferred 1", "transfer.status.transitioned 1"]
