"""Messages of the order source: signed, each acts once, and older news never overwrites newer (spec 5).

`{"event": {type, uuid, timestamp}, "payload": {…}}`, as webhooks of ours are. What a message is about decides on its
own whether it is news, so it may come late, twice, or not at all: the pull job hears of the rest.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from flask import request
from marshmallow import ValidationError

from api.http.cancellations import CancellationPlanBody, take_cancellation_plan
from api.http.errors import Failure
from api.http.routes import ANYBODY, OMS, Answer, Call, route
from api.http.source_orders import Heard, hear_order
from api.http.source_shapes import moment_of
from api.http.source_stores import hear_store
from api.http.users import Caller
from domain.application_settings import value_of
from eventlog.secrets import Secrets
from integrations.order_source.connection import SETTING
from webhook_outbox.verifying import why_not

SOURCE = Caller(0, "order-source", frozenset({"integration"}), None)
PLAN = CancellationPlanBody()
UNKEPT = {
    "Idempotency-Key": "the event's uuid, and as of when it is said, make it act once",
    "If-Match": "what is older than what is known changes nothing",
    "dry_run": "it is a message of another system",
}

Said = Mapping[str, Any]


@route("POST", f"{OMS}/order_source/webhook/", roles=ANYBODY, tag="order_source", free_body=True, unkept=UNKEPT)
def hear(call: Call) -> Answer:
    """Takes a signed message of the order source about an order, a cancellation plan or a retail store."""
    why = _why_not_trusted(call)
    if why is not None:
        request.environ["oms.said"] = None  # the audit keeps nothing of what anybody may send
        raise Failure(401, "unauthorized", why)
    request.environ["oms.caller"] = SOURCE
    event, payload = call.body.get("event"), call.body.get("payload")
    if not isinstance(event, dict) or not isinstance(event.get("type"), str) or not isinstance(payload, dict):
        raise ValidationError({"event": ["A message is {event: {type, uuid, timestamp}, payload: {…}}."]})
    return take(call, event["type"], payload, event)


def take(call: Call, type: str, payload: Said, event: Said, *, asked: bool = False) -> Answer:
    """What becomes of a message, or, where it was `asked` for, of what the source has. Raises what api.http.errors
    answers."""
    function = TAKEN.get(type)
    if function is None:
        known = ", ".join(TAKEN)
        return Answer({"acted": False, "message": f"Nothing is done about {type[:100]}; known are {known}."})
    as_source = replace(call, caller=SOURCE, headers={}, body=dict(payload))
    return function(as_source, payload, event, asked)


def _order(call: Call, payload: Said, event: Said, asked: bool) -> Answer:
    heard = hear_order(call, payload, event, asked=asked)
    return Answer(_told(heard), headers={"X-OMS-Position": str(heard.position)} if heard.acted else {})


def _told(heard: Heard) -> dict[str, Any]:
    return {"acted": heard.acted, "order": heard.order or None, "declined": list(heard.declined)}


def _plan(call: Call, payload: Said, event: Said, _asked: bool) -> Answer:
    """Answered item by item, as the source waits for it; without a uuid it is known by its pk and when it is of."""
    modified = moment_of(payload, event).isoformat()
    uuid = event.get("uuid") or f"{payload.get('pk')}:{modified}"
    said = {"type": event.get("type", "cancellation_plan.updated"), "uuid": uuid}
    body = PLAN.load({"event": said, "payload": {**payload, "modified_date": modified}})
    return take_cancellation_plan(replace(call, body=body))


def _store(call: Call, payload: Said, event: Said, asked: bool) -> Answer:
    saved, acted = hear_store(call, payload, event, asked=asked)
    return Answer({"acted": acted, "stock_location": saved.id}, headers=saved.headers)


TAKEN: Mapping[str, Callable[[Call, Said, Said, bool], Answer]] = {
    "order.created": _order,
    "order.updated": _order,
    "cancellation_plan.created": _plan,
    "cancellation_plan.updated": _plan,
    "retail_store.created": _store,
    "retail_store.updated": _store,
}
"""Type of a message → what is done about it."""


def _why_not_trusted(call: Call) -> str | None:
    call.log.reference.refresh()
    said = value_of(call.log.reference, SETTING) or {}
    names = [row["secret_key"] for row in said.get("webhook_secrets") or ()]
    if not names:
        return f"No order source is known: {SETTING} has no webhook_secrets."
    return why_not(call.headers, call.raw, [_opened(call, name) for name in names], time.time())


_known: dict[str, str] = {}


def _opened(call: Call, name: str) -> str:
    """Read once a process: a name is made of its secret, so that what it stands for never changes."""
    if name not in _known:
        _known[name] = Secrets(call.log.listening, call.services.secret_key).read(name)
    return _known[name]
