"""Lives of orders by seeded chance: what they do to the log, without stock, planner or HTTP.

Every decision is made by the domain's own functions, so the histories are ones that can happen.
"""

import random
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from domain.deciding import Commanded, decide
from domain.declared import order as orders
from domain.kernel import COMMANDS, Given, Refusal, allowed
from domain.location import Address, Location, Profile
from domain.manual_planning import AssignmentGroup
from domain.order import Destination, Order, OrderItem, OrderReceived
from domain.package_missing import MissingItem
from domain.personal import Personal
from domain.picking import Replacement
from domain.pieces import Piece
from domain.planning import Leg, Placement, PlanRecord, open_lines, record_plan
from domain.settings import CargoCompany, Channel, DenialReason
from domain.shipment import Parcel
from domain.states import OrderStatus, PackageStatus
from domain.transfer_commands import Counted
from domain.transfer_exceptions import MissedItem

BEGIN = datetime(2026, 11, 1, 8, tzinfo=UTC)
Made = tuple[int, str, list[Any]]
"""A decision: the order, the command, the facts."""
CITIES = ("Leeds", "London", "York", "Bath", "Ankara")


def _address(city: str) -> Address:
    return Address(
        country={"name": "TR" if city == "Ankara" else "GB"}, city={"name": city}, township={"name": "Centre"}
    )


def locations(n: int) -> dict[int, Location]:
    return {
        id: Location(
            id,
            Profile(
                f"ST-{id:03}",
                f"Store {id}",
                "warehouse" if id % 7 == 1 else "store",
                address=_address(CITIES[id % len(CITIES)]),
                max_quota=40,
                is_fulfillment_center=id % 2 == 0,
                is_pickup_location=id % 3 == 0,
                is_delivery_location=id % 4 == 0,
                is_transfer_location=id % 5 == 0,
                is_return_available=id % 6 == 0,
                is_fast_delivery_available=id % 7 == 0,
            ),
            1,
            BEGIN,
            BEGIN,
        )
        for id in range(1, n + 1)
    }


def _whereabouts(id: int, city: str) -> tuple[str, str, str | None, str | None]:
    """Country, city, township, district: told by the id, so that chance goes on as it did."""
    country = "TR" if city == "Ankara" else "GB"
    return country, city, f"Quarter {id % 3}" if id % 2 else None, f"Block {id % 5}" if id % 10 == 1 else None


class Settings:
    """A domain.kernel.Reference of made-up settings."""

    def __init__(self, n: int) -> None:
        self.of: dict[str, dict[int, Any]] = {
            "location": dict(locations(n)),
            "channel": {1: Channel(1, "web", "web"), 2: Channel(2, "app", "app")},
            "cargo_company": {1: CargoCompany(1, "Fast Cargo", "fast")},
            "denial_reason": {1: DenialReason(1, "Too busy")},
        }

    def one(self, kind: str, id: int) -> Any | None:
        return self.of.get(kind, {}).get(id)

    def find(self, kind: str, key: str) -> Any | None:
        for record in self.all(kind):
            if key in (getattr(record, "slug", None), getattr(getattr(record, "profile", None), "erp_code", None)):
                return record
        return None

    def all(self, kind: str) -> list[Any]:
        return list(self.of.get(kind, {}).values())


