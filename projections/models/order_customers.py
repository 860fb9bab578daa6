"""`order_customers`: the one read model with plain personal values, for searching orders by their customer (spec 6.2).

Forgetting a customer empties their rows; building it anew after that gives the same, because the key is gone."""

from collections.abc import Iterable
from typing import Any

import msgspec
import psycopg

from domain.order import Order
from domain.personal import Personal
from projections.model import OfState, cut
from projections.objects.person import Reveal, customer_object


class CustomerRow(msgspec.Struct):
    """`key`: of the customer's key (domain.personal). The texts are in lower case, as they are searched."""

    order_id: int
    key: str
    first_name: str | None
    last_name: str | None
    email: str | None


def _rows(order: Order, personal: Personal, _position: int, reveal: Reveal) -> list[CustomerRow]:
    customer = customer_object(reveal(personal) or {})
    return [
        CustomerRow(order.id, personal.key, *(_searched(customer[n]) for n in ("first_name", "last_name", "email")))
    ]


def _searched(value: Any) -> str | None:
    """What people typed, in lower case, as a column can hold it."""
    return None if value is None else cut(str(value).lower().replace("\0", ""))


ORDER_CUSTOMERS = OfState(
    "order_customers",
    CustomerRow,
    "order",
    lambda order: {order.id: order.personal},
    _rows,
    indexes=(
        "(key)",
        "(first_name, order_id)",
        "(last_name, order_id)",
        "(email, order_id)",
    ),
)

FORGET = "update {} set first_name = null, last_name = null, email = null where key = any(%s)"


def forget(connection: psycopg.Connection[Any], keys: Iterable[str], table: str = ORDER_CUSTOMERS.name) -> int:
    """Empties the rows of customers whose keys were destroyed; gives how many there were."""
    return connection.execute(FORGET.format(table).encode(), (list(keys),)).rowcount
