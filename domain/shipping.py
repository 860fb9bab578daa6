"""Shipping with numbers told by hand, labels asked again (C19, C22, C23), and what carriers say (A4, A6)."""

from dataclasses import dataclass
from typing import Literal

from domain.carriers import carrier_of
from domain.document import Document
from domain.kernel import Facts, Given, Reference, command, invalid
from domain.order import Order
from domain.package import Package, PackageLabelled, PackageShipped
from domain.pieces import item_of
from domain.settings import CargoCompany
from domain.shipment import (
    OVER,
    Parcel,
    ShipmentCreated,
    ShipmentHandedOver,
    ShipmentInfoUpdated,
    ShipmentLabelled,
    ShipmentLabelRequested,
    ShipmentReturnBooked,
    ShipmentStatusUpdated,
    live,
)
from domain.states import PackageStatus, ShipmentStatus

S = PackageStatus


def carrier_named(reference: Reference, name: str) -> CargoCompany:
    """A carrier by slug, name or id; refuses the field `cargo_company`."""
    found: CargoCompany | None = reference.find("cargo_company", name)
    if found is None and name.isdecimal() and len(name) < 10:
        found = reference.one("cargo_company", int(name))
    if found is None or found.removed:
        raise invalid(cargo_company=f"There is no carrier {name!r}.")
    return found


# --- numbers told by hand


def _told(
    order: Order, package: Package, given: Given, carrier: str | None, number: str | None, query: str | None
) -> tuple[Facts, int, str | None]:
    """The facts of what was told (none where it was known), the shipment's id and its number then; makes the shipment
    where there is none."""
    company = None if carrier is None else carrier_named(given.reference, carrier).id
    shipment = live(order.shipments, package.shipment)
    facts: Facts = []
    was: tuple[int | None, str | None, str | None]
    if shipment is None:
        id, was = given.ids("shipment"), (company or carrier_of(order, package, given), None, None)
        facts.append(ShipmentCreated(shipment=id, package=package.id, cargo_company=was[0], parcels=(Parcel(),)))
    else:
        id, was = shipment.id, (shipment.cargo_company, shipment.awb_number, shipment.query_number)
    moved = company is not None and company != was[0]  # another carrier's numbers are not this one's
    now = (company or was[0], number or (None if moved else was[1]), query or (None if moved else was[2]))
    if now != was:
        facts.append(
            ShipmentInfoUpdated(
                shipment=id, package=package.id, cargo_company=now[0], awb_number=now[1], query_number=now[2]
            )
        )
    return facts, id, now[1]


@dataclass(frozen=True, slots=True)
class AdvancedShipmentInput:
    """`cargo_company` by id, slug or name; the order's where it is not said."""

    tracking_number: str
    cargo_company: str | None = None


@command(
    "package",
    "package-advanced-shipment",
    id=48,
    button="Ship with number",
    source=(S.packed,),
    target=S.shipped,
    input=AdvancedShipmentInput,
)
def package_advanced_shipment(
    order: Order, package: Package, given_input: AdvancedShipmentInput, given: Given
) -> Facts:
    """C19: handed to the carrier that is named, under the number that is named."""
    number = given_input.tracking_number.strip()
    if not number:
        raise invalid(tracking_number="It is empty.")
    facts, shipment, _ = _told(order, package, given, given_input.cargo_company, number, None)
    return [
        *facts,
        PackageShipped(package=package.id),
        ShipmentHandedOver(shipment=shipment, package=package.id),
    ]


@dataclass(frozen=True, slots=True)
class ShipmentInfoInput:
    """At least one of them; another carrier without a number is asked for its own."""

    cargo_company: str | None = None
    tracking_number: str | None = None
    query_number: str | None = None


@command(
    "package",
    "update-shipment-info",
    id=51,
    button="Shipment numbers",
    source=(S.waiting_cargo_label, S.packed, S.shipped, S.attempted_delivery, S.delivered),
    input=ShipmentInfoInput,
)
def update_shipment_info(order: Order, package: Package, given_input: ShipmentInfoInput, given: Given) -> Facts:
    """C22: another carrier or other numbers; the label is made anew, a package that waited for it is packed."""
    said = given_input.cargo_company, given_input.tracking_number, given_input.query_number
    if not any(said):
        raise invalid(tracking_number="Say at least one of cargo_company, tracking_number and query_number.")
    facts, _, number = _told(order, package, given, *said)
    if package.state is S.waiting_cargo_label and number is not None:
        facts.append(PackageLabelled(package=package.id))
    return facts


