"""Cancelling pieces of an order: as a cancellation plan of the order source, or item by item (spec 3.2, 5, 7)."""

import hashlib
import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4, uuid5

from marshmallow import ValidationError, fields, post_load, validate

from api.http.commands import KEYS
from api.http.errors import Failure
from api.http.input_schemas import BIG, Text, Whole
from api.http.order_schema import MOST_ITEMS, Open, text
from api.http.order_writing import write_order
from api.http.routes import OMS, WRITE, Answer, Call, route
from domain.amending import wanted_of
from domain.application_settings import value_of
from domain.cancellation_plan import Asked, CancellationPlan
from domain.cancellations import DONE_BEFORE, answer_plan, answered_before
from domain.kernel import Facts, Given
from domain.kinds import stream_of
from domain.order import Order
from domain.order_source import heard_with
from eventlog.recorded import Claim, ClaimTaken

ANSWERS = "CancellationAnswers"


class CancelledItemBody(Open):
    order_item = Whole(required=True, validate=validate.Range(0, 2**53))
    quantity = Whole(required=True, validate=validate.Range(1, BIG))
    reason = text(1000)


class CancelBody(Open):
    """`order_item` is the id of an order item, else its omnitron id."""

    items = fields.List(fields.Nested(CancelledItemBody), required=True, validate=validate.Length(1, MOST_ITEMS))


class PlanEventBody(Open):
    type = Text(
        load_default="cancellation_plan.created",
        validate=validate.OneOf(["cancellation_plan.created", "cancellation_plan.updated"]),
    )
    uuid = Text(required=True, validate=validate.Length(1, 255))


