"""`orderexecutionplans/` with its filters (spec 3.2, 7)."""

from collections.abc import Sequence
from typing import Any

import msgspec
import psycopg

from projections.filters import Settings, among, beginning, dates, equal, keys
from projections.listing import List, Row
from projections.objects.person import Reveal
from projections.objects.plan import plan_object
from projections.objects.wire import moment


def _show(
    _connection: psycopg.Connection[Any], rows: Sequence[Row], _settings: Settings, _reveal: Reveal
) -> list[dict[str, Any]]:
    return [plan_object(id, order, moment(created), msgspec.json.decode(data)) for id, order, created, data, *_ in rows]


PLANS = List(
    "orderexecutionplans",
    "plans",
    "t.id, t.order_id, t.created, t.data",
    {
        **keys(),
        **dates("created_date", "t.created"),
        "order": equal("t.order_id"),
        "order__number": among("t.order_id", "orders", "id", "x.number like %s", beginning),
        "scenario": equal("t.scenario"),
    },
    _show,
    scope="t.order_id in (select x.order_id from packages x where x.location = any(%s))",
    sorts={"id": "t.id", "created_date": "t.created"},
    counted="plans",
)
