"""`states/` (spec 3.2): from the declarations of the domain."""

from functools import cache
from typing import Any

from api.http.details import not_found
from api.http.paging import PARAMETERS, page_of_all
from api.http.routes import COMMON, OMS, READ, Answer, Call, Parameter, route
from projections.objects.state import CONTENT_TYPES, state_object

STATE_FILTERS = ("content_type", "enum_class", "enum_value")


@cache
def states() -> list[dict[str, Any]]:
    return [state_object(member, of) for of, (_, members) in CONTENT_TYPES.items() for member in members]


def _parameters(filters: tuple[str, ...]) -> dict[str, str | Parameter]:
    return {**PARAMETERS} | {name: f"Only with this {name.replace('_', ' ')}." for name in filters}


@route(
    "GET", f"{OMS}/states/", roles=READ, tag="states", query=_parameters(STATE_FILTERS), answers="[State]", reach=COMMON
)
def list_states(call: Call) -> Answer:
    """Every state an object can have."""
    return page_of_all(call, states(), STATE_FILTERS)


@route("GET", f"{OMS}/states/<int:id>/", roles=READ, tag="states", answers="State", reach=COMMON)
def state(call: Call, id: int) -> Any:
    """A state."""
    return _by_id("state", states(), id)


def _by_id(what: str, rows: list[dict[str, Any]], id: int) -> dict[str, Any]:
    found = next((row for row in rows if row["id"] == id), None)
    if found is None:
        raise not_found(what, id)
    return found
