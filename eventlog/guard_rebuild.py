"""The guards rebuilt from the log: compared (`oms verify`) or put in place (`oms rebuild guards`).

The effects of every event are computed by its kind and applied by their definition (domain.guards). The log is folded
while it grows; only its last events, the comparison and the change happen under the append lock.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import psycopg

from domain.changing import replace
from domain.guards import SlotEffect, SlotRow, StockRow
from domain.kinds import kind_of
from eventlog.connect import connect
from eventlog.migrate import APPEND_LOCK, LOCKS
from eventlog.read import read_all
from eventlog.recorded import Recorded

STOCK = "select location, sku, known, reserved, asked_at, moved, moved_at, settle, frozen_until from availability"
SLOTS = "select location, quota, max_quota from capacity"
PUT_STOCK = """
copy availability (location, sku, known, reserved, asked_at, moved, moved_at, settle, frozen_until) from stdin
"""
PUT_SLOTS = "copy capacity (location, quota, max_quota) from stdin"


@dataclass(slots=True)
class Guards:
    """The guard rows as the log makes them. `apply` unchecked: what was accepted once is not asked again."""

    stock: dict[tuple[int, str], StockRow] = field(default_factory=dict)
    slots: dict[int, SlotRow] = field(default_factory=dict)
    states: dict[str, Any] = field(default_factory=dict)
    position: int = 0

    def fold(self, event: Recorded) -> None:
        self.position = event.position
        kind = kind_of(event.stream)
        before = self.states.get(event.stream)
        after = self.states[event.stream] = kind.evolve(before, event.fact, event.at)
        for effect in kind.effects(before, event.fact, after):
            if isinstance(effect, SlotEffect):
                row = self.slots.get(effect.location, SlotRow())
                self.slots[effect.location] = row.apply(replace(effect, checked=False))
            else:
                key = effect.location, effect.sku
                self.stock[key] = self.stock.get(key, StockRow()).apply(replace(effect, checked=False), event.at)


@dataclass(frozen=True, slots=True)
class Difference:
    """A guard row that is not what the log makes it: (location, SKU) or location, what stands, what should."""

    guard: str
    key: Any
    stands: Any
    should: Any

    def __str__(self) -> str:
        return f"{self.guard} {self.key}: stands {self.stands}, the log makes {self.should}"


def compare(database_url: str, progress: Callable[[int], None] | None = None) -> list[Difference]:
    """The guard rows that differ from what the log makes them; empty when all is well."""
    with connect(database_url, "daybook guards") as connection:
        return _compared(connection, _folded(connection, progress))


def rebuild(database_url: str, progress: Callable[[int], None] | None = None) -> list[Difference]:
    """Puts the guards that the log makes in the place of those that stand; gives what differed."""
    with connect(database_url, "daybook guards") as connection:
        guards = _folded(connection, progress)
        with connection.transaction():
            differences = _compared(connection, guards)
            connection.execute("delete from availability")
            connection.execute("delete from capacity")
            with connection.cursor().copy(PUT_STOCK) as copy:
                for (location, sku), row in guards.stock.items():
                    copy.write_row((location, sku, *_columns(row)))
            with connection.cursor().copy(PUT_SLOTS) as copy:
                for place, slot in guards.slots.items():
                    copy.write_row((place, slot.quota, slot.max_quota))
    return differences


def _folded(connection: psycopg.Connection[Any], progress: Callable[[int], None] | None) -> Guards:
    guards = Guards()
    while events := read_all(connection, guards.position, 2000):
        for event in events:
            guards.fold(event)
        if progress is not None:
            progress(guards.position)
    return guards


def _compared(connection: psycopg.Connection[Any], guards: Guards) -> list[Difference]:
    """Takes the append lock, folds what came meanwhile, and compares; the lock is held to the transaction's end."""
    with connection.transaction():
        connection.execute("select pg_advisory_xact_lock(%s, %s)", (LOCKS, APPEND_LOCK))
        for event in read_all(connection, guards.position, 2**31):
            guards.fold(event)
        stock = {(row[0], row[1]): StockRow(*row[2:]) for row in connection.execute(STOCK)}
        slots = {row[0]: SlotRow(*row[1:]) for row in connection.execute(SLOTS)}
    nothing, none_held = StockRow(), SlotRow()
    return [
        Difference("availability", key, stock.get(key), guards.stock.get(key))
        for key in sorted(stock.keys() | guards.stock.keys())
        if stock.get(key, nothing) != guards.stock.get(key, nothing)
    ] + [
        Difference("capacity", place, slots.get(place), guards.slots.get(place))
        for place in sorted(slots.keys() | guards.slots.keys())
        if slots.get(place, none_held) != guards.slots.get(place, none_held)
    ]


def _columns(row: StockRow) -> tuple[Any, ...]:
    return row.known, row.reserved, row.asked_at, row.moved, row.moved_at, row.settle, row.frozen_until
