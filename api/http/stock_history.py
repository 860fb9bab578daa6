"""`stock/history/` (spec 3.2): the levels that were pushed of a location, the newest first, from its own stream."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from api.http.errors import Failure, WrongInput
from api.http.paging import NEWEST_FIRST, asked_of, page_of
from api.http.routes import OMS, OWN, READ, Answer, Call, route
from domain.kernel import info
from domain.kinds import stream_of
from projections.objects.wire import amount, moment

FILTERS = {
    "erp_code": "At this location; it must be given.",
    "sku": "Only of this SKU.",
}
MOST_EVENTS = 5_000
"""Pushes that are looked at; what is older is in the location's audit."""
PART = 200


@route(
    "GET",
    f"{OMS}/stock/history/",
    roles=READ,
    tag="stock",
    query={**NEWEST_FIRST, **FILTERS},
    answers="[StockChange]",
    reach=OWN,
)
def stock_history(call: Call) -> Answer:
    """The levels that were pushed of a location, the newest first: when, by whom, of what."""
    asked = asked_of(call)
    for name in asked.filters:
        if name not in FILTERS:
            raise WrongInput(**{name: [f"There is no filter {name}; known are {', '.join(FILTERS)}."]})
    if asked.sort is not None:
        raise WrongInput(sort=["It cannot be sorted."])
    location = _location(call, asked.filters.get("erp_code", ""))
    end = asked.page * asked.limit
    found = list(islice(_changes(call, location, asked.filters.get("sku", "")), end + 1))
    return page_of(asked, found[end - asked.limit : end], len(found), exact=len(found) <= end)


def _location(call: Call, code: str) -> Any:
    if not code:
        raise WrongInput(erp_code=["Missing data for required field."])
    call.log.reference.refresh()
    location = call.log.reference.find("location", code)
    if location is None or not call.caller.may_at(location.id):
        raise Failure(404, "not_found", f"There is no stock location {code[:100]}.")
    return location


def _changes(call: Call, location: Any, sku: str) -> Iterator[dict[str, Any]]:
    stream = stream_of("stock", location.id)
    version = call.log.state(stream).version
    oldest = max(version - MOST_EVENTS, 0)
    while version > oldest:
        after = max(version - PART, oldest)
        for event in reversed(call.log.events(stream, after, version)):
            levels = getattr(event.fact, "levels", {})
            for name in [sku] if sku else sorted(levels):
                if name in levels:
                    yield {
                        "position": event.position,
                        "date": moment(event.at),
                        "stock_location": location.id,
                        "erp_code": location.profile.erp_code,
                        "sku": name,
                        "quantity": amount(levels[name]),
                        "actor": event.actor,
                        "command": event.command or info(event.fact).name,
                    }
        version = after
