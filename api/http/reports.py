"""`reports/…-location-movements/` (spec 3.2): per location how many packages and transfers stand in which state."""

from collections import defaultdict
from typing import Any

from api.http.paging import PARAMETERS, page_of_all
from api.http.routes import OMS, OWN, READ, Answer, Call, route
from projections.fetching import fetch

COUNTS = "select location, state, n from list_counts where list = %s and location <> 0"
COMING = "select destination, state, count(*) from transfers group by destination, state"

FILTERS = ("id", "erp_code", "stock_location_type")
QUERY = {**PARAMETERS, **{name: f"Only with this {name.replace('_', ' ')}." for name in FILTERS}}

States = dict[int, dict[str, int]]


@route(
    "GET",
    f"{OMS}/reports/package-location-movements/",
    roles=READ,
    tag="reports",
    query=QUERY,
    answers="[PackageMovements]",
    reach=OWN,
)
def package_movements(call: Call) -> Answer:
    """Per location how many packages are in which state."""
    states = _counted(call, COUNTS, ("packages",))
    return page_of_all(call, [_row(one, states[one.id]) for one in _places(call)], FILTERS)


@route(
    "GET",
    f"{OMS}/reports/transfer-location-movements/",
    roles=READ,
    tag="reports",
    query=QUERY,
    answers="[TransferMovements]",
    reach=OWN,
)
def transfer_movements(call: Call) -> Answer:
    """Per location how many transfers it sends (`states`) and is sent (`incoming`) are in which state."""
    states, coming = _counted(call, COUNTS, ("transfers",)), _counted(call, COMING, ())
    rows = [{**_row(one, states[one.id]), "incoming": coming[one.id]} for one in _places(call)]
    return page_of_all(call, rows, FILTERS)


def _counted(call: Call, text: str, values: tuple[str, ...]) -> States:
    found: States = defaultdict(dict)
    with call.reads.connection() as connection:
        for location, state, n in fetch(connection, text, values):
            found[location][state] = n
    return found


def _places(call: Call) -> list[Any]:
    call.log.reference.refresh()
    return [one for one in call.log.reference.all("location") if call.caller.may_at(one.id)]


def _row(location: Any, states: dict[str, int]) -> dict[str, Any]:
    return {
        "id": location.id,
        "erp_code": location.profile.erp_code,
        "name": location.profile.name,
        "stock_location_type": location.profile.stock_location_type,
        "total": sum(states.values()),
        "states": dict(sorted(states.items())),
    }
