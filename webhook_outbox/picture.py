"""The log folded as far as the fan-out is: the reference data and the orders it met, as they were after each event."""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from domain.kinds import kind_of
from domain.order import Order
from domain.settings import Subscription
from eventlog.log import EventLog
from eventlog.recorded import Held, Recorded
from eventlog.reference import View
from eventlog.states import NOTHING
from webhook_outbox.matching import by_name

ORDERS = 4_000
"""Folded orders kept; one that is not is folded anew from its stream."""

_COLLECTIONS = {
    "package": "packages",
    "transfer": "transfers",
    "shipment": "shipments",
    "discrepancy": "discrepancies",
}


def version_of(kind: str, id: int, state: Any) -> int:
    """The version of an object in the state of its stream: the `sequence` of its messages."""
    collection = _COLLECTIONS.get(kind)
    return int(state.version if collection is None else getattr(state, collection)[id].version)


class Picture:
    """As of `position`. Reads nothing but the log, so that a payload is the same whenever it is made."""

    def __init__(self, log: EventLog, position: int) -> None:
        self._log = log
        self.position = position
        self.reference: View = log.reference.as_of(position)
        self._orders: OrderedDict[str, Held] = OrderedDict()
        self.wanted: Mapping[str, tuple[Subscription, ...]] = {}
        self._subscriptions_changed()

    def changes_reference(self, event: Recorded) -> bool:
        return kind_of(event.stream).reference

    def step(self, event: Recorded) -> tuple[Any, Any]:
        """Takes in the next event: the state of its stream before and after it. (None, None) for kinds that no webhook
        is about, and while nobody subscribes."""
        kind = kind_of(event.stream)
        self.position = event.position
        if kind.reference:
            id = int(event.stream.rpartition("-")[2])
            before = self.reference.one(kind.name, id)
            self.reference.fold([event])
            if kind.name == "webhook":
                self._subscriptions_changed()
            return before, self.reference.one(kind.name, id)
        if kind.name != "order" or not self.wanted:
            return None, None
        return self._order(event)

    def _order(self, event: Recorded) -> tuple[Order | None, Order]:
        held = self._orders.get(event.stream, NOTHING)
        if held.version != event.version - 1:
            held = self._log.state_at(event.stream, version=event.version - 1) if event.version > 1 else NOTHING
        after = kind_of(event.stream).evolve(held.state, event.fact, event.at)
        self._orders[event.stream] = Held(after, event.version, event.position)
        self._orders.move_to_end(event.stream)
        if len(self._orders) > ORDERS:
            self._orders.popitem(last=False)
        return held.state, after

    def _subscriptions_changed(self) -> None:
        self.wanted = by_name(self.reference.all("webhook"))
