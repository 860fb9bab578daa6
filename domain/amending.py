"""An order that changes after it came in: status, address, notes, items, amounts; held lines let go (spec 1.6)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from domain.cancellation_plan import Asked
from domain.cancellations import answer_plan
from domain.changing import replace
from domain.kernel import Facts, Given, Refusal, fact, invalid
from domain.order import Destination, Order, OrderItem, evolve_order
from domain.order_lines import less, more
from domain.order_place import sought_again
from domain.personal import Personal
from domain.states import OrderStatus, PackageStatus

P = PackageStatus

# --- facts


class Amounts(NamedTuple):
    """The totals of an order."""

    amount: Decimal
    discount_amount: Decimal
    shipping_amount: Decimal


@fact("OrderStatusChanged", on="order", sentence="Its status became {status}.")
class OrderStatusChanged:
    order: int
    status: OrderStatus


@fact("OrderDetailsChanged", on="order", sentence="Changed: {changed}.")
class OrderDetailsChanged:
    """`changed` names the fields; `personal` is all that is personal, sealed anew."""

    order: int
    changed: tuple[str, ...]
    personal: Personal
    destination: Destination


@fact("OrderItemsAdded", on="order", sentence="Items were added.")
class OrderItemsAdded:
    """New lines; they wait to be planned."""

    order: int
    items: tuple[OrderItem, ...]


@fact("OrderItemsRaised", on="order", sentence="More pieces were asked for.")
class OrderItemsRaised:
    """`more` is (order item, pieces); they wait to be planned."""

    order: int
    more: tuple[tuple[int, int], ...]


@fact("OrderAmountsChanged", on="order", sentence="Its amount became {amounts.amount}.")
class OrderAmountsChanged:
    order: int
    amounts: Amounts


@fact("OrderHeldLinesReleased", on="order", sentence="Lines that were held wait to be planned.")
class OrderHeldLinesReleased:
    """`lines` is (order item, pieces)."""

    order: int
    lines: tuple[tuple[int, int], ...]


# --- evolve


@evolve_order.on(OrderStatusChanged)
def _status(order: Order, fact: OrderStatusChanged, _at: datetime) -> Order:
    return replace(order, status=fact.status)


@evolve_order.on(OrderDetailsChanged)
def _details(order: Order, fact: OrderDetailsChanged, _at: datetime) -> Order:
    return replace(order, personal=fact.personal, destination=fact.destination)


@evolve_order.on(OrderItemsAdded)
def _added(order: Order, fact: OrderItemsAdded, _at: datetime) -> Order:
    waiting = more(order.waiting, ((item.id, item.quantity) for item in fact.items))
    return replace(order, items=(*order.items, *fact.items), waiting=waiting)


@evolve_order.on(OrderItemsRaised)
def _raised(order: Order, fact: OrderItemsRaised, _at: datetime) -> Order:
    by = dict(fact.more)
    items = tuple(replace(item, quantity=item.quantity + by.get(item.id, 0)) for item in order.items)
    return replace(order, items=items, waiting=more(order.waiting, fact.more))


@evolve_order.on(OrderAmountsChanged)
def _amounts(order: Order, fact: OrderAmountsChanged, _at: datetime) -> Order:
    return replace(order, **fact.amounts._asdict())


@evolve_order.on(OrderHeldLinesReleased)
def _released(order: Order, fact: OrderHeldLinesReleased, _at: datetime) -> Order:
    return replace(order, held=less(order.held, fact.lines), waiting=more(order.waiting, fact.lines))


# --- decisions


@dataclass(frozen=True, slots=True)
class Details:
    """Personal values as they are to be, sealed; `changed` names the fields."""

    changed: tuple[str, ...]
    personal: Personal
    destination: Destination

    @property
    def moves(self) -> bool:
        return "shipping_address" in self.changed


@dataclass(frozen=True, slots=True)
class Amendment:
    """What an order is to be: `wanted` is (order item, pieces that are still wanted of it); `added` new lines. None, or
    nothing: as it is."""

    status: OrderStatus | None = None
    details: Details | None = None
    wanted: Mapping[int, int] | None = None
    added: tuple[OrderItem, ...] = ()
    amounts: Amounts | None = None


_FOLLOWED = frozenset(
    {P.waiting_cargo_label, P.packed, P.ready_for_pickup, P.shipped, P.attempted_delivery, P.delivery_failed}
) | {P.delivered}
"""States in which the address is on the parcel."""

_KEPT = frozenset(
    {
        OrderStatus.waiting,
        OrderStatus.payment_waiting,
        OrderStatus.confirmation_waiting,
        OrderStatus.approved,
        OrderStatus.inactive,
    }
)
"""States that an order with packages may be given; the others its packages tell."""


def wanted_of(order: Order, item: int) -> int:
    """Pieces of an order item that are wanted: neither cancelled, nor waiting for a decision on that."""
    line = next(line for line in order.items if line.id == item)
    asked = sum(
        package.cancelling.get(row.id, 0)
        for package in order.packages.values()
        for row in package.items
        if row.item == item
    )
    return line.quantity - order.cancelled.get(item, 0) - asked


def amend(order: Order, amendment: Amendment, given: Given, *, uuid: str, confirm: bool) -> Facts:
    """The facts of an amendment, none where all is so already. Fewer pieces are a cancellation plan under `uuid`; more
    pieces and new lines wait to be planned."""
    facts: Facts = []
    wanted = dict(amendment.wanted or {})
    status = amendment.status
    if status is OrderStatus.cancelled:
        wanted, status = {line.id: 0 for line in order.items}, None
    if status is not None and status not in (order.status, order.state):
        if order.packages and status not in _KEPT:
            raise invalid(status=f"{status.value} is told by the packages; it can be {_values(_KEPT)} or 100.")
        facts.append(OrderStatusChanged(order=order.id, status=status))
    if amendment.details is not None:
        facts += _new_details(order, amendment.details, given)
    raised, fewer = [], []
    for item, pieces in wanted.items():
        if (difference := pieces - wanted_of(order, item)) > 0:
            raised.append((item, difference))
        elif difference < 0:
            fewer.append(Asked(item, -difference, "the order was changed"))
    if raised:
        facts.append(OrderItemsRaised(order=order.id, more=tuple(raised)))
    if amendment.added:
        facts.append(OrderItemsAdded(order=order.id, items=amendment.added))
    if fewer:
        facts += answer_plan(order, "cancel", fewer, given, uuid=uuid, pk=None, confirm=confirm)
    if amendment.amounts is not None and amendment.amounts != amounts_of(order):
        facts.append(OrderAmountsChanged(order=order.id, amounts=amendment.amounts))
    return facts


def amounts_of(order: Order) -> Amounts:
    return Amounts(order.amount, order.discount_amount, order.shipping_amount)


def _new_details(order: Order, details: Details, given: Given) -> Facts:
    """The address follows into packages that are not packed; from there on it is on the parcel, and declined."""
    late = [p for p in order.packages.values() if p.standing in _FOLLOWED]
    if details.moves and late:
        names = ", ".join(f"{p.number} is {p.state.name} ({p.state.value})" for p in late)
        raise Refusal("state_conflict", f"The address stays: {names}.", state=str(late[0].state.value), allowed=[])
    changed = OrderDetailsChanged(
        order=order.id, changed=details.changed, personal=details.personal, destination=details.destination
    )
    return [changed, *(sought_again(order, details.destination, given.reference) if details.moves else ())]


def _values(states: Iterable[OrderStatus]) -> str:
    return ", ".join(str(state.value) for state in sorted(states))
