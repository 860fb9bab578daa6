"""An order that changes after it came in (spec 1.6, Order changes), and held lines let go."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from domain.amending import (
    Amendment,
    Amounts,
    Details,
    OrderAmountsChanged,
    OrderDetailsChanged,
    OrderHeldLinesReleased,
    OrderItemsAdded,
    OrderItemsRaised,
    OrderStatusChanged,
    amend,
    wanted_of,
)
from domain.application_settings import ApplicationSetting
from domain.cancelling import PackageItemsCancelled
from domain.cancelling_commands import DeclineInput
from domain.kernel import Refusal
from domain.order import Destination, OrderItem, OrderPlanRequested, needs_planning
from domain.order_decisions import request_plan
from domain.order_place import OrderPlaceSought, placed
from domain.package_exceptions import CancelInput
from domain.personal import Personal
from domain.states import OrderStatus, PackageStatus
from tests.domain import shop
from tests.domain.given import Books, Story

MOVED = Details(("shipping_address",), Personal("key", "anew"), Destination("GB", "York"))
WORDS = Details(("notes",), Personal("key", "anew"), Destination("GB", "Leeds"))


def change(story: Story, uuid: str = "u1", confirm: bool = False, **said: Any) -> Story:
    return story.when(lambda order, given: amend(order, Amendment(**said), given, uuid=uuid, confirm=confirm))


def refused(story: Story, **said: Any) -> Refusal:
    return story.refused(lambda order, given: amend(order, Amendment(**said), given, uuid="u1", confirm=False))


def test_fewer_pieces_are_cancelled_and_the_same_again_is_nothing() -> None:
    story = change(Story(*shop.WAITING), wanted={1: 1, 2: 2})
    assert isinstance(story.facts[0], PackageItemsCancelled) and story.order is not None
    assert story.order.cancelled == {1: 2} and wanted_of(story.order, 1) == 1
    facts = len(story.facts)
    assert len(change(story, "u2", wanted={1: 1}).facts) == facts


def test_what_waits_for_a_decision_is_not_asked_for_twice() -> None:
    story = change(Story(*shop.WAITING), confirm=True, wanted={1: 1})
    facts = len(story.facts)
    assert len(change(story, "u2", confirm=True, wanted={1: 1}).facts) == facts
    story.command("package", 1, "decline-cancellation", DeclineInput())
    assert story.order is not None and wanted_of(story.order, 1) == 3


def test_more_pieces_wait_to_be_planned() -> None:
    story = change(Story(*shop.WAITING), wanted={1: 5, 2: 2})
    assert story.facts == [OrderItemsRaised(order=1, more=((1, 2),))]
    assert story.order is not None and story.order.waiting == {1: 2} and needs_planning(story.order)
    assert story.order.items[0].quantity == 5 and story.effects == []


def test_fewer_then_more_again() -> None:
    story = change(change(Story(*shop.WAITING), wanted={1: 1}), wanted={1: 2})
    assert story.order is not None
    assert (story.order.items[0].quantity, story.order.cancelled, story.order.waiting) == (4, {1: 2}, {1: 1})


def test_a_new_line() -> None:
    line = OrderItem(3, "C", 4, price=Decimal("0.35"))
    story = change(Story(*shop.WAITING), added=(line,))
    assert story.facts == [OrderItemsAdded(order=1, items=(line,))]
    assert story.order is not None and story.order.waiting == {3: 4} and story.order.state is OrderStatus.approved


def test_all_is_cancelled_by_its_status() -> None:
    story = change(Story(*shop.WAITING), status=OrderStatus.cancelled)
    assert story.order is not None and story.order.state is OrderStatus.cancelled
    assert story.messages[-1] == "order.cancelled 1"


def test_approved_it_is_planned() -> None:
    story = change(Story(shop.received(status=OrderStatus.payment_waiting)), status=OrderStatus.approved)
    assert story.facts == [OrderStatusChanged(order=1, status=OrderStatus.approved)]
    assert story.order is not None and needs_planning(story.order)


def test_a_state_that_the_packages_tell_is_not_given() -> None:
    assert change(Story(*shop.PACKED), status=OrderStatus.preparing).facts == []
    assert refused(Story(*shop.PACKED), status=OrderStatus.delivered).extra["fields"].keys() == {"status"}
    free = change(Story(shop.received(status=OrderStatus.waiting)), status=OrderStatus.delivered)
    assert free.facts == [OrderStatusChanged(order=1, status=OrderStatus.delivered)]


@pytest.mark.parametrize(
    "given", [shop.COMING, shop.WAITING, shop.PREPARING, shop.BLOCKED, shop.PICKED, shop.MISSED, shop.TO_BE_DECIDED]
)
def test_the_address_follows_until_it_is_packed(given: tuple[Any, ...]) -> None:
    story = change(Story(*given), details=MOVED)
    assert story.order is not None and story.order.destination.city == "York"
    assert story.facts == [
        OrderDetailsChanged(
            order=1, changed=("shipping_address",), personal=MOVED.personal, destination=MOVED.destination
        )
    ]


@pytest.mark.parametrize("given", [shop.UNLABELLED, shop.PACKED, shop.SHIPPED, shop.DELIVERED])
def test_then_it_is_on_the_parcel(given: tuple[Any, ...]) -> None:
    refusal = refused(Story(*given), details=MOVED)
    assert refusal.code == "state_conflict" and "R1P1" in refusal.message
    assert change(Story(*given), details=WORDS).facts


def test_another_address_is_looked_up_where_something_is_still_to_be_planned() -> None:
    """And it has no coordinates, and that is wanted; it is planned when they are known, or nobody knows them."""
    asks = (("GEOLOCATION_DISCOVERY", True), ("GEOCODE_PROVIDER_SETTINGS", {"url": "https://geo.example.org"}))
    rows = {("application_setting", n): ApplicationSetting(n, *row) for n, row in enumerate(asks, 1)}
    books = Books({**shop.BOOKS.rows, **rows})
    story = change(Story(shop.received(), books=books), details=MOVED)
    assert isinstance(story.facts[-1], OrderPlaceSought) and story.order is not None
    assert not needs_planning(story.order)
    story.when(lambda order, _: placed(order, 53.961, -1.082))
    assert needs_planning(story.order) and story.order.destination.latitude == 53.96
    there = replace(MOVED, destination=Destination("GB", "York", latitude=53.96, longitude=-1.08))
    for given, details in ((shop.received(), there), (shop.received(), WORDS), (shop.received(plan=False), MOVED)):
        assert len(change(Story(given, books=books), details=details).facts) == 1
    assert len(change(Story(*shop.WAITING, books=books), details=MOVED).facts) == 1  # all of it is planned
    assert len(change(Story(shop.received()), details=MOVED).facts) == 1  # nobody is asked


def test_amounts_are_those_that_were_told() -> None:
    now = Amounts(Decimal("31.15"), Decimal("0.60"), Decimal("4.95"))
    story = change(Story(*shop.WAITING), amounts=now)
    assert story.facts == [OrderAmountsChanged(order=1, amounts=now)]
    assert change(story, amounts=now).facts == story.facts


def test_held_lines_are_let_go() -> None:
    story = Story(*shop.WAITING).command("package", 1, "cancel-package", CancelInput(replan=False))
    story.when(lambda order, _: request_plan(order))
    assert story.facts[1:] == [OrderHeldLinesReleased(order=1, lines=((1, 3), (2, 2))), OrderPlanRequested(order=1)]
    assert story.order is not None and story.order.waiting == {1: 3, 2: 2} and needs_planning(story.order)
    assert story.order.packages[1].state is PackageStatus.cancelled
