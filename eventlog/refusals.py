"""What append_v1 answers for one decision, and the exception it stands for."""

from datetime import UTC, datetime
from decimal import Decimal

import msgspec

from domain.guards import Effect, Short, SlotEffect, SlotRow, StockRow
from eventlog.recorded import ClaimTaken, Decision, Poisoned, Refused, ShortOfSlots, ShortOfStock, VersionClash

_NEVER = datetime.min.replace(tzinfo=UTC)


class TakenClaim(msgspec.Struct):
    key: str
    fingerprint: str
    answer: str | None
    position: int


class StockFound(msgspec.Struct):
    location: int
    sku: str
    known: Decimal
    reserved: int
    asked_at: datetime | None
    moved: int
    moved_at: datetime | None
    settle: int
    frozen_until: datetime | None

    def row(self) -> StockRow:
        return StockRow(
            self.known, self.reserved, self.asked_at, self.moved, self.moved_at, self.settle, self.frozen_until
        )


class SlotsFound(msgspec.Struct):
    location: int
    quota: int
    max_quota: int | None


class Answer(msgspec.Struct):
    """Accepted (first, last, at, bases), repeated (last, at, versions), later, or refused with what was found."""

    first: int = 0
    last: int = 0
    at: datetime = _NEVER
    bases: list[int] = []
    repeated: bool = False
    later: bool = False
    refused: str = ""
    message: str = ""
    versions: dict[str, int] | None = None
    claim: TakenClaim | None = None
    stock: list[StockFound] = []
    slots: list[SlotsFound] = []


def refusal(answer: Answer, decision: Decision) -> Refused:
    """The exception of a refused decision."""
    if answer.refused == "version":
        return VersionClash(answer.versions or {})
    if answer.refused == "claim" and answer.claim is not None:
        claim = answer.claim
        held = None if claim.answer is None else bytes.fromhex(claim.answer)
        return ClaimTaken(claim.key, claim.fingerprint, held, claim.position)
    if answer.refused == "short":
        return _short(answer, decision.effects)
    return Poisoned(answer.message)


def _short(answer: Answer, effects: tuple[Effect, ...]) -> Refused:
    """Which effect was short of what: the effects applied to the rows the log found, by their definition."""
    stock = {(found.location, found.sku): found.row() for found in answer.stock}
    slots = {found.location: SlotRow(found.quota, found.max_quota) for found in answer.slots}
    try:
        for effect in effects:
            if isinstance(effect, SlotEffect):
                slots[effect.location] = slots.get(effect.location, SlotRow()).apply(effect)
            else:
                key = effect.location, effect.sku
                stock[key] = stock.get(key, StockRow()).apply(effect, answer.at)
    except Short as short:
        kind = ShortOfSlots if isinstance(short.effect, SlotEffect) else ShortOfStock
        return kind(short.effect, short.available)
    return Refused("a guard refused")
