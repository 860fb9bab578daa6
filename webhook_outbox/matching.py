"""Which subscriptions a message goes to: by name or prefix, then by the filters of `config` (spec 4.1)."""

from collections.abc import Iterable, Mapping
from typing import Any

from domain.declared import messages
from domain.kernel import Reference
from domain.messages import Message
from domain.order import Order
from domain.settings import Subscription

ORDER_MODES = ("entity", "endpoint", "none")


def names_match(event_type: str, name: str) -> bool:
    """`event_type`: one name, or a prefix with `*` at its end."""
    return name.startswith(event_type[:-1]) if event_type.endswith("*") else name == event_type


def by_name(subscriptions: Iterable[Subscription]) -> Mapping[str, tuple[Subscription, ...]]:
    """Event name → the subscriptions that ask for it and are not removed; also those switched off, for which
    everything is kept."""
    standing = sorted((s for s in subscriptions if not s.removed), key=lambda s: s.id)
    found = {name: tuple(s for s in standing if names_match(s.event_type, name)) for name in messages.catalogue()}
    return {name: those for name, those in found.items() if those}


def passes(subscription: Subscription, message: Message, state: Any, reference: Reference) -> bool:
    """The filters `channel_id` and `erp_code`, each one value or a list of which one must fit. What has no channel, or
    no location, passes no filter of it. What became of an endpoint is told to the others."""
    if message.kind == "webhook":
        return subscription.id != message.id
    config = subscription.config
    if (wanted := config.get("channel_id")) is not None:
        channel = state.channel if isinstance(state, Order) else None
        if channel is None or channel not in _listed(wanted):
            return False
    if (wanted := config.get("erp_code")) is not None:
        codes = _listed(wanted)
        places = (reference.one("location", id) for id in _locations(message, state))
        if not any(place is not None and place.profile.erp_code in codes for place in places):
            return False
    return True


def lane_of(subscription: Subscription, message: Message, delivery: int) -> str:
    """What is sent in order: one object (the default), the whole endpoint, or nothing (`order_mode`)."""
    mode = subscription.config.get("order_mode", "entity")
    if mode == "endpoint":
        return ""
    return f"#{delivery}" if mode == "none" else f"{message.kind}/{message.id}"


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _locations(message: Message, state: Any) -> set[int]:
    """Where the object is: a package at its location, a transfer at both ends, an order where its packages are."""
    if not isinstance(state, Order):
        return {state.id} if message.kind == "location" else set()
    match message.kind:
        case "package":
            return {state.packages[message.id].location}
        case "transfer":
            transfer = state.transfers[message.id]
            return {transfer.source, transfer.destination}
        case "shipment":
            return {state.packages[state.shipments[message.id].package].location}
        case "discrepancy":
            return {state.discrepancies[message.id].location}
    return {package.location for package in state.packages.values()}
