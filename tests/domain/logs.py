"""Small logs for the tests of the laws: decisions of the shop, a second apart."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from domain.discrepancy import DiscrepancyReason, DiscrepancyRecorded
from domain.laws import Laws
from domain.location import LocationRegistered, Profile
from domain.states import PackageStatus
from domain.stock import StockPushed
from domain.transfer import Arrival
from tests.domain import shop
from tests.domain.given import NOW

P = PackageStatus
ARRIVED = Arrival(21, 11, "A", 2, 2)


@dataclass(frozen=True, slots=True)
class Event:
    stream: str
    version: int
    position: int
    at: datetime
    fact: Any
    command: str


def log(*decisions: tuple[str, Any]) -> list[Event]:
    """`decisions` are (stream, fact or tuple of facts), each one command, a second apart."""
    events: list[Event] = []
    versions: dict[str, int] = {}
    for n, (stream, facts) in enumerate(decisions):
        for fact in facts if isinstance(facts, tuple) else (facts,):
            versions[stream] = versions.get(stream, 0) + 1
            at = NOW + timedelta(seconds=n)
            events.append(Event(stream, versions[stream], len(events) + 1, at, fact, f"c{n}"))
    return events


def checked(events: list[Event]) -> Laws:
    laws = Laws()
    for e in events:
        laws.see(e.stream, e.version, e.position, e.at, e.fact, e.command)
    laws.finish()
    return laws


STOCK = (
    ("stock-10", StockPushed(stock=10, levels={"A": Decimal(3), "B": Decimal(2)})),
    ("stock-20", StockPushed(stock=20, levels={"A": Decimal(2)})),
    ("location-10", LocationRegistered(location=10, profile=Profile("S10", "Shop", max_quota=1))),
)
INTAKE = ("order-1", shop.received())
PLAN = ("order-1", shop.created(by_quota=True))
WHOLE_LIFE = (*STOCK, INTAKE, PLAN, *(("order-1", f) for f in shop.DELIVERED[2:]))
UNCHECKED = ("order-1", shop.created(forced=True))
DEFECT = DiscrepancyRecorded(
    discrepancy=1, package=1, item=11, location=10, sku="A", quantity=1, reason=DiscrepancyReason.defective
)
