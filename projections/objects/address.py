"""Address (spec 7): places by name, from the country down to the district."""

from collections.abc import Mapping
from typing import Any

from domain.location import Address

Place = Mapping[str, Any] | None


def _place(place: Place, **above: Place) -> dict[str, Any] | None:
    """`above`: what it lies in, told by key as in `{"city": 7}`."""
    if not place:
        return None
    return {
        "pk": place.get("pk"),
        "name": place.get("name"),
        **{name: (outer or {}).get("pk") for name, outer in above.items()},
        "is_active": place.get("is_active", True),
        "latitude": place.get("latitude"),
        "longitude": place.get("longitude"),
    }


def address_object(address: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Of an address as it came with an order; None where there is none."""
    if address is None:
        return None
    get = address.get
    country, city, township, district = get("country"), get("city"), get("township"), get("district")
    shown_country = _place(country)
    if country and shown_country is not None:
        shown_country["code"] = country.get("code")
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
        "country": shown_country,
        "city": _place(city, country=country),
        "township": _place(township, city=city),
        "district": _place(district, city=city, township=township),
    }


def location_address_object(address: Address, id: int) -> dict[str, Any] | None:
    """Of a location, whose id it bears."""
    return address_object({name: getattr(address, name) for name in Address.__dataclass_fields__} | {"id": id})
