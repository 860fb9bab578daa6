"""How long packages spent in each phase of their lives, from the spans of their states: per package, per location, per
period, under whatever definition of the phases is asked for. Nothing is stored: another one recomputes the past."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from domain.sla import BEFORE_BIRTH
from projections.fetching import fetch
from projections.objects.wire import moment

PERIODS = ("day", "week", "month")

# One row a package and phase that it was in: seconds, and whether it still is. `span`: what of the spans is looked at.
_SPENT = """
with phase as not materialized (
    select * from unnest(%(states)s::text[], %(names)s::text[], %(targets)s::float8[]) as p (state, name, target)),
span as (select s.object_id, s.order_id, s.location, s.state, s.born, s.from_at, s.to_at from state_spans s
          where s.kind = 'package' and s.born >= %(begin)s and s.born < %(end)s and s.from_at >= %(begin)s
            and (%(locations)s::bigint[] is null or s.location = any(%(locations)s))
            and (%(package)s::bigint is null or s.object_id = %(package)s)),
part as (
    select s.object_id, s.order_id, s.location, s.born, p.name, p.target, s.to_at is null as still,
           coalesce(s.to_at, %(now)s) - s.from_at as took
      from span s join phase p using (state)
    union all
    select b.id, b.order_id, b.location, b.created, p.name, p.target, false, b.created - coalesce(o.created, b.created)
      from packages b join phase p on p.state = '{before}' join orders o on o.id = b.order_id
     where b.created >= %(begin)s and b.created < %(end)s
       and (%(locations)s::bigint[] is null or b.location = any(%(locations)s))
       and (%(package)s::bigint is null or b.id = %(package)s)),
spent as (
    select object_id, min(order_id) as order_id, location, min(born) as born, name, min(target) as target,
           greatest(extract(epoch from sum(took)), 0)::float8 as seconds, bool_or(still) as still
      from part group by object_id, location, name)
""".replace("{before}", BEFORE_BIRTH)

_BY = """
select {place}, {period}, name, count(*), avg(seconds),
       percentile_cont(array[0.5, 0.9, 0.99]) within group (order by seconds), max(seconds), target,
       count(*) filter (where seconds > target), count(*) filter (where still)
  from spent group by 1, 2, name, target order by 1 nulls first, 2 nulls first, name
"""

_EACH = """
select s.object_id, p.number, s.order_id, s.location, s.born, json_object_agg(s.name, s.seconds),
       coalesce(array_agg(s.name) filter (where s.seconds > s.target), '{}'), max(s.name) filter (where s.still)
  from spent s join packages p on p.id = s.object_id
 group by s.object_id, p.number, s.order_id, s.location, s.born
"""
_LATE = " having bool_or(s.seconds > s.target and (%(phase)s::text is null or s.name = %(phase)s))"
_PAGE = " order by s.object_id limit %(limit)s offset %(offset)s"


PATIENCE = 20.0
"""Seconds that a question may take: one location's month takes milliseconds, a million packages some seconds."""


class TooMuch(Exception):
    """So many packages are asked for that it would take longer than there is patience."""


@dataclass(frozen=True)
class Looked:
    """What is looked at: packages born from `begin` until before `end`, at these locations (None: all), or one alone. A
    phase that goes on is measured until `now`. `patience`: seconds, PATIENCE where it is not said."""

    begin: datetime
    end: datetime
    now: datetime
    locations: Sequence[int] | None = None
    package: int | None = None
    patience: float | None = None


def by_location(
    connection: psycopg.Connection[Any],
    phases: Sequence[Mapping[str, Any]],
    looked: Looked,
    *,
    place: bool = True,
    period: str | None = None,
) -> list[dict[str, Any]]:
    """A row a location (`place`), period (PERIODS) and phase: {location, period, phase, packages, mean, p50, p90, p99,
    max, target, late, going_on}, in seconds; in the order of the phases. Raises TooMuch."""
    asked = _BY.format(
        place="location" if place else "null::bigint",
        period=f"date_trunc('{period}', born)" if period in PERIODS else "null::timestamptz",
    )
    order = {phase["name"]: n for n, phase in enumerate(phases)}
    rows = [
        {
            "location": location,
            "period": moment(begun),
            "phase": name,
            "packages": n,
            "mean": _seconds(mean),
            **dict(zip(("p50", "p90", "p99"), map(_seconds, percentiles), strict=True)),
            "max": _seconds(most),
            "target": None if target is None else int(target),
            "late": late if target is not None else None,
            "going_on": going,
        }
        for location, begun, name, n, mean, percentiles, most, target, late, going in _answer(
            connection, _SPENT + asked, _values(phases, looked), looked
        )
    ]
    return sorted(rows, key=lambda row: (row["location"] or 0, row["period"] or "", order[row["phase"]]))


def packages(
    connection: psycopg.Connection[Any],
    phases: Sequence[Mapping[str, Any]],
    looked: Looked,
    *,
    late: bool = False,
    phase: str | None = None,
    limit: int = 20,
    offset: int = 0,
) -> tuple[list[dict[str, Any]], int]:
    """(page, count) of packages: {package, number, order, location, born, seconds {phase: …}, late [phases], now}.
    `late`: only those over a target; of `phase`, where it is named. Raises TooMuch."""
    values = {**_values(phases, looked), "phase": phase, "limit": limit, "offset": offset}
    each = _EACH + (_LATE if late or phase is not None else "")
    [[count]] = _answer(connection, f"{_SPENT} select count(*) from ({each}) n", values, looked)  # noqa: S608 - constants only
    rows = [
        {
            "package": id,
            "number": number,
            "order": order,
            "location": location,
            "born": moment(born),
            "seconds": {one["name"]: _seconds(seconds.get(one["name"])) for one in phases},
            "late": [one["name"] for one in phases if one["name"] in over],
            "now": still,
        }
        for id, number, order, location, born, seconds, over, still in _answer(
            connection, _SPENT + each + _PAGE, values, looked
        )
    ]
    return rows, int(count)


def _answer(
    connection: psycopg.Connection[Any], text: str, values: Mapping[str, Any], looked: Looked
) -> list[tuple[Any, ...]]:
    patience = PATIENCE if looked.patience is None else looked.patience
    try:
        with connection.transaction():
            connection.execute("select set_config('statement_timeout', %s, true)", (f"{patience * 1000:.0f}ms",))
            # So that a month of all locations is sorted in memory; of all times, by whoever has nothing else to do.
            connection.execute("set local work_mem = '64MB'")
            connection.execute("set local max_parallel_workers_per_gather = 2")
            return fetch(connection, text, values)
    except psycopg.errors.QueryCanceled:
        raise TooMuch(f"it takes longer than {patience:.0f} seconds") from None


def _values(phases: Sequence[Mapping[str, Any]], looked: Looked) -> dict[str, Any]:
    flat = [(state, phase["name"], phase.get("target_minutes")) for phase in phases for state in phase["states"]]
    return {
        "states": [state for state, _, _ in flat],
        "names": [name for _, name, _ in flat],
        "targets": [None if minutes is None else minutes * 60.0 for _, _, minutes in flat],
        "begin": looked.begin,
        "end": looked.end,
        "now": looked.now,
        "locations": None if looked.locations is None else list(looked.locations),
        "package": looked.package,
    }


def _seconds(value: Any) -> float:
    return 0.0 if value is None else round(float(value), 3)
