"""The rows of jobs and of their runs: taken, ended, asked for, listed (tables of sql/001_jobs.sql)."""

import os
import socket
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from api.jobs.schedule import Schedule
from api.jobs.turn import Outcome
from eventlog.log import EventLog
from eventlog.migrate import migrate

Connection = psycopg.Connection[Any]

TRIES = 3
"""How often a run is begun again whose process died each time, before it waits for its next time."""

FINISHED, FAILED, LOST = "finished", "failed", "lost"

KNOWN = """
insert into jobs (name, due, version, schedule) values (%s, %s, %s, %s) on conflict (name) do nothing
"""
RECKON = """
update jobs set due = case when version < %(version)s then %(due)s else least(due, %(due)s) end,
       version = %(version)s, schedule = %(schedule)s
 where name = %(name)s and (version < %(version)s or (version = %(version)s and schedule <> %(schedule)s))
"""
ROWS = "select name, due, epoch, run, version, schedule from jobs"
WAITING = "select job from job_runs where state = 'waiting'"
NOW = "select clock_timestamp()"

LOCK_ROW = "select due, epoch, run from jobs where name = %s for update"
DIED = """
update job_runs set state = 'lost', ended_at = clock_timestamp(), error = 'Its process ended before it did.'
 where id = %s and state = 'running' returning due, asked_by, tries
"""
ASKED = "select id from job_runs where job = %s and state = 'waiting' for update"
BEGIN_ASKED = """
update job_runs set state = 'running', owner = %s, epoch = %s, started_at = clock_timestamp() where id = %s returning id
"""
BEGIN = """
insert into job_runs (job, state, due, asked_by, tries, owner, epoch, started_at)
values (%s, 'running', %s, %s, %s, %s, %s, clock_timestamp()) returning id
"""
TAKEN = "update jobs set run = %s, epoch = %s, due = %s where name = %s"

END = """
update job_runs set state = %s, ended_at = clock_timestamp(), outcome = %s, error = %s
 where id = %s and state = 'running'
"""
FREE = "update jobs set run = null where name = %s and epoch = %s"
# The epoch goes on, so that whatever it still does is fenced off.
TAKE_AWAY = "update jobs set run = null, epoch = epoch + 1 where name = %s and epoch = %s"

ASK = """
insert into job_runs (job, state, due, asked_by) values (%s, 'waiting', clock_timestamp(), %s)
on conflict (job) where state = 'waiting' do nothing
"""
SHOWN = """
select id, job, state, due, asked_by, tries, owner, started_at, ended_at, outcome, error from job_runs
 where {where} order by id desc limit %(limit)s offset %(offset)s
"""
COUNT = "select count(*) from job_runs where {where}"

FORGET = """
delete from job_runs r using (select id, row_number() over (partition by job order by id desc) as n from job_runs) o
 where o.id = r.id and o.n > %s and r.ended_at < clock_timestamp() - make_interval(days => %s)
"""


@dataclass(frozen=True, slots=True)
class Row:
    due: datetime
    epoch: int
    run: int | None
    version: int
    schedule: str


def prepare(log: EventLog) -> None:
    """The tables of this room."""
    migrate(log.direct_url, "jobs", Path(__file__).parent / "sql")


def owner() -> str:
    """This process, for people."""
    return f"{socket.gethostname()}:{os.getpid()}"


def now(connection: Connection) -> datetime:
    """The database's clock: processes whose own clocks differ agree on it."""
    row = connection.execute(NOW).fetchone()
    assert row is not None  # noqa: S101 – a select of one value
    found: datetime = row[0]
    return found


def rows(connection: Connection) -> dict[str, Row]:
    return {name: Row(*rest) for name, *rest in connection.execute(ROWS).fetchall()}


def reckon(connection: Connection, name: str, schedule: Schedule, version: int, at: datetime) -> None:
    """Its next time by a schedule that is new to the row; who knows only an older setting changes nothing. Two releases
    that declare it otherwise and run side by side never put it off."""
    due = schedule.next(at)
    connection.execute(KNOWN, (name, due, version, schedule.text))
    connection.execute(RECKON, {"name": name, "due": due, "version": version, "schedule": schedule.text})


