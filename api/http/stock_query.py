"""`query-stock-availability` (spec 3.2): which locations have all of a basket; shops ask while people look at it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from flask import request

from api.http.routes import OMS, OWN, READ, Answer, Call, route
from domain.location import Location
from projections.fetching import fetch
from scenarios.refreshing import want

MOST = {"sku": 100, "erp_code": 50, "tag": 20}
LONGEST = 255

LEVELS = "select location, sku, known - reserved from availability where sku = any(%s) and location = any(%s)"

QUERY = {
    "sku": "Must be given, may be repeated up to 100 times; one named twice counts twice.",
    "erp_code": "Only at this location; may be repeated up to 50 times. Without it: at all that are active.",
    "tag": "Only at locations with this tag; may be repeated up to 20 times.",
}


class Wrong(Exception):
    """`code`: for programs."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


@route(
    "GET",
    f"{OMS}/query-stock-availability",
    roles=READ,
    tag="stock",
    query=QUERY,
    answers="StockAvailability",
    reach=OWN,
)
def query_stock_availability(call: Call) -> Answer:
    """For each location whether it has all of the SKUs: stock less reservations and safety stock."""
    try:
        asked = _asked()
        places = _places(call, asked["erp_code"], asked["tag"])
    except Wrong as wrong:
        return _refused(wrong)
    wanted = Counter(asked["sku"])
    ids = [place.id for place in places.values() if place is not None]
    with call.services.pool.connection() as connection:
        rows = fetch(connection, LEVELS, (list(wanted), ids))
        left = {(location, sku): available for location, sku, available in rows}
        unknown = _unknown(places.values(), wanted, left)
        if unknown:
            want(connection, unknown)

    def has_all(place: Location) -> bool:
        margin = place.profile.safety_stock
        return all(left.get((place.id, sku), 0) - margin >= n for sku, n in wanted.items())

    return Answer({code: place is not None and has_all(place) for code, place in places.items()})


def _unknown(
    places: Iterable[Location | None], wanted: Iterable[str], known: Mapping[tuple[int, str], Any]
) -> set[str]:
    """SKUs that a stock service may have and nobody asked it for: the next refresh does."""
    ids = [place.id for place in places if place is not None and place.profile.engine is not None]
    return {sku for sku in wanted for id in ids if (id, sku) not in known}


def _asked() -> Mapping[str, Sequence[str]]:
    for name in request.args:
        if name not in MOST:
            raise Wrong("UNKNOWN_PARAMETER", f"There is no parameter {name[:50]}; known are {', '.join(MOST)}.")
    asked = {name: [text for text in request.args.getlist(name) if text] for name in MOST}
    if not asked["sku"]:
        raise Wrong("SKU_REQUIRED", "At least one sku is needed.")
    for name, most in MOST.items():
        if len(asked[name]) > most:
            raise Wrong("TOO_MANY", f"At most {most} of {name} a call.")
        for text in asked[name]:
            if len(text) > LONGEST or "\0" in text:
                raise Wrong("INVALID_PARAMETER", f"{name}: a text of at most {LONGEST} characters.")
    return asked


def _places(call: Call, codes: Sequence[str], tags: Sequence[str]) -> dict[str, Location | None]:
    """By code. A code that was asked for and is not there, not active or not the caller's has nothing."""
    call.log.reference.refresh()
    active: dict[str, Location] = {
        one.profile.erp_code: one
        for one in call.log.reference.all("location")
        if one.profile.is_active and call.caller.may_at(one.id)
    }
    if tags:
        active = {code: one for code, one in active.items() if set(tags) & set(one.profile.tags)}
    if codes:
        if not any(code in active for code in codes):
            raise Wrong("NO_STOCK_LOCATION", "None of these stock locations is there and active.")
        return {code: active.get(code) for code in codes}
    if not active:
        raise Wrong("NO_STOCK_LOCATION", "There is no such stock location.")
    return dict(active)


def _refused(wrong: Wrong) -> Answer:
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    said: dict[str, Any] = {"error": "Bad Request", "message": wrong.message, "code": wrong.code, "timestamp": now}
    return Answer(said, 400)
