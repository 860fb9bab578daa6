"""What an order's source said of it, and as of when: older news never overwrites newer (spec 5, Order source)."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from domain.cancellations import DONE_BEFORE
from domain.cancelling import CancellationPlanAnswered
from domain.heard import Heard, Withdrawn
from domain.kernel import fact
from domain.order import Order, evolve_order
from domain.states import OrderStatus

# --- facts


@fact("OrderHeardFromSource", on="order", sentence="Its source told of it as of {modified}.")
class OrderHeardFromSource:
    """`status`, `said`: the state and the pieces by omnitron id, as they were said. `declined`: what was said and could
    not be done, a sentence each. `extra`: fields that are not known, as they came this time; None where they are as
    they were."""

    order: int
    modified: datetime
    status: OrderStatus
    said: tuple[tuple[int, int], ...]
    declined: tuple[str, ...] = ()
    extra: Mapping[str, Any] | None = None


@fact("OrderPlanHeardFromSource", on="order", sentence="Its source's cancellation plan {uuid} is of {modified}.")
class OrderPlanHeardFromSource:
    """Written with the answer of the plan `uuid`: as of when it was said, the pieces per order item that it took."""

    order: int
    uuid: str
    modified: datetime
    taken: tuple[tuple[int, int], ...] = ()


# --- evolve


@evolve_order.on(OrderHeardFromSource)
def _heard(order: Order, fact: OrderHeardFromSource, _at: datetime) -> Order:
    withdrawn = tuple(row for row in order.heard.withdrawn if row.at > fact.modified)
    extra = order.extra if fact.extra is None else fact.extra
    return replace(order, heard=Heard(fact.modified, fact.status, fact.said, withdrawn), extra=extra)


@evolve_order.on(OrderPlanHeardFromSource)
def _plan_heard(order: Order, fact: OrderPlanHeardFromSource, _at: datetime) -> Order:
    rows = tuple(Withdrawn(fact.modified, item, quantity) for item, quantity in fact.taken)
    return replace(order, heard=replace(order.heard, withdrawn=(*order.heard.withdrawn, *rows)))


# --- decisions


def heard_with(answered: CancellationPlanAnswered, modified: datetime) -> OrderPlanHeardFromSource:
    """What is written beside the answer of a plan of the source that is of `modified`."""
    taken: Counter[int] = Counter()
    if answered.plan_type == "cancel":
        for row in answered.answered:
            if row.accepted and row.reason != DONE_BEFORE:
                taken[row.item] += row.quantity
    return OrderPlanHeardFromSource(
        order=answered.order, uuid=answered.uuid, modified=modified, taken=tuple(taken.items())
    )


# --- asked of it


def is_news(order: Order, modified: datetime, *, asked: bool = False) -> bool:
    """Whether the order as it was at `modified` is newer than what was heard of it before. One that was `asked` for is
    the source's newest, so it may be as old as that: two changes can have the same time there."""
    heard = order.heard.modified
    return heard is None or modified > heard or (asked and modified == heard)


def withdrawn_since(order: Order, item: int, modified: datetime) -> int:
    """Pieces of an item that were taken back by plans later than `modified`."""
    return sum(row.quantity for row in order.heard.withdrawn if row.item == item and row.at > modified)
