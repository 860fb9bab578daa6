"""A stock location: a store or a warehouse, known by its `erp_code` (spec 2.5, 7)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from domain.guards import Effect, SlotEffect
from domain.kernel import Evolver, fact, invalid
from domain.kinds import Kind, register

# --- states


@dataclass(frozen=True, slots=True)
class Address:
    """Places by name; coordinates as decimal strings, as they came."""

    title: str = ""
    line: str = ""
    postcode: str = ""
    notes: str = ""
    country: Mapping[str, Any] | None = None
    city: Mapping[str, Any] | None = None
    township: Mapping[str, Any] | None = None
    district: Mapping[str, Any] | None = None
    latitude: str | None = None
    longitude: str | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """What people set of a location. `engine` None: its stock is the own stock (spec 5)."""

    erp_code: str
    name: str
    stock_location_type: Literal["store", "warehouse"] = "store"
    is_active: bool = True
    priority: int = 0
    max_quota: int | None = None
    is_fulfillment_center: bool = True
    is_pickup_location: bool = False
    is_delivery_location: bool = True
    is_transfer_location: bool = False
    is_return_available: bool = False
    is_fast_delivery_available: bool = False
    tags: tuple[str, ...] = ()
    conf: Mapping[str, Any] = field(default_factory=dict)
    engine: Mapping[str, Any] | None = None
    address: Address = field(default_factory=Address)
    omnitron_id: int | None = None
    daytime_phone: str = ""
    evening_phone: str = ""
    fax_number: str = ""
    email: str = ""
    target_packaging_minutes: int | None = None
    target_exit_minutes: int | None = None
    opening_hours: Mapping[str, Any] | None = None
    closed_days: tuple[str, ...] = ()
    cut_off: str | None = None
    closed_until: Mapping[str, Any] | None = None
    max_packages_per_day: int | None = None
    channel_limits: Mapping[str, int] = field(default_factory=dict)
    safety_stock: int = 0
    auto_reroute_after: int | None = None


@dataclass(frozen=True, slots=True)
class Location:
    id: int
    profile: Profile
    version: int = 0
    created: datetime | None = None
    modified: datetime | None = None


# --- facts


@fact(
    "LocationRegistered",
    on="location",
    webhooks=("stock_location.created",),
    sentence="The location was registered.",
)
class LocationRegistered:
    location: int
    profile: Profile


@fact("LocationChanged", on="location", webhooks=("stock_location.updated",), sentence="The location was changed.")
class LocationChanged:
    location: int
    profile: Profile


# --- evolve

_evolve = Evolver()


@_evolve.on(LocationRegistered)
def _registered(_: None, fact: LocationRegistered, at: datetime) -> Location:
    return Location(fact.location, fact.profile, 1, at, at)


@_evolve.on(LocationChanged)
def _changed(location: Location, fact: LocationChanged, at: datetime) -> Location:
    return Location(location.id, fact.profile, location.version + 1, location.created, at)


def effects(before: Location | None, fact: Any, _after: Location) -> Iterable[Effect]:
    """A new `max_quota` is known to the guard at once."""
    old = before.profile.max_quota if before else None
    if before is None or old != fact.profile.max_quota:
        yield SlotEffect(fact.location, set_max=True, max_quota=fact.profile.max_quota)


register(
    Kind("location", _evolve, effects, reference=True, keys=lambda s: (s.profile.erp_code,)),
)

# --- decisions


def save(location: Location | None, id: int, profile: Profile) -> list[Any]:
    """Registered, or changed; the same again gives no facts. The code is unique (claimed by the caller) and stays."""
    if location is None:
        return [LocationRegistered(location=id, profile=profile)]
    if location.profile.erp_code != profile.erp_code:
        raise invalid(erp_code=f"The code of a location stays; it is {location.profile.erp_code}.")
    return [] if location.profile == profile else [LocationChanged(location=id, profile=profile)]
