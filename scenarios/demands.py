"""From the domain to the planner's words: an order's open lines as a demand, a location as a place."""

from collections.abc import Iterable
from datetime import UTC, datetime

from domain.kernel import Reference
from domain.location import Address as LocationAddress
from domain.location import Location
from domain.order import Order
from domain.planning import Row, open_lines
from domain.transfer_misses import NEVER_AGAIN
from scenarios.demand import Address, Demand, Line
from scenarios.places import Place


def demand_of(order: Order, reference: Reference, now: datetime, but: frozenset[Row] = frozenset()) -> Demand:
    """What of the order is planned now, nothing of it from `but`; refusals count until they expire (`now` is the
    planner's)."""
    channel = reference.one("channel", order.channel)
    carrier = reference.one("cargo_company", order.cargo_company) if order.cargo_company else None
    waiting = open_lines(order)
    where = order.destination
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
        destination=Address(
            where.country, where.city, where.township, where.district, where.latitude, where.longitude
        ).rounded(),
        refused=frozenset((location, sku) for location, sku, until in order.refused if until > now),
        excluded=but | {(location, sku) for location, sku, until in order.refused if until == NEVER_AGAIN},
    )


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
        is_active=profile.is_active and (now is None or closed_until(location, now) is None),
    )


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
