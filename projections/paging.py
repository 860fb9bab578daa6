"""How a page is asked for: its keys first, along an index and no further than the page goes, then the rows of the page.

A condition that several values satisfy is asked value by value: each has its rows in the list's order, and PostgreSQL
merges them as far as it must. Asked together it would sort all of them, or go through the whole list."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from projections.filters import Apart

MOST = 32
"""Selects of one statement at most: each is planned."""


@dataclass(frozen=True, slots=True)
class Condition:
    """`name`: of the filter, "scope", or "position__gt"; `order` and `apart`: as of filters.Filter."""

    name: str
    sql: str
    values: tuple[Any, ...]
    order: str = ""
    apart: Apart = ()


def where(conditions: Sequence[Condition]) -> tuple[str, list[Any]]:
    return _clause([(c.sql, c.values) for c in conditions])


def page(
    table: str, columns: str, key: str, conditions: Sequence[Condition], order: str, offset: int, limit: int
) -> tuple[str, list[Any]]:
    """The statement with its values. `table`: a table, called `t`; `key`: its key, by which `order` ends."""
    parts = [part.rsplit(" ", 1) for part in order.split(", ")]
    sorted_by = ", ".join(column for column, _ in parts)
    selects, values = [], []
    for some in _ways(conditions, MOST if order.startswith(f"{key} ") else 1):
        clause, given = _clause(some)
        some_keys = f"select {sorted_by} from {table} t{clause} order by {order} limit {offset + limit}"  # noqa: S608 - names of ours
        selects.append(f"({some_keys})")
        values += given
    names = [f"k{n}" for n in range(len(parts))]
    ways = ", ".join(f"{name} {way}" for name, (_, way) in zip(names, parts, strict=True))
    every = f"({' union all '.join(selects)}) u ({', '.join(names)})"
    own = names[[column for column, _ in parts].index(key)]
    keys = f"select * from {every} order by {ways} offset {offset} fetch first {limit} rows only"  # noqa: S608 - names of ours
    text = f"select {columns} from ({keys}) k join {table} t on {key} = k.{own} order by {order}"  # noqa: S608 - names of ours
    return text, values


def _ways(conditions: Sequence[Condition], most: int) -> list[list[tuple[str, tuple[Any, ...]]]]:
    """Sets of conditions: a row satisfies one of them where it satisfies all conditions, and never two."""
    found: list[list[tuple[str, tuple[Any, ...]]]] = [[]]
    for condition in conditions:
        apart: Apart = ((condition.sql, condition.values),)
        if condition.apart and len(found) * len(condition.apart) <= most:
            apart = condition.apart
        found = [[*one, more] for one in found for more in apart]
    return found


def _clause(some: Sequence[tuple[str, tuple[Any, ...]]]) -> tuple[str, list[Any]]:
    if not some:
        return "", []
    return f" where {' and '.join(f'({sql})' for sql, _ in some)}", [value for _, values in some for value in values]