class PlannedOrderBody(Open):
    pk = Text(load_default=None, allow_none=True, validate=validate.Length(max=255))
    number = Text(load_default=None, allow_none=True, validate=validate.Length(max=100))
    channel = fields.Raw(load_default=None, allow_none=True)

    @post_load
    def one_of_them(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        if not data["number"] and not data["pk"]:
            raise ValidationError({"number": ["Missing data for required field."]})
        return data


class PlanPayloadBody(CancelBody):
    """`order_item` is the omnitron id of an order item."""

    pk = Text(load_default=None, allow_none=True, validate=validate.Length(max=255))
    plan_type = Text(load_default="cancel", validate=validate.OneOf(["cancel", "refund"]))
    order = fields.Nested(PlannedOrderBody, required=True)
    modified_date = fields.AwareDateTime(format="iso", default_timezone=UTC, load_default=None, allow_none=True)
    created_date = fields.AwareDateTime(format="iso", default_timezone=UTC, load_default=None, allow_none=True)


class CancellationPlanBody(Open):
    event = fields.Nested(PlanEventBody, required=True)
    payload = fields.Nested(PlanPayloadBody, required=True)


@route("POST", f"{OMS}/cancellation_plan/", roles=WRITE, tag="orders", body=CancellationPlanBody(), answers=ANSWERS)
def take_cancellation_plan(call: Call) -> Answer:
    """Answers a cancellation or refund plan, item by item; the same plan again gets the same answer."""
    uuid, said = call.body["event"]["uuid"], call.body["payload"]
    of = said["modified_date"] or said["created_date"]
    pk = said["pk"] or f"same:{_digest(said)}"
    claim = f"cancellation_plan:{uuid}"
    for _ in range(2):
        if (found := call.log.claim(claim)) is not None:  # answered before, perhaps for an order of another name
            order: Order = call.log.state(stream_of("order", int(found.answer or b"0"))).state
            return _answered(next(plan for plan in order.cancellation_plans if plan.uuid == uuid))
        id = _order_of(call, said["order"])
        try:
            return _answer(call, id, uuid, pk, said["plan_type"], claim, of)
        except ClaimTaken as taken:
            if taken.key != claim:
                raise
    raise Failure(503, "busy", "This plan is being answered; try again.", {"Retry-After": "1"})


@route("POST", f"{OMS}/orders/<int:id>/cancel/", roles=WRITE, tag="orders", body=CancelBody(), answers=ANSWERS)
def cancel_items(call: Call, id: int) -> Answer:
    """Cancels pieces of an order; answered item by item, as a cancellation plan."""
    key = call.headers.get("Idempotency-Key")
    uuid = uuid4().hex if key is None else uuid5(KEYS, f"cancel:{call.caller.id}:{key}").hex
    return _answer(call, id, uuid, None, "cancel", None)


def _answer(
    call: Call,
    id: int,
    uuid: str,
    pk: str | None,
    plan_type: Any,
    claim: str | None,
    of: datetime | None = None,
) -> Answer:
    """`of`: as of when the source said it, where it says so."""
    by_omnitron_id = claim is not None
    rows = (call.body["payload"] if by_omnitron_id else call.body)["items"]

    def decided(order: Order, given: Given) -> Facts:
        asked = _asked(order, rows, by_omnitron_id, pk)
        confirm = confirmed(order, given)
        facts = answer_plan(order, plan_type, asked, given, uuid=uuid, pk=pk, confirm=confirm)
        return [*facts, heard_with(facts[-1], of)] if facts and of is not None else facts

    claims = (Claim(claim, answer=str(id).encode(), forever=True),) if claim is not None else ()
    wrote = write_order(call, id, decided, command=f"{plan_type}-items", claims=claims)
    plan = answered_before(wrote.order, uuid, pk, plan_type, _asked(wrote.order, rows, by_omnitron_id, pk))
    if plan is None:
        raise Failure(500, "internal_error", "The plan was answered and its answer is not there.")
    return _answered(plan, wrote.headers)


def _asked(order: Order, rows: list[dict[str, Any]], by_omnitron_id: bool, pk: str | None) -> tuple[Asked, ...]:
    """Our ids of what a plan names by omnitron id, where the order has such, and `cancel/` by either. What the plan
    `pk` took before counts as still there, so that the same plan asks the same of the parts of an item."""
    taken: Counter[int] = Counter()
    for plan in order.cancellation_plans:
        if pk is not None and plan.pk == pk:
            for answered in plan.answered:
                taken[answered.item] += answered.quantity * (answered.accepted and answered.reason != DONE_BEFORE)
    ids = {line.id: line.id for line in order.items}
    omnitron = {line.omnitron_id: line.id for line in order.items if line.omnitron_id is not None}
    known = (omnitron or ids) if by_omnitron_id else {**omnitron, **ids}
    asked: list[Asked] = []
    for row in rows:
        named, left = row["order_item"], row["quantity"]
        first = known.get(named, 0)
        parts = _parts_of(order, first, named)
        for part in parts:
            if (pieces := min(left, wanted_of(order, part) + taken[part])) > 0:
                asked.append(Asked(part, pieces, row["reason"], named))
                left -= pieces
        if left or not parts:
            asked.append(Asked(first, left, row["reason"], named))
    return tuple(asked)


def _parts_of(order: Order, item: int, omnitron_id: int) -> list[int]:
    """Of an item that was split, the parts that its name still stands for; none of one that was not."""
    unnamed = (line for line in order.items if line.omnitron_id is None)
    parts = [line.id for line in unnamed if line.extra.get("parent_omnitron_id") == omnitron_id]
    named = any(line.id == item and line.omnitron_id == omnitron_id for line in order.items)
    return [item, *parts] if parts and named else []


def confirmed(order: Order, given: Given) -> bool:
    """A5: whether a person decides: as the order's channel says, else the installation."""
    channel = given.reference.one("channel", order.channel)
    said = None if channel is None else channel.conf.get("confirm_cancellation")
    return bool(value_of(given.reference, "CONFIRM_CANCELLATION") if said is None else said)


def _order_of(call: Call, said: dict[str, Any]) -> int:
    """The order that a plan is about: by channel and number; by number alone where that is one order's."""
    channels = list(call.log.reference.all("channel"))
    named = [c for c in channels if said["channel"] in (c.id, str(c.id), c.slug, c.name)]
    found = []
    for channel in named or channels:
        claim = call.log.claim(f"order:{channel.id}:{said['number']}") if said["number"] else None
        if claim is not None:
            found.append(int(claim.answer or b"0"))
    if len(found) > 1:
        states = {id: call.log.state(stream_of("order", id)).state for id in found}
        found = [id for id, order in states.items() if str(order.omnitron_id) == said["pk"]] or found
    if not found:
        raise Failure(404, "not_found", f"There is no order {said['number'] or said['pk']}.")
    if len(found) > 1:
        raise ValidationError({"payload": {"order": {"channel": [f"{said['number']} is an order of several."]}}})
    return found[0]


def _digest(said: dict[str, Any]) -> str:
    """Of a plan without an id: the same content is the same plan."""
    content = {name: value for name, value in said.items() if name not in ("modified_date", "created_date")}
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()


def results_of(plan: CancellationPlan) -> list[dict[str, Any]]:
    """The answer of a plan, a row for each place where pieces were."""
    return [
        {
            "order_item": row.item if row.named is None else row.named,
            "accepted": row.accepted,
            "package": row.package,
            "reason": row.reason or None,
            "quantity": row.quantity,
        }
        for row in plan.answered
    ]


def _answered(plan: CancellationPlan, headers: dict[str, str] | None = None) -> Answer:
    return Answer({"results": results_of(plan)}, headers=headers or {})
