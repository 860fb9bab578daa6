"""`stock_locations/`: from memory, as the reference holds them; their load from the capacity rows (spec 3.2)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import psycopg

from domain.location import Location
from projections.fetching import fetch
from projections.filters import (
    PLACES,
    BadFilter,
    Read,
    Settings,
    UnknownFilter,
    Wrong,
    looks,
    several,
    truth,
    whole,
    word,
)
from projections.objects.location import location_object
from projections.objects.named_id import place_id
from projections.objects.person import Reveal

QUOTA = "select location, quota from capacity where location = any(%s)"
ROLES = (
    "is_fulfillment_center",
    "is_pickup_location",
    "is_delivery_location",
    "is_transfer_location",
    "is_return_available",
    "is_fast_delivery_available",
)

Holds = Callable[[Location, Any], bool]


@looks({"enum": ["store", "warehouse"]})
def _type(text: str, _: Settings) -> str:
    if text not in ("store", "warehouse"):
        raise Wrong("store or warehouse is needed.")
    return text


def _place(kind: str) -> tuple[Read, Holds]:
    """By its id or its name; a country by its code, too."""

    def holds(location: Location, text: str) -> bool:
        address = location.profile.address
        place = getattr(address, kind) or {}
        path = [(getattr(address, one) or {}).get("name") for one in PLACES[: PLACES.index(kind) + 1]]
        return text in (place.get("name"), place.get("code"), str(place_id(kind, *path)))

    return word, holds


def _flag(name: str) -> tuple[Read, Holds]:
    return truth, lambda location, value: getattr(location.profile, name) is value


FILTERS: dict[str, tuple[Read, Holds]] = {
    "id": (whole, lambda location, id: location.id == id),
    "id__gt": (whole, lambda location, id: location.id > id),
    "id__gte": (whole, lambda location, id: location.id >= id),
    "id__lt": (whole, lambda location, id: location.id < id),
    "id__lte": (whole, lambda location, id: location.id <= id),
    "pk__in": (several(whole), lambda location, ids: location.id in ids),
    "erp_code": (word, lambda location, code: location.profile.erp_code == code),
    "erp_code__in": (several(word), lambda location, codes: location.profile.erp_code in codes),
    "name": (word, lambda location, name: location.profile.name.lower().startswith(name.lower())),
    "stock_location_type": (_type, lambda location, type: location.profile.stock_location_type == type),
    "tag": (word, lambda location, tag: tag in location.profile.tags),
    **{kind: _place(kind) for kind in PLACES},
    "is_active": _flag("is_active"),
    **{role: _flag(role) for role in ROLES},
}

SORTS: dict[str, Callable[[Location], Any]] = {
    "id": lambda location: location.id,
    "erp_code": lambda location: location.profile.erp_code,
    "name": lambda location: location.profile.name,
    "priority": lambda location: location.profile.priority,
    "created_date": lambda location: location.created,
    "modified_date": lambda location: location.modified,
}


class Locations:
    """The one list that is not a table."""

    name = "stock_locations"
    filters = FILTERS
    sorts = SORTS

    def find(
        self, params: Mapping[str, str], settings: Settings, scope: Sequence[int] | None, sort: str | None
    ) -> list[Location]:
        """All that fit, sorted."""
        found = [one for one in settings.all("location") if scope is None or one.id in scope]
        for name, text in params.items():
            if name not in FILTERS:
                raise UnknownFilter(name, FILTERS)
            if text == "":
                continue
            read, holds = FILTERS[name]
            try:
                value = read(text, settings)
            except Wrong as wrong:
                raise BadFilter(name, str(wrong)) from None
            found = [one for one in found if holds(one, value)]
        for name in reversed((sort or "id").split(",")):
            plain = name.strip().removeprefix("-")
            if plain not in SORTS:
                raise BadFilter("sort", f"There is no sort {plain}; known are {', '.join(SORTS)}.")
            found.sort(key=SORTS[plain], reverse=name.strip().startswith("-"))
        return found

    def show(
        self,
        connection: psycopg.Connection[Any],
        rows: Sequence[tuple[Any, ...]],
        settings: Settings,
        _reveal: Reveal,
    ) -> list[dict[str, Any]]:
        quotas = dict(fetch(connection, QUOTA, ([row[0] for row in rows],)))
        found = (settings.one("location", row[0]) for row in rows)
        return [location_object(one, quotas.get(one.id, 0)) for one in found if one is not None]


LOCATIONS = Locations()
