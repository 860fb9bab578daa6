"""A batch of events folded into the orders they are about, before anything is written."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg

from domain.kernel import info
from domain.order import Order, evolve
from eventlog.recorded import Recorded
from projections.fetching import fetch
from projections.model import OfState
from projections.order_json import decode_order

STREAM = "order-"


@dataclass(slots=True)
class Touched:
    """An order before and after a batch. `positions`: of the last event about each object of it, by kind and id;
    `shown`: of the last event that changed what the rows of a model show of the order itself (OfState.besides)."""

    before: Order | None
    after: Order
    positions: dict[str, dict[int, int]] = field(default_factory=dict)
    shown: dict[str, int] = field(default_factory=dict)


Step = tuple[Recorded, Order | None, Order]
"""One event with its order before and after it."""


class States:
    """Folded orders, the last used `size` in memory, the others from the table of states. A state is only taken at the
    version an event follows on, so what a batch that failed left here does no harm."""

    def __init__(self, table: str, size: int = 4_000) -> None:
        self._load = f"select id, version, state from {table} where id = any(%s)"  # noqa: S608 - a table of ours
        self._size = size
        self._kept: OrderedDict[int, Order] = OrderedDict()

    def at(self, connection: Callable[[], psycopg.Connection[Any]], wanted: dict[int, int]) -> dict[int, Order]:
        """The orders at the versions `wanted`, those of version 0 left out. Raises where one is not there."""
        found, missing = {}, []
        for id, version in wanted.items():
            if version:
                kept = self._kept.get(id)
                if kept is not None and kept.version == version:
                    found[id] = kept
                else:
                    missing.append(id)
        if missing:
            for id, version, state in fetch(connection(), self._load, (missing,)):
                if version == wanted[id]:
                    found[id] = decode_order(state)
            lost = [id for id in missing if id not in found]
            if lost:
                raise LookupError(f"the read models hold no state of orders {lost} at the versions they are needed")
        return found

    def keep(self, orders: Iterable[Order]) -> None:
        kept = self._kept
        for order in orders:
            kept[order.id] = order
            kept.move_to_end(order.id)
        while len(kept) > self._size:
            kept.popitem(last=False)


def fold(
    connection: Callable[[], psycopg.Connection[Any]],
    events: Sequence[Recorded],
    states: States,
    models: Sequence[OfState],
    touched: dict[int, Touched],
) -> list[Step]:
    """Folds events into `touched`, which holds orders of batches that are not written yet; gives the steps."""
    orders = [(int(event.stream[len(STREAM) :]), event) for event in events if event.stream.startswith(STREAM)]
    first: dict[int, int] = {}
    for id, event in orders:
        if id not in touched:
            first.setdefault(id, event.version - 1)
    before = states.at(connection, first)
    showing = [(model.name, model.besides) for model in models if model.besides is not None]
    steps: list[Step] = []
    for id, event in orders:
        one = touched.get(id)
        was = before.get(id) if one is None else one.after
        fact = event.fact
        now = evolve(was, fact, event.at)
        if now.version != event.version:
            raise LookupError(f"{event.stream} is at version {now.version}, not {event.version}")
        if one is None:
            one = touched[id] = Touched(was, now)
        else:
            one.after = now
        about = info(fact)
        position = event.position
        positions = one.positions
        positions.setdefault("order", {})[id] = position
        if about.on == "order":
            if was is not None:
                for name, besides in showing:
                    if besides(was) != besides(now):
                        one.shown[name] = position
        else:
            for kind in (about.on, *about.also):
                positions.setdefault(kind, {})[getattr(fact, kind)] = position
        steps.append((event, was, now))
    return steps
