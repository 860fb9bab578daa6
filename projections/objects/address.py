"""Address (spec 7): places by name, from the country down to the district."""

from collections.abc import Mapping
from typing import Any

from domain.location import Address
from projections.objects.named_id import place_id

_ABOVE: Mapping[str, tuple[str, ...]] = {
    "country": (),
    "city": ("country",),
    "township": ("city",),
    "district": ("city", "township"),
}
"""Kind of place → what it names of those it lies in, by key."""


def _places(address: Mapping[str, Any]) -> dict[str, dict[str, Any] | None]:
    path = [(address.get(kind) or {}).get("name") for kind in _ABOVE]
    ids = {kind: place_id(kind, *path[: n + 1]) for n, kind in enumerate(_ABOVE)}
    found = {kind: _place(address.get(kind), ids[kind], {k: ids[k] for k in _ABOVE[kind]}) for kind in _ABOVE}
    if (country := found["country"]) is not None:
        country["code"] = address["country"].get("code")
    return found


def _place(place: Mapping[str, Any] | None, id: int | None, above: Mapping[str, int | None]) -> dict[str, Any] | None:
    if not place:
        return None
    return {
        "pk": id,
        "name": place.get("name"),
        **above,
        "is_active": place.get("is_active", True),
        "latitude": place.get("latitude"),
        "longitude": place.get("longitude"),
    }


def address_object(address: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Of an address as it came with an order; None where there is none."""
    if address is None:
        return None
    get = address.get
    return {
        "id": get("id"),
        "title": get("title"),
        "line": get("line"),
        "postcode": get("postcode"),
        "notes": get("notes"),
        "latitude": get("latitude"),
        "longitude": get("longitude"),
        "is_active": get("is_active", True),
        "mapping": get("mapping"),
        **_places(address),
    }


def location_address_object(address: Address, id: int) -> dict[str, Any] | None:
    """Of a location, whose id it bears."""
    return address_object({name: getattr(address, name) for name in Address.__dataclass_fields__} | {"id": id})
