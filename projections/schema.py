"""The tables of the read models: made at start under the lock of migrations, and found out of date."""

from typing import Any

import psycopg

from eventlog.log import EventLog
from eventlog.migrate import LOCKS, MIGRATION_LOCK
from projections.counts import LIST_COUNTS
from projections.model import Chained, Table
from projections.models import MODELS

FOLLOWER = "projections"
"""The name under which the log is followed; its position is that of every read model."""

TABLES: dict[str, Table] = {table.name: table for table in (*MODELS, LIST_COUNTS)}

# Which read models there are, and the shape in which each was built ("": it never was).
REGISTRY = "create table if not exists read_models (name text primary key, shape text not null)"


def install(log: EventLog) -> list[str]:
    """Makes the tables that are not there; gives the names of those that must be built anew from the log because
    they are new in an installation that has gone on, or were built in another shape."""
    with log.listening() as connection, connection.transaction():
        connection.execute("select pg_advisory_xact_lock(%s, %s)", (LOCKS, MIGRATION_LOCK))
        connection.execute(REGISTRY)
        built = dict(connection.execute("select name, shape from read_models").fetchall())
        begun = projected(connection) > 0
        for table in TABLES.values():
            if table.name not in built:
                create(connection, table, table.name)
                create_indexes(connection, table, table.name)
                built[table.name] = "" if begun else table.shape
                connection.execute("insert into read_models values (%s, %s)", (table.name, built[table.name]))
        return [table.name for table in TABLES.values() if built[table.name] != table.shape]


def projected(connection: psycopg.Connection[Any]) -> int:
    """Up to which position the read models are."""
    text = "select notification_id from followers where application_name = %s"
    row = connection.execute(text, (FOLLOWER,)).fetchone()
    return 0 if row is None else int(row[0])


def create(connection: psycopg.Connection[Any], table: Table, name: str, *, scratch: bool = False) -> None:
    """The table under `name`, without the indexes it is read by. `scratch`: gone after a crash, and faster for it."""
    kind = "unlogged table" if scratch else "table"
    settings = f" with ({table.settings})" if table.settings else ""
    connection.execute(f"create {kind} {name} ({table.definition}){settings}".encode())
    for column in table.uncompressed:
        connection.execute(f"alter table {name} alter column {column} set storage external".encode())
    if isinstance(table, Chained):
        connection.execute(f"create index {name}_open on {name} {table.open_ones}".encode())


def create_indexes(connection: psycopg.Connection[Any], table: Table, name: str) -> None:
    for n, columns in enumerate(table.indexes, 1):
        connection.execute(f"create index {name}_{n} on {name} {columns}".encode())


def rename(connection: psycopg.Connection[Any], table: Table, old: str, new: str) -> None:
    """The table with its indexes."""
    connection.execute(f"alter table {old} rename to {new}".encode())
    connection.execute(f"alter index {old}_pkey rename to {new}_pkey".encode())
    if isinstance(table, Chained):
        connection.execute(f"alter index {old}_open rename to {new}_open".encode())
    for n in range(1, len(table.indexes) + 1):
        connection.execute(f"alter index {old}_{n} rename to {new}_{n}".encode())
