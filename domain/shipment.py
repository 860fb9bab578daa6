"""A shipment: what was asked of the carrier for one package, and what it reported (spec 1.4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from domain.changing import replace
from domain.document import Document
from domain.kernel import Evolver, fact
from domain.states import PackageStatus, ShipmentStatus

# --- states


@dataclass(frozen=True, slots=True)
class Parcel:
    """One parcel of a shipment; weight in kg."""

    awb_number: str | None = None
    weight: str | None = None


class Reached(NamedTuple):
    """A state of a shipment, since when, and who said so: a command or the carrier."""

    state: ShipmentStatus
    at: datetime
    source: str = "command"


@dataclass(frozen=True, slots=True)
class Shipment:
    """`label` is the carrier's own; without one, a label of ours bears the AWB number. `by_carrier`: the carrier
    gave the number, when it was asked; `return_number`, `return_label`: of what it was asked to bring back."""

    id: int
    package: int
    state: ShipmentStatus
    cargo_company: int | None
    parcels: tuple[Parcel, ...]
    awb_number: str | None = None
    shipped_at: datetime | None = None
    delivered_at: datetime | None = None
    history: tuple[Reached, ...] = ()
    query_number: str | None = None
    label: Document | None = None
    by_carrier: bool = False
    return_number: str | None = None
    return_label: Document | None = None
    version: int = 0
    created: datetime | None = None
    modified: datetime | None = None


OVER = frozenset({ShipmentStatus.cancelled, ShipmentStatus.returned})
"""A shipment that goes no further; the package may get another one."""


def live(shipments: Mapping[int, Shipment], id: int | None) -> Shipment | None:
    """The shipment of this id, unless it is over."""
    found = None if id is None else shipments.get(id)
    return None if found is None or found.state in OVER else found


# --- facts


def _from_a_command(data: dict[str, Any]) -> dict[str, Any]:
    """Version 1 had no `source`: only commands told it."""
    return {**data, "source": "command"}


@fact(
    "ShipmentCreated",
    on="shipment",
    also=("package",),
    webhooks=("shipment.created",),
    sentence="Shipment {shipment} was created.",
)
class ShipmentCreated:
    shipment: int
    package: int
    cargo_company: int | None
    parcels: tuple[Parcel, ...]


@fact(
    "ShipmentInfoUpdated",
    on="shipment",
    also=("package",),
    webhooks=("package.shipment.awb_number",),
    sentence="Carrier and numbers of the shipment were told: {awb_number}.",
)
class ShipmentInfoUpdated:
    """By hand (C19, C22), whole; a carrier's label for another number holds no more."""

    shipment: int
    package: int
    cargo_company: int | None
    awb_number: str | None = None
    query_number: str | None = None


@fact("ShipmentLabelRequested", on="shipment", also=("package",), sentence="The label was asked of the carrier.")
class ShipmentLabelRequested:
    """Again, by C23; `items` are the package items it is for, none: all."""

    shipment: int
    package: int
    items: tuple[int, ...] = ()


@fact(
    "ShipmentLabelled",
    on="shipment",
    also=("package",),
    webhooks=("package.shipment.awb_number",),
    sentence="The carrier gave it the number {awb_number}.",
)
class ShipmentLabelled:
    """The carrier's answer (A4). `label` None: it sent a number only."""

    shipment: int
    package: int
    awb_number: str
    parcels: tuple[Parcel, ...] = ()
    query_number: str | None = None
    label: Document | None = None


@fact(
    "ShipmentStatusUpdated",
    on="shipment",
    also=("package",),
    webhooks=("shipment.status.updated",),
    sentence="The carrier's status became {status}.",
    upcasts=(_from_a_command,),
)
class ShipmentStatusUpdated:
    """`state` is what the package becomes by it."""

    shipment: int
    package: int
    status: ShipmentStatus
    state: PackageStatus
    source: str = "command"


@fact(
    "ShipmentCancelled",
    on="shipment",
    also=("package",),
    webhooks=("shipment.cancelled",),
    sentence="The shipment was cancelled.",
)
class ShipmentCancelled:
    shipment: int
    package: int


