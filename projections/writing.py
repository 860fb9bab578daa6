"""Rows into tables, one statement a table and batch.

They travel as JSON, which costs least on both sides, and PostgreSQL spreads them. Rows that hold JSON themselves would
be read three times over that way: they travel as arrays, one a column.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import msgspec
import psycopg

from projections.changes import Changes
from projections.counts import CountRow
from projections.model import Chained, Count, OfEvents, Table

_encode = msgspec.json.Encoder(decimal_format="string").encode


@cache
def _put(table: Table, name: str) -> str:
    columns = ", ".join(f'"{column}"' for column in table.columns)
    if table.uncompressed:
        rows = f"unnest({', '.join(f'%b::{kind.split()[0]}[]' for kind in table.types)})"
    else:
        rows = f"json_populate_recordset(null::{name}, %s::json)"
    text = f"insert into {name} ({columns}) select {columns} from {rows} t ({columns})"  # noqa: S608 - names of ours
    if isinstance(table, OfEvents):
        return f"{text} on conflict do nothing" if table.once else text
    key, *others = table.columns
    changes = ", ".join(f'"{column}" = excluded."{column}"' for column in others)
    return f'{text} on conflict ("{key}") do update set {changes}'


@cache
def _end(table: Chained, name: str) -> str:
    changes = ", ".join(f"{end} = n.{start}" for end, start in table.ends)
    same = " and ".join(f"t.{column} = n.{column}" for column in table.of)
    rows = f"json_populate_recordset(null::{name}, %s::json)"
    return f"update {name} t set {changes} from {rows} n where {same} and t.{table.ends[0][0]} is null"  # noqa: S608 - names of ours


def _values(table: Table, rows: Sequence[msgspec.Struct]) -> tuple[Any, ...]:
    if not table.uncompressed:
        return (_encode(rows).decode(),)
    return tuple([_plain(getattr(row, column)) for row in rows] for column in table.columns)


def _plain(value: Any) -> Any:
    return bytes(value).decode() if isinstance(value, msgspec.Raw) else value


def write(connection: psycopg.Connection[Any], table: Table, name: str, changes: Changes) -> None:
    """Puts and removes rows of a table that stands under `name`."""
    if changes.removed:
        connection.execute(f'delete from {name} where "{table.columns[0]}" = any(%s)', (changes.removed,))  # noqa: S608 - names of ours
    if isinstance(table, Chained) and changes.follows:
        # Planned each time: a plan kept from when the table was empty would go through all of it.
        connection.execute(_end(table, name), _values(table, changes.follows), prepare=False)
    if changes.put:
        connection.execute(_put(table, name), _values(table, changes.put), prepare=True)


def write_counts(connection: psycopg.Connection[Any], name: str, counts: Mapping[str, Counter[Count]]) -> None:
    """Adds to the counts of each list. What has come down to 0 goes."""
    rows = [
        CountRow(of, location, state, n) for of, some in counts.items() for (location, state), n in some.items() if n
    ]
    if not rows:
        return
    connection.execute(
        f"insert into {name} select * from json_populate_recordset(null::{name}, %s::json) "  # noqa: S608 - names of ours
        f"on conflict (list, location, state) do update set n = {name}.n + excluded.n",
        (_encode(rows).decode(),),
        prepare=True,
    )
    connection.execute(f"delete from {name} where n = 0", prepare=True)  # noqa: S608 - names of ours
