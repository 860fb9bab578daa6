"""A list: its table, filters, sorts, who may see what of it, and a page of it selected."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg

from projections import paging
from projections.fetching import fetch
from projections.filters import BadFilter, Filter, Settings, UnknownFilter, Wrong, each
from projections.objects.person import Reveal
from projections.paging import Condition, where

COUNTED_TO = 10_000
"""Up to so many rows `count` is exact, and pages go (spec 3.1)."""

FEW = 1_000

Row = tuple[Any, ...]
Show = Callable[[psycopg.Connection[Any], Sequence[Row], Settings, Reveal], list[dict[str, Any]]]


@dataclass(frozen=True)
class List:
    """`table` is selected as `t`, `columns` are what `show(connection, rows, settings, reveal)` gets. `scope`: a
    condition with one `%s`, the location ids a user is limited to. `sorts`: name → columns with an index. `counted`:
    its name in list_counts; `by`: filters that list_counts knows, with its column for each. `cursor`: the column of
    `position__gt`."""

    name: str
    table: str
    columns: str
    filters: Mapping[str, Filter]
    show: Show
    scope: str | None = None
    sorts: Mapping[str, str] = field(default_factory=lambda: {"id": "t.id"})
    sort: str = "-id"
    counted: str | None = None
    by: Mapping[str, str] = field(default_factory=dict)
    cursor: str | None = "t.position"


@dataclass(frozen=True, slots=True)
class Page:
    """`rows` are for `queries.render_page`. `count_exact` False: `count` is an estimate. `position`: of the last row,
    for the next `position__gt` (None where the list has none, or no rows)."""

    list: Any
    rows: list[Row]
    count: int
    count_exact: bool
    position: int | None = None


def select(
    connection: psycopg.Connection[Any],
    listed: List,
    params: Mapping[str, str],
    settings: Settings,
    *,
    scope: Sequence[int] | None = None,
    page: int = 1,
    limit: int = 20,
    sort: str | None = None,
) -> Page:
    """One page. `params`: the filters of the request, `id__gt`… and `position__gt` among them; empty values are left
    out. Raises UnknownFilter, BadFilter."""
    conditions = _conditions(connection, listed, params, settings, scope)
    offset = (page - 1) * limit
    if page < 1 or limit < 1 or offset + limit > max(COUNTED_TO, limit):
        raise BadFilter("page", f"Pages go up to {COUNTED_TO:,} rows; go on with position__gt or id__gt.")
    by_position = any(c.name == "position__gt" for c in conditions)
    columns = listed.columns + (f", {listed.cursor}" if listed.cursor else "")
    key = listed.sorts["id"]
    if by_position or "," in key:
        clause, values = where(conditions)
        order = listed.cursor if by_position else _order(listed, sort, params, conditions)
        # Rows of one event share its position: a page by position ends after all of them, the next begins behind it.
        first = f"fetch first {limit} rows {'with ties' if by_position else 'only'}"
        text = f"select {columns} from {listed.table} t{clause} order by {order} offset {offset} {first}"  # noqa: S608 - names of ours
    else:
        order = _order(listed, sort, params, conditions)
        text, values = paging.page(listed.table, columns, key, conditions, order, offset, limit)
    rows = fetch(connection, text, values)
    count, exact = _count(connection, listed, conditions, len(rows) if len(rows) < limit and offset == 0 else None)
    return Page(listed, rows, count, exact, rows[-1][-1] if rows and listed.cursor else None)


def _conditions(
    connection: psycopg.Connection[Any],
    listed: List,
    params: Mapping[str, str],
    settings: Settings,
    scope: Sequence[int] | None,
) -> list[Condition]:
    filters = dict(listed.filters)
    if listed.cursor:
        filters["position__gt"] = Filter(f"{listed.cursor} > %s", filters["id__gt"].read)
    found = []
    for name, text in params.items():
        wanted = filters.get(name)
        if wanted is None:
            raise UnknownFilter(name, filters)
        if text == "":
            continue
        try:
            value = wanted.read(text, settings)
        except Wrong as wrong:
            raise BadFilter(name, str(wrong)) from None
        values = value if isinstance(value, tuple) else (value,)
        apart = () if wanted.apart is None else wanted.apart(value)
        found.append(_few(connection, name, wanted, values) or Condition(name, wanted.sql, values, wanted.order, apart))
    if scope is not None and listed.scope is not None:
        found.append(Condition("scope", listed.scope, (list(scope),) * listed.scope.count("%s")))
    return found


def _few(connection: psycopg.Connection[Any], name: str, wanted: Filter, values: tuple[Any, ...]) -> Condition | None:
    """Where few rows of another table satisfy a filter, they are looked up first: PostgreSQL would guess how many
    they are, and for a guess too high go through the whole list instead."""
    if not wanted.inner:
        return None
    keys = fetch(connection, f"{wanted.inner} limit {FEW + 1}", values)
    if len(keys) > FEW:
        return None
    found = [key for (key,) in keys]
    apart = each(wanted.column, found) if len(found) == 1 or wanted.column != "t.id" else ()
    return Condition(name, f"{wanted.column} = any(%s)", (found,), apart=apart)


def _order(listed: List, sort: str | None, params: Mapping[str, str], conditions: Sequence[Condition]) -> str:
    """The key stands behind every other column, so that pages never overlap."""
    up = any(params.get(name) for name in ("id__gt", "id__gte"))
    along = next((c.order for c in conditions if c.order), None)
    if sort is None and not up and along is not None:
        return f"{along}, {listed.sorts['id']} {along.rsplit(' ', 1)[1]}"
    parts = []
    for name in (sort or ("id" if up else listed.sort)).split(","):
        plain = name.strip().removeprefix("-")
        if plain not in listed.sorts:
            raise BadFilter("sort", f"There is no sort {plain}; known are {', '.join(listed.sorts)}.")
        way = "desc" if name.strip().startswith("-") else "asc"
        parts += [f"{column} {way}" for column in listed.sorts[plain].split(", ")]
    key = listed.sorts["id"].split(", ")
    if not any(part.startswith(f"{key[0]} ") for part in parts):
        parts += [f"{column} {way}" for column in key]
    return ", ".join(parts)


def _count(
    connection: psycopg.Connection[Any], listed: List, conditions: Sequence[Condition], all_seen: int | None
) -> tuple[int, bool]:
    """All rows, whatever the page."""
    if all_seen:
        return all_seen, True
    if listed.counted and all(c.name in listed.by for c in conditions):
        return _kept_count(connection, listed, conditions), True
    clause, values = where(conditions)
    text = f"select count(*) from (select from {listed.table} t{clause} limit {COUNTED_TO + 1}) x"  # noqa: S608 - names of ours
    [(count,)] = fetch(connection, text, values)
    if count <= COUNTED_TO:
        return count, True
    [(plan,)] = fetch(
        connection,
        f"explain (format json) select from {listed.table} t{clause}",
        values,
    )
    return max(int(plan[0]["Plan"]["Plan Rows"]), COUNTED_TO + 1), False


def _kept_count(connection: psycopg.Connection[Any], listed: List, conditions: Sequence[Condition]) -> int:
    """As the projector counts it."""
    text = "select coalesce(sum(n), 0)::bigint from list_counts where list = %s"
    values: list[Any] = [listed.counted]
    for condition in conditions:
        value = condition.values[0]
        column = listed.by[condition.name]
        if condition.name.endswith("__ne"):
            text += f" and {column} <> %s"
        elif isinstance(value, list):
            text += f" and {column} = any(%s)"
        else:
            text += f" and {column} = %s"
        if column == "state":
            value = [str(one) for one in value] if isinstance(value, list) else str(value)
        values.append(value)
    [(count,)] = fetch(connection, text, values)
    return int(count)