class Lives:
    """Orders that live on: each step makes one decision for one of them."""

    def __init__(self, seed: int = 1, places: int = 20, seal: Callable[[int], Personal] | None = None) -> None:
        self.chance = random.Random(seed)
        self.settings = Settings(places)
        self.places = places
        self.orders: dict[int, Order] = {}
        self._seal = seal or (lambda id: Personal(f"key{id}", f"sealed{id}"))
        self._ids: dict[str, Iterator[int]] = {}
        self._now = BEGIN

    def id(self, kind: str) -> int:
        return next(self._ids.setdefault(kind, count(1)))

    def given(self) -> Given:
        self._now += timedelta(seconds=1)
        return Given(self._now, self.id, self.settings, "lives")

    def receive(self) -> Made:
        """A new order: (order, command, facts)."""
        chance, id = self.chance, self.id("order")
        items = tuple(
            OrderItem(
                self.id("order_item"),
                f"SKU-{chance.randrange(500):04}",
                chance.randint(1, 4),
                f"Product {n}",
                f"bar-{chance.randrange(500)}",
                omnitron_id=1000 + id * 10 + n,
                price=Decimal("2.55"),
            )
            for n in range(chance.choice((1, 1, 2, 3, 5)))
        )
        city = chance.choice(CITIES)
        status = OrderStatus.approved if chance.random() < 0.95 else OrderStatus.payment_waiting
        received = OrderReceived(
            order=id,
            number=f"R{1_000_000 + id}",
            channel=chance.choice((1, 1, 2)),
            status=status,
            items=items,
            destination=Destination(*_whereabouts(id, city), 53.8, -1.55),
            personal=self._seal(id),
            omnitron_id=id,
            currency="GBP",
            amount=Decimal("30.60"),
            delivery_type=chance.choice(("home", "home", "store_pickup")),
            retail_store=f"ST-{id % self.places + 1:03}" if id % 6 == 0 else None,
            cargo_company=1 if id % 5 else None,
            delivery_range={"lower": f"2026-11-{id % 20 + 1:02}T10:00:00Z", "upper": f"2026-11-{id % 20 + 2:02}"}
            if id % 4 == 0
            else None,
            date_placed=self._now,
            extra={"shipping_option": ("express", "same-day")[id % 8 == 0]} if id % 4 == 0 else {},
        )
        return self._done(id, "receive-order", [received])

    def step(self) -> Made | None:
        """One more decision for an order taken by chance; None where nothing can be done for it."""
        order = self.orders[self.chance.choice(list(self.orders))]
        return self.step_of(order)

    def step_of(self, order: Order) -> Made | None:
        if order.status is OrderStatus.approved and open_lines(order):
            facts = record_plan(order, self._plan(order), self.given())
            return self._done(order.id, "plan", facts) if facts else None
        todo = [
            (kind, thing, command)
            for kind, things in _commanded(order)
            for thing in things.values()
            for command in allowed(kind, thing.state)
        ]
        self.chance.shuffle(todo)
        for kind, thing, command in todo:
            row = COMMANDS[kind, command.slug]
            try:
                facts = list(decide(order, kind, thing.id, command.slug, self._input(row.input, thing), self.given()))
            except Refusal:
                continue
            if facts:
                return self._done(order.id, command.slug, facts)
        return None

    def _plan(self, order: Order) -> PlanRecord:
        """Most lines go to one or two places, some by transfer, a few find none."""
        chance = self.chance
        lines = list(open_lines(order).items())
        if chance.random() < 0.05:
            lines = lines[1:]
        cut = chance.randint(1, len(lines)) if lines and chance.random() < 0.3 else len(lines)
        placements = []
        for part in (lines[:cut], lines[cut:]):
            if part:
                here, there = chance.sample(range(1, self.places + 1), 2)
                legs = (Leg(there, tuple(part[:1])),) if chance.random() < 0.15 else ()
                placements.append(Placement(here, "any place", tuple(part), legs))
        initial = PackageStatus.waiting_remote_action if chance.random() < 0.1 else PackageStatus.waiting
        return PlanRecord(1, 1, "Standard", "lives 1", "0" * 64, {}, initial, 1, tuple(placements))

    def _input(self, input: type[Any] | None, thing: Any) -> Any:
        """Made up from the shape of the input."""
        chance = self.chance
        if input is None:
            return None
        match input.__name__:
            case "RefuseInput":
                return input(denial_reason=1)
            case "PackInput":
                return input(parcels=(Parcel(f"AWB{chance.randrange(10**9)}"),) if chance.random() < 0.5 else ())
            case "MissingInput":
                return input(package_items=(MissingItem(thing.items[0].id, 1),) if thing.items else ())
            case "MissedInput":
                return input(transfer_items=(MissedItem(thing.items[0].id, 1),))
            case "ManualPlanInput":
                where = f"ST-{chance.randint(1, self.places):03}"
                return input((AssignmentGroup(tuple(Piece(item.id) for item in thing.items), where),))
            case "ReplaceInput":
                return input((Replacement(thing.items[0].id, "stand-in", 1),))
            case "ShipmentStatusInput":
                return input(status=chance.choice(("delivered", "delivered", "attempted_delivery")))
            case "DeliverInput":
                short = chance.random() < 0.2
                return input(transfer_items=(Counted(thing.items[0].id, 0),) if short else ())
            case "AdvancedShipmentInput" | "ShipmentInfoInput":
                return input(tracking_number=f"TRK{thing.id}")
            case "InvoiceInput":
                return input(invoice_number=f"INV{thing.id}", invoice_date="2026-11-23")
        return input()

    def _done(self, id: int, command: str, facts: list[Any]) -> Made:
        order = self.orders.get(id)
        for fact in facts:
            order = orders.evolve(order, fact, self._now)
        assert order is not None
        self.orders[id] = order
        return id, command, facts


def _commanded(order: Order) -> tuple[tuple[Commanded, Mapping[int, Any]], ...]:
    return ("package", order.packages), ("transfer", order.transfers)


def busy(seed: int, orders: int, alive: int = 500, seal: Callable[[int], Personal] | None = None) -> Iterator[Made]:
    """Decisions as a shop makes them: orders come in one after the other, about `alive` of them are at work at once,
    each until nothing can be done for it any more."""
    lives = Lives(seed, seal=seal)
    working: list[int] = []
    received = 0
    while received < orders or working:
        if received < orders and len(working) < alive:
            made = lives.receive()
            received += 1
            working.append(made[0])
            yield made
            continue
        at = lives.chance.randrange(len(working))
        step = lives.step_of(lives.orders[working[at]])
        if step is not None:
            yield step
        else:
            del lives.orders[working[at]]
            working[at] = working[-1]
            working.pop()
