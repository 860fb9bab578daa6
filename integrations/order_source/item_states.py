"""The states of an order's items told to its source, in order per order (spec 1.5, 5).

Where `sync_remote_order_status` is on for a command, each of its events that changes the state of an item queues a call
with the states of all items right after it. What no command does (a carrier's report, a cancellation) is told as the
command that does the same. What the source itself asked for it knows from our answer.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from domain import declared
from domain.cancelling import OrderLinesCancelled, PackageItemsCancelled
from domain.kernel import COMMANDS, FACTS, Command, info
from domain.order import Order, item_states
from domain.order_source import source_of_line, told
from domain.package import PackageShipped
from domain.shipment import ShipmentStatusUpdated
from domain.states import OrderStatus, least_advanced
from domain.transition_settings import calls_of
from eventlog.recorded import Recorded
from integrations.desk import Desk
from integrations.kinds import CallKind, Caused, Seen, Work, declare
from integrations.order_source.connection import NAME, connected, is_seller_center, source_of
from integrations.outside import posting
from integrations.trouble import Moot

SWITCH = "sync_remote_order_status"
ASKED_BY = "order-source"
"""The actor of what the source asked for (api.http.source_events)."""

_AS: Mapping[type[Any], str] = {
    PackageShipped: "update-shipment-status",
    ShipmentStatusUpdated: "update-shipment-status",
    PackageItemsCancelled: "cancel-package",
    OrderLinesCancelled: "cancel-package",
}
"""What is done without a command → the command by whose setting it is told."""


def _causes(seen: Seen) -> Iterator[Caused]:
    settings = connected(seen.reference)
    if settings is None or is_seller_center(settings) or seen.event.actor == ASKED_BY or not _is_told(seen):
        return
    order = seen.order
    if order.omnitron_id is not None and item_states(order) != item_states(seen.before):
        yield Caused(f"order-{order.id}", f"{NAME}:order-{order.id}", NAME)


def _is_told(seen: Seen) -> bool:
    command = _command(seen.event)
    if command is None:
        return False
    own = None
    if command.slug == "channel-based-complete-packaging-without-shipment":
        channel = seen.reference.one("channel", seen.order.channel)
        own = {} if channel is None else channel.settings
    return bool(calls_of(seen.reference, command, own)[SWITCH])


def _command(event: Recorded) -> Command | None:
    found = COMMANDS.get(("package", event.command)) or COMMANDS.get(("transfer", event.command))
    return found or COMMANDS.get(("package", _AS.get(type(event.fact), "")))


def _run(work: Work, desk: Desk) -> str:
    order, now = desk.then(work), desk.order(work)
    if now.heard.told_of >= order.version:
        raise Moot("the source was told newer states meanwhile")
    states = tuple(item_states(order).items())
    source = source_of(desk)
    system, url = source.endpoint("orders", f"{order.omnitron_id}/item_states/")
    ask = posting(
        url,
        "item states",
        message_of(str(work.key), work.position, order, dict(states)),
        str(work.key),
        lane=work.subject,
        call=work.id,
        may_send=work.may_send,
    )
    desk.call(system, ask, lambda said: said.json())
    desk.decide(work, lambda state, _: told(state, order.version, states), command="tell-item-states")
    return f"told of {len(states)} items: {', '.join(sorted({str(state.value) for _, state in states}))}"


def message_of(uuid: str, position: int, order: Order, states: Mapping[int, OrderStatus]) -> dict[str, Any]:
    """What is sent. `sequence` grows along an order's messages: the source can tell what is older. The numbers of its
    shipments stand beside."""
    items: dict[tuple[int, str], set[OrderStatus]] = {}
    for line in order.items:
        if (pk := source_of_line(line)) is not None:
            items.setdefault((pk, line.sku), set()).add(states[line.id])
    numbers = [one.awb_number for one in order.shipments.values() if one.awb_number is not None]
    return {
        "event": {
            "type": "order.item_states",
            "uuid": uuid,
            "sequence": order.version,
            "position": position,
            "timestamp": None if order.modified is None else order.modified.isoformat(),
        },
        "payload": {
            "pk": order.omnitron_id,
            "number": order.number,
            "status": str(order.state.value),
            "tracking_numbers": numbers,
            "items": [
                {"pk": pk, "sku": sku, "status": str(least_advanced(of_pk).value)} for (pk, sku), of_pk in items.items()
            ],
        },
    }


assert declared.order  # noqa: S101 - with it every fact is declared
FACTS_OF_STATES = tuple(cls for cls in FACTS.values() if info(cls).on in ("package", "transfer", "shipment"))

declare(
    CallKind(
        "order-source.item-states",
        "Tells the order source the states of an order's items.",
        (*FACTS_OF_STATES, OrderLinesCancelled),
        _causes,
        _run,
    )
)
