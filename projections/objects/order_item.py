"""Order item (spec 7)."""

from typing import Any

from domain.order import Order, OrderItem
from domain.states import OrderStatus
from projections.objects.product import product_object
from projections.objects.state import state_object
from projections.objects.wire import amount, moment

_BROUGHT = (
    "net_amount",
    "retail_price",
    "tax_amount",
    "without_net_amount",
    "installment_interest_amount",
    "image",
    "price_list",
    "stock_list",
    "parent_omnitron_id",
)
"""Fields of the contract that are told as the order brought them among its extra fields; else null."""


def order_item_object(order: Order, item: OrderItem, state: OrderStatus) -> dict[str, Any]:
    """`state`: by its packages (domain.order.item_states)."""
    extra = item.extra
    return {
        "id": item.id,
        "omnitron_id": item.omnitron_id,
        "order": order.id,
        "state": state_object(state, "orderitem"),
        "commands": [],
        "product": product_object(item),
        "quantity": item.quantity,
        "price": amount(item.price),
        "price_currency": order.currency,
        "tax_rate": amount(item.tax_rate),
        "discount_amount": amount(item.discount_amount),
        **{name: extra.get(name) for name in _BROUGHT},
        "attributes": item.attributes,
        "attributes_kwargs": extra.get("attributes_kwargs") or {},
        "extra_field": extra,
        "created_date": moment(order.created),
        "modified_date": moment(order.modified),
        "waiting_quantity": order.waiting.get(item.id, 0),
        "held_quantity": order.held.get(item.id, 0),
        "cancelled_quantity": order.cancelled.get(item.id, 0),
    }
