"""An order's own state is worked out from its packages: once for each state of the order, however many rows ask, and
not at all after what cannot move it."""

from typing import Any

from domain.order import Order
from domain.states import OrderStatus, item_status_in

KEPT = 10_000
_known: dict[int, tuple[Order, OrderStatus]] = {}


def state_of(order: Order) -> OrderStatus:
    """`order.state`, remembered for this very object."""
    known = _known.get(id(order))
    if known is not None and known[0] is order:
        return known[1]
    return _remember(order, order.state)


def moved(fact: Any, before: Order, after: Order) -> tuple[OrderStatus, OrderStatus]:
    """The order's states around a fact."""
    was = state_of(before)
    known = _known.get(id(after))
    if known is not None and known[0] is after:
        return was, known[1]
    return was, _remember(after, after.state if _may_move(fact, before, after) else was)


def _remember(order: Order, state: OrderStatus) -> OrderStatus:
    if len(_known) >= KEPT:
        _known.clear()
    _known[id(order)] = order, state
    return state


def _may_move(fact: Any, before: Order, after: Order) -> bool:
    """Most facts leave alone what the state depends on."""
    if before.waiting is not after.waiting or before.held is not after.held:
        return True
    if before.cancelled is not after.cancelled or before.status is not after.status:
        return True
    if before.items is not after.items:
        return True
    if before.packages is after.packages:
        return False
    id = getattr(fact, "package", None)
    old, new = (None, None) if id is None else (before.packages.get(id), after.packages.get(id))
    if old is None or new is None:
        return True
    return item_status_in(old.state) is not item_status_in(new.state) or (old.items is not new.items)
