"""Transfers by way of a hub (spec 1.3, 2.4): the first leg ends there, the second waits for it and names it."""

from dataclasses import replace
from typing import Any

import pytest

from domain.deciding import decide
from domain.discrepancy import DiscrepancyRecorded
from domain.guards import StockEffect
from domain.order_laws import reserving, transfers_amiss, unconserved
from domain.package_exceptions import CancelInput
from domain.reservations import holdings
from domain.states import PackageStatus, TransferStatus
from domain.transfer import NewTransferItem, TransferCreated, TransferDelivered
from domain.transfer_commands import Counted, DeliverInput
from domain.transfer_misses import TransferLinesReleased
from tests.domain import shop
from tests.domain.given import Story

HUB, SOURCE, STORE = 30, 20, 10
GIVEN = tuple(
    replace(fact, destination=HUB, onward=STORE) if isinstance(fact, TransferCreated) else fact
    for fact in shop.ON_THE_WAY
)


def lawful(story: Story) -> Any:
    order = story.order
    assert order is not None
    assert [*unconserved(order), *transfers_amiss(order)] == []
    assert +reserving(order) == +holdings(order)
    return order


def arrived(*counted: Counted) -> Story:
    return Story(*GIVEN).command("transfer", 1, "transfer-delivered", DeliverInput(counted))


def test_at_the_hub_the_second_leg_is_asked_for_and_the_package_still_waits() -> None:
    story = arrived()
    assert story.facts[1] == TransferCreated(
        transfer=101,
        number="R1P1T2",
        package=1,
        source=HUB,
        destination=STORE,
        items=(NewTransferItem(101, 11, "A", 2),),
        after=1,
    )
    assert isinstance(story.facts[0], TransferDelivered) and story.facts[0].package is None
    assert story.effects == [StockEffect(HUB, "A", move=2), StockEffect(HUB, "A", reserve=2, checked=True)]
    order = lawful(story)
    assert order.packages[1].state is PackageStatus.waiting_for_transfer
    assert [(i.sku, i.coming) for i in order.packages[1].items if i.sku == "A"] == [("A", 2)]
    assert (order.transfers[101].after, order.transfers[101].state) == (1, TransferStatus.waiting)
    sent = Story(order=order).command("transfer", 101, "transfer-dispatch")
    done = Story(order=lawful(sent)).command("transfer", 101, "transfer-delivered", DeliverInput())
    assert done.effects == [StockEffect(STORE, "A", reserve=2, move=2)]
    assert lawful(done).packages[1].state is PackageStatus.waiting


def test_what_is_lost_on_the_way_to_the_hub_is_planned_on_its_own() -> None:
    story = arrived(Counted(21, 1))
    kinds = [type(fact) for fact in story.facts]
    assert kinds == [TransferDelivered, DiscrepancyRecorded, TransferLinesReleased, TransferCreated]
    order = lawful(story)
    assert order.waiting == {1: 1}
    assert [i.quantity for i in order.transfers[101].items] == [1]


def test_where_nothing_comes_to_the_hub_there_is_no_second_leg() -> None:
    order = lawful(arrived(Counted(21, 0)))
    assert list(order.transfers) == [1]
    assert order.packages[1].state is PackageStatus.waiting


@pytest.mark.parametrize("leg", [1, 2])
def test_a_package_that_is_cancelled_leaves_the_goods_where_they_are(leg: int) -> None:
    story = Story(*GIVEN) if leg == 1 else Story(order=lawful(arrived()))
    cancelled = story.when(lambda o, g: decide(o, "package", 1, "cancel-package", CancelInput(), g))
    order = lawful(cancelled)
    if leg == 2:
        assert order.transfers[101].state is TransferStatus.cancelled
        assert StockEffect(HUB, "A", reserve=-2) in cancelled.effects
        return
    freed = Story(order=order).command("transfer", 1, "transfer-delivered", DeliverInput())
    assert freed.effects == [StockEffect(HUB, "A", move=2)]
    assert list(lawful(freed).transfers) == [1]
