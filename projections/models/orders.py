"""`orders`: what orders are filtered and sorted by. `order_states`: the folded orders, from which objects are shown."""

from datetime import datetime
from hashlib import sha256

import msgspec

from domain.order import Order
from projections.model import OfState, cut
from projections.objects.named_id import place_id
from projections.objects.person import Reveal
from projections.order_json import encode_order
from projections.order_state import state_of


class OrderRow(msgspec.Struct):
    """Places by id (places.py)."""

    id: int
    number: str
    state: int
    channel: int
    omnitron_id: str | None
    delivery_type: str
    retail_store: str | None
    cargo_company: int | None
    country: int | None
    city: int | None
    township: int | None
    unplanned: bool
    date_placed: datetime | None
    created: datetime | None
    modified: datetime | None
    version: int
    position: int


def _row(order: Order, _order: Order, position: int, _reveal: Reveal) -> list[OrderRow]:
    to = order.destination
    return [
        OrderRow(
            order.id,
            cut(order.number),
            state_of(order),
            order.channel,
            None if order.omnitron_id is None else str(order.omnitron_id),
            cut(order.delivery_type),
            cut(order.retail_store),
            order.cargo_company,
            place_id("country", to.country),
            place_id("city", to.country, to.city),
            place_id("township", to.country, to.city, to.township),
            bool(order.unplanned),
            order.date_placed,
            order.created,
            order.modified,
            order.version,
            position,
        )
    ]


ORDERS = OfState(
    "orders",
    OrderRow,
    "order",
    lambda order: {order.id: order},
    _row,
    counted=lambda order, _: (0, str(state_of(order).value)),
    indexes=(
        "(number)",
        "(state, id)",
        "(channel, id)",
        "(omnitron_id) where omnitron_id is not null",
        "(country, id)",
        "(city, id)",
        "(delivery_type, id)",
        "(retail_store, id) where retail_store is not null",
        "(township, id) where township is not null",
        "(date_placed, id)",
        "(created, id)",
        "(modified, id)",
        "(position)",
        "(id) where unplanned",
    ),
)


class StateRow(msgspec.Struct):
    """`state`: the folded order as JSON, personal values sealed inside."""

    id: int
    version: int
    state: msgspec.Raw


ORDER_STATES = OfState(
    "order_states",
    StateRow,
    "order",
    lambda order: {order.id: order},
    lambda order, _thing, _position, _reveal: [StateRow(order.id, order.version, msgspec.Raw(encode_order(order)))],
    revision=sha256(msgspec.json.encode(msgspec.json.schema(Order), order="sorted")).hexdigest()[:16],
    # Written with every event, read seldom: kept in the row as it is, compressing it would cost more than all the rest.
    settings="toast_tuple_target = 8160",
)
