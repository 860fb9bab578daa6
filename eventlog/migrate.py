"""One locked migration at start: versioned, forward only. Processes that start together wait for the first."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import psycopg

SQL = Path(__file__).parent / "sql"

# The first of each pair of the advisory locks of this database; eventlog uses 7101.
LOCKS = 7101
APPEND_LOCK, MIGRATION_LOCK = 1, 2

_TABLE = """
create table if not exists schema_versions (
    room text not null, version integer not null, digest text not null, at timestamptz not null default now(),
    primary key (room, version))
"""


def migrate(database_url: str, room: str = "eventlog", folder: Path = SQL) -> list[int]:
    """Applies what the database lacks of `folder`'s files (`001_name.sql`, …), all in one transaction, in
    order; gives the versions applied. Rooms above keep their own tables the same way under their own name."""
    with psycopg.connect(database_url, autocommit=True) as connection, connection.transaction():
        connection.execute("select pg_advisory_xact_lock(%s, %s)", (LOCKS, MIGRATION_LOCK))
        connection.execute(_TABLE)
        return _apply(connection, room, _files(folder))


def _files(folder: Path) -> list[tuple[int, str]]:
    return [(int(path.name.partition("_")[0]), path.read_text()) for path in sorted(folder.glob("[0-9]*.sql"))]


def _apply(connection: psycopg.Connection, room: str, files: Sequence[tuple[int, str]]) -> list[int]:
    rows = connection.execute("select version from schema_versions where room = %s", (room,)).fetchall()
    there = {version for (version,) in rows}
    applied = []
    for version, text in files:
        if version in there:
            continue
        connection.execute(text.encode())
        connection.execute(
            "insert into schema_versions (room, version, digest) values (%s, %s, %s)",
            (room, version, hashlib.sha256(text.encode()).hexdigest()),
        )
        applied.append(version)
    return applied
