"""T2, T5, T6, T7: what a source cannot send is brought from elsewhere, or leaves the package to be planned again."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from domain.cancelling import PackageCancellationRequested
from domain.deciding import decide
from domain.discrepancy import DiscrepancyReason, DiscrepancyRecorded
from domain.guards import SlotEffect, StockEffect
from domain.laws import Laws
from domain.order import Order, needs_planning
from domain.package import NewItem, PackageCancelled, PackageTransfersArrived
from domain.package_exceptions import ReasonInput
from domain.planning import Leg, Placement, PlanRecord, Row, open_lines
from domain.states import PackageStatus, TransferStatus
from domain.transfer import NewTransferItem, TransferCancelled, TransferCreated, TransferMadeReady
from domain.transfer_commands import CarrierInput
from domain.transfer_exceptions import MissedInput, MissedItem, OutOfStockInput
from domain.transfer_misses import (
    NEVER_AGAIN,
    TransferCarrierTold,
    TransferItemsNotFound,
    TransferLinesReleased,
    TransferOutOfStock,
)
from tests.domain import shop
from tests.domain.given import NOW, Story

P, T = PackageStatus, TransferStatus


@dataclass
class Elsewhere:
    """Plans at once: brings up to `has` pieces from `source`, places the rest at `placed` where that is given."""

    source: int = 30
    has: int = 99
    placed: int | None = None
    asked: Any = None

    def bring(self, order: Order, package: int, missing: Mapping[int, int], but: frozenset[Row]) -> list[Leg]:
        self.asked = but
        lines = tuple((id, min(n, self.has)) for id, n in missing.items())
        return [Leg(self.source, lines)] if self.has else []

    def plan(self, order: Order, but: frozenset[Row]) -> PlanRecord | None:
        if self.placed is None:
            return None
        placement = Placement(self.placed, "rule", tuple(open_lines(order).items()))
        return PlanRecord(1, 1, "S", "1", "digest", {}, P.waiting, 99, (placement,))


ALL_WAITING = shop.ALL_COMING[:-1]
MISSED = DiscrepancyRecorded(
    discrepancy=101,
    package=1,
    transfer=1,
    item=11,
    location=20,
    sku="A",
    quantity=2,
    reason=DiscrepancyReason.not_found,
)


def asked_again(source: int, pieces: int = 2) -> TransferCreated:
    items = (NewTransferItem(101, 11, "A", pieces),)
    return TransferCreated(transfer=101, number="R1P1T2", package=1, source=source, destination=10, items=items)


def test_a_carrier_is_recorded() -> None:
    story = Story(*shop.COMING, books=shop.BOOKS)
    story.command("transfer", 1, "transfer-order-advanced", CarrierInput("fast", " TRK1 "))
    assert story.facts == [
        TransferCarrierTold(transfer=1, cargo_company=1, tracking_number="TRK1"),
        TransferMadeReady(transfer=1),
    ]
    assert story.effects == []
    bare = Story(*shop.COMING, books=shop.BOOKS).command("transfer", 1, "72", CarrierInput())
    assert bare.facts == [TransferMadeReady(transfer=1)]


def test_an_unknown_carrier_is_refused() -> None:
    story = Story(*shop.COMING, books=shop.BOOKS)
    refusal = story.refused(lambda o, given: decide(o, "transfer", 1, "72", CarrierInput("slow"), given))
    assert list(refusal.extra["fields"]) == ["cargo_company"]


def test_nobody_can_plan_now_the_miss_is_written_and_the_package_goes_on_with_the_rest() -> None:
    story = Story(*shop.COMING).command("transfer", 1, "75", MissedInput((MissedItem(21),)))
    assert story.facts == [
        MISSED,
        TransferItemsNotFound(transfer=1, package=1, items=((21, 2),), emptied=True),
        TransferLinesReleased(transfer=1, package=1, lines=((11, 2),)),
        PackageTransfersArrived(package=1, state=P.waiting),
    ]
    order = story.order
    assert order is not None and order.transfers[1].state is T.out_of_stock
    assert order.waiting == {1: 2} and needs_planning(order)
    assert [(i.sku, i.quantity, i.coming) for i in order.packages[1].items] == [("A", 1, 0), ("B", 2, 0)]
    assert StockEffect(20, "A", reserve=-2) in story.effects
    assert story.messages[-4:] == [
        "transfer.status.out_of_stock 1",
        "transfer.status.transitioned 1",
        "package.status.waiting 1",
        "package.status.transitioned 1",
    ]


def test_a_part_missing_the_transfer_brings_what_there_is() -> None:
    story = Story(*shop.COMING).command("transfer", 1, "75", MissedInput((MissedItem(21, 1, "defective"),)))
    order = story.order
    assert order is not None and order.transfers[1].state is T.waiting
    assert [i.quantity for i in order.transfers[1].items] == [1]
    assert order.packages[1].state is P.waiting_for_transfer and order.waiting == {1: 1}
    assert story.effects == [StockEffect(20, "A", move=-1), StockEffect(20, "A", reserve=-1)]
    assert not [m for m in story.messages if "status" in m]


def test_with_a_new_transfer_the_package_waits_on() -> None:
    story = Story(*shop.COMING, planning=Elsewhere()).command("transfer", 1, "75", MissedInput((MissedItem(21),)))
    emptied = TransferItemsNotFound(transfer=1, package=1, items=((21, 2),), emptied=True)
    assert story.facts == [MISSED, emptied, asked_again(30)]
    order = story.order
    assert order is not None and order.packages[1].state is P.waiting_for_transfer and not order.waiting
    assert order.packages[1].items[0].coming == 2 and order.packages[1].transfers == (1, 101)


def test_what_can_be_brought_is_and_the_rest_is_planned_anew_in_the_same_decision() -> None:
    planning = Elsewhere(has=1, placed=40)
    story = Story(*shop.COMING, planning=planning).command("transfer", 1, "75", MissedInput((MissedItem(21),)))
    order = story.order
    assert order is not None and not order.waiting and not needs_planning(order)
    assert [t.state for t in order.transfers.values()] == [T.out_of_stock, T.waiting]
    assert order.packages[1].state is P.waiting_for_transfer
    new = order.packages[101]
    assert (new.location, new.state, new.quantity) == (40, P.waiting, 1)


def test_nothing_else_in_the_package_it_ends_and_all_is_planned_anew() -> None:
    story = Story(*ALL_WAITING, planning=Elsewhere(has=0, placed=40)).command("transfer", 1, "76", OutOfStockInput())
    assert PackageCancelled(package=1, reason="nothing of its transfers can come") in story.facts
    assert SlotEffect(10, -1) in story.effects
    order = story.order
    assert order is not None and order.packages[1].state is P.cancelled
    assert [(p.location, p.quantity) for p in order.packages.values() if p.state is P.waiting] == [(40, 2)]


def test_a_flagged_sku_is_never_asked_of_the_source_again() -> None:
    story = Story(*shop.COMING).command("transfer", 1, "TRANSFER_OUT_OF_STOCK", OutOfStockInput((21,)))
    assert story.facts[0] == TransferOutOfStock(transfer=1, package=1, source=20, flagged=("A",))
    assert not any(isinstance(fact, DiscrepancyRecorded) for fact in story.facts)
    assert story.order is not None and story.order.refused == ((20, "A", NEVER_AGAIN),)


@pytest.mark.parametrize("given", [shop.COMING, shop.READY])
def test_a_cancelled_transfer_is_asked_of_another_source(given: tuple[Any, ...]) -> None:
    planning = Elsewhere()
    story = Story(*given, planning=planning).command("transfer", 1, "77", ReasonInput("no van"))
    assert story.facts == [TransferCancelled(transfer=1, package=1, reason="no van"), asked_again(30)]
    assert planning.asked == {(20, "A")}
    assert story.effects == [StockEffect(20, "A", reserve=-2), StockEffect(30, "A", reserve=2, checked=True)]


def test_other_transfers_of_the_package_are_waited_for() -> None:
    story = Story(*shop.TWO_COMING).command("transfer", 2, "cancel-transfer", ReasonInput())
    order = story.order
    assert order is not None and order.packages[1].state is P.waiting_for_transfer and order.waiting == {2: 2}
    assert [i.sku for i in order.packages[1].items] == ["A"]


@pytest.mark.parametrize("wrong", [(), (MissedItem(99),), (MissedItem(21, 3),), (MissedItem(21, 2), MissedItem(21, 1))])
def test_wrong_misses_are_refused(wrong: tuple[MissedItem, ...]) -> None:
    story = Story(*shop.COMING)
    refusal = story.refused(lambda o, given: decide(o, "transfer", 1, "75", MissedInput(wrong), given))
    assert refusal.code == "invalid" and list(refusal.extra["fields"]) == ["transfer_items"]


def test_what_a_person_was_to_decide_on_is_cancelled_where_it_cannot_come() -> None:
    """Two of three pieces were asked to be cancelled (930); two do not come: one of them has nothing left to decide."""
    asked = PackageCancellationRequested(package=1, items=((11, 2),), reason="changed mind")
    items = (NewItem(11, 1, "A", 3, 2), NewItem(12, 2, "B", 2))
    given = (shop.received(), shop.created(P.waiting_for_transfer, items=items), *shop.COMING[2:], asked)
    story = Story(*given).command("transfer", 1, "76", OutOfStockInput())
    order = story.order
    assert order is not None and order.packages[1].state is P.cancellation_waiting
    assert order.waiting == {1: 1} and order.cancelled == {1: 1}
    assert order.packages[1].cancelling == {11: 1} and order.packages[1].before is P.waiting
    laws = Laws()
    for n, fact in enumerate((*given, *story.facts), 1):
        laws.see("order-1", n, n, NOW, fact, 1 if n <= len(given) else 2)
    assert [v for v in laws.finish() if v.law != 2] == []
