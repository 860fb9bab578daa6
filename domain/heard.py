"""How new what is known of an order is, where its source is asked (spec 5; domain.order_source writes it)."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from domain.states import OrderStatus


class Withdrawn(NamedTuple):
    """`quantity` pieces of the order item `item` that a cancellation plan of the source took back at a time."""

    at: datetime
    item: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Heard:
    """The newest that was heard of an order from its source, as of `modified`. `status` and `said` (pieces by omnitron
    id) as they were said then: what is said again unchanged changes nothing. `withdrawn`: what its cancellation plans
    took back, which orders as they were before do not know yet. `told`: the states of its items as the source was told
    them last, as of the order's version `told_of`."""

    modified: datetime | None = None
    status: OrderStatus | None = None
    said: tuple[tuple[int, int], ...] = ()
    withdrawn: tuple[Withdrawn, ...] = ()
    told_of: int = 0
    told: tuple[tuple[int, OrderStatus], ...] = ()
