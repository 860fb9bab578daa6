"""`order_items`: which order a line belongs to, by what the order source calls it."""

import msgspec

from domain.order import Order, OrderItem
from projections.model import OfState
from projections.objects.person import Reveal


class OrderItemRow(msgspec.Struct):
    """`omnitron_id` as text: it is another system's, however large."""

    id: int
    order_id: int
    omnitron_id: str | None


def _rows(order: Order, items: tuple[OrderItem, ...], _position: int, _reveal: Reveal) -> list[OrderItemRow]:
    return [
        OrderItemRow(item.id, order.id, None if item.omnitron_id is None else str(item.omnitron_id)) for item in items
    ]


ORDER_ITEMS = OfState(
    "order_items",
    OrderItemRow,
    "order",
    lambda order: {order.id: order.items},
    _rows,
    many=True,
    indexes=("(order_id)", "(omnitron_id, order_id) where omnitron_id is not null"),
)
