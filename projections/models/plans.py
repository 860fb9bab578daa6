"""`plans`: what each planning decided (spec 7, order execution plan)."""

from datetime import datetime

import msgspec

from domain.order import Order, OrderPlanned
from eventlog.recorded import Recorded
from projections.model import OfEvents
from projections.objects.plan import plan_data


class PlanRow(msgspec.Struct):
    """`data`: projections.objects.plan.plan_data."""

    id: int
    order_id: int
    scenario: int
    created: datetime
    position: int
    data: msgspec.Raw


def _rows(event: Recorded, _before: Order | None, after: Order) -> list[PlanRow]:
    fact = event.fact
    if not isinstance(fact, OrderPlanned):
        return []
    return [
        PlanRow(fact.plan, fact.order, fact.scenario, event.at, event.position, msgspec.Raw(plan_data(after, fact)))
    ]


PLANS = OfEvents("plans", PlanRow, _rows, indexes=("(order_id)", "(scenario, id)", "(created)", "(position)"))
