"""The lists of the read models (spec 3.2): filters, pages, cursors and who may see what, the same for all."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from api.http.own_places import narrowed
from api.http.paging import PARAMETERS, Asked, asked_of, page_of, sorted_by
from api.http.routes import ALL, OMS, OWN, READ, Answer, Call, Parameter, route
from projections import filters as filtering
from projections import queries
from projections.listing import COUNTED_TO, Page

RENDERED = 100
"""Objects of an export that are in memory at once."""

PATHS = {
    "orders": "orders",
    "order_items": "order_items",
    "packages": "packages",
    "packages-short": "packages/short",
    "package-items": "packages/package-items",
    "transfer_orders": "transfer_orders",
    "transfer_orders-short": "transfer_orders/short",
    "transfer-items": "transfer-items",
    "shipments": "shipments",
    "discrepancies": "inventory-discrepancies",
    "state-transition-logs": "state-transition-logs",
    "orderexecutionplans": "orderexecutionplans",
    "customers": "customers",
}
"""Name of a list (projections.queries.LISTS) → its path. Locations and stock are declared beside what writes them."""

SHOWN = {
    "orders": "Order",
    "order_items": "OrderItem",
    "packages": "Package",
    "packages-short": "PackageShort",
    "package-items": "PackageItem",
    "transfer_orders": "TransferOrder",
    "transfer_orders-short": "TransferOrderShort",
    "transfer-items": "TransferItem",
    "shipments": "Shipment",
    "discrepancies": "InventoryDiscrepancy",
    "state-transition-logs": "StateTransitionLog",
    "orderexecutionplans": "OrderExecutionPlan",
    "customers": "CustomerListed",
}
"""Name of a list → the OpenAPI component of its rows."""

WHOLE = {"orderexecutionplans"}
"""Lists whose rows are about several locations at once."""

SHORT = {"packages": "packages-short", "transfer_orders": "transfer_orders-short"}
"""What the `list-simple/` twin of a list shows, where a short form is there."""


def listed(call: Call, name: str) -> Answer:
    """A page of the list `name`, as far as the caller may see it."""
    asked = asked_of(call)
    locations = call.caller.locations
    reference = call.log.reference
    with call.reads.connection() as connection:
        page = queries.select(
            connection,
            name,
            asked.filters,
            reference,
            scope=None if locations is None else sorted(locations),
            page=asked.page,
            limit=asked.limit,
            sort=asked.sort,
        )
    return page_of(asked, _shown(call, name, page), page.count, page.count_exact, _cursor(asked, page))


def _shown(call: Call, name: str, page: Page) -> Iterator[dict[str, Any]]:
    """The objects of a page, never more than some of them in memory; the connection is given back between."""
    for start in range(0, len(page.rows), RENDERED):
        part = replace(page, rows=page.rows[start : start + RENDERED])
        with call.reads.connection() as connection:
            shown = queries.render_page(connection, part, call.log.reference, call.services.reveal)
            if name == "orders":
                shown = narrowed(call, connection, shown)
        yield from shown


def _cursor(asked: Asked, page: Page) -> str | None:
    """Where the next page begins: who came by a cursor goes on by it, and so does who has come to the last page that
    has a number."""
    if len(page.rows) < asked.limit:
        return None
    if asked.filters.get("position__gt"):
        return f"position__gt={page.position}"
    if "id" not in page.list.filters:
        return None
    last = page.rows[-1][0]
    up, down = (any(asked.filters.get(f"id__{way}{e}") for e in ("", "e")) for way in ("gt", "lt"))
    beyond = asked.page * asked.limit >= COUNTED_TO and page.count > COUNTED_TO
    if asked.sort is None and ((up and not down) or (down and not up) or beyond):
        return f"id__gt={last}" if up else f"id__lt={last}"
    if beyond and asked.sort in ("id", "-id"):
        return f"id__gt={last}" if asked.sort == "id" else f"id__lt={last}"
    return None


_SUFFIXES = {
    "__gt": "greater than",
    "__gte": "at least, or not before (a time such as 2026-11-23T10:00:00Z, or a day)",
    "__lt": "less than",
    "__lte": "at most, or not after (a day: its end)",
    "__ne": "anything but",
    "__in": "one of several, with commas between them",
}


def parameters(name: str) -> dict[str, str | Parameter]:
    """Every query parameter of a list with a sentence and what its text looks like, for OpenAPI."""
    known = queries.LISTS[name]
    said: dict[str, str | Parameter] = {
        one: Parameter(_sentence(one), filtering.looks_of(found[0] if isinstance(found, tuple) else found.read))
        for one, found in known.filters.items()
    }
    if getattr(known, "cursor", None):
        words = "What changed after this position of the log, in its order; free of gaps."
        said["position__gt"] = Parameter(words, filtering.WHOLE)
    return {**PARAMETERS, **sorted_by(known.sorts), **said}


def _sentence(name: str) -> str:
    plain, mark, end = name.rpartition("__")
    if mark and f"__{end}" in _SUFFIXES:
        return f"`{plain.replace('__', ' ')}`: {_SUFFIXES[f'__{end}']}."
    return f"Only with this `{name.replace('__', ' ')}`."


def _declare(name: str, path: str, sentence: str) -> None:
    def give(call: Call) -> Answer:
        return listed(call, name)

    give.__name__ = f"list_{path.strip('/').replace('/', '_').replace('-', '_')}"
    give.__doc__ = sentence
    declare: Callable[..., Any] = route(
        "GET",
        f"{OMS}/{path}/",
        roles=READ,
        tag=path.split("/")[0],
        query=parameters(name),
        answers=f"[{SHOWN[name]}]",
        reach=ALL if name in WHOLE else OWN,
    )
    declare(give)


for _name, _path in PATHS.items():
    _what = _path.replace("/", " ").replace("_", " ").replace("-", " ")
    _declare(_name, _path, f"A page of {_what}.")
    if not _path.endswith("/short"):
        _declare(SHORT.get(_name, _name), f"{_path}/list-simple", f"A page of {_what}, for BI tools.")
