"""C20 (spec 1.6): who ships without any integration ships what the order source agrees with, where one is connected."""

from typing import Any

from api.http.errors import Failure
from api.http.routes import Call
from api.http.source_shapes import order_body
from domain.amending import wanted_of
from domain.application_settings import value_of
from domain.kernel import Command, invalid
from domain.kinds import stream_of
from domain.order import Order
from domain.order_source import lines_of, source_of_line
from domain.states import OrderStatus
from integrations.order_source.asking import one
from integrations.order_source.connection import connected, source_of
from integrations.trouble import Declined, Unanswered

SLUG = "ship-without-shipment-integration"


def agree(call: Call, row: Command, order_id: int, package: int) -> None:
    """Asks the source for the order as it is there, before the decision. Refused where it wants less of a line than we
    have; 503 where it does not answer: nobody ships on guesses."""
    if row.slug != SLUG or connected(call.log.reference) is None:
        return
    order: Order = call.log.state(stream_of("order", order_id)).state
    found = order.packages.get(package)
    if order.omnitron_id is None or found is None or found.state not in row.source:
        return
    if not call.caller.may_at(found.location):
        return  # the decision says so, and nothing else
    wrong = _disagreement(order, package, _asked(call, order))
    if wrong:
        raise invalid(package_items=f"The order source does not agree: {'; '.join(wrong)}.")


def _asked(call: Call, order: Order) -> dict[str, Any] | None:
    try:
        found = one(call.services.desk, source_of(call.services.desk), "orders", str(order.omnitron_id))
    except Unanswered as silent:
        text = f"The order source does not answer, and must agree: {silent}. Try again."
        raise Failure(503, "order_source_silent", text, {"Retry-After": "5"}) from None
    except Declined as no:
        if no.status in (404, 410):
            return None
        text = f"The order source must agree: {no}."
        raise Failure(503, "order_source_silent", text, {"Retry-After": "60"}) from None
    return order_body(found, str(value_of(call.log.reference, "ORDER_ITEM_QUANTITY_KEY")))


def _disagreement(order: Order, package: int, there: dict[str, Any] | None) -> list[str]:
    """A sentence for each line of the package of which it wants less than we do."""
    if there is None:
        return [f"it has no order {order.number}"]
    if str(there.get("status")) == str(OrderStatus.cancelled.value):
        return [f"order {order.number} is cancelled there"]
    rows = there.get("items")
    wanted = {row.get("omnitron_id"): row.get("wanted") for row in rows or () if isinstance(row, dict)}
    wrong = []
    packed = {item.item for item in order.packages[package].items}
    for pk in dict.fromkeys(source_of_line(line) for line in order.items if line.id in packed):
        if pk is None:
            continue
        lines = lines_of(order, pk)
        said, ours = wanted.get(pk), sum(wanted_of(order, line.id) for line in lines)
        if not isinstance(said, int) or said < ours:
            wrong.append(f"of {lines[0].sku} it wants {said or 0}, not {ours}")
    return wrong
