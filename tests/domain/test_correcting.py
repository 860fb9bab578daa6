"""`correct-state` (spec 1.8): any state that can be; stock, reservations, lines and shipments follow; the laws hold."""

from typing import Any

import pytest

from domain.correcting import (
    CORRECT,
    CorrectInput,
    PackageStateCorrected,
    ShipmentStateCorrected,
    TransferStateCorrected,
)
from domain.deciding import decide
from domain.guards import SlotEffect, StockEffect
from domain.kernel import COMMANDS, allowed
from domain.states import PackageStatus, ShipmentStatus, TransferStatus
from projections.history import sentence
from tests.domain import shop
from tests.domain.given import Story
from tests.domain.logs import INTAKE, PLAN, STOCK, checked, log

P, S = PackageStatus, ShipmentStatus
RESERVED = [StockEffect(10, "A", reserve=3, checked=True), StockEffect(10, "B", reserve=2, checked=True)]
BACK = [StockEffect(10, "A", reserve=3, move=3, checked=True), StockEffect(10, "B", reserve=2, move=2, checked=True)]
GONE = [StockEffect(10, "A", reserve=-3, move=-3), StockEffect(10, "B", reserve=-2, move=-2)]
FREED = [StockEffect(10, "A", reserve=-3), StockEffect(10, "B", reserve=-2)]


@pytest.mark.parametrize(
    ("given", "state", "effects"),
    [
        (shop.SHIPPED, P.preparing, [*BACK, SlotEffect(10, 1)]),
        (shop.SHIPPED, P.delivered, []),
        (shop.SHIPPED, P.cancelled, []),
        (shop.WAITING, P.shipped, [*GONE, SlotEffect(10, -1)]),
        (shop.WAITING, P.out_of_stock, [*FREED, SlotEffect(10, -1)]),
        (shop.REFUSED, P.waiting, [*RESERVED, SlotEffect(10, 1)]),
        (shop.BLOCKED, P.ready_for_packaging, [SlotEffect(10, -1)]),
        (shop.DEALLOCATED, P.packed, [SlotEffect(10, -1)]),
        (shop.COMING, P.waiting_for_transfer, []),
    ],
)
def test_stock_and_slots_follow(given: Any, state: PackageStatus, effects: Any) -> None:
    story = Story(*given)
    assert story.order is not None
    before = story.order.packages[1].state
    story.command("package", 1, "correct-state", CorrectInput(f" {state.name} ", " seen by eye "))
    if before is state:
        assert story.facts == []
        return
    assert story.facts[0] == PackageStateCorrected(package=1, before=before, state=state, reason="seen by eye")
    assert story.effects == effects
    assert story.messages[:2] == [f"package.status.{state.name} 1", "package.status.transitioned 1"]
    package = story.order.packages[1]
    assert (package.state, package.before) == (state, None)
    text = sentence(story.facts[0], package)
    assert text == f"Set right by hand, from {before.name} to {state.name}: seen by eye.".replace("_", " ")


@pytest.mark.parametrize(
    ("given", "state", "shipment"),
    [
        (shop.SHIPPED, P.packed, S.created),
        (shop.SHIPPED, P.preparing, S.created),
        (shop.DELIVERED, P.shipped, S.shipped),
        (shop.FAILED, P.delivered, S.delivered),
        (shop.PACKED, P.attempted_delivery, S.attempted_delivery),
        (shop.SHIPPED, P.ready_for_pickup, None),
        (shop.SHIPPED, P.cancelled, None),
        (shop.WAITING, P.shipped, None),
    ],
)
def test_its_shipment_is_where_the_package_is(
    given: Any, state: PackageStatus, shipment: ShipmentStatus | None
) -> None:
    story = Story(*given)
    assert story.order is not None
    before = story.order.shipments[1].state if story.order.shipments else None
    story.command("package", 1, "correct-state", CorrectInput(state.name, "seen"))
    if shipment is None or before is None:
        assert [type(fact) for fact in story.facts] == [PackageStateCorrected]
        return
    right = ShipmentStateCorrected(shipment=1, package=1, before=before, state=shipment, reason="seen")
    assert story.facts[1:] == [right] and story.messages[2:] == ["shipment.status.updated 1"]
    now = story.order.shipments[1]
    assert (now.state, now.history[-1].state) == (shipment, shipment)
    assert (now.shipped_at is None) == (shipment is S.created)
    assert (now.delivered_at is None) == (shipment is not S.delivered)