@fact("ShipmentReturnBooked", on="shipment", also=("package",), sentence="The carrier brings it back as {awb_number}.")
class ShipmentReturnBooked:
    """The carrier's answer to a return that was ordered: its number, and the label the customer puts on."""

    shipment: int
    package: int
    awb_number: str
    label: Document | None = None


@fact(
    "ShipmentHandedOver",
    on="shipment",
    also=("package",),
    sentence="The carrier took the shipment.",
    upcasts=(_from_a_command,),
)
class ShipmentHandedOver:
    shipment: int
    package: int
    source: str = "command"


# --- evolve

evolve = Evolver()


@evolve.on(ShipmentCreated)
def _created(_: None, fact: ShipmentCreated, at: datetime) -> Shipment:
    state = ShipmentStatus.labelled if any(p.awb_number for p in fact.parcels) else ShipmentStatus.created
    return Shipment(
        id=fact.shipment,
        package=fact.package,
        state=state,
        cargo_company=fact.cargo_company,
        parcels=fact.parcels,
        awb_number=next((p.awb_number for p in fact.parcels if p.awb_number), None),
        history=(Reached(state, at),),
        created=at,
    )


def becomes(
    shipment: Shipment, state: ShipmentStatus, at: datetime, source: str = "command", **changes: Any
) -> Shipment:
    return replace(shipment, state=state, history=(*shipment.history, Reached(state, at, source)), **changes)


def _numbered(shipment: Shipment, at: datetime, source: str, **changes: Any) -> Shipment:
    """With a number it is labelled, if nothing further has happened to it."""
    after = replace(shipment, **changes)
    if after.awb_number is not None and after.state is ShipmentStatus.created:
        return becomes(after, ShipmentStatus.labelled, at, source)
    return after


@evolve.on(ShipmentInfoUpdated)
def _told(shipment: Shipment, fact: ShipmentInfoUpdated, at: datetime) -> Shipment:
    same = (fact.cargo_company, fact.awb_number) == (shipment.cargo_company, shipment.awb_number)
    first, *others = shipment.parcels or (Parcel(),)
    return _numbered(
        shipment,
        at,
        "command",
        cargo_company=fact.cargo_company,
        awb_number=fact.awb_number,
        query_number=fact.query_number,
        parcels=shipment.parcels if same else (replace(first, awb_number=fact.awb_number), *others),
        label=shipment.label if same else None,
        by_carrier=shipment.by_carrier and same,
    )


@evolve.on(ShipmentLabelled)
def _labelled(shipment: Shipment, fact: ShipmentLabelled, at: datetime) -> Shipment:
    return _numbered(
        shipment,
        at,
        "carrier",
        awb_number=fact.awb_number,
        query_number=fact.query_number or shipment.query_number,
        parcels=fact.parcels or shipment.parcels,
        label=fact.label,
        by_carrier=True,
    )


@evolve.on(ShipmentLabelRequested)
def _asked(shipment: Shipment, _: ShipmentLabelRequested, _at: datetime) -> Shipment:
    return shipment


@evolve.on(ShipmentStatusUpdated)
def _updated(shipment: Shipment, fact: ShipmentStatusUpdated, at: datetime) -> Shipment:
    delivered = at if fact.status is ShipmentStatus.delivered else shipment.delivered_at
    return becomes(shipment, fact.status, at, fact.source, delivered_at=delivered)


@evolve.on(ShipmentCancelled)
def _cancelled(shipment: Shipment, _: ShipmentCancelled, at: datetime) -> Shipment:
    return becomes(shipment, ShipmentStatus.cancelled, at)


@evolve.on(ShipmentHandedOver)
def _handed_over(shipment: Shipment, fact: ShipmentHandedOver, at: datetime) -> Shipment:
    return becomes(shipment, ShipmentStatus.shipped, at, fact.source, shipped_at=at)


@evolve.on(ShipmentReturnBooked)
def _comes_back(shipment: Shipment, fact: ShipmentReturnBooked, _at: datetime) -> Shipment:
    return replace(shipment, return_number=fact.awb_number, return_label=fact.label)
