"""Inventory discrepancies settled (spec 1.9, 3.2): closed, with what was counted on the shelf."""

from marshmallow import Schema, validate

from api.http.details import not_found
from api.http.input_schemas import Whole
from api.http.order_writing import write_order
from api.http.routes import COMMAND, OMS, OWN, Answer, Call, route
from api.http.whose import order_of
from domain.discrepancy import close
from domain.kernel import Facts, Given
from domain.order import Order
from projections.objects.discrepancy import discrepancy_object

MOST = 10**9


class CloseBody(Schema):
    """`counted`: pieces that are there; they become the known stock. Not given: nobody counted."""

    counted = Whole(allow_none=True, load_default=None, validate=validate.Range(0, MOST))


@route(
    "POST",
    f"{OMS}/inventory-discrepancies/<int:id>/close/",
    roles=COMMAND,
    tag="inventory-discrepancies",
    body=CloseBody(),
    answers="InventoryDiscrepancy",
    reach=OWN,
)
def close_discrepancy(call: Call, id: int) -> Answer:
    """Closes a discrepancy; what was counted is the stock that is known from then on."""
    order = order_of(call, "discrepancy", id)
    if order is None:
        raise not_found("inventory discrepancy", id)

    def seen(order: Order) -> bool:
        return id in order.discrepancies and call.caller.may_at(order.discrepancies[id].location)

    def decided(order: Order, _given: Given) -> Facts:
        if id not in order.discrepancies:
            raise not_found("inventory discrepancy", id)
        return close(order.discrepancies[id], call.body["counted"])

    wrote = write_order(call, order, decided, command="close-discrepancy", may=seen)
    found = wrote.order.discrepancies[id]
    headers = {"ETag": f'"{found.version}"', "X-OMS-Position": str(wrote.position)}
    return Answer(discrepancy_object(wrote.order, found, call.log.reference), 200, headers)
