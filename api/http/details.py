"""One object by its id (spec 3.2) as it is, its version as ETag; what stands at another location is not found."""

from typing import Any

from api.audit_tools import kept_inputs
from api.http.errors import Failure
from api.http.own_places import narrowed
from api.http.routes import OMS, OWN, READ, Answer, Call, route
from api.http.whose import caught_up
from domain.kinds import stream_of
from domain.order import Order
from projections import queries
from projections.filters import BIGGEST
from projections.history import COLLECTIONS
from projections.listing import Page
from projections.objects import render
from scenarios.explain import explain
from scenarios.why_not import why_not

WHAT = {
    "orders": "order",
    "packages": "package",
    "package-items": "package item",
    "transfer_orders": "transfer order",
    "shipments": "shipment",
    "discrepancies": "discrepancy",
    "state-transition-logs": "state transition log",
    "orderexecutionplans": "plan",
}


@route("GET", f"{OMS}/orders/<int:id>/", roles=READ, tag="orders", answers="Order", reach=OWN)
def order(call: Call, id: int) -> Answer:
    """An order with its items and the ids of its packages."""
    return _of_order(call, "orders", "order", id)


@route("GET", f"{OMS}/packages/<int:id>/", roles=READ, tag="packages", answers="Package", reach=OWN)
def package(call: Call, id: int) -> Answer:
    """A package; `commands` is what its state allows now."""
    return _of_order(call, "packages", "package", id)


@route("GET", f"{OMS}/packages/package-items/<int:id>/", roles=READ, tag="packages", answers="PackageItem", reach=OWN)
@route("GET", "/api/v1/package-item/<int:id>/", roles=READ, tag="packages", answers="PackageItem", reach=OWN)
def package_item(call: Call, id: int) -> Answer:
    """A package item."""
    return _of_order(call, "package-items", "package_item", id)


@route("GET", f"{OMS}/transfer_orders/<int:id>/", roles=READ, tag="transfer_orders", answers="TransferOrder", reach=OWN)
def transfer_order(call: Call, id: int) -> Answer:
    """A transfer order; both its source and its destination may read it."""
    return _of_order(call, "transfer_orders", "transfer", id)


@route("GET", f"{OMS}/shipments/<int:id>/", roles=READ, tag="shipments", answers="Shipment", reach=OWN)
def shipment(call: Call, id: int) -> Answer:
    """A shipment with its history."""
    return _of_order(call, "shipments", "shipment", id)


@route(
    "GET",
    f"{OMS}/inventory-discrepancies/<int:id>/",
    roles=READ,
    tag="inventory-discrepancies",
    answers="InventoryDiscrepancy",
    reach=OWN,
)
def discrepancy(call: Call, id: int) -> Answer:
    """An inventory discrepancy."""
    return _of_order(call, "discrepancies", "discrepancy", id)


@route(
    "GET",
    f"{OMS}/state-transition-logs/<int:id>/",
    roles=READ,
    tag="state-transition-logs",
    answers="StateTransitionLog",
    reach=OWN,
)
def state_transition_log(call: Call, id: int) -> Any:
    """One change of a state: of what, from where to where, by whom, by which command."""
    page = seen(call, "state-transition-logs", id)
    with call.reads.connection() as connection:
        return queries.render_page(connection, page, call.log.reference, call.services.reveal)[0]


@route(
    "GET",
    f"{OMS}/orderexecutionplans/<int:id>/",
    roles=READ,
    tag="orderexecutionplans",
    query={"why_not": "The erp code of a location: which condition failed, and the smallest change that flips it."},
    answers="OrderExecutionPlan",
)
def plan(call: Call, id: int) -> Any:
    """A plan: what went where, the stock it saw, and why, as data and as sentences, while its inputs are kept."""
    about = call.query.get("why_not", "")
    seen(call, "orderexecutionplans", id)
    with call.reads.connection() as connection:
        found = queries.plan(connection, id) or {}
        kept = kept_inputs(call.log, found["inputs"])
        shown = queries.plan(connection, id, None if kept is None else explain(kept))
    if about and kept is None:
        raise Failure(404, "not_found", "What this plan was made from is no longer kept.")
    return {**(shown or {}), **({"why_not": why_not(kept, about)} if about and kept is not None else {})}


def not_found(what: str, id: int | str) -> Failure:
    return Failure(404, "not_found", f"There is no {what} {id}.")


def _of_order(call: Call, name: str, kind: str, id: int) -> Answer:
    """Folded to the end of the log, not as the read model has it: the ETag is what If-Match is compared with."""
    page = seen(call, name, id)
    stream = stream_of("order", page.rows[0][1])
    held = call.log.state(stream)
    shown = render(kind, id, held.state, call.log.reference, call.services.reveal)
    if shown is None:
        raise not_found(WHAT[name], id)
    if kind == "order":
        with call.reads.connection() as connection:
            [shown] = narrowed(call, connection, [shown])
    version = _version(held.state, kind, id)
    return Answer(shown, headers={"ETag": f'"{version}"'} if version is not None else {})


def seen(call: Call, name: str, id: int) -> Page:
    """The object's row in its list, if the caller may see it there."""
    if id > BIGGEST:
        raise not_found(WHAT[name], id)
    page = _row(call, name, id)
    if not page.rows:  # born a moment ago perhaps: an order, read from the log, names its packages before the lists do
        caught_up(call)
        page = _row(call, name, id)
    if not page.rows:
        raise not_found(WHAT[name], id)
    return page


def _row(call: Call, name: str, id: int) -> Page:
    locations = call.caller.locations
    scope = None if locations is None else sorted(locations)
    with call.reads.connection() as connection:
        return queries.select(connection, name, {"id": str(id)}, call.log.reference, scope=scope, limit=2)


def _version(order: Order, kind: str, id: int) -> int | None:
    if kind == "order":
        return order.version
    return getattr(order, COLLECTIONS[kind])[id].version if kind in COLLECTIONS else None