# --- the carrier's label


@dataclass(frozen=True, slots=True)
class LabelInput:
    package_items: tuple[int, ...] = ()


@command(
    "package",
    "update-shipment-label",
    id=52,
    button="Ask for label",
    source=(S.preparing, S.waiting_cargo_label, S.packed, S.shipped),
    input=LabelInput,
    aliases=("UPDATE_SHIPMENT_LABEL",),
)
def update_shipment_label(order: Order, package: Package, given_input: LabelInput, _given: Given) -> Facts:
    """C23: the label is asked of the carrier again."""
    shipment = live(order.shipments, package.shipment)
    if shipment is None:
        raise invalid(package=f"{package.number} has no shipment whose label could be asked for.")
    for id in given_input.package_items:
        item_of(package, id)
    return [ShipmentLabelRequested(shipment=shipment.id, package=package.id, items=given_input.package_items)]


def labelled(
    order: Order | None,
    shipment_id: int,
    *,
    awb_number: str,
    parcels: tuple[Parcel, ...] = (),
    query_number: str | None = None,
    label: Document | None = None,
    awaited: bool = False,
) -> Facts:
    """A4: the carrier's answer. The same again gives no facts, nor does one for a shipment that is over. `awaited`: a
    number only, the carrier's label comes later, and a package that waits for it waits on."""
    shipment = None if order is None else order.shipments.get(shipment_id)
    if order is None or shipment is None or shipment.state in OVER:
        return []
    facts: Facts = []
    known = shipment.awb_number, shipment.query_number, shipment.label, shipment.parcels
    if known != (awb_number, query_number or known[1], label, parcels or known[3]):
        facts.append(
            ShipmentLabelled(
                shipment=shipment.id,
                package=shipment.package,
                awb_number=awb_number,
                parcels=parcels,
                query_number=query_number,
                label=label,
            )
        )
    if not awaited and order.packages[shipment.package].state is S.waiting_cargo_label:
        facts.append(PackageLabelled(package=shipment.package))
    return facts


# --- what comes back


def return_booked(order: Order | None, shipment_id: int, *, awb_number: str, label: Document | None = None) -> Facts:
    """The carrier's answer to a return that was ordered of it; the goods come back by C29. The same again gives no
    facts."""
    shipment = None if order is None else order.shipments.get(shipment_id)
    if shipment is None or (shipment.return_number, shipment.return_label) == (awb_number, label):
        return []
    return [ShipmentReturnBooked(shipment=shipment.id, package=shipment.package, awb_number=awb_number, label=label)]


# --- the carrier's reports

Report = Literal["shipped", "delivered", "attempted_delivery", "delivery_failed"]

_STATES: dict[Report, PackageStatus] = {
    "shipped": S.shipped,
    "delivered": S.delivered,
    "attempted_delivery": S.attempted_delivery,
    "delivery_failed": S.delivery_failed,
}
_UNDER_WAY = frozenset({S.packed, S.shipped, S.attempted_delivery, S.delivery_failed})


def reported(order: Order | None, shipment_id: int, report: Report) -> Facts:
    """A6: what the carrier reports, from 500 by way of 600. What is known, or comes too late, gives no facts."""
    shipment = None if order is None else order.shipments.get(shipment_id)
    if order is None or shipment is None:
        return []
    package = order.packages[shipment.package]
    if package.state not in _UNDER_WAY or package.shipment != shipment.id or shipment.state in OVER:
        return []
    facts: Facts = []
    if package.state is S.packed:
        facts += [
            PackageShipped(package=package.id),
            ShipmentHandedOver(shipment=shipment.id, package=package.id, source="carrier"),
        ]
    if report != "shipped" and _STATES[report] is not package.state:
        facts.append(
            ShipmentStatusUpdated(
                shipment=shipment.id,
                package=package.id,
                status=ShipmentStatus[report],
                state=_STATES[report],
                source="carrier",
            )
        )
    return facts
