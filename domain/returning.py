"""Goods that come back: unpacked where they are (C28), or returned by the customer or the carrier (C29, spec 1.6)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from domain.changing import replace
from domain.kernel import Facts, Given, Reference, Refusal, command, fact, invalid
from domain.location import Location
from domain.order import Order
from domain.package import Package
from domain.package import evolve as evolve_package
from domain.pieces import item_of
from domain.reservations import MOVES, Row
from domain.shipment import Shipment, ShipmentCancelled, becomes, live
from domain.shipment import evolve as evolve_shipment
from domain.states import PackageStatus, ShipmentStatus

S = PackageStatus
Condition = Literal["sellable", "damaged"]

# --- facts


class ReturnedItem(NamedTuple):
    """`quantity` pieces of the package item `item` came back; as the item `cut` where it was cut in two."""

    item: int
    quantity: int
    cut: int | None = None


@fact("PackageUnpacked", on="package", sentence="It was unpacked: {reason}.")
class PackageUnpacked:
    """Its goods are in stock again, and reserved."""

    package: int
    reason: str = ""


@fact("PackageReturned", on="package", sentence="Goods of it came back, {condition}.")
class PackageReturned:
    """Sellable goods become stock of `location`; `whole`: nothing of it is left with the customer."""

    package: int
    items: tuple[ReturnedItem, ...]
    location: int
    condition: Condition
    whole: bool


@fact(
    "ShipmentReturned",
    on="shipment",
    also=("package",),
    webhooks=("shipment.status.updated",),
    sentence="Goods of the shipment came back.",
)
class ShipmentReturned:
    """`whole`: all of it; a part leaves its state as it was."""

    shipment: int
    package: int
    whole: bool


# --- evolve


@evolve_package.on(PackageUnpacked)
def _unpacked(package: Package, _: PackageUnpacked, _at: datetime) -> Package:
    return replace(package, state=S.ready_for_packaging, goods_out=False, packed_at=None)


@evolve_package.on(PackageReturned)
def _returned(package: Package, fact: PackageReturned, _at: datetime) -> Package:
    back = {r.item: r for r in fact.items}
    items = []
    for item in package.items:
        row = back.get(item.id)
        if row is None:
            items.append(item)
        elif row.cut is None:
            items.append(replace(item, returned=True))
        else:
            items.append(replace(item, quantity=item.quantity - row.quantity))
            items.append(replace(item, id=row.cut, quantity=row.quantity, returned=True))
    waits = {id: n - (back[id].quantity if id in back else 0) for id, n in package.refunds.items()}
    return replace(
        package,
        items=tuple(items),
        refunds={id: n for id, n in waits.items() if n > 0},
        state=S.returned if fact.whole else package.state,
    )


@evolve_package.on(ShipmentReturned)
def _told(package: Package, _: ShipmentReturned, _at: datetime) -> Package:
    return package


@evolve_shipment.on(ShipmentReturned)
def _came_back(shipment: Shipment, fact: ShipmentReturned, at: datetime) -> Shipment:
    return becomes(shipment, ShipmentStatus.returned, at) if fact.whole else shipment


def _unpacked_goods(order: Order, fact: PackageUnpacked) -> list[tuple[Row, int]]:
    package = order.packages[fact.package]
    return [((package.location, item.sku), item.quantity) for item in package.items]


def _returned_goods(order: Order, fact: PackageReturned) -> list[tuple[Row, int]]:
    sku = {item.id: item.sku for item in order.packages[fact.package].items}
    sellable = fact.items if fact.condition == "sellable" else ()
    return [((fact.location, sku[row.item]), row.quantity) for row in sellable]


MOVES[PackageUnpacked] = _unpacked_goods
MOVES[PackageReturned] = _returned_goods

# --- commands


@dataclass(frozen=True, slots=True)
class UnpackInput:
    reason: str = ""


@command(
    "package",
    "unpack-package",
    id=57,
    button="Unpack",
    source=(S.waiting_cargo_label, S.packed, S.ready_for_pickup),
    target=S.ready_for_packaging,
    input=UnpackInput,
)
def unpack(order: Order, package: Package, given_input: UnpackInput, _given: Given) -> Facts:
    """C28: unpacked; its shipment is cancelled, the goods are in stock again, and reserved."""
    if any(item.returned for item in package.items):
        why = f"Part of {package.number} came back already; only what is whole can be unpacked."
        raise Refusal("conflict", why)
    facts: Facts = []
    shipment = live(order.shipments, package.shipment)
    if shipment is not None:
        facts.append(ShipmentCancelled(shipment=shipment.id, package=package.id))
    return [*facts, PackageUnpacked(package=package.id, reason=given_input.reason)]


@dataclass(frozen=True, slots=True)
class ReturnedRow:
    """`quantity` None: all of it."""

    id: int
    quantity: int | None = None


@dataclass(frozen=True, slots=True)
class ReturnInput:
    """No `package_items`: all that has not come back yet. `stock_location`: code or id, else the package's."""

    package_items: tuple[ReturnedRow, ...] = ()
    stock_location: str | None = None
    condition: Condition = "sellable"


@command(
    "package",
    "return-package",
    id=58,
    button="Return",
    source=(S.ready_for_pickup, S.shipped, S.attempted_delivery, S.delivery_failed, S.delivered),
    input=ReturnInput,
)
def return_package(order: Order, package: Package, given_input: ReturnInput, given: Given) -> Facts:
    """C29: goods came back, all or a part; what is sellable becomes stock there."""
    location = _location(given.reference, package, given_input.stock_location)
    pieces = _pieces(package, given_input.package_items)
    held = {item.id: item.quantity for item in package.items if not item.returned}
    rows = tuple(ReturnedItem(id, n, None if n == held[id] else given.ids("package_item")) for id, n in pieces.items())
    whole = pieces == held
    facts: Facts = [
        PackageReturned(package=package.id, items=rows, location=location, condition=given_input.condition, whole=whole)
    ]
    shipment = live(order.shipments, package.shipment)
    if shipment is not None:
        facts.append(ShipmentReturned(shipment=shipment.id, package=package.id, whole=whole))
    return facts


def _pieces(package: Package, rows: tuple[ReturnedRow, ...]) -> dict[int, int]:
    """Pieces per package item that come back; refuses more than there are."""
    held = {item.id: item.quantity for item in package.items if not item.returned}
    if not rows:
        return held
    pieces: dict[int, int] = {}
    for row in rows:
        item_of(package, row.id)
        most = held.get(row.id, 0)
        pieces[row.id] = pieces.get(row.id, 0) + (most if row.quantity is None else row.quantity)
        if not 0 < pieces[row.id] <= most:
            raise invalid(package_items=f"Item {row.id}: between 1 and {most} can come back.")
    return pieces


def _location(reference: Reference, package: Package, said: str | None) -> int:
    """A location by code or id."""
    if said is None:
        return package.location
    found: Location | None = reference.find("location", said)
    if found is None and said.isdecimal() and len(said) < 10:
        found = reference.one("location", int(said))
    if found is None:
        raise invalid(stock_location=f"There is no location {said!r}.")
    return found.id
