"""From the domain to the planner's words: an order's open lines as a demand, a location as a place."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from domain.kernel import Reference
from domain.location import Address as LocationAddress
from domain.location import Location
from domain.order import Order
from domain.planning import Row, open_lines
from domain.transfer_misses import NEVER_AGAIN
from scenarios.demand import Address, Demand, Line
from scenarios.hours import read_clock, read_hours
from scenarios.places import Place
from scenarios.towns import point_of


def demand_of(order: Order, reference: Reference, now: datetime, but: frozenset[Row] = frozenset()) -> Demand:
    """What of the order is planned now, nothing of it from `but`; refusals count until they expire (`now` is the
    planner's)."""
    channel = reference.one("channel", order.channel)
    carrier = reference.one("cargo_company", order.cargo_company) if order.cargo_company else None
    waiting = open_lines(order)
    destination, by_city = _destination(order)
    return Demand(
        order_id=order.id,
        number=order.number,
        lines=tuple(
            Line(item.id, item.sku, waiting[item.id], item.attributes, item.price)
            for item in order.items
            if waiting.get(item.id)
        ),
        channel=channel.slug if channel else "",
        payment_type=order.payment_type or "",
        customer_type=order.customer_type or "",
        cargo_company=carrier.slug if carrier else "",
        delivery_type=order.delivery_type,
        retail_store=order.retail_store,
        ship_complete=order.ship_complete,
        destination=destination,
        refused=frozenset((location, sku) for location, sku, until in order.refused if until > now),
        excluded=but | {(location, sku) for location, sku, until in order.refused if until == NEVER_AGAIN},
        at=now.replace(second=0, microsecond=0),
        promised=promised_until(order.delivery_range),
        by_city=by_city,
    )


def _destination(order: Order) -> tuple[Address, bool]:
    """Where it goes, and whether that is the middle of its city, as the address has no coordinates."""
    where = order.destination
    latitude, longitude, by_city = where.latitude, where.longitude, False
    if latitude is None and (point := point_of(where.country, where.city)) is not None:
        (latitude, longitude), by_city = point, True
    return Address(where.country, where.city, where.township, where.district, latitude, longitude).rounded(), by_city


def destination_of(order: Order) -> Address:
    """Where it goes, as plans see it."""
    return _destination(order)[0]


def promised_until(said: Mapping[str, Any] | None) -> datetime | None:
    """The end of an order's `delivery_range`: a time, or a day, which means all of it. None where none can be read."""
    if not said:
        return None
    day = str(said.get("date") or "")[:10]
    for name in ("upper", "to", "end", "date", "lower", "from", "start"):
        text = said.get(name)
        if not isinstance(text, str) or not text:
            continue
        try:
            if len(text) <= len("10:00:00"):
                return datetime.fromisoformat(f"{day}T{text}").replace(tzinfo=UTC)
            if len(text) == len("2026-11-23"):
                return datetime.fromisoformat(f"{text}T23:59").replace(tzinfo=UTC)
            at = datetime.fromisoformat(text)
        except ValueError:
            continue
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return None


_ROLES = (
    ("is_fulfillment_center", "packaging_centre"),
    ("is_delivery_location", "delivery_location"),
    ("is_pickup_location", "pickup_location"),
    ("is_transfer_location", "transfer_location"),
    ("is_return_available", "return_location"),
    ("is_fast_delivery_available", "fast_delivery"),
)


def closed_until(location: Location, now: datetime) -> datetime | None:
    """When it opens again, where it was taken out for a time that is not over (spec 2.5)."""
    said = location.profile.closed_until
    if not said or not said.get("until"):
        return None
    until = datetime.fromisoformat(str(said["until"]))
    until = until if until.tzinfo is not None else until.replace(tzinfo=UTC)
    return until if until > now else None


def place_of(location: Location, now: datetime | None = None) -> Place:
    """A location as the planner sees it now; without a time, as if nothing were closed."""
    profile = location.profile
    return Place(
        id=location.id,
        erp_code=profile.erp_code,
        name=profile.name,
        type=profile.stock_location_type,
        address=_address(profile.address),
        roles=frozenset(role for flag, role in _ROLES if getattr(profile, flag)),
        tags=frozenset(profile.tags),
        priority=profile.priority,
        max_quota=profile.max_quota,
        safety_stock=profile.safety_stock,
        is_active=profile.is_active,
        closed=_closed(location, now),
        timezone=str(profile.conf.get("timezone") or ""),
        week=read_hours(profile.opening_hours),
        closed_days=tuple(day.lower() for day in profile.closed_days),
        cut_off=read_clock(profile.cut_off),
        packaging_minutes=profile.target_packaging_minutes,
        max_per_day=profile.max_packages_per_day,
        channel_limits=tuple(sorted(profile.channel_limits.items())),
        shipping=_shipping(profile.conf),
    )


def _closed(location: Location, now: datetime | None) -> str:
    """Why it is taken out now, in words."""
    until = closed_until(location, now) if now is not None else None
    if until is None:
        return ""
    reason = (location.profile.closed_until or {}).get("reason")
    return f"closed until {until.strftime('%Y-%m-%d %H:%M')}" + (f": {reason}" if reason else "")


def _shipping(conf: Mapping[str, Any]) -> tuple[float, float] | None:
    """`shipping_cost` of a package and `shipping_cost_per_km`, as the location's conf says them."""
    said = [conf.get("shipping_cost"), conf.get("shipping_cost_per_km")]
    if said == [None, None]:
        return None
    try:
        base, per_km = (float(one or 0) for one in said)
    except (TypeError, ValueError):
        return None
    return (base, per_km) if base >= 0 and per_km >= 0 else None


def _address(address: LocationAddress) -> Address:
    def name(part: object) -> str | None:
        return (str(part["name"]) or None) if isinstance(part, dict) and part.get("name") else None

    known = address.latitude is not None and address.longitude is not None
    return Address(
        country=name(address.country),
        city=name(address.city),
        township=name(address.township),
        district=name(address.district),
        latitude=float(address.latitude) if known and address.latitude is not None else None,
        longitude=float(address.longitude) if known and address.longitude is not None else None,
    )


def skus_of(demands: Iterable[Demand]) -> set[str]:
    """All SKUs that are wanted, to ask for them once."""
    return {line.sku for demand in demands for line in demand.lines}
