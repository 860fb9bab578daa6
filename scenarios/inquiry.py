"""Stock as the planner believes it for a batch: the own stock from the world, the others' from a fresh answer.

An answer is believed as a guard row believes it (domain.guards): goods that moved within the engine's settling time
are taken as not yet known to it, and a piece that was not found stays gone for it (spec 1.9).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

import psycopg

from domain.guards import StockEffect, StockRow
from domain.location import Location
from domain.planning_facts import Level
from scenarios.stock_service import Engine, Stocks, StockService, StockServiceDown
from scenarios.world import Overlay, World


@dataclass(slots=True)
class Answered:
    """What was asked for a batch: a world to plan in, the level of each (location, SKU) that a service answered, and
    why services did not (erp code → reason)."""

    world: Overlay
    asked_at: datetime
    levels: dict[tuple[int, str], Level] = field(default_factory=dict)
    down: dict[str, str] = field(default_factory=dict)

    @property
    def reason(self) -> str | None:
        """Why nothing may be planned now: planning on guesses is worse than waiting."""
        return "; ".join(sorted(set(self.down.values()))) or None


class Inquiry:
    """Asks each engine once a batch. Keeps a client per engine; belongs to one thread."""

    def __init__(self, clock: Callable[[], datetime], secret: Callable[[str], str]) -> None:
        """`secret` gives what is kept under the name that an engine's config says."""
        self._clock, self._secret = clock, secret
        self._clients: dict[Engine, StockService] = {}

    def ask(
        self, connection: psycopg.Connection[Any], world: World, locations: Iterable[Location], skus: set[str]
    ) -> Answered:
        """`world` overlaid with what the engines of `locations` answer for these SKUs."""
        answered = Answered(Overlay(world), self._clock())
        asked = [at for at in locations if at.profile.engine is not None and at.profile.is_active]
        if not asked or not skus:
            return answered
        rows = _unsettled(connection, [at.id for at in asked], skus)
        answers: dict[Engine, Stocks | StockServiceDown] = {}
        for location in asked:
            engine = self._engine(location)
            if engine not in answers:
                answers[engine] = self._inquire(engine, skus)
            answer = answers[engine]
            if isinstance(answer, StockServiceDown):
                answered.down[location.profile.erp_code] = str(answer)
            else:
                _believe(answered, location, engine, answer, skus, rows)
        return answered

    def _engine(self, location: Location) -> Engine:
        config: Mapping[str, Any] = location.profile.engine or {}
        name = str((config.get("auth") or {}).get("password") or "")
        return Engine.of(config, lambda: self._password(name))

    def _password(self, name: str) -> str:
        try:
            return self._secret(name)
        except LookupError as lost:
            raise StockServiceDown(f"the password of the stock service cannot be read: {lost}") from lost

    def _inquire(self, engine: Engine, skus: set[str]) -> Stocks | StockServiceDown:
        try:
            client = self._clients.get(engine)
            if client is None:
                client = self._clients[engine] = StockService(engine)
            return client.inquire(skus)
        except StockServiceDown as down:
            return down


def _unsettled(
    connection: psycopg.Connection[Any], locations: list[int], skus: set[str]
) -> dict[tuple[int, str], StockRow]:
    """The guard rows whose past still matters to an answer: goods that moved lately, pieces that were not found."""
    rows = connection.execute(_UNSETTLED, (locations, sorted(skus))).fetchall()
    return {(location, sku): StockRow(*row) for location, sku, *row in rows}


_UNSETTLED = """
select location, sku, known, reserved, asked_at, moved, moved_at, settle, frozen_until
  from availability
 where location = any(%s) and sku = any(%s) and (moved_at is not null or frozen_until is not null)
"""


def _believe(
    answered: Answered,
    location: Location,
    engine: Engine,
    answer: Stocks,
    skus: set[str],
    rows: Mapping[tuple[int, str], StockRow],
) -> None:
    code = location.profile.erp_code
    for sku in skus:
        quantity = answer[sku].get(code, Decimal(0))
        row = rows.get((location.id, sku))
        if row is None:
            known = quantity
        else:
            effect = StockEffect(location.id, sku, level=quantity, asked_at=answered.asked_at, settle=engine.settle)
            known = row.apply(effect, answered.asked_at).known
        answered.world.set_known(location.id, sku, known)
        answered.levels[location.id, sku] = Level(sku, quantity, answered.asked_at, engine.settle)
