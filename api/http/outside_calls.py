"""Calls to other systems: how each fares, what waits for people, tried again or given up; who talked to whom."""

from typing import Any

from marshmallow import EXCLUDE, Schema, validate

from api.http.details import not_found
from api.http.errors import Failure, WrongInput
from api.http.input_schemas import Text
from api.http.paging import NEWEST_FIRST, PARAMETERS, asked_of, page_of
from api.http.routes import AUDIT, HOOKS, OMS, Answer, Call, Parameter, route
from integrations import queue, traffic
from projections.filters import BIGGEST, WHOLE, BadFilter
from projections.listing import COUNTED_TO
from projections.objects.wire import moment

PATH = f"{OMS}/integrations/calls"
READERS = HOOKS | AUDIT
STATES = ("waiting", "done", "failed", "dropped")
UNKEPT = {
    "Idempotency-Key": "the same again changes nothing",
    "If-Match": "a call of the queue has no version",
    "dry_run": "the queue stands beside the log",
}
OUTCOMES = ("ok", "declined", "failed", "resting")


class Reason(Schema):
    """Why a call is given up."""

    class Meta:
        unknown = EXCLUDE

    reason = Text(required=True, validate=validate.Length(1, 500))


@route(
    "GET",
    f"{PATH}/",
    roles=READERS,
    tag="integrations",
    query={
        **NEWEST_FIRST,
        "state": Parameter(
            "waiting (for its turn, or its next try), done, failed (waits for people) or dropped (given up, or moot).",
            {"enum": list(STATES)},
        ),
        "kind": "Of this kind, carrier.shipment for one.",
        "subject": "About this, shipment-12@3 or package-7 for one.",
        "system": "To this system, carrier:fast for one.",
        "order": Parameter("Caused by what happened to this order.", {**WHOLE, "minimum": 0}),
    },
    answers="[OutsideCall]",
)
def list_calls(call: Call) -> Answer:
    """Calls to other systems that commands caused, the newest first; `state=failed` waits for people."""
    asked = asked_of(call)
    if asked.sort is not None:
        raise WrongInput(sort=["They come the newest first."])
    for name, text in asked.filters.items():
        if name not in queue.FILTERS:
            raise BadFilter(name, f"There is no filter {name}; known are {', '.join(queue.FILTERS)}.")
        if name == "state" and text not in ("", *STATES):
            raise BadFilter(name, f"One of {', '.join(STATES)}.")
        if name == "order" and text and not _whole(text):
            raise BadFilter(name, "A whole number is needed.")
    if asked.page * asked.limit > COUNTED_TO:
        raise BadFilter("page", f"Pages go up to {COUNTED_TO:,} rows.")
    filters = {name: text for name, text in asked.filters.items() if text}
    with call.services.pool.connection() as connection:
        rows = queue.listed(connection, filters, page=asked.page, limit=asked.limit)
        count = queue.count(connection, filters)
    return page_of(asked, [_shown(row) for row in rows], count)


def _whole(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= BIGGEST


@route("GET", f"{PATH}/<int:id>/", roles=READERS, tag="integrations", answers="OutsideCallWithAttempts")
def outside_call(call: Call, id: int) -> Any:
    """A call with every request that was made for it."""
    found = None
    if id <= BIGGEST:
        with call.services.pool.connection() as connection:
            found = queue.shown(connection, id)
    if found is None:
        raise not_found("call", id)
    return {**_shown(found), "attempts": [_request(row) for row in found["attempts"]]}


@route("POST", f"{PATH}/<int:id>/retry/", roles=HOOKS, tag="integrations", status=204, unkept=UNKEPT)
def retry_call(call: Call, id: int) -> Answer:
    """Makes a call again at once, under the same idempotency key, with all its tries before it."""
    _exists(call, id)
    with call.services.pool.connection() as connection:
        if not queue.retry(connection, id):
            raise Failure(400, "conflict", f"Call {id} is over, or under way just now.")
    return Answer(None, 204)


@route("POST", f"{PATH}/<int:id>/drop/", roles=HOOKS, tag="integrations", body=Reason(), status=204, unkept=UNKEPT)
def drop_call(call: Call, id: int) -> Answer:
    """Gives a call up: somebody has dealt with it in another way."""
    _exists(call, id)
    why = f"{call.body['reason']} ({call.caller.username})"
    with call.services.pool.connection() as connection:
        if not queue.drop(connection, id, why):
            raise Failure(400, "conflict", f"Call {id} is over, or under way just now.")
    return Answer(None, 204)


@route(
    "GET",
    f"{OMS}/integrations/traffic/",
    roles=READERS,
    tag="integrations",
    query={
        **{name: PARAMETERS[name] for name in ("limit", "page_size", "format")},
        "system": "To this system alone.",
        "outcome": Parameter(
            "ok, declined (a clear no), failed (no answer, or none that makes sense) or resting (not called, it had "
            "failed too often).",
            {"enum": list(OUTCOMES)},
        ),
        "id__lt": "Older than the request of this id: `next` goes on by it.",
    },
    answers="[OutsideRequest]",
)
def list_traffic(call: Call) -> Answer:
    """The latest requests to other systems, the newest first: who talked to whom, how long it took, what came of it."""
    asked = asked_of(call)
    if asked.sort is not None:
        raise WrongInput(sort=["They come the newest first."])
    if asked.page > 1:
        raise WrongInput(page=["There are no pages; `next` goes on by id__lt."])
    for name, text in asked.filters.items():
        if name not in ("system", "outcome", "id__lt"):
            raise BadFilter(name, f"There is no filter {name}; known are id__lt, outcome, system.")
        if name == "outcome" and text not in ("", *OUTCOMES):
            raise BadFilter(name, f"One of {', '.join(OUTCOMES)}.")
    before = asked.filters.get("id__lt") or str(traffic.LAST)
    if not _whole(before):
        raise BadFilter("id__lt", "An id is a whole number.")
    wanted = {name: asked.filters.get(name) or None for name in ("system", "outcome")}
    with call.services.pool.connection() as connection:
        rows = traffic.lately(connection, **wanted, limit=asked.limit, before=min(int(before), traffic.LAST))
    more = f"id__lt={rows[-1]['id']}" if len(rows) == asked.limit else None
    return page_of(asked, [_request(row) for row in rows], len(rows), exact=more is None, cursor=more)


def _exists(call: Call, id: int) -> None:
    with call.services.pool.connection() as connection:
        if id > BIGGEST or queue.shown(connection, id) is None:
            raise not_found("call", id)


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    kind, _, id = row["stream"].rpartition("-")
    return {
        "id": row["id"],
        "kind": row["kind"],
        "description": row["what"],
        "subject": row["subject"],
        "system": row["system"],
        "order": int(id) if kind == "order" else None,
        "state": row["state"],
        "tries": row["tries"],
        "due_date": moment(row["due"]) if row["state"] == "waiting" else None,
        "note": row["note"],
        "idempotency_key": str(row["key"]),
        "position": row["position"],
        "created_date": moment(row["at"]),
        "ended_date": moment(row["ended"]),
    }


def _request(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "date": moment(row["at"]),
        "system": row["system"],
        "what": row["what"],
        "call": row["call"],
        "method": row["method"],
        "place": row["place"],
        "response_status": row["status"],
        "response_time": row["seconds"],
        "outcome": row["outcome"],
        "error": row["error"],
    }
