"""Changing an order after it came in, and letting go of what is held or was not to be planned (spec 1.6, 3.2)."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4, uuid5

from marshmallow import ValidationError, fields, post_load, validate

from api.http.cancellations import confirmed, results_of
from api.http.commands import KEYS
from api.http.errors import Failure
from api.http.input_schemas import BIG, Text, Whole
from api.http.intake import destination_of, item_of
from api.http.order_schema import MOST_ITEMS, AddressBody, ItemBody, Money, Open
from api.http.order_writing import write_order
from api.http.routes import COMMAND, OMS, WRITE, Answer, Call, route
from domain.amending import Amendment, Amounts, Details, amend
from domain.kernel import Facts, Given, Refusal
from domain.order import Order, OrderItem
from domain.order_decisions import request_plan
from domain.states import OrderStatus
from projections.objects import render


class AmendedItemBody(Open):
    """A line by `id`, else by `omnitron_id`; one that the order does not have is a new line, as at intake."""

    id = Whole(load_default=None, allow_none=True, validate=validate.Range(1, 2**53))
    omnitron_id = Whole(load_default=None, allow_none=True, validate=validate.Range(0, 2**53))
    sku = Text(load_default=None, allow_none=True, validate=validate.Length(1, 255))
    quantity = Whole(required=True, validate=validate.Range(0, BIG))

    @post_load(pass_original=True)
    def whole(self, data: dict[str, Any], original: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {**data, "said": original}


class AmendmentBody(Open):
    """What is not named stays. `quantity` is what is still wanted of a line; amounts are those that are told."""

    status = Text(validate=validate.OneOf([str(s.value) for s in OrderStatus]))
    shipping_address = fields.Nested(AddressBody)
    billing_address = fields.Nested(AddressBody, allow_none=True)
    notes = Text(validate=validate.Length(max=5000))
    items = fields.List(fields.Nested(AmendedItemBody), validate=validate.Length(0, MOST_ITEMS))
    amount = Money()
    discount_amount = Money()
    shipping_amount = Money()


PRIVATE = ("shipping_address", "billing_address", "notes")
NEW_ITEM = ItemBody()


@route("PATCH", f"{OMS}/orders/<int:id>/", roles=WRITE, tag="orders", body=AmendmentBody(), answers="Order")
def amend_order(call: Call, id: int) -> Answer:
    """Changes an order: fewer pieces are cancelled, more are planned, an address follows until it is packed."""
    key = call.headers.get("Idempotency-Key")
    uuid = uuid4().hex if key is None else uuid5(KEYS, f"amend:{call.caller.id}:{key}").hex

    def decided(order: Order, given: Given) -> Facts:
        amendment = amendment_of(call, order, given, call.body)
        return amend(order, amendment, given, uuid=uuid, confirm=confirmed(order, given))

    wrote = write_order(call, id, decided, command="amend-order")
    shown = render("order", id, wrote.order, call.log.reference, call.services.reveal) or {}
    plan = next((plan for plan in wrote.order.cancellation_plans if plan.uuid == uuid), None)
    cancelled = {} if plan is None else {"cancellation": {"results": results_of(plan)}}
    return Answer({**shown, **cancelled}, headers=wrote.headers)


@route("POST", f"{OMS}/orders/<int:id>/plan/", roles=COMMAND, tag="orders", status=204)
def plan_order(call: Call, id: int) -> Answer:
    """Asks for the order to be planned now; also one that came with `"plan": false`, and lines that are held."""
    wrote = write_order(call, id, lambda order, _given: request_plan(order), command="plan-order")
    return Answer(None, 204, wrote.headers)


def amendment_of(call: Call, order: Order, given: Given, said: Mapping[str, Any]) -> Amendment:
    """What a loaded AmendmentBody asks of an order."""
    wanted: dict[int, int] = {}
    added: list[OrderItem] = []
    for n, row in enumerate(said.get("items", ())):
        line = _line(order, row, n)
        if line is not None:
            wanted[line.id] = row["quantity"]
        elif row["quantity"]:
            added.append(_new_line(given, row, n))
    amounts = {name: said[name] for name in Amounts._fields if name in said}
    return Amendment(
        status=OrderStatus(int(said["status"])) if "status" in said else None,
        details=_details(call, order, said),
        wanted=wanted,
        added=tuple(added),
        amounts=Amounts(**{name: amounts.get(name, getattr(order, name)) for name in Amounts._fields}),
    )


def _line(order: Order, row: Mapping[str, Any], n: int) -> OrderItem | None:
    """The line a row is about; None for a new one. Refuses another SKU, and an id that the order does not have."""
    if row["id"] is not None:
        found = next((line for line in order.items if line.id == row["id"]), None)
        if found is None:
            known = [line.id for line in order.items]
            raise _wrong(n, "id", f"{row['id']} is not an item of {order.number}; it has {known}.")
    elif row["omnitron_id"] is not None:
        found = next((line for line in order.items if line.omnitron_id == row["omnitron_id"]), None)
    else:
        raise _wrong(n, "omnitron_id", "An item is named by `id` or `omnitron_id`.")
    if found is not None and row["sku"] not in (None, found.sku):
        raise _wrong(n, "sku", f"The SKU of a line stays; it is {found.sku}.")
    return found


def _new_line(given: Given, row: Mapping[str, Any], n: int) -> OrderItem:
    try:
        loaded = NEW_ITEM.load({name: value for name, value in row["said"].items() if value is not None})
    except ValidationError as wrong:
        raise ValidationError({"items": {n: wrong.normalized_messages()}}) from wrong
    return item_of(given.ids("order_item"), loaded)


def _details(call: Call, order: Order, said: Mapping[str, Any]) -> Details | None:
    """What is personal, sealed anew where it changes; 409 where the customer was forgotten."""
    if not any(name in said for name in PRIVATE):
        return None
    before = call.services.reveal(order.personal)
    if before is None:
        raise Failure(409, "conflict", f"The customer of {order.number} was forgotten.")
    changed = tuple(name for name in PRIVATE if name in said and said[name] != before.get(name))
    if not changed:
        return None
    moved = "shipping_address" in changed
    try:
        personal = call.services.keyring.seal(order.personal.key, {**before, **{name: said[name] for name in changed}})
    except KeyError as gone:
        raise Refusal("conflict", f"The customer of {order.number} was forgotten.") from gone
    where = destination_of(said["shipping_address"]) if moved else order.destination
    return Details(changed, personal, where)


def _wrong(n: int, field: str, text: str) -> ValidationError:
    return ValidationError({"items": {n: {field: [text]}}})
