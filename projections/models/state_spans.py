"""`state_spans`: from when to when each order, package and transfer was in each of its states. What a list looked like
at any time, and how long anything took, are questions about it (spec 6.1 `audit/as-of/`)."""

from collections.abc import Iterator
from datetime import datetime
from enum import Enum
from typing import Any

import msgspec

from domain.order import Order
from eventlog.recorded import Recorded
from projections.model import Chained
from projections.order_state import moved, state_of


class SpanRow(msgspec.Struct):
    """`id`: position × 4 + a place per kind, so that building anew gives the same ids. `location`: a package's, or the
    source of a transfer. `born`: when the object began. Open while `to_position` is null."""

    id: int
    kind: str
    object_id: int
    order_id: int
    state: str
    location: int | None
    channel: int
    born: datetime
    from_at: datetime
    from_position: int
    to_at: datetime | None = None
    to_position: int | None = None


_INSIDE = (("package", "packages"), ("transfer", "transfers"))


def _entered(event: Recorded, before: Order | None, after: Order) -> Iterator[tuple[int, str, int, Enum, Any]]:
    """(place, kind, id, state, thing) of what has come into a state by this event."""
    for place, (kind, collection) in enumerate(_INSIDE):
        id = getattr(event.fact, kind, None)
        if id is None:
            continue
        old = None if before is None else getattr(before, collection).get(id)
        new = getattr(after, collection).get(id)
        if new is not None and (old is None or old.state is not new.state):
            yield place, kind, id, new.state, new
    was, now = (None, state_of(after)) if before is None else moved(event.fact, before, after)
    if was is not now:
        yield 3, "order", after.id, now, after


def _rows(event: Recorded, before: Order | None, after: Order) -> list[SpanRow]:
    return [
        SpanRow(
            event.position * 4 + place,
            kind,
            id,
            after.id,
            str(state.value),
            getattr(thing, "location", None) if kind == "package" else getattr(thing, "source", None),
            after.channel,
            thing.created,
            event.at,
            event.position,
        )
        for place, kind, id, state, thing in _entered(event, before, after)
    ]


STATE_SPANS = Chained(
    "state_spans",
    SpanRow,
    _rows,
    indexes=(
        # What is newer than a past list's position is passed over without the table.
        "(kind, object_id, from_position)",
        # Whole, so that a past list is counted and its page found without the table.
        "(kind, state, from_position) include (to_position, object_id, order_id, location, channel, born)",
        "(order_id)",
        "(location, born) where kind = 'package'",
    ),
    of=("kind", "object_id"),
    ends=(("to_position", "from_position"), ("to_at", "from_at")),
)
