"""Runs what is due. Any number of processes look; for each job one of them has its advisory lock while it runs.

The lock says who runs it: it goes with the connection of a process that died, and the next look of another marks the
run as lost and begins it again. The epoch of the row says it once more, for a process that only slept: its session is
ended by the server, and what it then still writes is fenced off. The row's due time is moved as a run begins, so that
each time is acted on once, and what was missed while nobody looked is one run. A run that comes to no step any more
hangs: it is marked as failed and fenced off, and its next turn comes in its time.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from threading import Event, Thread
from time import monotonic
from typing import Any
from zlib import crc32

import psycopg

from api.jobs import runs
from api.jobs.declared import JOBS
from api.jobs.schedule import Schedule
from api.jobs.turn import Job, JobFailed, Outcome, Turn, TurnLost
from api.settings import Settings
from domain.jobs import JobSetting
from domain.kernel import Reference
from eventlog.log import EventLog
from projections.objects.named_id import named_id

JOB_LOCKS = 7107
POLL_SECONDS = 1.0
ASLEEP_SECONDS = 15.0
"""A process that says nothing for so long was stopped: the server ends its session, and with it its locks."""

STOP_SECONDS = 5.0
"""What a run has to notice that the process stops; one that does not is begun again elsewhere."""

MOST_HUNG = 3
"""Threads of one job that hang in this process; then others have to do it."""

LOCK = "select pg_try_advisory_lock(%s, %s)"
UNLOCK = "select pg_advisory_unlock(%s, %s)"

log_ = logging.getLogger("daybook.jobs")


def setting_of(reference: Reference, job: Job) -> JobSetting:
    """How a job is set; as declared where nobody has."""
    found: JobSetting | None = reference.find("job", job.name)
    return found if found is not None else JobSetting(named_id("job", job.name), job.name)


def schedule_of(setting: JobSetting, job: Job) -> Schedule:
    if setting.interval_seconds is None and setting.crontab is None:
        return job.schedule
    return Schedule(setting.interval_seconds, setting.crontab, setting.timezone)


def _lock_of(name: str) -> int:
    return crc32(name.encode()) - 2**31


@dataclass
class _Running:
    """A run of this process. `done`: it ended, with `outcome` or `error`, which is still to be written; `left`: it did
    not come to its end, and whoever has the turn next begins it again."""

    turn: Turn
    thread: Thread | None = None
    done: bool = False
    left: bool = False
    outcome: Outcome | None = None
    error: str | None = None


class Jobs:
    """`run` until stopped. `poll`: seconds between two looks."""

    def __init__(
        self, log: EventLog, settings: Settings, jobs: Iterable[Job] = JOBS, poll: float = POLL_SECONDS
    ) -> None:
        self._log, self._settings, self._poll = log, settings, poll
        self._jobs = {job.name: job for job in jobs}
        self._running: dict[str, _Running] = {}
        self._hung: dict[str, list[Thread]] = {}
        self._wake = Event()

    def run(self, stop: Event) -> None:
        runs.prepare(self._log)
        said = ""
        while not stop.is_set():
            try:
                with self._log.listening() as connection:
                    self._sit_down(connection)
                    said = ""
                    while not stop.is_set():
                        self.look(connection)
                        self._wait(stop)
                    self._stop(connection)
            except (psycopg.OperationalError, psycopg.InterfaceError) as lost:
                why = str(lost).strip().split("\n")[0]
                if why != said:  # a database that is away for a minute is told once
                    log_.warning("jobs wait for the database: %s", why)
                    said = why
                stop.wait(0.5)

    def now(self, name: str, by: str) -> dict[str, Any] | None:
        """Runs a job here and now, for a person, in the calling thread; None where it runs already somewhere."""
        runs.prepare(self._log)
        job = self._jobs[name]
        with self._log.listening() as connection:
            self._reckon(connection, job)
            if not self._locked(connection, name):
                return None
            taken = runs.take(connection, name, self._schedule(job), False, by)
            assert taken is not None  # noqa: S101 – it was asked for
            self._running[name] = _Running(self._turn(name, *taken))
            self._work(job, self._running[name])
            self._ended(connection, name)
            return runs.shown(connection, name, 1)[0]

    def look(self, connection: psycopg.Connection[Any]) -> None:
        """Writes down what ended, begins what is due, was asked for, or was under way in a process that died."""
        for name, running in list(self._running.items()):
            if running.done:
                self._ended(connection, name)
            elif running.turn.silent() > self._jobs[name].patience:
                self._given_up(connection, name)
        rows, asked = runs.rows(connection), {name for (name,) in connection.execute(runs.WAITING).fetchall()}
        now = runs.now(connection)
        for job in self._jobs.values():
            if job.name in self._running or self._hang(job.name) >= MOST_HUNG:
                continue
            setting, row = setting_of(self._log.reference, job), rows.get(job.name)
            schedule = schedule_of(setting, job)
            if row is None or row.version < setting.version:
                self._reckon(connection, job)
                continue
            if row.version > setting.version:
                continue  # its newest setting has not come to this process yet
            if row.schedule != schedule.text:
                self._reckon(connection, job)  # declared anew
            if row.run is None and job.name not in asked and not (setting.is_active and row.due <= now):
                continue
            if self._locked(connection, job.name):
                taken = runs.take(connection, job.name, schedule, setting.is_active)
                if taken is None:
                    self._unlock(connection, job.name)
                else:
                    self._begin(job, self._turn(job.name, *taken))

    # --- a run

    def _turn(self, name: str, run: int, epoch: int) -> Turn:
        return Turn(self._log, self._settings, name, run, epoch)

    def _begin(self, job: Job, turn: Turn) -> None:
        running = self._running[job.name] = _Running(turn)
        running.thread = Thread(target=self._work, args=(job, running), name=f"job {job.name}", daemon=True)
        running.thread.start()

    def _work(self, job: Job, running: _Running) -> None:
        began = monotonic()
        try:
            running.outcome = job.run(running.turn) or {}
        except TurnLost:
            log_.info("%s was left: it is another's turn", job.name)
            running.left = True
        except JobFailed as failed:
            running.error = str(failed)
            log_.error("%s: %s", job.name, failed)
        except Exception as wrong:
            running.error = f"{type(wrong).__name__}: {str(wrong).strip().partition(chr(10))[0][:500]}"
            log_.warning("%s: %s", job.name, running.error)
        else:
            if any(running.outcome.values()):
                said = ", ".join(f"{what} {n}" for what, n in running.outcome.items() if n)
                log_.info("%s: %s (%.1f s)", job.name, said, monotonic() - began)
        running.done = True
        self._wake.set()

    def _ended(self, connection: psycopg.Connection[Any], name: str) -> None:
        running = self._running[name]
        turn = running.turn
        if not running.left:  # as long as no other has taken its turn
            runs.end(connection, name, turn.run, turn.epoch, running.outcome, running.error)
        self._unlock(connection, name)
        del self._running[name]

    def _given_up(self, connection: psycopg.Connection[Any], name: str) -> None:
        """It hangs. Nobody can end a thread: it is left alone, and whatever it still writes is fenced off."""
        running = self._running.pop(name)
        turn, minutes = running.turn, self._jobs[name].patience / 60
        turn.ended.set()
        error = f"It hangs: for {minutes:g} minutes it came to no step. Its turn was taken away."
        log_.error("%s: %s", name, error)
        runs.give_up(connection, name, turn.run, turn.epoch, error)
        self._unlock(connection, name)
        if running.thread is not None:
            self._hung.setdefault(name, []).append(running.thread)

    def _hang(self, name: str) -> int:
        """How many threads of a job hang here."""
        hung = self._hung.get(name)
        if not hung:
            return 0
        hung[:] = [thread for thread in hung if thread.is_alive()]
        return len(hung)

    # --- locks

    def _sit_down(self, connection: psycopg.Connection[Any]) -> None:
        """The locks went with the connection before: those of runs that go on are taken again, or they are lost."""
        connection.execute("select set_config('idle_session_timeout', %s, false)", (f"{ASLEEP_SECONDS * 1000:.0f}ms",))
        rows = runs.rows(connection)
        for name, running in self._running.items():
            mine = self._locked(connection, name) and rows[name].epoch == running.turn.epoch
            if not mine:
                running.turn.ended.set()
                self._unlock(connection, name)

    def _locked(self, connection: psycopg.Connection[Any], name: str) -> bool:
        row = connection.execute(LOCK, (JOB_LOCKS, _lock_of(name))).fetchone()
        return bool(row and row[0])

    def _unlock(self, connection: psycopg.Connection[Any], name: str) -> None:
        connection.execute("set client_min_messages = error")  # one that is not held is no trouble
        connection.execute(UNLOCK, (JOB_LOCKS, _lock_of(name)))

    def _schedule(self, job: Job) -> Schedule:
        return schedule_of(setting_of(self._log.reference, job), job)

    def _reckon(self, connection: psycopg.Connection[Any], job: Job) -> None:
        version = setting_of(self._log.reference, job).version
        runs.reckon(connection, job.name, self._schedule(job), version, runs.now(connection))

    # --- waiting and stopping

    def _wait(self, stop: Event) -> None:
        until = monotonic() + self._poll
        while not stop.is_set() and not self._wake.is_set() and (left := until - monotonic()) > 0:
            self._wake.wait(min(left, 0.2))
        self._wake.clear()

    def _stop(self, connection: psycopg.Connection[Any]) -> None:
        """What does not end in time is begun again by another process, once the lock is free."""
        for running in self._running.values():
            running.turn.ended.set()
        until = monotonic() + STOP_SECONDS
        for name, running in list(self._running.items()):
            if running.thread is not None:
                running.thread.join(max(0.0, until - monotonic()))
            if running.done:
                self._ended(connection, name)
