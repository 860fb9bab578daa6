"""The laws of spec 1.8, checked over a log: every event is folded again, every guard row computed again.

Fed with the events in the order of their positions, from the first. What is allowed to be torn for a moment inside a
decision (a package in 50 whose transfer is created by the next event) is checked when the decision is whole.
"""

from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from domain.changing import replace
from domain.correcting import CORRECTIONS
from domain.guards import Short, SlotEffect, SlotRow, StockEffect, StockRow
from domain.kinds import kind_of
from domain.order import Order
from domain.order_laws import reserving, transfers_amiss, unconserved
from domain.package import PackageCreated
from domain.reservations import Row, slots
from domain.states import PackageStatus
from domain.transitions import BORN, transitions

_THINGS = (("package", "packages"), ("transfer", "transfers"), ("shipment", "shipments"))


@dataclass(frozen=True, slots=True)
class Violation:
    """`law` is its number in spec 1.8; `position` that of the event, or of the last one of its decision."""

    position: int
    law: int
    text: str


@dataclass(slots=True)
class _Decision:
    """What one decision has done so far; `orders` as they were before it."""

    key: Hashable
    orders: dict[str, Order | None]
    reserve: Counter[Row]
    slots: Counter[int]


class Laws:
    """`see` each event, then `finish`. `violations` are what was found, `compared` how often each thing was checked."""

    def __init__(self) -> None:
        self.violations: list[Violation] = []
        self.compared: Counter[str] = Counter()
        self.stock: dict[Row, StockRow] = {}
        self.capacity: dict[int, SlotRow] = {}
        self._position = 0
        self._at: datetime | None = None
        self._streams: dict[str, tuple[int, Any]] = {}
        self._commands: set[Hashable] = set()
        self._decision = _Decision(None, {}, Counter(), Counter())

    def see(
        self, stream: str, version: int, position: int, at: datetime, fact: Any, command_id: Hashable = None
    ) -> None:
        """The next event. Without a command id, neighbours of one stream and time are taken for one decision."""
        self._begin((stream, at) if command_id is None else command_id, command_id)
        held, before = self._streams.get(stream, (0, None))
        self._gapless(stream, version, held, position, at)
        kind = kind_of(stream)
        try:
            after = kind.evolve(before, fact, at)
            effects = list(kind.effects(before, fact, after))
        except Exception as wrong:  # a log that is broken enough breaks the fold: that is a finding, not our end
            self._streams[stream] = (version, before)
            self._violated(6, f"{stream} cannot be folded by {type(fact).__name__}: {wrong!r}")
            return
        self._streams[stream] = (version, after)
        if kind.name == "order":
            self._decision.orders.setdefault(stream, before)
            self._moves(before, after, corrected=type(fact) in CORRECTIONS)
        planned = type(fact) is PackageCreated
        for effect in effects:
            if isinstance(effect, StockEffect):
                self._reserve(effect, at, forced=planned and fact.forced)
            else:
                self._take(effect, by_quota=planned and fact.by_quota)

    def finish(
        self,
        availability: Iterable[tuple[int, str, StockRow]] | None = None,
        capacity: Iterable[tuple[int, SlotRow]] | None = None,
    ) -> list[Violation]:
        """All violations, after the guard rows were compared with what all orders hold, and with the guard tables of
        the database where they are given: (location, SKU, row) and (location, row)."""
        self._settle()
        reserved: Counter[Row] = Counter()
        taken: Counter[int] = Counter()
        for _, state in self._streams.values():
            if isinstance(state, Order):
                reserved.update(reserving(state))
                taken.update(slots(state))
        own = {row: guard.reserved for row, guard in self.stock.items()}
        self._same(3, "reserved at", own, reserved, 0)
        self._same(4, "quota of", {row: guard.quota for row, guard in self.capacity.items()}, taken, 0)
        if availability is not None:
            stored = {(location, sku): row for location, sku, row in availability}
            self._same(3, "availability row of", stored, self.stock, StockRow())
        if capacity is not None:
            self._same(4, "capacity row of", dict(capacity), self.capacity, SlotRow())
        return self.violations

    def shortfalls(self) -> list[tuple[int, str, StockRow]]:
        """Rows on which more is reserved than known: a later count, answer, miss or forced plan made them so."""
        short = ((location, sku, row) for (location, sku), row in self.stock.items() if row.reserved)
        return sorted((found for found in short if found[2].available < 0), key=lambda found: found[:2])

    # --- each event -------------------------------------------------------------------------------------------------

    def _gapless(self, stream: str, version: int, held: int, position: int, at: datetime) -> None:
        self.compared["positions, versions and times"] += 1
        last, self._position = self._position, position
        if position != last + 1:
            self._violated(7, f"position {position} follows {last}")
        if version != held + 1:
            self._violated(7, f"version {version} of {stream} follows {held}")
        if self._at is not None and at < self._at:
            self._violated(7, f"{at.isoformat()} follows {self._at.isoformat()}")
        else:
            self._at = at

    def _moves(self, before: Order | None, after: Order, *, corrected: bool) -> None:
        """Every package, transfer and shipment that the event touched went by a row of the tables, or was set right."""
        for kind, collection in _THINGS:
            new = getattr(after, collection)
            old = getattr(before, collection) if before is not None else {}
            if new is old:
                continue
            for id, thing in new.items():
                was = old.get(id)
                if was is thing:
                    continue
                if thing.version != (was.version if was is not None else 0) + 1:
                    self._violated(7, f"version {thing.version} of {kind} {id} is not the next")
                if was is None or was.state is not thing.state:
                    self.compared["states set right by hand" if corrected else "state changes"] += 1
                    if not corrected and not _by_a_row(kind, was, thing):
                        came = "nothing" if was is None else was.state.name
                        self._violated(6, f"{kind} {id} went from {came} to {thing.state.name}")
            if len(new) < len(old):
                self._violated(6, f"{kind} {sorted(set(old) - set(new))} of order {after.id} disappeared")

    def _reserve(self, effect: StockEffect, at: datetime, forced: bool) -> None:
        """What is newly reserved must have been there, whether or not the decision asked for the check."""
        key = (effect.location, effect.sku)
        row = self.stock.get(key) or StockRow()
        new = effect.reserve > 0 and effect.reserve > effect.move
        try:
            row = row.apply(effect, at)
        except Short:
            row = row.apply(replace(effect, checked=False), at)
            self._violated(2, self._oversold(effect, row.available))
        else:
            if new and not forced and row.available < 0:
                self._violated(2, self._oversold(effect, row.available))
        self.compared["new reservations"] += new
        if row.reserved < 0:
            self._violated(3, f"{row.reserved} of {effect.sku} is reserved at location {effect.location}")
        self.stock[key] = row
        if effect.reserve:
            self._decision.reserve[key] += effect.reserve

    def _oversold(self, effect: StockEffect, left: Decimal) -> str:
        there = left + effect.reserve - effect.margin
        return f"{effect.reserve} of {effect.sku} reserved at location {effect.location} with {there} available"

    def _take(self, effect: SlotEffect, by_quota: bool) -> None:
        row = self.capacity.get(effect.location) or SlotRow()
        if by_quota and effect.slots > 0:
            self.compared["choices by quota"] += 1
            free = 0 if row.max_quota is None else row.max_quota - row.quota
            if free < 1:
                self._violated(4, f"location {effect.location} was chosen by quota with {free} slots free")
        row = row.apply(replace(effect, checked=False))
        if row.quota < 0:
            self._violated(4, f"quota of location {effect.location} is {row.quota}")
        self.capacity[effect.location] = row
        if effect.slots:
            self._decision.slots[effect.location] += effect.slots

    # --- each decision ----------------------------------------------------------------------------------------------

    def _begin(self, key: Hashable, command_id: Hashable) -> None:
        if key == self._decision.key:
            return
        self._settle()
        self._decision = _Decision(key, {}, Counter(), Counter())
        if command_id is not None:
            self.compared["commands"] += 1
            if command_id in self._commands:
                self._violated(7, f"command {command_id} acted before", self._position + 1)
            self._commands.add(command_id)

    def _settle(self) -> None:
        """The decision is whole: its orders lost no line, hold what was reserved, and agree with their transfers."""
        decision = self._decision
        reserve: Counter[Row] = Counter()
        taken: Counter[int] = Counter()
        for stream, before in decision.orders.items():
            order: Order = self._streams[stream][1]
            self.compared["orders after a decision"] += 1
            for text in unconserved(order):
                self._violated(1, text)
            for text in transfers_amiss(order):
                self._violated(5, text)
            reserve.update(reserving(order))
            taken.update(slots(order))
            if before is not None:
                reserve.subtract(reserving(before))
                taken.subtract(slots(before))
        if reserve != decision.reserve:
            self._differ(3, "reserved at", decision.reserve, reserve)
        if taken != decision.slots:
            self._differ(4, "slots of", decision.slots, taken)
        decision.orders = {}
        decision.reserve, decision.slots = Counter(), Counter()

    def _differ(self, law: int, what: str, effects: Counter[Any], held: Counter[Any]) -> None:
        for key in dict.fromkeys((*effects, *held)):
            if effects[key] != held[key]:
                self._violated(law, f"{what} {key}: {effects[key]:+} by its events, {held[key]:+} by its lines")

    # --- words ------------------------------------------------------------------------------------------------------

    def _same(self, law: int, what: str, found: Any, expected: Any, empty: Any) -> None:
        for key in dict.fromkeys((*found, *expected)):
            self.compared[what.replace(" at", "").replace(" of", "") + " (rows)"] += 1
            one, other = found.get(key, empty), expected.get(key, empty)
            if one != other:
                self._violated(law, f"{what} {key} is {one}, the log says {other}")

    def _violated(self, law: int, text: str, position: int | None = None) -> None:
        self.violations.append(Violation(self._position if position is None else position, law, text))


def _by_a_row(kind: str, was: Any, thing: Any) -> bool:
    if was is None:
        return thing.state in BORN[kind]
    if kind == "package" and was.before is not None and thing.state not in _ENDS_A_FREEZE:
        return thing.state is (PackageStatus.blocked if was.blocked else was.before)
    return (was.state, thing.state) in transitions(kind)


_ENDS_A_FREEZE = frozenset({PackageStatus.cancelled, PackageStatus.cancellation_waiting})
"""Where a frozen package may go besides the state it came from."""
