"""What is asked of an order as a whole: that it is taken in, that it is planned now."""

from domain.amending import OrderHeldLinesReleased
from domain.changing import replace
from domain.kernel import Facts, Refusal
from domain.order import Order, OrderPlanRequested, OrderReceived, needs_planning
from domain.order_lines import more
from domain.states import OrderStatus


def receive(order: Order | None, received: OrderReceived) -> Facts:
    """An order comes in. Its number is claimed per channel by the caller; the same again gives no facts."""
    if order is not None:
        return []
    if not received.items:
        raise Refusal("invalid", "An order has at least one item.", fields={"items": ["At least one item."]})
    return [received]


def request_plan(order: Order) -> Facts:
    """Plan it now (`orders/{id}/plan/`): lets go of `"plan": false` and of held lines, and tries again what waits."""
    if (now := order.status) is not OrderStatus.approved:
        why = f"Order {order.number} is {now.name} ({now.value}); it is planned when approved (400)."
        raise Refusal("state_conflict", why, state=str(now.value), allowed=[])
    held = tuple(order.held.items())
    facts: Facts = [OrderHeldLinesReleased(order=order.id, lines=held)] if held else []
    if needs_planning(replace(order, to_plan=True, waiting=more(order.waiting, held))):
        facts.append(OrderPlanRequested(order=order.id))
    return facts
