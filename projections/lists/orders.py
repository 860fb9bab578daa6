"""`orders/` and `order_items/` with their filters (spec 3.2)."""

from domain.states import OrderStatus
from projections.filters import (
    Filter,
    among,
    begins,
    customer,
    dates,
    digits,
    equal,
    keys,
    named,
    of_day,
    one_of,
    places,
    states,
    truth,
    word,
)
from projections.listing import List
from projections.lists.shown import objects

ORDERS = List(
    "orders",
    "orders",
    "t.id, t.id",
    {
        **keys(),
        **states("t.state", "order", OrderStatus),
        **dates("created_date", "t.created"),
        **dates("modified_date", "t.modified"),
        **places(),
        **dates("date_placed", "t.date_placed"),
        "date": of_day("t.date_placed"),
        "number": begins("t.number"),
        "omnitron_id": equal("t.omnitron_id", digits),
        "omnitron_id__in": one_of("t.omnitron_id", digits),
        "channel": equal("t.channel", named("channel")),
        "delivery_type": equal("t.delivery_type", word),
        "cargo_company": equal("t.cargo_company", named("cargo_company")),
        "retail_store__erp_code": equal("t.retail_store", word),
        "customer": among(
            "t.id", "order_customers", "order_id", "x.key = (select c.key from customers c where c.id = %s)"
        ),
        "customer_first_name": customer("first_name", "t.id"),
        "customer_last_name": customer("last_name", "t.id"),
        "customer_email": customer("email", "t.id"),
        "unplanned": Filter("t.unplanned = %s", truth),
    },
    objects("order"),
    scope="t.id in (select x.order_id from packages x where x.location = any(%s))",
    sorts={
        "id": "t.id",
        "created_date": "t.created",
        "modified_date": "t.modified",
        "date_placed": "t.date_placed",
        "number": "t.number",
    },
    counted="orders",
    by={
        "state": "state",
        "state__enum_value": "state",
        "state__enum_value__ne": "state",
        "state__enum_value__in": "state",
    },
)

ORDER_ITEMS = List(
    "order_items",
    "order_items",
    "t.id, t.order_id",
    {
        **keys(),
        "order": equal("t.order_id"),
        "order_number": among("t.order_id", "orders", "id", "x.number = %s", word),
        "omnitron_id": equal("t.omnitron_id", digits),
    },
    objects("order_item"),
    scope="t.order_id in (select x.order_id from packages x where x.location = any(%s))",
    counted="order_items",
    cursor=None,
)
