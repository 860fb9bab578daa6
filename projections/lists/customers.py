"""`customers/list-simple/`: who ordered, as their first order told of them; nulls where forgotten (spec 6.2)."""

from collections.abc import Sequence
from typing import Any

import psycopg

from projections.filters import Filter, Settings, among, beginning_any_case, dates, keys
from projections.listing import List, Row
from projections.lists.shown import orders_of
from projections.objects.person import Reveal, customer_object, person
from projections.objects.wire import moment


def _show(
    connection: psycopg.Connection[Any], rows: Sequence[Row], _settings: Settings, reveal: Reveal
) -> list[dict[str, Any]]:
    orders = orders_of(connection, [row[1] for row in rows])
    return [
        {
            **customer_object(person(orders[order_id], reveal)),
            "created_date": moment(created),
            "modified_date": moment(created),
        }
        for _, order_id, created, *_ in rows
    ]


def _said(column: str) -> Filter:
    return among("t.key", "order_customers", "key", f"x.{column} like %s", beginning_any_case)


CUSTOMERS = List(
    "customers",
    "customers",
    "t.id, t.order_id, t.created",
    {
        **keys(),
        **dates("created_date", "t.created"),
        "first_name": _said("first_name"),
        "last_name": _said("last_name"),
        "email": _said("email"),
    },
    _show,
    scope="t.key in (select c.key from order_customers c join packages x using (order_id) where x.location = any(%s))",
    sorts={"id": "t.id", "created_date": "t.created"},
    sort="created_date",
    cursor=None,
)
