"""What is personal of an order, opened for a reader; nulls where the person was forgotten (spec 6.2)."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from domain.order import Order
from domain.personal import Personal
from projections.objects.named_id import named_id

Reveal = Callable[[Personal], Mapping[str, Any] | None]
"""Opens a sealed value; None when its key was destroyed."""

Warm = Callable[[Iterable[str]], None]
"""Fetches the keys of many customers at once, so that opening does not ask for each."""

_CUSTOMER = ("email", "first_name", "last_name", "phone_number")


def person(order: Order, reveal: Reveal) -> Mapping[str, Any]:
    """{customer, shipping_address, billing_address, notes, customer_id}; the id alone when forgotten."""
    return {**(reveal(order.personal) or {}), "customer_id": customer_id(order.personal)}


def customer_id(personal: Personal) -> int:
    """The same in all orders of a customer: made of the name of their key, which says nothing of them."""
    return customer_id_of(personal.key)


def customer_id_of(key: str) -> int:
    return named_id("customer", key)


def customer_object(of: Mapping[str, Any]) -> dict[str, Any]:
    """`{id, email, first_name, last_name, phone_number}`."""
    customer = of.get("customer") or {}
    return {"id": of.get("customer_id"), **{name: customer.get(name) for name in _CUSTOMER}}
