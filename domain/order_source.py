"""What an order's source said of it, and as of when: older news never overwrites newer (spec 5, Order source)."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from domain.cancellations import DONE_BEFORE
from domain.cancelling import CancellationPlanAnswered
from domain.changing import replace
from domain.heard import Withdrawn
from domain.kernel import Facts, fact
from domain.order import Order, OrderItem, evolve_order
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


@fact("OrderStatesTold", on="order", sentence="Its source was told the states of its items.")
class OrderStatesTold:
    """`states` is (order item, state), as they were right after the order's version `of`."""

    order: int
    of: int
    states: tuple[tuple[int, OrderStatus], ...]


# --- evolve


@evolve_order.on(OrderHeardFromSource)
def _heard(order: Order, fact: OrderHeardFromSource, _at: datetime) -> Order:
    withdrawn = tuple(row for row in order.heard.withdrawn if row.at > fact.modified)
    extra = order.extra if fact.extra is None else fact.extra
    heard = replace(order.heard, modified=fact.modified, status=fact.status, said=fact.said, withdrawn=withdrawn)
    return replace(order, heard=heard, extra=extra)


@evolve_order.on(OrderPlanHeardFromSource)
def _plan_heard(order: Order, fact: OrderPlanHeardFromSource, _at: datetime) -> Order:
    rows = tuple(Withdrawn(fact.modified, item, quantity) for item, quantity in fact.taken)
    return replace(order, heard=replace(order.heard, withdrawn=(*order.heard.withdrawn, *rows)))


@evolve_order.on(OrderStatesTold)
def _told(order: Order, fact: OrderStatesTold, _at: datetime) -> Order:
    return replace(order, heard=replace(order.heard, told_of=fact.of, told=fact.states))


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


def told(order: Order | None, of: int, states: tuple[tuple[int, OrderStatus], ...]) -> Facts:
    """The source has taken the states as of a version; nothing where it was told newer ones meanwhile."""
    if order is None or order.heard.told_of >= of:
        return []
    return [OrderStatesTold(order=order.id, of=of, states=states)]


# --- asked of it


def source_of_line(line: OrderItem) -> int | None:
    """What the source calls a line; a part that it has no name for is still its item (domain.splitting)."""
    parent = line.extra.get("parent_omnitron_id")
    return line.omnitron_id if line.omnitron_id is not None or not isinstance(parent, int) else parent


def lines_of(order: Order, pk: int) -> list[OrderItem]:
    """The lines that are one item of the source, the one that bears its name first."""
    found = [line for line in order.items if source_of_line(line) == pk]
    return sorted(found, key=lambda line: line.omnitron_id is None)


def is_news(order: Order, modified: datetime, *, asked: bool = False) -> bool:
    """Whether the order as it was at `modified` is newer than what was heard of it before. One that was `asked` for is
    the source's newest, so it may be as old as that: two changes can have the same time there."""
    heard = order.heard.modified
    return heard is None or modified > heard or (asked and modified == heard)


def withdrawn_since(order: Order, item: int, modified: datetime) -> int:
    """Pieces of an item that were taken back by plans later than `modified`."""
    return sum(row.quantity for row in order.heard.withdrawn if row.item == item and row.at > modified)
