"""Order (spec 7), and its short form inside a package."""

from collections.abc import Mapping
from typing import Any

from domain.kernel import Reference
from domain.order import Order, item_states
from projections.objects.address import address_object
from projections.objects.order_item import order_item_object
from projections.objects.person import customer_object
from projections.objects.state import state_object
from projections.objects.wire import amount, moment

_BROUGHT = (
    "refund_amount",
    "has_gift_box",
    "gift_box_note",
    "language_code",
)
"""Fields of the contract that are told as the order brought them among its extra fields; else null."""


def channel_name(order: Order, reference: Reference) -> str | None:
    channel = reference.one("channel", order.channel)
    return None if channel is None else channel.name


def is_click_and_collect(order: Order) -> bool:
    return order.delivery_type == "store_pickup"


def order_object(order: Order, reference: Reference, of: Mapping[str, Any]) -> dict[str, Any]:
    """`of`: what is personal of it (person)."""
    state = order.state
    states = item_states(order)
    extra = order.extra
    return {
        "id": order.id,
        "omnitron_id": order.omnitron_id,
        "number": order.number,
        "state": state_object(state),
        "commands": [],
        "channel": order.channel,
        "channel_name": channel_name(order, reference),
        "customer": customer_object(of),
        "currency": order.currency,
        "amount": amount(order.amount),
        "discount_amount": amount(order.discount_amount),
        "shipping_amount": amount(order.shipping_amount),
        "payment_type": order.payment_type,
        "customer_type": order.customer_type,
        "cargo_company": order.cargo_company,
        "delivery_type": order.delivery_type,
        "retail_store": _retail_store(order, reference),
        "ship_complete": order.ship_complete,
        "delivery_range": order.delivery_range,
        "is_click_and_collect": is_click_and_collect(order),
        "shipping_address": address_object(of.get("shipping_address")),
        "billing_address": address_object(of.get("billing_address")),
        "notes": of.get("notes"),
        **{name: extra.get(name) for name in _BROUGHT},
        **_invoice(order),
        "tracking_number": next((s.awb_number for s in order.shipments.values() if s.awb_number), None),
        "extra_field": extra,
        "date_placed": moment(order.date_placed),
        "unplanned": list(order.unplanned),
        "orderitem_set": [order_item_object(order, item, states[item.id]) for item in order.items],
        "package_set": list(order.packages),
        "created_date": moment(order.created),
        "modified_date": moment(order.modified),
    }


def _invoice(order: Order) -> dict[str, Any]:
    """Of its newest package that has an invoice; else as the order brought it along."""
    invoices = [p.invoice for p in order.packages.values() if p.invoice is not None and p.invoice.number]
    last = invoices[-1] if invoices else None
    return {
        "invoice_number": last.number if last else order.extra.get("invoice_number"),
        "invoice_date": last.date if last else order.extra.get("invoice_date"),
    }


def order_short(order: Order, reference: Reference, of: Mapping[str, Any]) -> dict[str, Any]:
    """Whose package it is and where it goes."""
    return {
        "id": order.id,
        "omnitron_id": order.omnitron_id,
        "number": order.number,
        "state": state_object(order.state),
        "channel": order.channel,
        "channel_name": channel_name(order, reference),
        "customer": customer_object(of),
        "shipping_address": address_object(of.get("shipping_address")),
        "delivery_type": order.delivery_type,
        "is_click_and_collect": is_click_and_collect(order),
        "retail_store": _retail_store(order, reference),
        "date_placed": moment(order.date_placed),
    }


def _retail_store(order: Order, reference: Reference) -> dict[str, Any] | None:
    if order.retail_store is None:
        return None
    store = reference.find("location", order.retail_store)
    return {"erp_code": order.retail_store, "name": None if store is None else store.profile.name}
