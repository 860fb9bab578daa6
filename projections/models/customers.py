"""`customers`: who ever ordered, by the order that told of them first, from which they are opened (spec 6.2)."""

from datetime import datetime

import msgspec

from domain.order import Order
from eventlog.recorded import Recorded
from projections.model import OfEvents
from projections.objects.person import customer_id


class CustomerRow(msgspec.Struct):
    """`key`: of the customer's key (domain.personal)."""

    id: int
    key: str
    order_id: int
    created: datetime


def _rows(event: Recorded, before: Order | None, after: Order) -> list[CustomerRow]:
    if before is not None:
        return []
    return [CustomerRow(customer_id(after.personal), after.personal.key, after.id, event.at)]


CUSTOMERS = OfEvents("customers", CustomerRow, _rows, once=True, indexes=("(key)", "(created)"))
