"""Stock as the planner believes it: the own stock from the world, the others' from a fresh answer.

An answer is believed as a guard row believes it (domain.guards): goods that moved within the engine's settling time
are taken as not yet known to it, and a piece that was not found stays gone for it (spec 1.9).
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

import psycopg

from domain.guards import StockEffect, StockRow
from domain.location import Location
from domain.planning_facts import Level
from scenarios.engines import Engines
from scenarios.stock_service import WHOLE, Engine, Stocks, StockServices
from scenarios.world import Overlay, World

NOT_YET = "the stock service has not answered yet"


@dataclass(slots=True)
class Answered:
    """What is known of the stock: a world to plan in, the level of each (location, SKU) that a service answered, and
    why it did not answer: `reasons` by location id of a service that is down, or by (location id, SKU)."""

    world: Overlay
    asked_at: datetime
    levels: dict[tuple[int, str], Level] = field(default_factory=dict)
    reasons: dict[int | tuple[int, str], str] = field(default_factory=dict)
    services: frozenset[int] = frozenset()

    @property
    def reason(self) -> str | None:
        """Why not everything is known."""
        return "; ".join(sorted(set(self.reasons.values()))) or None

    def unknown(self, skus: Collection[str]) -> dict[int, str]:
        """Locations whose stock of one of the SKUs is not known, each with the reason: planning on guesses is worse
        than waiting."""
        found: dict[int, str] = {}
        for at in self.services:
            for sku in skus:
                if (at, sku) not in self.levels:
                    found[at] = self.reasons.get(at) or self.reasons.get((at, sku)) or NOT_YET
                    break
        return found


class Stocked(NamedTuple):
    """A location whose stock an engine knows."""

    id: int
    erp_code: str
    engine: Engine


def stocked(locations: Iterable[Location]) -> dict[int, Stocked]:
    """By id, those of the locations that have an engine and are open."""
    found = {}
    for at in locations:
        if at.profile.engine and at.profile.is_active:
            found[at.id] = Stocked(at.id, at.profile.erp_code, Engine.of(at.profile.engine))
    return found


@dataclass(slots=True)
class Asking:
    """Engines that were asked together at `asked_at`, each with its answer to come."""

    asked_at: datetime
    answers: dict[Engine, "Future[Stocks]"]
    skus: dict[Engine, frozenset[str]]

    def has(self, engines: Iterable[Engine]) -> bool:
        """Whether all of these have answered, or failed."""
        return all(self.answers[engine].done() for engine in engines if engine in self.answers)


class Inquiry:
    """Asks engines. Safe to share by threads."""

    def __init__(
        self,
        clock: Callable[[], datetime],
        services: StockServices,
        patience: float = WHOLE,
    ) -> None:
        """`patience` seconds for each engine."""
        self._clock = clock
        self.engines = Engines(services, whole=patience)

    def begin(self, wanted: Mapping[Engine, Iterable[str]]) -> Asking:
        """Asks each engine for its SKUs, side by side."""
        skus = {engine: frozenset(some) for engine, some in wanted.items()}
        now = self._clock()
        return Asking(now, {engine: self.engines.ask(engine, some) for engine, some in skus.items()}, skus)

    def ask(
        self,
        connection: psycopg.Connection[Any],
        world: World,
        locations: Iterable[Location],
        skus: Iterable[str],
        seconds: float | None = None,
    ) -> Answered:
        """Begins and waits, at most so many seconds: what has not answered by then counts as down."""
        asked = stocked(locations)
        asking = self.begin(dict.fromkeys((at.engine for at in asked.values()), frozenset(skus)))
        wait(asking.answers.values(), seconds)
        return self.answered(connection, world, asked.values(), asking)

    def answered(
        self,
        connection: psycopg.Connection[Any],
        world: World,
        asked: Iterable[Stocked],
        asking: Asking | None,
    ) -> Answered:
        """`world` overlaid with what these locations' engines said; who was not asked, or is not done, is not known."""
        asked = list(asked)
        answered = Answered(Overlay(world), asking.asked_at if asking is not None else self._clock())
        answered.services = frozenset(at.id for at in asked)
        if asking is None or not asking.skus:
            return answered
        skus = sorted(frozenset().union(*asking.skus.values()))
        rows = _unsettled(connection, [at.id for at in asked], skus)
        for at in asked:
            answer = _outcome(asking.answers.get(at.engine))
            if isinstance(answer, str):
                answered.reasons[at.id] = answer
            else:
                _believe(answered, at, answer, asking.skus[at.engine], rows)
        return answered


def _outcome(asked: "Future[Stocks] | None") -> Stocks | str:
    if asked is None or not asked.done():
        return NOT_YET
    failed = asked.exception()
    return str(failed) if failed is not None else asked.result()


def _unsettled(
    connection: psycopg.Connection[Any], locations: list[int], skus: Sequence[str]
) -> dict[tuple[int, str], StockRow]:
    """The guard rows whose past still matters to an answer: goods that moved lately, pieces that were not found."""
    rows = connection.execute(_UNSETTLED, (locations, skus)).fetchall()
    return {(location, sku): StockRow(*row) for location, sku, *row in rows}


_UNSETTLED = """
select location, sku, known, reserved, asked_at, moved, moved_at, settle, frozen_until
  from availability
 where location = any(%s) and sku = any(%s) and (moved_at is not null or frozen_until is not null)
"""


def _believe(
    answered: Answered,
    at: Stocked,
    answer: Stocks,
    skus: Iterable[str],
    rows: Mapping[tuple[int, str], StockRow],
) -> None:
    for sku in skus:
        stocks = answer.get(sku)
        if stocks is None:
            answered.reasons[at.id, sku] = f"the stock service did not answer for {sku}"
            continue
        quantity = stocks.get(at.erp_code, Decimal(0))
        row = rows.get((at.id, sku))
        if row is None:
            known = quantity
        else:
            effect = StockEffect(at.id, sku, level=quantity, asked_at=answered.asked_at, settle=at.engine.settle)
            known = row.apply(effect, answered.asked_at).known
        answered.world.set_known(at.id, sku, known)
        answered.levels[at.id, sku] = Level(sku, quantity, answered.asked_at, at.engine.settle)
