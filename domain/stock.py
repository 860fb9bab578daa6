"""Stock that was counted or pushed: one event per location and call, however many SKUs (spec 1.9, 3.2 `stock/`)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from domain.changing import replace
from domain.guards import Effect, StockEffect
from domain.kernel import Evolver, fact, invalid
from domain.kinds import Kind, register

# --- states


@dataclass(frozen=True, slots=True)
class Pushed:
    """The stock stream of a location keeps no figures of its own: those are in the guard rows."""

    id: int
    version: int = 0
    modified: datetime | None = None


# --- facts


@fact("StockPushed", on="stock", sentence="Stock of {skus} SKUs was pushed.")
class StockPushed:
    """`levels` replace what was known. `stock` is the location's id."""

    stock: int
    levels: Mapping[str, Decimal]

    @property
    def skus(self) -> int:
        return len(self.levels)


@fact("StockAnswered", on="stock", sentence="The stock service told new levels of {skus} SKUs.")
class StockAnswered:
    """What a location's service has, where it is not what was known: asked at `asked_at`; moves of the last `settle`
    seconds before may not be in it. `stock` is the location's id."""

    stock: int
    levels: Mapping[str, Decimal]
    asked_at: datetime
    settle: int

    @property
    def skus(self) -> int:
        return len(self.levels)


# --- evolve

_evolve = Evolver()


@_evolve.on(StockPushed, StockAnswered)
def _pushed(state: Pushed | None, fact: StockPushed | StockAnswered, at: datetime) -> Pushed:
    return replace(state or Pushed(fact.stock), version=(state.version if state else 0) + 1, modified=at)


def effects(_before: Pushed | None, fact: Any, _after: Pushed) -> Iterable[Effect]:
    for sku, quantity in fact.levels.items():
        if isinstance(fact, StockAnswered):
            yield StockEffect(fact.stock, sku, level=quantity, asked_at=fact.asked_at, settle=fact.settle)
        else:
            yield StockEffect(fact.stock, sku, level=quantity, push=True)


register(Kind("stock", _evolve, effects))

# --- decisions


def push(location: int, levels: Mapping[str, Decimal]) -> list[Any]:
    """The levels of one location, never below zero."""
    for sku, quantity in levels.items():
        if quantity < 0:
            raise invalid(quantity=f"{sku}: stock is never negative.")
    return [StockPushed(stock=location, levels=dict(levels))] if levels else []


def answer(location: int, levels: Mapping[str, Decimal], asked_at: datetime, settle: int) -> list[Any]:
    """What the service of a location has of these SKUs."""
    if not levels:
        return []
    return [StockAnswered(stock=location, levels=dict(levels), asked_at=asked_at, settle=settle)]
