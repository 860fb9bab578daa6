"""A shipment: what was asked of the carrier for one package, and what it reported (spec 1.4)."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from domain.kernel import Evolver, fact
from domain.states import PackageStatus, ShipmentStatus

# --- states


@dataclass(frozen=True, slots=True)
class Parcel:
    """One parcel of a shipment; weight in kg."""

    awb_number: str | None = None
    weight: str | None = None


@dataclass(frozen=True, slots=True)
class Shipment:
    id: int
    package: int
    state: ShipmentStatus
    cargo_company: int | None
    parcels: tuple[Parcel, ...]
    awb_number: str | None = None
    shipped_at: datetime | None = None
    delivered_at: datetime | None = None
    history: tuple[tuple[ShipmentStatus, datetime], ...] = ()
    version: int = 0
    created: datetime | None = None
    modified: datetime | None = None


# --- facts


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
    "ShipmentStatusUpdated",
    on="shipment",
    also=("package",),
    webhooks=("shipment.status.updated",),
    sentence="The carrier's status became {status}.",
)
class ShipmentStatusUpdated:
    """`state` is what the package becomes by it."""

    shipment: int
    package: int
    status: ShipmentStatus
    state: PackageStatus


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


@fact("ShipmentHandedOver", on="shipment", also=("package",), sentence="The carrier took the shipment.")
class ShipmentHandedOver:
    shipment: int
    package: int


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
        history=((state, at),),
        created=at,
    )


def _becomes(shipment: Shipment, state: ShipmentStatus, at: datetime, **changes: Any) -> Shipment:
    return replace(shipment, state=state, history=(*shipment.history, (state, at)), **changes)


@evolve.on(ShipmentStatusUpdated)
def _updated(shipment: Shipment, fact: ShipmentStatusUpdated, at: datetime) -> Shipment:
    delivered = at if fact.status is ShipmentStatus.delivered else shipment.delivered_at
    return _becomes(shipment, fact.status, at, delivered_at=delivered)


@evolve.on(ShipmentCancelled)
def _cancelled(shipment: Shipment, _: ShipmentCancelled, at: datetime) -> Shipment:
    return _becomes(shipment, ShipmentStatus.cancelled, at)


@evolve.on(ShipmentHandedOver)
def _handed_over(shipment: Shipment, _: ShipmentHandedOver, at: datetime) -> Shipment:
    return _becomes(shipment, ShipmentStatus.shipped, at, shipped_at=at)
