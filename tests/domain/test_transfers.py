"""T1, T3, T4 and A3: goods leave the source, arrive, and their package goes on (spec 1.7)."""

from typing import Any

import pytest

from domain.deciding import decide
from domain.discrepancy import DiscrepancyReason, DiscrepancyRecorded
from domain.guards import SlotEffect, StockEffect
from domain.order import needs_planning
from domain.package import NewItem, PackageCancelled, PackageTransfersArrived
from domain.states import PackageStatus, TransferStatus
from domain.transfer import Arrival, TransferDelivered, TransferDispatched, TransferMadeReady
from domain.transfer_commands import Counted, DeliverInput
from tests.domain import shop
from tests.domain.given import Story

P = PackageStatus


def status(name: str, id: int = 1) -> list[str]:
    return [f"transfer.status.{name} {id}", f"transfer.status.transitioned {id}"]


def test_made_ready() -> None:
    story = Story(*shop.COMING).command("transfer", 1, "transfer-ready-for-dispatch")
    assert story.facts == [TransferMadeReady(transfer=1)]
    assert story.effects == []
    assert story.messages == status("ready_to_shipment")


@pytest.mark.parametrize("given", [shop.COMING, shop.READY])
def test_dispatched_goods_leave_the_source_with_their_reservation(given: tuple[Any, ...]) -> None:
    story = Story(*given).command("transfer", 1, "73")
    assert story.facts == [TransferDispatched(transfer=1)]
    assert story.effects == [StockEffect(20, "A", reserve=-2, move=-2)]
    assert story.messages == status("in_transit")


def test_arrived_in_full_the_package_goes_on() -> None:
    story = Story(*shop.ON_THE_WAY).command("transfer", 1, "transfer-delivered", DeliverInput())
    assert story.facts == [
        TransferDelivered(transfer=1, package=1, counted=(Arrival(21, 11, "A", 2, 2),)),
        PackageTransfersArrived(package=1, state=P.waiting),
    ]
    assert story.effects == [StockEffect(10, "A", reserve=2, move=2)]
    assert story.messages == [*status("transferred"), "package.status.waiting 1", "package.status.transitioned 1"]


def test_a_package_goes_on_in_the_state_it_would_have_been_born_in() -> None:
    items = (NewItem(11, 1, "A", 3, 2), NewItem(12, 2, "B", 2))
    born = shop.created(P.waiting_for_transfer, born=P.waiting_remote_action, items=items)
    given = (shop.received(), born, *shop.ON_THE_WAY[2:])
    story = Story(*given).command("transfer", 1, "transfer-delivered", DeliverInput())
    assert story.order is not None and story.order.packages[1].state is P.waiting_remote_action


def test_missing_pieces_are_a_discrepancy_and_wait_for_a_plan_of_their_own() -> None:
    story = Story(*shop.ON_THE_WAY).command("transfer", 1, "74", DeliverInput((Counted(21, 1),)))
    lost = DiscrepancyRecorded(
        discrepancy=101,
        package=1,
        transfer=1,
        item=11,
        location=20,
        sku="A",
        quantity=1,
        reason=DiscrepancyReason.lost,
    )
    assert story.facts == [
        TransferDelivered(transfer=1, package=1, counted=(Arrival(21, 11, "A", 2, 1),)),
        lost,
        PackageTransfersArrived(package=1, state=P.waiting),
    ]
    assert story.effects == [StockEffect(10, "A", reserve=1, move=1)]
    assert "discrepancy.recorded 101" in story.messages
    order = story.order
    assert order is not None and order.waiting == {1: 1} and needs_planning(order)
    assert [(i.sku, i.quantity, i.coming) for i in order.packages[1].items] == [("A", 2, 0), ("B", 2, 0)]


def test_nothing_arrived_of_a_package_that_had_nothing_else() -> None:
    story = Story(*shop.ALL_COMING).command("transfer", 1, "74", DeliverInput((Counted(21, 0),)))
    assert story.facts[-1] == PackageCancelled(package=1, reason="nothing of its transfers arrived")
    assert story.effects == [SlotEffect(10, -1)]
    order = story.order
    assert order is not None and order.waiting == {1: 2} and order.packages[1].state is P.cancelled
    assert story.messages == [
        *status("transferred"),
        "discrepancy.recorded 101",
        "package.status.cancelled 1",
        "package.status.transitioned 1",
    ]


def test_the_package_waits_for_its_last_transfer() -> None:
    story = Story(*shop.TWO_COMING).command("transfer", 1, "74", DeliverInput())
    order = story.order
    assert order is not None and order.packages[1].state is P.waiting_for_transfer
    assert [i.coming for i in order.packages[1].items] == [0, 2]
    last = Story(order=order).command("transfer", 2, "73").command("transfer", 2, "74", DeliverInput()).order
    assert last is not None and last.packages[1].state is P.waiting
    assert {t.state for t in last.transfers.values()} == {TransferStatus.transferred}


@pytest.mark.parametrize("wrong", [Counted(99, 1), Counted(21, 3), Counted(21, -1)])
def test_wrong_counts_are_refused(wrong: Counted) -> None:
    story = Story(*shop.ON_THE_WAY)
    refusal = story.refused(lambda order, given: decide(order, "transfer", 1, "74", DeliverInput((wrong,)), given))
    assert refusal.code == "invalid" and list(refusal.extra["fields"]) == ["transfer_items"]
