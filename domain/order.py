"""An order: the unit of consistency. Its stream holds it with its packages, transfers, shipments and discrepancies.

Each unit of each line is in exactly one place (law 1): cancelled, in a package that lives (or was refunded), held, or
waiting to be planned.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from domain import discrepancy as discrepancies
from domain import package as packages
from domain import shipment as shipments
from domain import transfer as transfers
from domain.cancellation_plan import CancellationPlan
from domain.changing import replace
from domain.discrepancy import Discrepancy
from domain.heard import Heard
from domain.kernel import Evolver, fact, info
from domain.order_lines import evolve_lines
from domain.package import Package
from domain.personal import Personal
from domain.shipment import Shipment
from domain.states import UNPLANNED, OrderStatus, PackageStatus, item_status_in, least_advanced
from domain.transfer import Transfer

# --- states


@dataclass(frozen=True, slots=True)
class OrderItem:
    """A line. `attributes` and `extra` are kept as they came."""

    id: int
    sku: str
    quantity: int
    name: str = ""
    barcode: str | None = None
    omnitron_id: int | None = None
    price: Decimal = Decimal("0.00")
    tax_rate: Decimal = Decimal("0.00")
    discount_amount: Decimal = Decimal("0.00")
    attributes: Mapping[str, Any] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Destination:
    """Where it goes, as coarse as planning needs it: places by name, coordinates rounded to 0.01°. The address
    itself is personal and sealed."""

    country: str | None = None
    city: str | None = None
    township: str | None = None
    district: str | None = None
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """`status` is the state it came in with (it is planned when 400); `state` follows the packages. `waiting`,
    `held`, `cancelled`: pieces per order item. `refused`: (location, SKU, until), left out of new plans.
    `heard`: how new what its source said is."""

    id: int
    number: str
    channel: int
    status: OrderStatus
    items: tuple[OrderItem, ...]
    destination: Destination
    personal: Personal
    omnitron_id: int | None = None
    currency: str = ""
    amount: Decimal = Decimal("0.00")
    discount_amount: Decimal = Decimal("0.00")
    shipping_amount: Decimal = Decimal("0.00")
    payment_type: str | None = None
    customer_type: str | None = None
    cargo_company: int | None = None
    delivery_type: str = "home"
    retail_store: str | None = None
    ship_complete: bool = False
    delivery_range: Mapping[str, Any] | None = None
    date_placed: datetime | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    to_plan: bool = True
    waiting: Mapping[int, int] = field(default_factory=dict)
    held: Mapping[int, int] = field(default_factory=dict)
    cancelled: Mapping[int, int] = field(default_factory=dict)
    refused: tuple[tuple[int, str, datetime], ...] = ()
    cancellation_plans: tuple[CancellationPlan, ...] = ()
    unplanned: tuple[str, ...] = ()
    plans: tuple[int, ...] = ()
    births: int = 0
    packages: Mapping[int, Package] = field(default_factory=dict)
    transfers: Mapping[int, Transfer] = field(default_factory=dict)
    shipments: Mapping[int, Shipment] = field(default_factory=dict)
    discrepancies: Mapping[int, Discrepancy] = field(default_factory=dict)
    heard: Heard = field(default_factory=Heard)
    version: int = 0
    created: datetime | None = None
    modified: datetime | None = None

    @property
    def state(self) -> OrderStatus:
        """Spec 1.5: the least advanced of its items; orders that are not planned keep the state they came with, until
        all is cancelled."""
        told = least_advanced(set(item_states(self).values()))
        return told if self.status is OrderStatus.approved or told is OrderStatus.cancelled else self.status


def item_states(order: Order) -> dict[int, OrderStatus]:
    """The state of each order item by its packages (spec 1.5)."""
    found: dict[int, set[OrderStatus]] = {i.id: set() for i in order.items}
    for package in order.packages.values():
        if package.state is not PackageStatus.cancelled:
            status = item_status_in(package.state)
            for item in package.items:
                found[item.item].add(OrderStatus.refunded if item.returned else status)
    for lines, status in ((order.waiting, order.status), (order.held, order.status)):
        for item_id in lines:
            found[item_id].add(status)
    for item_id in order.cancelled:
        found[item_id].add(OrderStatus.cancelled)
    return {item_id: least_advanced(statuses) for item_id, statuses in found.items()}


def needs_planning(order: Order) -> bool:
    """Approved, wanted, and something waits: lines outside packages, or packages in 910 or 920."""
    if order.status is not OrderStatus.approved or not order.to_plan:
        return False
    return bool(order.waiting) or any(p.state in UNPLANNED for p in order.packages.values())


# --- facts


@fact("OrderReceived", on="order", webhooks=("order.received",), sentence="Order {number} came in.")
class OrderReceived:
    """`personal` seals {customer, shipping_address, billing_address, notes}; `plan`: plan it as soon as it is 400."""

    order: int
    number: str
    channel: int
    status: OrderStatus
    items: tuple[OrderItem, ...]
    destination: Destination
    personal: Personal
    omnitron_id: int | None = None
    currency: str = ""
    amount: Decimal = Decimal("0.00")
    discount_amount: Decimal = Decimal("0.00")
    shipping_amount: Decimal = Decimal("0.00")
    payment_type: str | None = None
    customer_type: str | None = None
    cargo_company: int | None = None
    delivery_type: str = "home"
    retail_store: str | None = None
    ship_complete: bool = False
    delivery_range: Mapping[str, Any] | None = None
    date_placed: datetime | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    plan: bool = True


@fact("OrderPlanRequested", on="order", sentence="It was asked to be planned.")
class OrderPlanRequested:
    order: int


@fact("OrderUnplanned", on="order", webhooks=("order.unplanned",), sentence="It could not be planned: {reasons}.")
class OrderUnplanned:
    order: int
    reasons: tuple[str, ...]


@fact("OrderPlanned", on="order", webhooks=("order.planned",), sentence="Plan {plan} by scenario “{scenario_name}”.")
class OrderPlanned:
    """What was decided, small: the choices, the versions, and the digest of the kept inputs (spec 2.6)."""

    order: int
    plan: int
    scenario: int
    scenario_version: int
    scenario_name: str
    planner: str
    inputs: str
    choices: Mapping[str, Any]
    again: bool = False


@fact(
    "OrderFulfilledByMultiplePackages",
    on="order",
    webhooks=("order.fulfillment.multiple_packages",),
    sentence="It goes out in {packages} packages.",
)
class OrderFulfilledByMultiplePackages:
    order: int
    packages: int


# --- evolve

evolve_order = Evolver()
_OBJECTS: dict[str, tuple[str, Evolver]] = {
    "package": ("packages", packages.evolve),
    "transfer": ("transfers", transfers.evolve),
    "shipment": ("shipments", shipments.evolve),
    "discrepancy": ("discrepancies", discrepancies.evolve),
}


def evolve(order: Order | None, fact: Any, at: datetime) -> Order:
    """The order after the fact: the objects it is about, their versions, and where its lines are."""
    about = info(fact)
    changes: dict[str, Any] = {}
    if order is None or about.on == "order":
        order = evolve_order(order, fact, at)
    else:
        for kind in (about.on, *about.also):
            id = getattr(fact, kind)
            if id is None:
                continue
            collection, evolve_one = _OBJECTS[kind]
            things = getattr(order, collection)
            thing = evolve_one(things.get(id), fact, at)
            thing = replace(thing, version=thing.version + 1, modified=at)
            changes[collection] = {**things, id: thing}
        lines = evolve_lines.table.get(type(fact))
        if lines is not None:
            changes |= lines(order, fact, at)
    return replace(order, **changes, version=order.version + 1, modified=at)


@evolve_order.on(OrderReceived)
def _received(_: None, fact: OrderReceived, at: datetime) -> Order:
    return Order(
        id=fact.order,
        number=fact.number,
        channel=fact.channel,
        status=fact.status,
        items=fact.items,
        destination=fact.destination,
        personal=fact.personal,
        omnitron_id=fact.omnitron_id,
        currency=fact.currency,
        amount=fact.amount,
        discount_amount=fact.discount_amount,
        shipping_amount=fact.shipping_amount,
        payment_type=fact.payment_type,
        customer_type=fact.customer_type,
        cargo_company=fact.cargo_company,
        delivery_type=fact.delivery_type,
        retail_store=fact.retail_store,
        ship_complete=fact.ship_complete,
        delivery_range=fact.delivery_range,
        date_placed=fact.date_placed,
        extra=fact.extra,
        to_plan=fact.plan,
        waiting={i.id: i.quantity for i in fact.items},
        created=at,
    )


@evolve_order.on(OrderPlanRequested)
def _requested(order: Order, _: OrderPlanRequested, _at: datetime) -> Order:
    return replace(order, to_plan=True)


@evolve_order.on(OrderUnplanned)
def _unplanned(order: Order, fact: OrderUnplanned, _at: datetime) -> Order:
    return replace(order, unplanned=fact.reasons)


@evolve_order.on(OrderPlanned)
def _planned(order: Order, fact: OrderPlanned, _at: datetime) -> Order:
    return replace(order, unplanned=(), plans=(*order.plans, fact.plan))


@evolve_order.on(OrderFulfilledByMultiplePackages)
def _multiple(order: Order, _: OrderFulfilledByMultiplePackages, _at: datetime) -> Order:
    return order
