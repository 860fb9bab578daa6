"""A1 and A2: a plan becomes packages and transfers; packages that wait lose what was placed (spec 1.6, 2.1)."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from domain.guards import SlotEffect, StockEffect
from domain.kernel import Facts, Given
from domain.order import (
    Order,
    OrderFulfilledByMultiplePackages,
    OrderItem,
    OrderPlanned,
    OrderPlanRequested,
    OrderUnplanned,
    needs_planning,
)
from domain.order_decisions import receive, request_plan
from domain.package import NewItem, PackageLinesReplanned
from domain.planning import Leg, Placement, PlanRecord, open_lines, record_plan, record_unplanned
from domain.planning_facts import Level
from domain.states import OrderStatus, PackageStatus
from domain.transfer import NewTransferItem, TransferCreated
from tests.domain import shop
from tests.domain.given import NOW, Story

P = PackageStatus
RECEIVED = (shop.received(),)
TRANSITIONED = "package.status.transitioned 1"


def plan(*placements: Placement, **fields: Any) -> Callable[[Order, Given], Facts]:
    record = PlanRecord(
        **{
            "scenario": 7,
            "scenario_version": 3,
            "scenario_name": "Standard",
            "planner": "1",
            "inputs": "digest",
            "choices": {"rules": []},
            "initial_status": P.waiting,
            "default_location": 99,
            "placements": placements,
            **fields,
        }
    )
    return lambda order, given: record_plan(order, record, given)


def planned(again: bool = False) -> OrderPlanned:
    return OrderPlanned(
        order=1,
        plan=101,
        scenario=7,
        scenario_version=3,
        scenario_name="Standard",
        planner="1",
        inputs="digest",
        choices={"rules": []},
        again=again,
    )


def born(package: int, number: str, location: int, *items: NewItem, state: PackageStatus = P.waiting, **fields: Any):
    rule = {"scenario": 7, "scenario_version": 3, "plan": 101, "rule": "near"}
    return shop.created(state, package=package, number=number, location=location, items=items, **{**rule, **fields})


ALL_AT_10 = Placement(10, "near", ((1, 3), (2, 2)))


# --- A1


def test_one_package() -> None:
    story = Story(*RECEIVED).when(plan(ALL_AT_10))
    assert story.facts == [
        born(101, "R1P1", 10, NewItem(101, 1, "A", 3), NewItem(102, 2, "B", 2)),
        planned(),
    ]
    assert story.effects == [
        StockEffect(10, "A", reserve=3, checked=True),
        StockEffect(10, "B", reserve=2, checked=True),
        SlotEffect(10, 1),
    ]
    assert story.messages == ["package.created 101", "order.planned 1"]
    assert story.order is not None and story.order.waiting == {} and not needs_planning(story.order)


def test_what_was_known_of_the_stock_and_quota_is_checked() -> None:
    level = Level("A", Decimal(9), NOW - timedelta(seconds=5), 600)
    story = Story(*RECEIVED).when(plan(Placement(10, "near", ((1, 3), (2, 2)), (), (level,), 2, True)))
    assert story.effects == [
        StockEffect(
            10, "A", 3, level=Decimal(9), asked_at=NOW - timedelta(seconds=5), settle=600, checked=True, margin=2
        ),
        StockEffect(10, "B", 2, checked=True, margin=2),
        SlotEffect(10, 1, checked=True),
    ]


def test_two_packages_begin_in_the_initial_status() -> None:
    placements = (Placement(10, "near", ((1, 3),)), Placement(20, "near", ((2, 2),)))
    story = Story(*RECEIVED).when(plan(*placements, initial_status=P.waiting_remote_action))
    assert story.facts[2:] == [planned(), OrderFulfilledByMultiplePackages(order=1, packages=2)]
    assert story.order is not None
    assert [(p.number, p.state) for p in story.order.packages.values()] == [
        ("R1P1", P.waiting_remote_action),
        ("R1P2", P.waiting_remote_action),
    ]
    assert story.messages[-1] == "order.fulfillment.multiple_packages 1"


def test_a_single_package_never_begins_in_the_initial_status() -> None:
    only_a = Placement(10, "near", ((1, 3),))
    story = Story(*RECEIVED).when(plan(only_a, initial_status=P.waiting_remote_action))
    assert story.order is not None
    assert [(p.location, p.state) for p in story.order.packages.values()] == [(10, P.waiting), (99, P.out_of_stock)]


def test_with_transfers_it_waits_for_them() -> None:
    leg = Leg(20, ((1, 2),), (Level("A", Decimal(5), NOW, 600),), 1)
    story = Story(*RECEIVED).when(plan(Placement(10, "near", ((1, 3), (2, 2)), (leg,))))
    assert story.facts == [
        born(101, "R1P1", 10, NewItem(101, 1, "A", 3, 2), NewItem(102, 2, "B", 2), state=P.waiting_for_transfer),
        TransferCreated(
            transfer=101,
            number="R1P1T1",
            package=101,
            source=20,
            destination=10,
            items=(NewTransferItem(101, 101, "A", 2),),
            levels=(Level("A", Decimal(5), NOW, 600),),
            margin=1,
        ),
        planned(),
    ]
    assert story.effects == [
        StockEffect(10, "A", 1, checked=True),
        StockEffect(10, "B", 2, checked=True),
        SlotEffect(10, 1),
        StockEffect(20, "A", 2, level=Decimal(5), asked_at=NOW, settle=600, checked=True, margin=1),
    ]
    assert story.messages == ["package.created 101", "transfer.status.created 101", "order.planned 1"]


def test_what_no_rule_placed_is_parked_at_the_default_location() -> None:
    story = Story(*RECEIVED).when(plan(Placement(10, "near", ((1, 2),))))
    assert story.facts[1] == born(
        102,
        "R1P2",
        99,
        NewItem(102, 1, "A", 1),
        NewItem(103, 2, "B", 2),
        state=P.out_of_stock,
        rule="default stock location",
    )
    assert story.effects == [StockEffect(10, "A", 2, checked=True), SlotEffect(10, 1)]
    assert story.messages == ["package.created 101", "package.created 102", "order.planned 1"]
    assert story.order is not None and open_lines(story.order) == {1: 1, 2: 2} and needs_planning(story.order)


# --- A2


def test_what_can_be_placed_leaves_the_package_which_goes_920() -> None:
    story = Story(*shop.REFUSED).when(plan(Placement(20, "far", ((1, 2), (2, 2)))))
    assert story.facts[0] == PackageLinesReplanned(package=1, moved=((11, 2), (12, 2)), emptied=False)
    assert story.order is not None
    assert story.order.packages[1].state is P.out_of_stock
    assert [(i.id, i.quantity) for i in story.order.packages[1].items] == [(11, 1)]
    assert story.messages[:2] == ["package.status.out_of_stock 1", TRANSITIONED]
    assert story.order.packages[101].number == "R1P2" and open_lines(story.order) == {1: 1}


def test_a_package_with_nothing_left_is_cancelled() -> None:
    story = Story(*shop.MISSED).when(plan(Placement(20, "far", ((1, 3), (2, 2)))))
    assert story.facts[0] == PackageLinesReplanned(package=1, moved=((11, 3), (12, 2)), emptied=True)
    assert story.messages == ["package.status.cancelled 1", TRANSITIONED, "package.created 101", "order.planned 1"]
    assert story.order is not None and open_lines(story.order) == {} and story.order.waiting == {}


def test_a_package_that_stays_920_only_says_that_lines_left() -> None:
    story = Story(*shop.MISSED).when(plan(Placement(20, "far", ((2, 2),))))
    assert story.messages == ["package.created 101", "order.planned 1"]


def test_a_try_that_places_nothing_writes_nothing() -> None:
    assert Story(*shop.REFUSED).when(plan()).facts == []
    assert Story(*shop.MISSED).when(plan()).facts == []


def test_replans_do_not_apply_the_initial_status_again() -> None:
    first = Story(*RECEIVED).when(plan())
    assert first.order is not None and [p.state for p in first.order.packages.values()] == [P.out_of_stock]
    placements = (Placement(10, "near", ((1, 3),)), Placement(20, "near", ((2, 2),)))
    again = Story(order=first.order).when(plan(*placements, initial_status=P.waiting_remote_action))
    assert again.facts[-1] == planned(again=True)
    assert again.order is not None
    assert {p.state for p in again.order.packages.values() if p.items} == {P.waiting}


def test_lines_of_a_cancelled_package_are_placed_before_those_of_packages_that_wait() -> None:
    given = (
        shop.received(items=(OrderItem(1, "A", 5),)),
        shop.created(P.out_of_stock, items=(NewItem(11, 1, "A", 3),), location=99),
    )
    story = Story(*given).when(plan(Placement(10, "near", ((1, 2),))))
    assert [type(f).__name__ for f in story.facts] == ["PackageCreated", "OrderPlanned"]
    assert story.order is not None and story.order.waiting == {} and open_lines(story.order) == {1: 3}


@pytest.mark.parametrize("lines", [((1, 4),), ((1, 3), (1, 1)), ((9, 1),)])
def test_a_plan_that_no_longer_fits_is_a_conflict(lines: tuple[tuple[int, int], ...]) -> None:
    refusal = Story(*RECEIVED).refused(plan(Placement(10, "near", lines)))
    assert refusal.code == "conflict"


@pytest.mark.parametrize("given", [shop.WAITING, (shop.received(status=OrderStatus.waiting),), shop.CANCELLED])
def test_nothing_to_plan_gives_nothing(given: tuple[Any, ...]) -> None:
    assert Story(*given).when(plan(ALL_AT_10)).facts == []
    assert Story(*given).when(lambda order, _: record_unplanned(order, ["none"])).facts == []


# --- intake, and plans that are asked for or fail


def test_intake() -> None:
    story = Story().when(lambda order, _: receive(order, shop.received()))
    assert story.facts == [shop.received()]
    assert story.effects == [] and story.messages == ["order.received 1"]
    assert story.order is not None and story.order.waiting == {1: 3, 2: 2} and needs_planning(story.order)
    assert Story(order=story.order).when(lambda order, _: receive(order, shop.received())).facts == []
    assert Story().refused(lambda order, _: receive(order, shop.received(items=()))).code == "invalid"


def test_an_order_with_plan_false_waits_until_it_is_asked_for() -> None:
    story = Story(shop.received(plan=False))
    assert story.order is not None and not needs_planning(story.order)
    asked = story.when(lambda order, _: request_plan(order))
    assert asked.facts == [OrderPlanRequested(order=1)]
    assert asked.order is not None and needs_planning(asked.order)
    assert Story(*shop.WAITING).when(lambda order, _: request_plan(order)).facts == []
    waiting = (shop.received(status=OrderStatus.payment_waiting),)
    refusal = Story(*waiting).refused(lambda order, _: request_plan(order))
    assert (refusal.code, refusal.extra) == ("state_conflict", {"state": "300", "allowed": []})


def test_unplanned_is_said_once_per_reason() -> None:
    story = Story(*RECEIVED).when(lambda order, _: record_unplanned(order, ["no scenario fits"]))
    assert story.facts == [OrderUnplanned(order=1, reasons=("no scenario fits",))]
    assert story.messages == ["order.unplanned 1"]
    again = Story(order=story.order)
    assert again.when(lambda order, _: record_unplanned(order, ["no scenario fits"])).facts == []
    assert again.when(lambda order, _: record_unplanned(order, ["stock service is down"])).facts != []
    assert again.when(plan(ALL_AT_10)).order is not None and again.order is not None and again.order.unplanned == ()
