"""What the stock services have of everything that is kept, asked and written down where it has changed (spec 5).

Baskets are answered from what is known (`query-stock-availability`), and orders that wait are woken by news; so what is
known of locations with a service is asked for by the clock, and what a basket wanted and nobody knew is asked with it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import wait
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import psycopg

from domain import stock
from domain.guards import StockEffect, StockRow
from domain.kinds import stream_of
from eventlog.log import EventLog
from scenarios.inquiry import Inquiry, Stocked, stocked
from scenarios.stock_service import Engine, Stocks, StockServices

Connection = psycopg.Connection[Any]

MOST_SKUS = 200_000
AT_ONCE = {"multiple": 1200, "single": 40}
"""SKUs an inquiry, by how the service is asked: what it can answer within its seconds."""

KEPT = """
select sku from (select distinct sku from availability union select sku from wanted_skus) s order by sku limit %s
"""
ROWS = """
select location, sku, known, reserved, asked_at, moved, moved_at, settle, frozen_until
  from availability where location = any(%s) and sku = any(%s)
"""
WANT = """
insert into wanted_skus (sku)
select s from unnest(%s::text[]) s where (select count(*) from wanted_skus) < 10000 on conflict do nothing
"""
ASKED = "delete from wanted_skus where sku = any(%s)"


@dataclass
class Refreshed:
    """`skus` asked of each service, `levels` that had changed, and why services did not answer, by erp code."""

    skus: int = 0
    services: int = 0
    levels: int = 0
    reasons: dict[str, str] = field(default_factory=dict)


def want(connection: Connection, skus: Iterable[str]) -> None:
    """These are asked for by the next refresh."""
    connection.execute(WANT, (sorted(set(skus)),))


def refresh(
    log: EventLog,
    connection: Connection,
    services: StockServices,
    *,
    check: Callable[[], None] = lambda: None,
    correlation: str = "",
) -> Refreshed:
    """Asks all services side by side, in portions; `check` between them may raise; what is written names `correlation`
    as what began it. A service that fails is asked no more, and nothing is written of it."""
    log.reference.refresh()
    known = stocked(log.reference.all("location"))
    by_engine: dict[Engine, list[Stocked]] = {}
    for at in known.values():
        by_engine.setdefault(at.engine, []).append(at)
    skus = [sku for (sku,) in connection.execute(KEPT, (MOST_SKUS,)).fetchall()]
    done = Refreshed(len(skus), len(by_engine))
    inquiry = Inquiry(log.now, services)
    portions = {engine: _portions(skus, AT_ONCE[engine.type]) for engine in by_engine}
    while portions:
        check()
        wanted = {engine: part for engine, parts in portions.items() if (part := next(parts, None))}
        portions = {engine: portions[engine] for engine in wanted}
        asking = inquiry.begin(wanted)
        wait(asking.answers.values())
        for engine, answer in asking.answers.items():
            failed = answer.exception()
            if failed is not None:
                done.reasons |= {at.erp_code: str(failed) for at in by_engine[engine]}
                del portions[engine]
            else:
                told = _told(wanted[engine], answer.result())
                done.levels += _written(log, connection, by_engine[engine], told, asking.asked_at, correlation)
    if by_engine and not done.reasons:
        connection.execute(ASKED, (skus,))
    return done


def _portions(skus: list[str], size: int) -> Iterator[list[str]]:
    for start in range(0, len(skus), size):
        yield skus[start : start + size]


def _told(asked: Iterable[str], answer: Stocks) -> Stocks:
    """What it did not answer for is not known to be nothing."""
    return {sku: answer[sku] for sku in asked if sku in answer}


def _written(
    log: EventLog, connection: Connection, places: list[Stocked], told: Stocks, asked_at: Any, correlation: str
) -> int:
    """Levels that differ from what is known, each location's as one event; how many."""
    found = connection.execute(ROWS, ([at.id for at in places], list(told))).fetchall()
    rows = {(location, sku): StockRow(*row) for location, sku, *row in found}
    count = 0
    for at in places:
        levels = dict(_changed(at, told, rows, asked_at))
        if levels:
            facts = stock.answer(at.id, levels, asked_at, at.engine.settle)
            log.decide(
                stream_of("stock", at.id),
                lambda _state, _given, facts=facts: facts,  # type: ignore[misc]  # no stricter type can be said here
                actor="stock-refresh",
                command="refresh-stock",
                correlation_id=correlation,
                causation_id=correlation,
            )
            count += len(levels)
    return count


def _changed(
    at: Stocked, told: Stocks, rows: Mapping[tuple[int, str], StockRow], asked_at: Any
) -> Iterator[tuple[str, Decimal]]:
    for sku, stocks in told.items():
        quantity, row = stocks.get(at.erp_code, Decimal(0)), rows.get((at.id, sku), StockRow())
        effect = StockEffect(at.id, sku, level=quantity, asked_at=asked_at, settle=at.engine.settle)
        if row.apply(effect, asked_at).known != row.known:
            yield sku, quantity
