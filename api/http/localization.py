"""`localization/…` (spec 3.2): the places that addresses of orders and locations name; the same ids everywhere."""

from collections.abc import Iterable, Mapping
from typing import Any

from api.http.paging import PARAMETERS, page_of_all
from api.http.records import named
from api.http.routes import OMS, READ, Answer, Call, route
from projections.fetching import fetch
from projections.models.places import KINDS
from projections.objects.named_id import place_id
from scenarios.towns import point_of

PATHS = {"country": "countries", "city": "cities", "township": "townships", "district": "districts"}

_KNOWN = "select id, name, country, city, township from places where kind = %s"
_ABOVE = ("country", "city", "township")


def known(call: Call, kind: str) -> list[dict[str, Any]]:
    """The places of a kind, by name."""
    call.log.reference.refresh()
    with call.reads.connection() as connection:
        rows = fetch(connection, _KNOWN, (kind,))
    found = {row[0]: _place(row[0], row[1], dict(zip(_ABOVE, row[2:], strict=True))) for row in rows}
    for location in call.log.reference.all("location"):
        _add(found, kind, location.profile.address)
    if kind == "city":
        _located(found.values(), {country["id"]: country["name"] for country in known(call, "country")})
    return sorted(found.values(), key=lambda place: (place["name"], place["id"]))


def _add(found: dict[int, dict[str, Any]], kind: str, address: Any) -> None:
    """What a location's address knows besides: places nobody ordered from yet, and the codes of countries."""
    depth = KINDS.index(kind)
    path = [(getattr(address, one) or {}).get("name") for one in KINDS]
    id, place = place_id(kind, *path[: depth + 1]), getattr(address, kind)
    if id is None or place is None:
        return
    above = {one: place_id(one, *path[: n + 1]) if n < depth else None for n, one in enumerate(_ABOVE)}
    made = found.setdefault(id, _place(id, place["name"], above))
    made["code"] = made["code"] or place.get("code")


def _located(cities: Iterable[dict[str, Any]], countries: Mapping[int, str]) -> None:
    """The middle of each city, where it is known: distances to addresses without coordinates are measured to there."""
    for city in cities:
        if (point := point_of(countries.get(city["country"]), city["name"])) is not None:
            city["latitude"], city["longitude"] = (f"{degrees:.2f}" for degrees in point)


def _place(id: int, name: str, above: Mapping[str, int | None]) -> dict[str, Any]:
    said = {"id": id, "pk": id, "name": name, "code": None, **above}
    return {**said, "is_active": True, "latitude": None, "longitude": None}


def _declare(kind: str, path: str) -> None:
    filters = ("id", "name", "code", *KINDS[: KINDS.index(kind)])

    def page(call: Call) -> Answer:
        return page_of_all(call, known(call, kind), filters)

    query = {**PARAMETERS, **{name: f"Only with this {name}." for name in filters}}
    for below in ("", "list-simple/"):
        sentence = f"A page of the {path} that addresses name" + (", for BI tools." if below else ".")
        made = route(
            "GET",
            f"{OMS}/localization/{path}/{below}",
            roles=READ,
            tag="localization",
            query=query,
            answers="[KnownPlace]",
        )
        made(named(page, f"list {path} {below}", sentence))


for _kind, _path in PATHS.items():
    _declare(_kind, _path)
