"""What the API asks of the read models: a page of a list, its objects, and which order an object belongs to."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import psycopg
from psycopg.rows import tuple_row

from projections import listing
from projections.fetching import fetch
from projections.filters import BadFilter, Settings, UnknownFilter
from projections.listing import Page
from projections.lists import LISTS
from projections.lists.locations import Locations
from projections.objects.person import Reveal
from projections.objects.plan import plan_object
from projections.objects.wire import moment

__all__ = ["LISTS", "BadFilter", "Page", "UnknownFilter", "find", "plan", "render_page", "search", "select"]

_ORDER_OF = {
    "order": "select id from orders where id = %s",
    "order_item": "select order_id from order_items where id = %s",
    "package": "select order_id from packages where id = %s",
    "package_item": "select order_id from package_items where id = %s",
    "transfer": "select order_id from transfers where id = %s",
    "transfer_item": "select order_id from transfer_items where id = %s",
    "shipment": "select order_id from shipments where id = %s",
    "discrepancy": "select order_id from discrepancies where id = %s",
    "plan": "select order_id from plans where id = %s",
}

_SEARCH = """
select 'order' as kind, id, id as order_id from orders where number = %(text)s
union all select 'package', id, order_id from packages
    where number = %(text)s
      and order_id in (select id from orders where number = regexp_replace(%(text)s, 'P[0-9]+$', ''))
union all select 'transfer', id, order_id from transfers where number = %(text)s
union all select 'shipment', shipment_id, order_id from shipment_awb_numbers where awb_number = %(text)s
union all (select 'package', package_id, order_id from package_items where sku = %(text)s
    order by package_id desc limit %(limit)s)
union all (select 'order', order_id, order_id from order_customers
    where email = %(lower)s or last_name = %(lower)s
    order by order_id desc limit %(limit)s)
limit %(limit)s
"""


def select(
    connection: psycopg.Connection[Any],
    name: str,
    params: Mapping[str, str],
    settings: Settings,
    *,
    scope: Sequence[int] | None = None,
    page: int = 1,
    limit: int = 20,
    sort: str | None = None,
) -> Page:
    """A page of the list `name` (a key of LISTS). `params`: its filters, `id__gt`… and `position__gt` among them.
    `scope`: ids of the locations a user is limited to. `settings`: the log's reference. Raises UnknownFilter,
    BadFilter."""
    listed = LISTS[name]
    if not isinstance(listed, Locations):
        return listing.select(connection, listed, params, settings, scope=scope, page=page, limit=limit, sort=sort)
    found = listed.find(params, settings, scope, sort)
    rows = [(one.id,) for one in found[(page - 1) * limit : page * limit]]
    return Page(listed, rows, len(found), True)


def render_page(
    connection: psycopg.Connection[Any], page: Page, settings: Settings, reveal: Reveal
) -> list[dict[str, Any]]:
    """The objects of a page, as JSON that may be shared: not to be changed."""
    shown: list[dict[str, Any]] = page.list.show(connection, page.rows, settings, reveal)
    return shown


def find(connection: psycopg.Connection[Any], kind: str, id: int) -> int | None:
    """The order that holds an object; None where there is none (yet). `kind` as of objects.render, and "plan"."""
    cursor = connection.cursor(row_factory=tuple_row)
    row = cursor.execute(_ORDER_OF[kind].encode(), (id,), prepare=True).fetchone()
    return int(row[0]) if row else None


def plan(
    connection: psycopg.Connection[Any], id: int, explained: Mapping[str, Any] | None = None
) -> dict[str, Any] | None:
    """An order execution plan; `explained`: scenarios.explain of its inputs, where they are still kept."""
    rows = fetch(connection, "select order_id, created, data from plans where id = %s", (id,))
    return next((plan_object(id, o, moment(at), msgspec.json.decode(d), explained) for o, at, d in rows), None)


def search(connection: psycopg.Connection[Any], text: str, limit: int = 50) -> list[dict[str, Any]]:
    """What support types: a number of an order, package or transfer, an AWB number, a SKU, a customer's e-mail or last
    name → [{kind, id, order}]."""
    if "\0" in text:
        return []
    rows = fetch(connection, _SEARCH, {"text": text[:255], "lower": text.lower()[:255], "limit": limit})
    return [{"kind": kind, "id": id, "order": order} for kind, id, order in rows]
