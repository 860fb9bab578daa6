"""Each law of spec 1.8: a log broken on purpose has the violation it should have."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from domain.package import (
    NewItem,
    PackageLinesReplanned,
    PackagePacked,
    PackagePicked,
    PackagePreparing,
    PackageShipped,
    PackageTransfersArrived,
)
from domain.states import PackageStatus, ShipmentStatus
from domain.transfer import TransferCancelled, TransferDelivered
from tests.domain import shop
from tests.domain.given import NOW
from tests.domain.logs import ARRIVED, INTAKE, PLAN, STOCK, WHOLE_LIFE, Event, checked, log

P = PackageStatus


def broken(*decisions: tuple[str, Any]) -> Callable[[], list[Event]]:
    return lambda: log(*decisions)


def changed(index: int, **fields: Any) -> Callable[[], list[Event]]:
    """The right log with one event changed."""

    def build() -> list[Event]:
        events = log(*WHOLE_LIFE)
        events[index] = replace(events[index], **fields)
        return events

    return build


AT_10 = shop.created()
SECOND = (
    ("order-2", shop.received(order=2, number="R2")),
    ("order-2", shop.created(package=2, number="R2P1", location=10)),
)

BROKEN: list[tuple[str, int, str, Callable[[], list[Event]]]] = [
    (
        "a package has more than waits",
        1,
        "-1 pieces of line 1 of order R1 wait, are held or cancelled",
        broken(*STOCK, INTAKE, ("order-1", shop.created(forced=True, items=(NewItem(11, 1, "A", 4),)))),
    ),
    (
        "a piece is lost",
        1,
        "pieces",
        broken(*STOCK, INTAKE, ("order-1", shop.created(items=(NewItem(11, 1, "A", 0),)))),
    ),
    (
        "more leaves a package than it had",
        1,
        "line 1 of order R1 has 3 pieces, 5 are somewhere",
        broken(
            INTAKE,
            ("order-1", shop.created(P.out_of_stock)),
            ("order-1", PackageLinesReplanned(package=1, moved=((11, 5),), emptied=False)),
        ),
    ),
    (
        "more comes than the item has",
        1,
        "item 11 of R1P1 has 3 pieces, 4 coming",
        broken(INTAKE, ("order-1", shop.created(P.out_of_stock, items=(NewItem(11, 1, "A", 3, 4),)))),
    ),
    (
        "a line of another order",
        1,
        "pieces of lines it does not have",
        broken(INTAKE, ("order-1", shop.created(P.out_of_stock, items=(NewItem(11, 7, "A", 1),)))),
    ),
    ("no stock", 2, "3 of A reserved at location 10 with 0 available", broken(INTAKE, PLAN)),
    ("the stock of another order", 2, "3 of A reserved", broken(*STOCK, INTAKE, ("order-1", AT_10), *SECOND)),
    (
        "safety stock",
        2,
        "3 of A reserved at location 10 with 2 available",
        broken(*STOCK, INTAKE, ("order-1", shop.created(margin=1))),
    ),
    (
        "no quota set",
        4,
        "location 10 was chosen by quota with 0 slots free",
        broken(*STOCK[:2], INTAKE, PLAN),
    ),
    (
        "no slot left",
        4,
        "location 10 was chosen by quota with 0 slots free",
        broken(
            *STOCK,
            INTAKE,
            ("order-1", AT_10),
            SECOND[0],
            ("order-2", shop.created(package=2, number="R2P1", forced=True, by_quota=True)),
        ),
    ),
    (
        "50 without a transfer",
        5,
        "R1P1 waits for a transfer and has none open",
        broken(*STOCK, INTAKE, ("order-1", shop.created(P.waiting_for_transfer))),
    ),
    (
        "50 whose transfer was cancelled",
        5,
        "R1P1 waits for a transfer and has none open",
        broken(
            *STOCK,
            INTAKE,
            ("order-1", shop.COMING[1:]),
            ("order-1", TransferCancelled(transfer=1, package=1)),
        ),
    ),
    (
        "100 with a transfer",
        5,
        "R1P1 is waiting (100) and has an open transfer",
        broken(*STOCK, INTAKE, ("order-1", (AT_10, shop.COMING[2]))),
    ),
    (
        "a state no row leads to",
        6,
        "package 1 went from waiting to shipped",
        broken(*STOCK, INTAKE, PLAN, ("order-1", PackageShipped(package=1))),
    ),
    (
        "back from packed",
        6,
        "package 1 went from packed to preparing",
        broken(
            *STOCK,
            INTAKE,
            PLAN,
            ("order-1", PackagePacked(package=1, state=P.packed)),
            ("order-1", PackagePreparing(package=1)),
        ),
    ),
    (
        "a frozen package goes on elsewhere",
        6,
        "package 1 went from blocked to ready_for_packaging",
        broken(*STOCK, *(("order-1", f) for f in shop.BLOCKED), ("order-1", PackagePicked(package=1))),
    ),
    (
        "born packed",
        6,
        "package 1 went from nothing to packed",
        broken(*STOCK, INTAKE, ("order-1", shop.created(P.packed))),
    ),
    (
        "a transfer jumps",
        6,
        "transfer 1 went from waiting to transferred",
        broken(
            *STOCK,
            INTAKE,
            ("order-1", shop.COMING[1:]),
            (
                "order-1",
                (
                    TransferDelivered(transfer=1, package=1, counted=(ARRIVED,)),
                    PackageTransfersArrived(package=1, state=P.waiting),
                ),
            ),
        ),
    ),
    (
        "a shipment jumps",
        6,
        "shipment 1 went from created to delivered",
        broken(
            *STOCK,
            *(("order-1", f) for f in shop.PACKED),
            ("order-1", shop.reported(ShipmentStatus.delivered, P.shipped)),
        ),
    ),
    (
        "a fact about nothing",
        6,
        "cannot be folded by PackagePreparing",
        broken(INTAKE, ("order-1", PackagePreparing(package=5))),
    ),
    ("a position is missing", 7, "position 6 follows 4", changed(4, position=6)),
    ("a version is missing", 7, "version 3 of order-1 follows 1", changed(4, version=3)),
    ("time runs backwards", 7, "follows 2026-11-23T10:00:03+00:00", changed(4, at=NOW)),
    ("a command acts twice", 7, "command c0 acted before", changed(4, command="c0")),
]


@pytest.mark.parametrize(("law", "text", "build"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN])
def test_a_broken_log_is_found(law: int, text: str, build: Callable[[], list[Event]]) -> None:
    found = [v for v in checked(build()).violations if v.law == law and text in v.text]
    assert found, checked(build()).violations
    assert found[0].position > 0
