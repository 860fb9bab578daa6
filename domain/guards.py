"""What orders share: stock and capacity, as rows that guard a decision when it is written.

An effect is what one event does to a guard row. The log checks and applies effects inside the append (in SQL);
`StockRow.apply` and `SlotRow.apply` are their definition, used by the planner's world, the verifier and the tests.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from domain.changing import replace

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class StockEffect:
    """On one (location, SKU), applied in this order: `level` replaces the known stock (as counted or answered at
    `asked_at`; moves of the last `settle` seconds before it are taken as not yet known to it); `move` goods arrive
    (+) or leave (−); `reserve` is reserved (+) or released (−). `checked`: refused when what is then left
    (known − reserved) is below `margin`. `push`: a count by people or the ERP, which ends a freeze; an answer
    does not. `freeze`: answers are ignored for so many seconds (a piece was not found on the shelf)."""

    location: int
    sku: str
    reserve: int = 0
    move: int = 0
    level: Decimal | None = None
    asked_at: datetime | None = None
    settle: int = 0
    push: bool = False
    freeze: int = 0
    checked: bool = False
    margin: int = 0


@dataclass(frozen=True, slots=True)
class SlotEffect:
    """On one location: `slots` quota slots are taken (+) or freed (−); `set_max` puts `max_quota` (None: no quota).
    `checked`: refused unless max_quota is set and a slot is free before it."""

    location: int
    slots: int = 0
    set_max: bool = False
    max_quota: int | None = None
    checked: bool = False


Effect = StockEffect | SlotEffect


class Short(Exception):
    """A checked effect found too little: `effect` and what was available."""

    def __init__(self, effect: Effect, available: Decimal | int) -> None:
        super().__init__(f"{effect} but {available} available")
        self.effect, self.available = effect, available


@dataclass(frozen=True, slots=True)
class StockRow:
    """Known stock of a SKU at a location, what of it is reserved, and what moved in the last `settle` seconds
    (as the last level said), which a level asked meanwhile cannot know of."""

    known: Decimal = ZERO
    reserved: int = 0
    asked_at: datetime | None = None
    moved: int = 0
    moved_at: datetime | None = None
    settle: int = 0
    frozen_until: datetime | None = None

    @property
    def available(self) -> Decimal:
        return self.known - self.reserved

    def apply(self, effect: StockEffect, at: datetime) -> "StockRow":
        """The row after the effect at time `at`; raises Short where a checked reservation finds too little."""
        row = self
        if effect.level is not None and row._believes(effect):
            asked = effect.asked_at or at
            unsettled = row.moved_at is not None and asked < row.moved_at + timedelta(seconds=effect.settle)
            row = replace(
                row,
                known=effect.level + (row.moved if unsettled else 0),
                asked_at=asked,
                moved=row.moved if unsettled else 0,
                moved_at=row.moved_at if unsettled else None,
                settle=effect.settle,
                frozen_until=at + timedelta(seconds=effect.freeze) if effect.freeze else None,
            )
        if effect.move:
            settled = row.moved_at is None or at > row.moved_at + timedelta(seconds=row.settle)
            moved = effect.move if settled else row.moved + effect.move
            row = replace(row, known=row.known + effect.move, moved=moved, moved_at=at)
        if effect.checked and effect.reserve > 0 and row.available - effect.reserve < effect.margin:
            raise Short(effect, row.available - effect.margin)
        return replace(row, reserved=row.reserved + effect.reserve) if effect.reserve else row

    def _believes(self, effect: StockEffect) -> bool:
        if effect.push:
            return True
        asked = effect.asked_at
        if asked is None:
            return True
        return (self.asked_at is None or asked >= self.asked_at) and (
            self.frozen_until is None or asked >= self.frozen_until
        )


@dataclass(frozen=True, slots=True)
class SlotRow:
    """How many packages of a location hold a quota slot, and how many may."""

    quota: int = 0
    max_quota: int | None = None

    def apply(self, effect: SlotEffect) -> "SlotRow":
        """The row after the effect; raises Short where a checked slot is not free."""
        row = replace(self, max_quota=effect.max_quota) if effect.set_max else self
        if effect.checked and effect.slots > 0:
            free = 0 if row.max_quota is None else row.max_quota - row.quota
            if free < 1:
                raise Short(effect, free)
        return replace(row, quota=row.quota + effect.slots) if effect.slots else row