def take(
    connection: Connection, name: str, schedule: Schedule, active: bool, asked_by: str | None = None
) -> tuple[int, int] | None:
    """(run, epoch) of a run that begins now, where something is due, was asked for or died; who calls it holds the
    job's lock. `asked_by` asks for one at once."""
    with connection.transaction():
        at = now(connection)
        found = connection.execute(LOCK_ROW, (name,)).fetchone()
        if found is None:
            return None
        due, epoch, before = found
        epoch += 1
        begun = _died(connection, name, before, epoch, active) or _asked(connection, name, epoch)
        is_due = active and due <= at
        if begun is None and (is_due or asked_by is not None):
            said = (name, due if is_due else at, None if is_due else asked_by, 1, owner(), epoch)
            begun = _id(connection.execute(BEGIN, said))
        connection.execute(TAKEN, (begun, epoch, schedule.next(at, due) if is_due else due, name))
        return None if begun is None else (begun, epoch)


def _died(connection: Connection, name: str, run: int | None, epoch: int, active: bool) -> int | None:
    """A run whose process is gone is lost; the one that takes its place, unless it died too often or is off now."""
    lost = None if run is None else connection.execute(DIED, (run,)).fetchone()
    if lost is None:
        return None
    due, asked_by, tries = lost
    if tries >= TRIES or not (active or asked_by):
        return None
    return _id(connection.execute(BEGIN, (name, due, asked_by, tries + 1, owner(), epoch)))


def _asked(connection: Connection, name: str, epoch: int) -> int | None:
    waiting = connection.execute(ASKED, (name,)).fetchone()
    return None if waiting is None else _id(connection.execute(BEGIN_ASKED, (owner(), epoch, waiting[0])))


def _id(cursor: psycopg.Cursor[Any]) -> int:
    row = cursor.fetchone()
    assert row is not None  # noqa: S101 – a statement that returns a row
    return int(row[0])


def end(connection: Connection, name: str, run: int, epoch: int, outcome: Outcome | None, error: str | None) -> None:
    """What came of it; nothing where another has taken its place."""
    state = FINISHED if error is None else FAILED
    with connection.transaction():
        connection.execute(END, (state, None if outcome is None else Jsonb(dict(outcome)), error, run))
        connection.execute(FREE, (name, epoch))


def give_up(connection: Connection, name: str, run: int, epoch: int, error: str) -> None:
    """It hangs: it has failed, and whatever it may still do is none of its turn's."""
    with connection.transaction():
        connection.execute(END, (FAILED, None, error, run))
        connection.execute(TAKE_AWAY, (name, epoch))


def ask(connection: Connection, name: str, by: str) -> dict[str, Any]:
    """The run that waits for a process to do it, the one that waits already included."""
    with connection.transaction():
        connection.execute(ASK, (name, by))
        return shown(connection, name, 1)[0]


def shown(
    connection: Connection, name: str | None = None, limit: int = 20, offset: int = 0, state: str | None = None
) -> list[dict[str, Any]]:
    """Runs, the newest first, of one job or of all."""
    with connection.cursor(row_factory=dict_row) as cursor:
        values = {"job": name, "state": state, "limit": limit, "offset": offset}
        return cursor.execute(SHOWN.format(where=_where(name, state)).encode(), values).fetchall()


def count(connection: Connection, name: str | None = None, state: str | None = None) -> int:
    statement = COUNT.format(where=_where(name, state)).encode()
    return _id(connection.execute(statement, {"job": name, "state": state}))


def _where(name: str | None, state: str | None) -> str:
    parts = ["job = %(job)s"] if name is not None else []
    parts += ["state = %(state)s"] if state is not None else []
    return " and ".join(parts) or "true"


def forget(connection: Connection, least: int = 50, days: int = 7) -> int:
    """Lets go of runs older than `days`, but for the last `least` of each job; how many went."""
    return connection.execute(FORGET, (least, days)).rowcount
