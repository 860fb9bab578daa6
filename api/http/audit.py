"""`audit/`: what happened to an object, what it was, what differs (spec 6.1); and the laws over the whole log."""

from typing import Any

from api import histories
from api.http.audit_points import AT, point, whole
from api.http.details import not_found
from api.http.errors import Failure, WrongInput, known_only
from api.http.routes import AUDIT, OMS, Call, route
from api.http.whose import order_of
from api.verifying import verified
from domain.kinds import KINDS
from projections import history as past
from projections.filters import BIGGEST

OBJECTS = ("order", *past.COLLECTIONS, *(kind for kind in KINDS if kind not in ("order", "stock")))
"""Kinds that the audit knows: what an order's stream holds, and what has a stream of its own."""


RANGE = {"after": "Only events after this position.", "until": "Only events up to this position."}


@route("GET", f"{OMS}/audit/verify/", roles=AUDIT, tag="audit", query=RANGE, answers="Verified")
def verify(call: Call) -> Any:
    """The laws of the domain, the hash chain and the guards over the log or a range of it; it takes a while."""
    known_only(call.query, RANGE)
    after = whole(call, "after") or 0 if call.query.get("after") else 0
    until = whole(call, "until") if call.query.get("until") else None
    head = call.log.head().position
    if after > (head if until is None else min(until, head)):
        raise WrongInput(after=[f"It is beyond the range; the log ends at {head}."])
    return verified(call.log, after=after, until=until)


@route("GET", f"{OMS}/audit/<kind>/<int:id>/history/", roles=AUDIT, tag="audit", answers="History")
def history(call: Call, kind: str, id: int) -> Any:
    """Every event of an object: when, by whom, by which command, what it says and what it changed."""
    order = order_of_object(call, kind, id)
    with call.services.pool.connection() as connection:
        found = histories.history(call.log, connection, kind, id, order)
    if not found["results"]:
        raise not_found(kind, id)
    return found


@route("GET", f"{OMS}/audit/<kind>/<int:id>/", roles=AUDIT, tag="audit", query=AT)
def as_of(call: Call, kind: str, id: int) -> Any:
    """An object as it was at a version, a position or a time; without any, as it is."""
    order = order_of_object(call, kind, id)
    wanted = point(call)
    if "version" in wanted and wanted["version"] == 0:
        raise not_found(kind, id)
    found = past.as_of(call.log, kind, id, call.services.reveal, order, **wanted)
    if found is None:
        raise Failure(404, "not_found", f"There was no {kind} {id} then.")
    return found


@route(
    "GET",
    f"{OMS}/audit/<kind>/<int:id>/diff/",
    roles=AUDIT,
    tag="audit",
    query={"from": "A version of it; 0 is before its birth.", "to": "A version of it."},
    answers="Diff",
)
def diff(call: Call, kind: str, id: int) -> Any:
    """What differs between two versions of an object, field by field."""
    order = order_of_object(call, kind, id)
    one, other = (whole(call, name, required=True) for name in ("from", "to"))
    assert one is not None and other is not None  # noqa: S101 - required
    found = past.diff(call.log, kind, id, one, other, call.services.reveal, order)
    if found is None:
        raise Failure(404, "not_found", f"{kind} {id} has no version {one} or {other}.")
    return found


def order_of_object(call: Call, kind: str, id: int) -> int | None:
    """The order that holds it; None for what has a stream of its own. 404 for what there never was."""
    if kind not in OBJECTS:
        raise Failure(404, "not_found", f"There is no kind {kind[:50]}; there are {', '.join(OBJECTS)}.")
    if id > BIGGEST:
        raise not_found(kind, id)
    if kind not in past.COLLECTIONS:
        return None
    order = order_of(call, kind, id)
    if order is None:
        raise not_found(kind, id)
    return order
