"""`order-stock-info/`: what was there of each item of an order when it was planned last (spec 3.2, 7)."""

from typing import Any

from api.explain_tools import explained
from api.http.errors import WrongInput
from api.http.paging import NEWEST_FIRST, asked_of, page_of
from api.http.routes import OMS, READ, Answer, Call, route
from domain.kinds import stream_of
from projections import queries
from projections.objects.plan import stock_seen

FILTERS = {
    "order_number": "The number of the order; it must be given.",
    "erp_code": "Only at this location; else at all that the plan looked at.",
}


@route(
    "GET",
    f"{OMS}/order-stock-info/",
    roles=READ,
    tag="orders",
    query={**NEWEST_FIRST, **FILTERS},
    answers="[StockWhenPlanned]",
)
def stock_when_planned(call: Call) -> Answer:
    """Stock, reservations and what was available of each item, as seen when the order was planned last."""
    asked = asked_of(call)
    for name in asked.filters:
        if name not in FILTERS:
            raise WrongInput(**{name: [f"There is no filter {name}; known are {', '.join(FILTERS)}."]})
    if asked.sort is not None:
        raise WrongInput(sort=["It cannot be sorted."])
    number = asked.filters.get("order_number", "")
    if number == "":
        raise WrongInput(order_number=["Missing data for required field."])
    rows = [row for id in _orders(call, number) for row in _rows(call, id, asked.filters.get("erp_code", ""))]
    start = (asked.page - 1) * asked.limit
    return page_of(asked, rows[start : start + asked.limit], len(rows))


def _orders(call: Call, number: str) -> list[int]:
    """Ids of the orders of this number, one a channel, that the caller may see."""
    locations = call.caller.locations
    scope = None if locations is None else sorted(locations)
    with call.reads.connection() as connection:
        page = queries.select(connection, "orders", {"number": number}, call.log.reference, scope=scope, limit=100)
    orders = [call.log.state(stream_of("order", row[0])).state for row in page.rows]
    return [order.id for order in orders if order.number == number]


def _rows(call: Call, id: int, code: str) -> list[dict[str, Any]]:
    """By item and location; none where the order has no plan whose inputs are still kept."""
    seen = explained(call.log, id)
    order = call.log.state(stream_of("order", id)).state
    if seen is None:
        return []
    stock = stock_seen(seen)
    return [
        {
            "date": seen["asked_at"],
            "erp_code": at,
            "order_item": {
                "pk": item.id,
                "sku": item.sku,
                "omnitron_id": item.omnitron_id,
                "order_number": order.number,
            },
            "stock_data": {"unit_type": "quantity", **level},
        }
        for item in order.items
        for at, level in stock.get(item.sku, {}).items()
        if code in ("", at)
    ]
