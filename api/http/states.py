"""`states/` and `transitions/` (spec 3.2): from the declarations of the domain."""

from functools import cache
from typing import Any

from api.http.details import not_found
from api.http.paging import PARAMETERS, page_of_all
from api.http.routes import OMS, READ, Answer, Call, route
from domain.kernel import COMMANDS, Command
from projections.objects.allowed import input_schema
from projections.objects.state import CONTENT_TYPES, state_object

STATE_FILTERS = ("content_type", "enum_class", "enum_value")
TRANSITION_FILTERS = ("object", "slug")


@cache
def states() -> list[dict[str, Any]]:
    return [state_object(member, of) for of, (_, members) in CONTENT_TYPES.items() for member in members]


@cache
def transitions() -> list[dict[str, Any]]:
    """By id (spec 7, Transition)."""
    return [_transition(row) for row in sorted(COMMANDS.values(), key=lambda row: row.id)]


def _transition(row: Command) -> dict[str, Any]:
    return {
        "id": row.id,
        "slug": row.slug,
        "aliases": list(row.aliases),
        "name": row.button,
        "description": row.sentence,
        "object": row.object,
        "source_states": [str(state.value) for state in row.source],
        "target_state": None if row.target is None else str(row.target.value),
        "is_active": True,
        "settings": {
            "sync_remote_order_status": False,
            "remote_invoice_call": False,
            "remote_bill_fulfillment_call": False,
        },
        "permissions": [],
        "input_schema": input_schema(row),
    }


def _parameters(filters: tuple[str, ...]) -> dict[str, str]:
    return {**PARAMETERS} | {name: f"Only with this {name.replace('_', ' ')}." for name in filters}


@route("GET", f"{OMS}/states/", roles=READ, tag="states", query=_parameters(STATE_FILTERS), answers="[State]")
def list_states(call: Call) -> Answer:
    """Every state an object can have."""
    return page_of_all(call, states(), STATE_FILTERS)


@route("GET", f"{OMS}/states/<int:id>/", roles=READ, tag="states", answers="State")
def state(call: Call, id: int) -> Any:
    """A state."""
    return _by_id("state", states(), id)


@route(
    "GET",
    f"{OMS}/transitions/",
    roles=READ,
    tag="transitions",
    query=_parameters(TRANSITION_FILTERS),
    answers="[Transition]",
)
def list_transitions(call: Call) -> Answer:
    """Every command, the states it runs from and its input."""
    return page_of_all(call, transitions(), TRANSITION_FILTERS)


@route("GET", f"{OMS}/transitions/<int:id>/", roles=READ, tag="transitions", answers="Transition")
def transition(call: Call, id: int) -> Any:
    """A command by its numeric id."""
    return _by_id("transition", transitions(), id)


def _by_id(what: str, rows: list[dict[str, Any]], id: int) -> dict[str, Any]:
    found = next((row for row in rows if row["id"] == id), None)
    if found is None:
        raise not_found(what, id)
    return found
