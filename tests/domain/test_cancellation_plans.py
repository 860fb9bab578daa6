"""Cancellation plans, item by item, by the state of the package the pieces are in (spec 1.6 and 5, A5, C31)."""

from typing import Any

import pytest

from domain.cancellation_plan import Answered, Asked
from domain.cancellations import answer_plan
from domain.cancelling import (
    FREE,
    CancellationPlanAnswered,
    CancelledItem,
    DetachedItem,
    OrderLinesCancelled,
    PackageCancellationFailed,
    PackageCancellationRequested,
    PackageItemsCancelled,
    PackageRefundAccepted,
    TransferItemsCancelled,
    TransferItemsDetached,
)
from domain.cancelling_commands import DeclineInput
from domain.guards import SlotEffect, StockEffect
from domain.order import needs_planning
from domain.package import NewItem, PackageBlocked, PackageTransfersArrived
from domain.package_exceptions import CancelInput
from domain.shipment import ShipmentCancelled
from domain.states import OrderStatus, PackageStatus, TransferStatus
from domain.transfer import TransferDelivered, TransferDetached
from domain.transfer_commands import DeliverInput
from tests.domain import shop
from tests.domain.given import Story

P = PackageStatus
WHY = "changed my mind"


def plan(story: Story, *asked: tuple[int, int], uuid: str = "u1", pk: str | None = None, **settings: Any) -> Story:
    """A cancellation plan of (order item, pieces)."""
    rows = [Asked(item, pieces, WHY) for item, pieces in asked]
    rest: dict[str, Any] = {"plan_type": "cancel", "confirm": False, "refund": lambda *_: [], **settings}
    return story.when(lambda order, given: answer_plan(order, asked=rows, given=given, uuid=uuid, pk=pk, **rest))


def answer(story: Story) -> list[tuple[int, int, bool, int | None]]:
    """(order item, pieces, accepted, package) of the last plan."""
    assert story.order is not None
    return [(a.item, a.quantity, a.accepted, a.package) for a in story.order.cancellation_plans[-1].answered]


BY_STATE: list[tuple[str, tuple[Any, ...], bool, bool]] = [
    ("waiting", shop.WAITING, True, False),
    ("remote", (shop.received(), shop.created(P.waiting_remote_action)), True, False),
    ("preparing", shop.PREPARING, True, False),
    ("de-allocated", shop.DEALLOCATED, False, False),
    ("blocked", shop.BLOCKED, True, False),
    ("picked", shop.PICKED, True, False),
    ("unlabelled", shop.UNLABELLED, False, True),
    ("refused", shop.REFUSED, False, False),
    ("missed", shop.MISSED, False, False),
]


@pytest.mark.parametrize(("given", "reserved", "back"), [r[1:] for r in BY_STATE], ids=[r[0] for r in BY_STATE])
def test_the_rest_of_a_package_stays_as_it_was(given: tuple[Any, ...], reserved: bool, back: bool) -> None:
    story = Story(*given)
    assert story.order is not None
    state, waits = story.order.packages[1].state, needs_planning(story.order)
    plan(story, (1, 2))
    assert story.facts[:-1] == [
        PackageItemsCancelled(package=1, items=(CancelledItem(11, 2),), emptied=False, goods_back=back, reason=WHY)
    ]
    released = [StockEffect(10, "A", reserve=-2)] if reserved else []
    assert story.effects == (released or ([StockEffect(10, "A", move=2)] if back else []))
    package = story.order.packages[1]
    assert (package.state, package.location) == (state, 10)
    assert [(i.id, i.quantity) for i in package.items] == [(11, 1), (12, 2)]
    assert story.order.cancelled == {1: 2} and needs_planning(story.order) is waits and story.order.waiting == {}
    assert not [m for m in story.messages if not m.startswith("order.")] and story.messages == []
    assert answer(story) == [(1, 2, True, 1)]


@pytest.mark.parametrize("given", [r[1] for r in BY_STATE], ids=[r[0] for r in BY_STATE])
def test_nothing_left_ends_the_package_and_the_order(given: tuple[Any, ...]) -> None:
    story = plan(Story(*given), (1, 3), (2, 2))
    assert story.order is not None
    assert story.order.packages[1].state is P.cancelled and story.order.state is OrderStatus.cancelled
    assert story.order.cancelled == {1: 3, 2: 2} and not needs_planning(story.order)
    assert story.messages[-3:] == ["package.status.cancelled 1", "package.status.transitioned 1", "order.cancelled 1"]
    if given is shop.UNLABELLED:
        assert story.facts[0] == ShipmentCancelled(shipment=1, package=1)


def test_what_holds_a_slot_frees_it_when_it_ends() -> None:
    story = plan(Story(*shop.WAITING), (1, 3), (2, 2))
    assert story.effects == [StockEffect(10, "A", reserve=-3), StockEffect(10, "B", reserve=-2), SlotEffect(10, -1)]


