"""The laws of spec 1.8 over right logs, and over machinery that is broken on purpose."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from domain import kinds
from domain.guards import SlotRow, StockRow
from domain.laws import Laws, Violation
from domain.package import (
    NewItem,
    PackageLinesReplanned,
    PackagePacked,
    PackageTransfersArrived,
)
from domain.states import PackageStatus
from domain.stock import StockPushed
from domain.transfer import TransferDelivered, TransferDispatched
from tests.domain import shop
from tests.domain.logs import ARRIVED, DEFECT, INTAKE, PLAN, STOCK, UNCHECKED, WHOLE_LIFE, checked, log

P = PackageStatus


def test_a_right_log_keeps_all_laws() -> None:
    laws = checked(log(*WHOLE_LIFE))
    assert laws.violations == []
    assert laws.compared == {
        "positions, versions and times": 10,
        "commands": 10,
        "state changes": 7,
        "new reservations": 2,
        "choices by quota": 1,
        "orders after a decision": 7,
        "reserved (rows)": 3,
        "quota (rows)": 1,
    }
    assert laws.stock[10, "A"].known == 0 and laws.stock[10, "A"].reserved == 0


def test_what_is_torn_inside_a_decision_is_not_a_violation() -> None:
    delivered = (
        TransferDelivered(transfer=1, package=1, counted=(ARRIVED,)),
        PackageTransfersArrived(package=1, state=P.waiting),
    )
    assert checked(log(*STOCK, INTAKE, ("order-1", shop.COMING[1:]))).violations == []
    given = (*STOCK, INTAKE, ("order-1", shop.COMING[1:]), ("order-1", TransferDispatched(transfer=1)))
    assert checked(log(*given, ("order-1", delivered))).violations == []
    found = checked(log(*given, ("order-1", delivered[0]), ("order-1", delivered[1]))).violations
    assert found == [Violation(8, 5, "R1P1 waits for a transfer and has none open")]


def test_a_reservation_that_no_line_holds_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Law 3 is true by construction (effects are the difference of holdings), so the construction is broken here."""
    right = kinds.KINDS["order"]

    def leaky(before: Any, fact: Any, after: Any) -> Any:
        return [] if isinstance(fact, PackagePacked) else right.effects(before, fact, after)

    monkeypatch.setitem(kinds.KINDS, "order", replace(right, effects=leaky))
    found = checked(log(*STOCK, INTAKE, PLAN, ("order-1", PackagePacked(package=1, state=P.packed)))).violations
    assert [v.law for v in found] == [3, 3, 4, 3, 3, 4]
    assert found[0].text == "reserved at (10, 'A'): +0 by its events, -3 by its lines"
    assert found[3].text == "reserved at (10, 'A') is 3, the log says 0"


def test_a_reservation_nobody_checked_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Laws 2 and 4 do not trust the decision to have asked for the check."""
    right = kinds.KINDS["order"]

    def unchecked(before: Any, fact: Any, after: Any) -> Any:
        return [replace(effect, checked=False) for effect in right.effects(before, fact, after)]

    monkeypatch.setitem(kinds.KINDS, "order", replace(right, effects=unchecked))
    assert checked(log(*STOCK, INTAKE, PLAN)).violations == []
    assert [v.law for v in checked(log(INTAKE, PLAN)).violations] == [2, 2, 4]
    assert checked(log(INTAKE, PLAN)).violations[0].text == "3 of A reserved at location 10 with 0 available"


def test_an_object_that_skips_a_version_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    right = kinds.KINDS["order"]

    def skipping(order: Any, fact: Any, at: datetime) -> Any:
        after = right.evolve(order, fact, at)
        one = after.packages.get(1)
        return replace(after, packages={1: replace(one, version=one.version + 1)}) if one else after

    monkeypatch.setitem(kinds.KINDS, "order", replace(right, evolve=skipping))
    found = checked(log(*STOCK, INTAKE, PLAN)).violations
    assert found == [Violation(5, 7, "version 2 of package 1 is not the next")]


def test_the_guard_tables_are_compared_with_the_log() -> None:
    laws = Laws()
    for e in log(*STOCK, INTAKE, PLAN):
        laws.see(e.stream, e.version, e.position, e.at, e.fact, e.command)
    availability = [(location, sku, row) for (location, sku), row in laws.stock.items()]
    capacity = list(laws.capacity.items())
    assert laws.finish(availability, capacity) == []
    assert laws.compared["availability row (rows)"] == 3 and laws.compared["capacity row (rows)"] == 1
    ghost = [(10, "A", replace(laws.stock[10, "A"], reserved=4)), *availability[1:]]
    assert [v.law for v in laws.finish(ghost, capacity)] == [3]
    laws.violations.clear()
    assert [v.law for v in laws.finish(availability[1:], [])] == [3, 4]
    laws.violations.clear()
    assert [v.law for v in laws.finish([*availability, (77, "Z", StockRow(Decimal(1)))], [(10, SlotRow(0, 1))])] == [
        3,
        4,
    ]
    laws.violations.clear()
    assert laws.finish([*availability, (77, "Z", StockRow())], [*capacity, (77, SlotRow())]) == []


def test_a_later_count_makes_a_shortfall_not_a_violation() -> None:
    count = ("stock-10", StockPushed(stock=10, levels={"A": Decimal(1)}))
    laws = checked(log(*STOCK, INTAKE, PLAN, count))
    assert laws.violations == []
    assert [(location, sku, row.known, row.reserved) for location, sku, row in laws.shortfalls()] == [
        (10, "A", Decimal(1), 3)
    ]


def test_a_forced_plan_makes_a_shortfall_not_a_violation() -> None:
    laws = checked(log(INTAKE, UNCHECKED))
    assert laws.violations == []
    assert [(location, sku) for location, sku, _ in laws.shortfalls()] == [(10, "A"), (10, "B")]


def test_broken_goods_and_replanned_lines_keep_the_laws() -> None:
    missed = (DEFECT, *shop.MISSED[3:])
    moved = (
        PackageLinesReplanned(package=1, moved=((11, 2), (12, 2)), emptied=False),
        shop.created(package=2, number="R1P2", location=10, items=(NewItem(13, 1, "A", 2), NewItem(14, 2, "B", 2))),
    )
    assert checked(log(*STOCK, INTAKE, PLAN, ("order-1", missed), ("order-1", moved))).violations == []


def test_without_command_ids_neighbours_of_one_time_are_one_decision() -> None:
    laws = Laws()
    for e in log(*STOCK, INTAKE, ("order-1", shop.COMING[1:])):
        laws.see(e.stream, e.version, e.position, e.at, e.fact)
    assert laws.finish() == [] and laws.compared["commands"] == 0
