"""Stock location (spec 7)."""

from typing import Any

from domain.kernel import Reference
from domain.location import Location
from projections.objects.address import location_address_object
from projections.objects.wire import moment

_shown: dict[int, tuple[Location, dict[str, Any]]] = {}


def location_object(location: Location, quota: int | None = None) -> dict[str, Any]:
    """`quota`: slots held now, from the capacity row; without it the load is null, as inside other objects."""
    known = _shown.get(location.id)
    if known is None or known[0] is not location:
        known = _shown[location.id] = (location, _object(location))
    if quota is None:
        return known[1]
    most = location.profile.max_quota
    return known[1] | {"quota": quota, "available_quota": None if most is None else most - quota}


def nested_location(id: int | None, reference: Reference) -> dict[str, Any] | None:
    """As inside a package or a transfer. Shared, not to be changed."""
    location = None if id is None else reference.one("location", id)
    return None if location is None else location_object(location)


def _object(location: Location) -> dict[str, Any]:
    profile = location.profile
    return {
        "id": location.id,
        "omnitron_id": profile.omnitron_id,
        "name": profile.name,
        "stock_location_type": profile.stock_location_type,
        "erp_code": profile.erp_code,
        "engine": profile.engine,
        "address": location_address_object(profile.address, location.id),
        "is_fulfillment_center": profile.is_fulfillment_center,
        "is_pickup_location": profile.is_pickup_location,
        "is_delivery_location": profile.is_delivery_location,
        "is_transfer_location": profile.is_transfer_location,
        "is_return_available": profile.is_return_available,
        "is_fast_delivery_available": profile.is_fast_delivery_available,
        "is_active": profile.is_active,
        "priority": profile.priority,
        "tags": list(profile.tags),
        "conf": profile.conf,
        "daytime_phone": profile.daytime_phone,
        "evening_phone": profile.evening_phone,
        "fax_number": profile.fax_number,
        "email": profile.email,
        "max_quota": profile.max_quota,
        "quota": None,
        "available_quota": None,
        "target_packaging_minutes": profile.target_packaging_minutes,
        "target_exit_minutes": profile.target_exit_minutes,
        "opening_hours": profile.opening_hours,
        "closed_days": list(profile.closed_days),
        "cut_off": profile.cut_off,
        "closed_until": profile.closed_until,
        "max_packages_per_day": profile.max_packages_per_day,
        "channel_limits": profile.channel_limits,
        "safety_stock": profile.safety_stock,
        "auto_reroute_after": profile.auto_reroute_after,
        "created_date": moment(location.created),
        "modified_date": moment(location.modified),
    }