def test_pieces_of_a_package_set_to_cancelled_are_held() -> None:
    story = Story(*shop.SHIPPED).command("package", 1, "correct-state", CorrectInput("1000", "burnt"))
    assert story.order is not None and story.order.held == {1: 3, 2: 2} and not story.order.waiting


@pytest.mark.parametrize(
    ("given", "state", "reason", "field", "text"),
    [
        (shop.SHIPPED, "500", "  ", "reason", "required"),
        (shop.SHIPPED, "501", "why", "state", "There is no state '501'; there are 50, 100"),
        (shop.CANCELLED, "100", "why", "state", "its pieces are elsewhere"),
        (shop.WAITING, "300", "why", "state", "block-package"),
        (shop.WAITING, "1200", "why", "state", "return-package"),
        (shop.WAITING, "50", "why", "state", "no open transfer"),
        (shop.COMING, "100", "why", "state", "has an open transfer"),
    ],
)
def test_what_cannot_be_is_refused(given: Any, state: str, reason: str, field: str, text: str) -> None:
    wrong = Story(*given).refused(
        lambda order, g: decide(order, "package", 1, "correct-state", CorrectInput(state, reason), g)
    )
    assert wrong.code == "invalid" and text in wrong.extra["fields"][field][0]


@pytest.mark.parametrize(
    ("given", "state", "effects"),
    [
        (shop.ON_THE_WAY, "waiting", [StockEffect(20, "A", reserve=2, move=2, checked=True)]),
        (shop.READY, "in_transit", [StockEffect(20, "A", reserve=-2, move=-2)]),
        (shop.READY, "waiting", []),
    ],
)
def test_transfers_at_work(given: Any, state: str, effects: Any) -> None:
    story = Story(*given).command("transfer", 1, "correct-state", CorrectInput(state, "seen"))
    assert [type(f) for f in story.facts] == [TransferStateCorrected] and story.effects == effects
    assert story.messages == [f"transfer.status.{state} 1", "transfer.status.transitioned 1"]


@pytest.mark.parametrize("state", ["transferred", "cancelled", "nowhere"])
def test_how_a_transfer_ends_its_commands_say(state: str) -> None:
    wrong = Story(*shop.READY).refused(
        lambda order, g: decide(order, "transfer", 1, "correct-state", CorrectInput(state, "seen"), g)
    )
    assert wrong.code == "invalid" and "state" in wrong.extra["fields"]


def test_the_laws_know_it_and_no_other_way_around_the_tables() -> None:
    def life(*facts: Any) -> Any:
        return checked(log(*STOCK, INTAKE, PLAN, *(("order-1", f) for f in (*shop.SHIPPED[2:], *facts))))

    right = PackageStateCorrected(package=1, before=P.shipped, state=P.preparing, reason="why")
    assert life(right).violations == [] and life(right).compared["states set right by hand"] == 1
    assert [v.law for v in life(shop.PREPARING[2]).violations][:1] == [6]


def test_it_is_nobodys_button() -> None:
    assert all(slug != "correct-state" for _, slug in COMMANDS)
    assert all(c.slug != "correct-state" for state in P for c in allowed("package", state))
    assert {row.id for row in CORRECT.values()}.isdisjoint(c.id for c in COMMANDS.values())
    assert set(CORRECT["package"].source) == set(P) and set(CORRECT["transfer"].source) == set(TransferStatus)