@pytest.mark.parametrize("given", [shop.PACKED, shop.SHIPPED, shop.ATTEMPTED, shop.FAILED, shop.DELIVERED])
def test_from_packed_on_it_is_declined_and_the_package_says_so(given: tuple[Any, ...]) -> None:
    story = plan(Story(*given), (1, 2))
    assert story.order is not None
    state = story.order.packages[1].state
    late = f"R1P1 is {state.name} ({state.value})"
    assert story.facts[0] == PackageCancellationFailed(package=1, items=((11, 2),), reason=late)
    assert story.order.packages[1].cancellation_failure == late and story.order.cancelled == {}
    assert answer(story) == [(1, 2, False, 1)]


def test_lines_that_wait_and_lines_that_are_held() -> None:
    waiting = plan(Story(shop.received()), (1, 2), (2, 2))
    assert waiting.facts[0] == OrderLinesCancelled(order=1, waiting=((1, 2), (2, 2)), reason=WHY)
    assert waiting.order is not None and waiting.order.waiting == {1: 1} and waiting.order.cancelled == {1: 2, 2: 2}
    held = plan(Story(*shop.CANCELLED), (1, 3), (2, 3))
    assert held.facts[0] == OrderLinesCancelled(order=1, held=((1, 3), (2, 2)), reason=WHY)
    assert held.order is not None and held.order.held == {} and held.messages == ["order.cancelled 1"]
    assert answer(held) == [(1, 3, True, None), (2, 2, True, None), (2, 1, False, None)]


def test_an_order_that_was_never_approved_is_cancelled_too() -> None:
    story = plan(Story(shop.received(status=OrderStatus.payment_waiting)), (1, 3))
    assert story.order is not None and story.order.state is OrderStatus.payment_waiting
    assert plan(story, (2, 2), uuid="u2").messages == ["order.cancelled 1"]


def test_the_least_advanced_pieces_go_first() -> None:
    second = shop.created(P.out_of_stock, package=2, number="R1P2", items=(NewItem(21, 1, "A", 1),))
    first = shop.created(items=(NewItem(11, 1, "A", 1), NewItem(12, 2, "B", 2)))
    story = plan(Story(shop.received(), first, second), (1, 3))
    assert [type(f) for f in story.facts[:-1]] == [OrderLinesCancelled, PackageItemsCancelled, PackageItemsCancelled]
    assert answer(story) == [(1, 1, True, None), (1, 1, True, 2), (1, 1, True, 1)]


# --- the same plan again


def test_the_same_plan_again_gives_the_same_answer_once() -> None:
    story = plan(Story(*shop.WAITING), (1, 1), pk="7")
    facts = len(story.facts)
    assert len(plan(story, (1, 1), pk="7").facts) == facts
    assert len(plan(story, (1, 3), uuid="u1").facts) == facts
    assert len(plan(story, (1, 1), uuid="u2", pk="7").facts) == facts
    assert plan(story, (1, 1), uuid="u3", pk="8").order is not None
    assert story.order is not None and story.order.cancelled == {1: 2}


def test_a_changed_plan_does_what_it_had_not_done() -> None:
    story = plan(Story(*shop.WAITING), (1, 1), pk="7")
    plan(story, (1, 3), uuid="u2", pk="7")
    assert story.order is not None and story.order.cancelled == {1: 3}
    assert answer(story) == [(1, 1, True, None), (1, 2, True, 1)]


# --- a person decides


@pytest.mark.parametrize(
    "given", [shop.COMING, shop.WAITING, shop.PREPARING, shop.DEALLOCATED, shop.BLOCKED, shop.PICKED]
)
def test_a_person_decides_where_that_is_asked_for(given: tuple[Any, ...]) -> None:
    story = Story(*given)
    assert story.order is not None
    before = story.order.packages[1]
    plan(story, (1, 1), confirm=True)
    assert story.facts[0] == PackageCancellationRequested(package=1, items=((11, 1),), reason=WHY)
    assert story.order.packages[1].state is P.cancellation_waiting
    assert not [e for e in story.effects if isinstance(e, StockEffect)]
    assert story.order.state is OrderStatus.cancellation_waiting
    assert story.messages[:2] == ["package.status.cancellation_waiting 1", "package.status.transitioned 1"]

    plan(story, (1, 1), (2, 2), uuid="u2")
    assert story.order.packages[1].cancelling == {11: 2, 12: 2} and story.order.cancelled == {}
    assert answer(story) == [(1, 1, True, 1), (2, 2, True, 1)]

    story.command("package", 1, "decline-cancellation", DeclineInput("it is with the courier"))
    after = story.order.packages[1]
    assert (after.state, after.before, after.items) == (before.state, before.before, before.items)
    assert after.cancelling == {} and after.cancellation_failure == "it is with the courier"


def test_confirmed_what_was_asked_is_cancelled_and_the_rest_planned_again() -> None:
    story = plan(Story(*shop.BLOCKED), (1, 2), confirm=True).command("package", 1, "cancel-package", CancelInput())
    assert story.order is not None and story.order.packages[1].state is P.cancelled
    assert story.order.cancelled == {1: 2} and story.order.waiting == {1: 1, 2: 2}
    held = plan(Story(*shop.WAITING), (1, 2), confirm=True).command("package", 1, "55", CancelInput(replan=False))
    assert held.order is not None and held.order.cancelled == {1: 2} and held.order.held == {1: 1, 2: 2}


