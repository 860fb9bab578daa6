"""Who talked to whom: every request is kept for a while, and counted for ever; figures for `/metrics`."""

import logging
import random
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import psycopg
from psycopg.rows import dict_row

from integrations.outside import Attempt
from integrations.tables import Connection

SLOTS = 8
LAST = 2**62

KEEP = """
insert into integration_attempts (at, system, what, call, method, place, status, seconds, outcome, error)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""

COUNT = """
insert into integration_counts (system, outcome, slot, total, seconds) values (%s, %s, %s, 1, %s)
on conflict (system, outcome, slot) do update
   set total = integration_counts.total + 1, seconds = integration_counts.seconds + excluded.seconds
"""

COUNTS = "select system, outcome, sum(total)::bigint, sum(seconds)::float8 from integration_counts group by 1, 2"
STATES = "select kind, state, count(*) from integration_calls where state in ('waiting', 'failed') group by 1, 2"
OLDEST = """
select kind, extract(epoch from clock_timestamp() - min(at))::float8 from integration_calls
 where state = 'waiting' group by kind
"""
LATELY = """
select id, at, system, what, call, method, place, status, seconds, outcome, error from integration_attempts
 where (%(system)s::text is null or system = %(system)s) and (%(outcome)s::text is null or outcome = %(outcome)s)
   and id < %(before)s order by id desc limit %(limit)s
"""
SWEEP = "delete from integration_attempts where at < clock_timestamp() - %s"
SWEEP_CALLS = "delete from integration_calls where state in ('done', 'dropped') and ended < clock_timestamp() - %s"

log_ = logging.getLogger("daybook.integrations")

Connect = Callable[[], AbstractContextManager[Connection]]


class Traffic:
    """Keeps attempts over connections of `connect` (a pool's). A figure that cannot be kept is no reason to fail."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect

    def __call__(self, attempt: Attempt) -> None:
        one = attempt
        row = (one.at, one.system, one.what, one.call, one.method, one.place, one.status, one.seconds)
        try:
            with self._connect() as connection:
                connection.execute(KEEP, (*row, one.outcome, one.error))
                slot = random.randrange(SLOTS)  # noqa: S311 - spreads rows, guards nothing
                connection.execute(COUNT, (one.system, one.outcome, slot, one.seconds))
        except psycopg.Error as wrong:
            log_.warning("an attempt was not kept: %s", type(wrong).__name__)


def lately(
    connection: Connection,
    *,
    system: str | None = None,
    outcome: str | None = None,
    limit: int = 100,
    before: int = LAST,
) -> list[dict[str, Any]]:
    """The latest requests to other systems, the newest first; `before`: of smaller ids."""
    asked = {"system": system, "outcome": outcome, "limit": limit, "before": before}
    return connection.cursor(row_factory=dict_row).execute(LATELY, asked).fetchall()


def figures(connection: Connection) -> dict[str, Any]:
    """`requests`: [(system, outcome, total, seconds)]; `calls`: [(kind, waiting or failed, count)]; `oldest`: seconds
    that the oldest waits, by kind."""
    return {
        "requests": connection.execute(COUNTS).fetchall(),
        "calls": connection.execute(STATES).fetchall(),
        "oldest": connection.execute(OLDEST).fetchall(),
    }


def sweep(connection: Connection, age: timedelta) -> int:
    """Lets go of attempts, and of calls that are over, of this age; how many."""
    return connection.execute(SWEEP, (age,)).rowcount + connection.execute(SWEEP_CALLS, (age,)).rowcount
