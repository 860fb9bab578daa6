"""`audit/`: what happened to an object, what it was, what differs (spec 6.1); and the laws over the whole log."""

from datetime import UTC, datetime
from typing import Any

from api.audit_tools import verified
from api.http.details import not_found
from api.http.errors import Failure, WrongInput
from api.http.routes import AUDIT, OMS, Call, route
from api.http.whose import order_of
from domain.kinds import KINDS
from projections import history as past
from projections.filters import BIGGEST, Wrong, moment
from webhook_outbox.caused import caused

OBJECTS = ("order", *past.COLLECTIONS, *(kind for kind in KINDS if kind not in ("order", "stock")))
"""Kinds that the audit knows: what an order's stream holds, and what has a stream of its own."""

AT = {
    "version": "As it was right after its event of this version.",
    "position": "As it was at this position of the log.",
    "at": "As it was at this time, such as 2026-11-23T10:00:00Z.",
}


@route("GET", f"{OMS}/audit/verify/", roles=AUDIT, tag="audit", answers="Verified")
def verify(call: Call) -> Any:
    """The laws of the domain, the hash chain and the guards over the whole log; it takes a while."""
    return verified(call.log)


@route("GET", f"{OMS}/audit/<kind>/<int:id>/history/", roles=AUDIT, tag="audit", answers="History")
def history(call: Call, kind: str, id: int) -> Any:
    """Every event of an object: when, by whom, by which command, what it says and what it changed."""
    order = _order_of(call, kind, id)
    found = past.history(call.log, kind, id, order)
    if not found["results"]:
        raise not_found(kind, id)
    with call.services.pool.connection() as connection:
        told = caused(connection, kind, id)
    for row in found["results"]:
        row["webhooks"] = told.get(row["position"], [])
    return found


@route("GET", f"{OMS}/audit/<kind>/<int:id>/", roles=AUDIT, tag="audit", query=AT)
def as_of(call: Call, kind: str, id: int) -> Any:
    """An object as it was at a version, a position or a time; without any, as it is."""
    order = _order_of(call, kind, id)
    wanted = _point(call)
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
    order = _order_of(call, kind, id)
    one, other = (_whole(call, name, required=True) for name in ("from", "to"))
    assert one is not None and other is not None  # noqa: S101 - required
    found = past.diff(call.log, kind, id, one, other, call.services.reveal, order)
    if found is None:
        raise Failure(404, "not_found", f"{kind} {id} has no version {one} or {other}.")
    return found


def _order_of(call: Call, kind: str, id: int) -> int | None:
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


def _point(call: Call) -> dict[str, Any]:
    unknown = sorted(set(call.query) - set(AT))
    if unknown:
        raise WrongInput(**{unknown[0]: [f"Known are {', '.join(AT)}."]})
    said = {name: text for name, text in call.query.items() if text != ""}
    if len(said) > 1:
        raise WrongInput(**{name: ["One of version, position and at is enough."] for name in said})
    if "at" in said:
        try:
            return {"at": min(moment(said["at"], call.log.reference), datetime.max.replace(tzinfo=UTC))}
        except Wrong as wrong:
            raise WrongInput(at=[str(wrong)]) from None
    return {name: _whole(call, name) for name in said}


def _whole(call: Call, name: str, *, required: bool = False) -> int | None:
    text = call.query.get(name, "")
    if text == "" and required:
        raise WrongInput(**{name: ["Missing data for required field."]})
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise WrongInput(**{name: ["A whole number from 0 is needed."]})
    return int(text)
