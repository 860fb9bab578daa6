"""A row of a table of package commands: given, command, facts, state, effects, webhooks."""

from typing import Any, NamedTuple

from domain.discrepancy import DiscrepancyReason, DiscrepancyRecorded
from domain.guards import Effect, SlotEffect, StockEffect
from domain.shipment import Parcel, ShipmentCreated
from domain.states import PackageStatus
from tests.domain import shop
from tests.domain.given import Story

P = PackageStatus
LEFT: list[Effect] = [StockEffect(10, "A", reserve=-3, move=-3), StockEffect(10, "B", reserve=-2, move=-2)]
RELEASED: list[Effect] = [StockEffect(10, "A", reserve=-3), StockEffect(10, "B", reserve=-2)]
FREED = SlotEffect(10, -1)


def status(name: str) -> list[str]:
    return [f"package.status.{name} 1", "package.status.transitioned 1"]


def shipment(*parcels: Parcel, carrier: int | None = 1) -> ShipmentCreated:
    return ShipmentCreated(shipment=101, package=1, cargo_company=carrier, parcels=parcels or (Parcel(),))


def missing(quantity: int, reason: DiscrepancyReason, nth: int = 101) -> DiscrepancyRecorded:
    return DiscrepancyRecorded(
        discrepancy=nth, package=1, item=11, location=10, sku="A", quantity=quantity, reason=reason
    )


class Row(NamedTuple):
    case: str
    given: tuple[Any, ...]
    name: str
    input: Any
    facts: list[Any]
    state: PackageStatus
    effects: list[Effect]
    messages: list[str]


def check(row: Row) -> None:
    """Runs a row: its facts, the state after, the effects, the webhooks."""
    story = Story(*row.given, books=shop.BOOKS).command("package", 1, row.name, row.input)
    assert story.facts == row.facts
    assert story.order is not None and story.order.packages[1].state is row.state
    assert story.effects == row.effects
    assert story.messages == row.messages
