"""`state-transition-logs/`: who changed which state, by which command (spec 3.2, 7)."""

from collections.abc import Sequence
from enum import Enum
from typing import Any

import psycopg

from projections.filters import Filter, Settings, Wrong, dates, equal, keys, looks, looks_of, one_of, several, word
from projections.listing import List, Row
from projections.objects.person import Reveal
from projections.objects.state import CONTENT_TYPES, state_id, state_object
from projections.objects.wire import moment

_LOGGED = ("package", "transferorder", "shipment", "order")
_MEMBERS: dict[tuple[str, str], Enum] = {
    (of, str(member.value)): member for of in _LOGGED for member in CONTENT_TYPES[of][1]
}


@looks(
    {"enum": sorted({text for (of, value), m in _MEMBERS.items() for text in (str(state_id(m, of)), value, m.name)})}
)
def _known(text: str, _: Settings) -> list[tuple[str, str]]:
    """(content type, enum value) of the states with this id, value or name."""
    found = [key for key, member in _MEMBERS.items() if text in (str(state_id(member, key[0])), key[1], member.name)]
    if not found:
        raise Wrong("There is no such state.")
    return found


@looks(looks_of(several(_known)))
def _pairs(text: str, settings: Settings) -> tuple[list[str], list[str]]:
    found = [pair for part in several(_known)(text, settings) for pair in part]
    return [of for of, _ in found], [value for _, value in found]


@looks({"enum": list(_LOGGED)})
def _content_type(text: str, _: Settings) -> str:
    if text not in _LOGGED:
        raise Wrong(f"Known are {', '.join(_LOGGED)}.")
    return text


def _of(column: str) -> dict[str, Filter]:
    pairs = "(select * from unnest(%s::text[], %s::text[]))"
    state = Filter(f"(t.content_type, t.{column}) in {pairs}", _pairs)
    return {
        column: state,
        f"{column}__name": state,
        f"{column}__enum_value": equal(f"t.{column}", word),
        f"{column}__enum_value__in": one_of(f"t.{column}", word),
    }


def _show(
    _connection: psycopg.Connection[Any], rows: Sequence[Row], _settings: Settings, _reveal: Reveal
) -> list[dict[str, Any]]:
    return [
        {
            "id": id,
            "object_id": object_id,
            "content_type": of,
            "old_state": state_object(_MEMBERS[of, old], of),
            "new_state": state_object(_MEMBERS[of, new], of),
            "user": actor,
            "attributes": {"command.slug": command, "command.transition_id": transition},
            "created_date": moment(created),
        }
        for id, object_id, of, old, new, actor, command, transition, created, *_ in rows
    ]


_SEEN = """
    (t.content_type = 'package' and t.object_id in (select x.id from packages x where x.location = any(%s)))
    or (t.content_type = 'shipment' and t.object_id in (select x.id from shipments x where x.location = any(%s)))
    or (t.content_type = 'transferorder'
        and t.object_id in (select x.id from transfers x where x.source = any(%s) or x.destination = any(%s)))
    or (t.content_type = 'order' and t.order_id in (select x.order_id from packages x where x.location = any(%s)))
"""
"""What happened to the things of a location, not to other packages of the same order."""

STATE_TRANSITION_LOGS = List(
    "state-transition-logs",
    "state_transition_logs",
    "t.id, t.object_id, t.content_type, t.old_state, t.new_state, t.actor, t.command, t.transition_id, t.created",
    {
        **keys(),
        **_of("old_state"),
        **_of("new_state"),
        **dates("created_date", "t.created"),
        "object_id": equal("t.object_id"),
        "content_type": equal("t.content_type", _content_type),
        "order": equal("t.order_id"),
        "user": equal("t.actor", word),
    },
    _show,
    scope=_SEEN,
    sorts={"id": "t.id", "created_date": "t.created"},
    counted="state_transition_logs",
)
