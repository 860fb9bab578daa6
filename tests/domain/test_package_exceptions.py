"""Refused, missed, blocked, planned again: facts, stock, slots, webhooks (spec 1.6, 4.2)."""

from decimal import Decimal
from typing import Any

import pytest

from domain.deciding import decide
from domain.discrepancy import FREEZE, DiscrepancyReason
from domain.guards import SlotEffect, StockEffect
from domain.package import (
    PackageBlocked,
    PackageNotFound,
    PackagePacked,
    PackageRefused,
    PackageRescheduleRequested,
    PackageShipped,
    PackageUnblocked,
)
from domain.package_commands import PackInput, PackItem
from domain.package_exceptions import ReasonInput, RefuseInput
from domain.package_missing import MissingInput, MissingItem
from domain.shipment import ShipmentHandedOver
from tests.domain import shop
from tests.domain.given import Story
from tests.domain.table import FREED, RELEASED, P, Row, check, missing, status

PACKED = PackagePacked(package=1, state=P.packed)
SHIP = [PackageShipped(package=1), ShipmentHandedOver(shipment=1, package=1)]
UPDATED = "shipment.status.updated 1"
DEFECTIVE, NOT_FOUND = DiscrepancyReason.defective, DiscrepancyReason.not_found
ONE_MISSING = MissingInput((MissingItem(11, 1),))
TWO_WAYS = MissingInput((MissingItem(11, 1, "defective"), MissingItem(11, 2, "not_found")))

ROWS = [
    Row(
        "C5",
        shop.PREPARING,
        "package-refuse-with-denial-reason",
        RefuseInput(4, (11,)),
        [PackageRefused(package=1, denial_reason=4, reason="Too busy", exclude_until=shop.LATER)],
        P.needs_rescheduling,
        [*RELEASED, FREED],
        ["package.refused 1", *status("needs_rescheduling")],
    ),
    Row(
        "C6",
        shop.WAITING,
        "DETECTED_OUT_OF_STOCK_ITEM",
        ONE_MISSING,
        [missing(1, NOT_FOUND), PackageNotFound(package=1)],
        P.out_of_stock,
        [StockEffect(10, "A", level=Decimal(0), freeze=FREEZE), *RELEASED, FREED],
        ["discrepancy.recorded 101", *status("out_of_stock")],
    ),
    Row(
        "C6 picked, broken and not found",
        shop.PICKED,
        "product-not-found",
        TWO_WAYS,
        [missing(1, DEFECTIVE), missing(2, NOT_FOUND, 102), PackageNotFound(package=1)],
        P.out_of_stock,
        [StockEffect(10, "A", move=-1), StockEffect(10, "A", level=Decimal(0), freeze=FREEZE), *RELEASED],
        ["discrepancy.recorded 101", "discrepancy.recorded 102", *status("out_of_stock")],
    ),
    Row(
        "C6 after C1: a broken piece had left the stock",
        shop.DEALLOCATED,
        "35",
        MissingInput((MissingItem(11, 1, "defective"),)),
        [missing(1, DEFECTIVE), PackageNotFound(package=1)],
        P.out_of_stock,
        [FREED],
        ["discrepancy.recorded 101", *status("out_of_stock")],
    ),
    Row(
        "C9",
        shop.WAITING,
        "block-package",
        ReasonInput("fraud?"),
        [PackageBlocked(package=1, reason="fraud?")],
        P.blocked,
        [],
        status("blocked"),
    ),
    Row(
        "C9 picked takes a slot again",
        shop.PICKED,
        "block-package",
        ReasonInput(),
        [PackageBlocked(package=1)],
        P.blocked,
        [SlotEffect(10, 1)],
        status("blocked"),
    ),
    Row(
        "C10",
        shop.BLOCKED,
        "UNBLOCK_THE_PACKAGE",
        None,
        [PackageUnblocked(package=1)],
        P.preparing,
        [],
        status("preparing"),
    ),
    Row(
        "C17 refused",
        shop.REFUSED,
        "reschedule",
        None,
        [PackageRescheduleRequested(package=1)],
        P.needs_rescheduling,
        [],
        [],
    ),
    Row("C17 missed", shop.MISSED, "reschedule", None, [PackageRescheduleRequested(package=1)], P.out_of_stock, [], []),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.case)
def test_command(row: Row) -> None:
    check(row)


def test_refusal_leaves_the_location_out_for_its_skus() -> None:
    story = Story(*shop.WAITING, books=shop.BOOKS).command("package", 1, "34", RefuseInput(4))
    assert story.order is not None
    assert story.order.refused == ((10, "A", shop.LATER), (10, "B", shop.LATER))


WRONG_INPUT = [
    ("31", PackInput((PackItem(99),)), "package_items"),
    ("32", PackInput((PackItem(99),)), "package_items"),
    ("34", RefuseInput(4, (99,)), "package_items"),
    ("34", RefuseInput(9), "denial_reason"),
    ("34", RefuseInput(5), "denial_reason"),
    ("35", MissingInput(()), "package_items"),
    ("35", MissingInput((MissingItem(99, 1),)), "package_items"),
    ("35", MissingInput((MissingItem(11, 4),)), "package_items"),
    ("35", MissingInput((MissingItem(11, 0),)), "package_items"),
    ("35", MissingInput((MissingItem(11, 2), MissingItem(11, 2, "defective"))), "package_items"),
]


@pytest.mark.parametrize(("name", "wrong", "names"), WRONG_INPUT)
def test_wrong_input_is_refused_by_field(name: str, wrong: Any, names: str) -> None:
    story = Story(*shop.WAITING, books=shop.BOOKS)
    refusal = story.refused(lambda order, given: decide(order, "package", 1, name, wrong, given))
    assert refusal.code == "invalid" and list(refusal.extra["fields"]) == [names]
