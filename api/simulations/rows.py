"""The rows of simulated periods (table of api/sql/004_simulations.sql)."""

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Json

Connection = psycopg.Connection[Any]

READY, WORKING, FINISHED, FAILED, ABORTED = "READY", "WORKING", "FINISHED", "FAILED", "ABORTED"

ADD = """
insert into simulations (asked, user_id, username, until_position) values (%s, %s, %s, %s) returning id
"""
SHOWN = """
select id, state, asked, username, position, until_position, message, asked_at, started_at, ended_at
"""
ONE = SHOWN + ", report from simulations where id = %s"
LISTED = SHOWN + "from simulations order by id desc limit %s offset %s"
COUNT = "select count(*) from simulations"
OPEN = "select id from simulations where state in ('READY', 'WORKING') order by id"

BEGIN = """
update simulations set state = 'WORKING', position = 0, started_at = coalesce(started_at, clock_timestamp())
 where id = %s and state in ('READY', 'WORKING') returning asked
"""
GO_ON = "update simulations set position = %s where id = %s and state = 'WORKING'"
END = """
update simulations set state = %s, report = %s, message = %s, ended_at = clock_timestamp()
 where id = %s and state in ('READY', 'WORKING')
"""
FORGET = "delete from simulations where ended_at < clock_timestamp() - make_interval(days => %s)"


def add(connection: Connection, asked: Mapping[str, Any], user: int, username: str, until_position: int) -> int:
    """One that waits. `asked`: {from, to, scenario, transfer_scenarios}, the scenarios as they were written."""
    row = connection.execute(ADD, (Json(dict(asked)), user, username, until_position)).fetchone()
    assert row is not None  # noqa: S101 – a statement that returns a row
    return int(row[0])


def one(connection: Connection, id: int) -> dict[str, Any] | None:
    """With its report."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(ONE, (id,)).fetchone()


def listed(connection: Connection, limit: int, offset: int) -> list[dict[str, Any]]:
    """The newest first, without their reports."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(LISTED.encode(), (limit, offset)).fetchall()


def count(connection: Connection) -> int:
    row = connection.execute(COUNT).fetchone()
    return int(row[0]) if row else 0


def open_ones(connection: Connection) -> list[int]:
    """Those that are to be done, the oldest first."""
    return [id for (id,) in connection.execute(OPEN).fetchall()]


def begin(connection: Connection, id: int) -> dict[str, Any] | None:
    """What was asked, where it is still to be done."""
    row = connection.execute(BEGIN, (id,)).fetchone()
    return None if row is None else row[0]


def go_on(connection: Connection, id: int, position: int) -> bool:
    """It has come to a position of the log. False where it was aborted meanwhile."""
    return bool(connection.execute(GO_ON, (position, id)).rowcount)


def end(
    connection: Connection, id: int, state: str, message: str | None = None, report: Mapping[str, Any] | None = None
) -> bool:
    """It is over; False where it was over before."""
    said = None if report is None else Json(dict(report))
    return bool(connection.execute(END, (state, said, message, id)).rowcount)


def forget(connection: Connection, days: int) -> int:
    """Lets go of those that were over so long ago; how many."""
    return connection.execute(FORGET, (days,)).rowcount
