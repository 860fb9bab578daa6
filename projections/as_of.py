"""The list of orders, packages or transfers as it was at a point of the past, by the filters that keep their past (spec
6.1 `audit/as-of/`)."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

import psycopg

from eventlog.log import EventLog
from projections import history
from projections.fetching import fetch
from projections.filters import Filter, Settings, code, dates, equal, named, one_of, word
from projections.listing import List, Row
from projections.objects.person import Reveal

KINDS = {"orders": "order", "packages": "package", "transfers": "transfer"}
"""The word in the path → the kind."""

_STATE = equal("t.state", word)
FILTERS: dict[str, Filter] = {
    "state": _STATE,
    "state__enum_value": _STATE,
    "state__enum_value__in": one_of("t.state", word),
    "stock_location": equal("t.location"),
    "stock_location__erp_code": equal("t.location", code),
    "stock_location__erp_code__in": one_of("t.location", code),
    "order": equal("t.order_id"),
    "order__channel": equal("t.channel", named("channel")),
    **dates("created_date", "t.born"),
}
"""Name → condition. Of transfers the location is their source; orders have none."""

# The log is ordered by position and time alike: halving finds an instant's last position without an index on time.
_AT = "select at from log where position = %s"
_HEAD = "select position from head"

# A query of its own for each position, so that its plan fits the share of the past that it is about.
_THERE = """
(select object_id as id, order_id, state, location, channel, born from state_spans
  where kind = '{kind}' and from_position <= {position:d} and (to_position > {position:d} or to_position is null))
"""


def listed(log: EventLog, word: str, position: int) -> List:
    """The list `orders`, `packages` or `transfers` as it was at a position."""
    kind = KINDS[word]
    return List(
        f"as-of-{word}",
        _THERE.format(kind=kind, position=position),
        "t.id, t.order_id",
        FILTERS,
        partial(_show, log, kind, position),
        cursor=None,
    )


def position_at(connection: psycopg.Connection[Any], at: datetime) -> int:
    """The position of the last event that was written by this time; 0 where there was none."""
    low, high = 0, int(fetch(connection, _HEAD)[0][0])
    while low < high:
        middle = (low + high + 1) // 2
        if fetch(connection, _AT, (middle,))[0][0] <= at:
            low = middle
        else:
            high = middle - 1
    return low


def _show(
    log: EventLog,
    kind: str,
    position: int,
    _connection: psycopg.Connection[Any],
    rows: Sequence[Row],
    _settings: Settings,
    reveal: Reveal,
) -> list[dict[str, Any]]:
    found = (history.as_of(log, kind, row[0], reveal, row[1], position=position) for row in rows)
    return [one for one in found if one is not None]
