"""`state_transition_logs`: every change of state of an order, package, transfer or shipment: who, by which command."""

from collections.abc import Iterator
from datetime import datetime
from enum import Enum
from functools import lru_cache

import msgspec

from domain.kernel import find_command
from domain.order import Order
from eventlog.recorded import Recorded
from projections.model import OfEvents
from projections.order_state import moved


class TransitionRow(msgspec.Struct):
    """`id`: position × 4 + a place per kind of object, so that building anew gives the same ids. States are enum
    values; `transition_id` of the command, where a command did it."""

    id: int
    content_type: str
    object_id: int
    order_id: int
    old_state: str
    new_state: str
    actor: str
    command: str
    transition_id: int | None
    created: datetime
    position: int


_PLACES = (
    ("package", "packages", "package"),
    ("transfer", "transfers", "transferorder"),
    ("shipment", "shipments", "shipment"),
)


def _changes(fact: object, before: Order, after: Order) -> Iterator[tuple[int, str, int, Enum, Enum]]:
    """(place, content type, id, old state, new state) of what the fact changed."""
    for place, (kind, collection, content_type) in enumerate(_PLACES):
        id = getattr(fact, kind, None)
        if id is None:
            continue
        old, new = getattr(before, collection).get(id), getattr(after, collection).get(id)
        if old is not None and old.state is not new.state:
            yield place, content_type, id, old.state, new.state
    was, now = moved(fact, before, after)
    if was is not now:
        yield 3, "order", after.id, was, now


def _rows(event: Recorded, before: Order | None, after: Order) -> list[TransitionRow]:
    if before is None:
        return []
    found = []
    for place, content_type, id, old, new in _changes(event.fact, before, after):
        found.append(
            TransitionRow(
                event.position * 4 + place,
                content_type,
                id,
                after.id,
                str(old.value),
                str(new.value),
                event.actor,
                event.command,
                _transition(event.command),
                event.at,
                event.position,
            )
        )
    return found


@lru_cache(maxsize=1024)
def _transition(slug: str) -> int | None:
    command = find_command("package", slug) or find_command("transfer", slug)
    return None if command is None else command.id


STATE_TRANSITION_LOGS = OfEvents(
    "state_transition_logs",
    TransitionRow,
    _rows,
    indexes=(
        "(content_type, object_id, id)",
        "(content_type, new_state, id)",
        "(content_type, old_state, id)",
        "(new_state, id)",
        "(old_state, id)",
        "(order_id)",
        "(created)",
    ),
)