@pytest.mark.parametrize("given", [shop.UNLABELLED, shop.REFUSED, shop.MISSED])
def test_elsewhere_nobody_is_asked(given: tuple[Any, ...]) -> None:
    assert isinstance(plan(Story(*given), (1, 1), confirm=True).facts[0], PackageItemsCancelled)


def test_its_last_transfer_comes_while_the_decision_is_open() -> None:
    story = plan(Story(*shop.ON_THE_WAY), (2, 1), confirm=True).command("transfer", 1, "74", DeliverInput())
    assert story.order is not None and story.order.packages[1].state is P.cancellation_waiting
    declined = Story(order=story.order).command("package", 1, "decline-cancellation", DeclineInput())
    assert declined.order is not None and declined.order.packages[1].state is P.waiting


def test_blocked_is_remembered_behind_the_decision() -> None:
    story = plan(Story(*shop.WAITING, PackageBlocked(package=1)), (1, 1), confirm=True)
    story.command("package", 1, "decline-cancellation", DeclineInput()).command("package", 1, "unblock-package")
    assert story.order is not None and story.order.packages[1].state is P.waiting


# --- what comes by transfer


def test_goods_that_have_not_left_stay_where_they_are() -> None:
    story = plan(Story(*shop.COMING), (1, 1))
    assert story.facts[0] == TransferItemsCancelled(transfer=1, package=1, items=((21, 1),), emptied=False, reason=WHY)
    assert story.effects == [StockEffect(20, "A", reserve=-1)]
    assert story.order is not None and story.order.packages[1].state is P.waiting_for_transfer


def test_no_transfer_is_left_and_the_package_goes_on() -> None:
    story = plan(Story(*shop.COMING), (1, 2))
    assert story.facts[1:3] == [
        PackageItemsCancelled(package=1, items=(CancelledItem(11, 2, 2),), emptied=False, reason=WHY),
        PackageTransfersArrived(package=1, state=P.waiting),
    ]
    assert story.order is not None and story.order.transfers[1].state is TransferStatus.cancelled
    assert story.order.packages[1].state is P.waiting


def test_what_is_here_goes_before_what_is_on_its_way() -> None:
    story = plan(Story(*shop.ON_THE_WAY), (1, 2))
    assert story.facts[:2] == [
        TransferItemsDetached(transfer=1, package=1, items=(DetachedItem(21, 1, 101),)),
        PackageItemsCancelled(package=1, items=(CancelledItem(11, 2, 1),), emptied=False, reason=WHY),
    ]
    assert story.order is not None
    assert [(i.id, i.package_item, i.quantity) for i in story.order.transfers[1].items] == [(21, 11, 1), (101, FREE, 1)]
    before = len(story.effects)
    story.command("transfer", 1, "transfer-delivered", DeliverInput())
    assert story.effects[before:] == [StockEffect(10, "A", reserve=1, move=2)]
    assert story.order.packages[1].state is P.waiting and story.order.waiting == {}


def test_all_that_is_on_its_way_is_detached() -> None:
    story = plan(Story(*shop.ON_THE_WAY), (1, 3), (2, 2))
    assert story.facts[0] == TransferDetached(transfer=1, package=1)
    assert story.order is not None and story.order.state is OrderStatus.cancelled
    story.command("transfer", 1, "transfer-delivered", DeliverInput())
    assert isinstance(story.facts[-1], TransferDelivered) and story.effects[-1] == StockEffect(10, "A", move=2)


# --- refunds


def test_a_refund_of_what_is_with_the_customer_waits_for_the_goods() -> None:
    story = plan(Story(*shop.DELIVERED), (1, 2), plan_type="refund")
    assert story.facts[0] == PackageRefundAccepted(package=1, items=((11, 2),), reason=WHY)
    assert story.order is not None and story.order.packages[1].refunds == {11: 2}
    again = plan(story, (1, 2), plan_type="refund", uuid="u2")
    assert answer(again) == [(1, 1, True, 1), (1, 1, False, None)]


@pytest.mark.parametrize("given", [shop.PREPARING, shop.PACKED])
def test_no_refund_of_what_is_being_prepared(given: tuple[Any, ...]) -> None:
    story = plan(Story(*given), (1, 2), plan_type="refund")
    assert isinstance(story.facts[0], PackageCancellationFailed) and answer(story) == [(1, 2, False, 1)]


def test_the_answer_is_a_fact() -> None:
    story = plan(Story(*shop.WAITING), (1, 2), pk="7", confirm=True)
    assert story.facts[-1] == CancellationPlanAnswered(
        order=1,
        uuid="u1",
        pk="7",
        plan_type="cancel",
        asked=(Asked(1, 2, WHY),),
        answered=(Answered(1, 2, True, 1, "waits for a decision"),),
    )
