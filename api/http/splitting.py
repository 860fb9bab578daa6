"""Splitting a merged order item into parts (spec 3.2): for a channel that sells by the piece, or a split shipment."""

from typing import Any

from marshmallow import ValidationError, fields, validate

from api.http.input_schemas import BIG, Whole
from api.http.order_schema import Open
from api.http.order_writing import write_order
from api.http.routes import OMS, WRITE, Answer, Call, route
from domain.kernel import Facts, Given
from domain.order import Order
from domain.splitting import Part, split
from projections.objects import render

MOST_PARTS = 1000


class PartField(fields.Field[Part]):
    """Pieces, or `{quantity, omnitron_id}`."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Part:
        said = PART.load({"quantity": value} if not isinstance(value, dict) else value)
        return Part(said["quantity"], said["omnitron_id"])


class PartBody(Open):
    quantity = Whole(required=True, validate=validate.Range(1, BIG))
    omnitron_id = Whole(load_default=None, allow_none=True, validate=validate.Range(1, 2**53))


PART = PartBody()


class SplitBody(Open):
    """`order_item` is the id of an order item, else its omnitron id; without `parts` each piece becomes one."""

    order_item = Whole(required=True, validate=validate.Range(0, 2**53))
    parts = fields.List(PartField(), load_default=list, validate=validate.Length(max=MOST_PARTS))


@route("POST", f"{OMS}/orders/<int:id>/split-item/", roles=WRITE, tag="orders", body=SplitBody(), answers="Order")
def split_item(call: Call, id: int) -> Answer:
    """Splits a merged order item of n pieces into parts: amounts divided to the cent, its packages follow."""

    def decided(order: Order, given: Given) -> Facts:
        item = _item(order, call.body["order_item"])
        _free(order, call.body["parts"])
        return split(order, item, call.body["parts"], given)

    wrote = write_order(call, id, decided, command="split-item")
    return Answer(render("order", id, wrote.order, call.log.reference, call.services.reveal), headers=wrote.headers)


def _item(order: Order, said: int) -> int:
    if any(line.id == said for line in order.items):
        return said
    return next((line.id for line in order.items if line.omnitron_id == said), said)


def _free(order: Order, parts: list[Part]) -> None:
    """A name of a part is no other line's."""
    taken = {line.omnitron_id for line in order.items}
    for n, part in enumerate(parts):
        if part.omnitron_id is not None and part.omnitron_id in taken:
            raise ValidationError({"parts": {n: {"omnitron_id": [f"{part.omnitron_id} is another item's."]}}})
        taken.add(part.omnitron_id)
