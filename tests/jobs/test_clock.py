"""In any number of processes each job acts once per due time, whoever is killed, stopped or cut off."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from api.jobs import clock, runs
from api.jobs.clock import Jobs, setting_of
from api.jobs.schedule import Schedule, every
from api.jobs.turn import Job, Outcome, Turn, TurnLost
from api.settings import Settings
from domain import declared, settings
from domain.jobs import JobSetting
from domain.kinds import stream_of
from eventlog.log import EventLog
from tests.scenarios.shop import until

assert declared

HOURLY = every(hours=1)


def tick(run: Callable[[Turn], Outcome | None], schedule: Schedule = HOURLY) -> Job:
    return Job("tick", "Ticks.", run, schedule)


@contextmanager
def working(log: EventLog, *jobs: Job, processes: int = 1) -> Iterator[list[Jobs]]:
    """So many workers, as alike as in processes of their own; the jobs are known to the database when it begins."""
    stop = threading.Event()
    made = [Jobs(log, Settings(secret_key="k"), jobs, poll=0.02) for _ in range(processes)]
    threads = [threading.Thread(target=one.run, args=(stop,)) for one in made]
    for thread in threads:
        thread.start()
    try:
        until(lambda: len(rows(log)) == len(jobs))
        yield made
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def rows(log: EventLog) -> dict[str, runs.Row]:
    runs.prepare(log)
    with log.listening() as connection:
        return runs.rows(connection)


def shown(log: EventLog, name: str = "tick") -> list[dict[str, Any]]:
    with log.listening() as connection:
        return runs.shown(connection, name, 100)


def overdue(log: EventLog, hours: float = 1) -> datetime:
    with log.listening() as connection:
        statement = "update jobs set due = clock_timestamp() - make_interval(secs => %s) returning due"
        found = connection.execute(statement, (hours * 3600,)).fetchone()
    assert found is not None
    due: datetime = found[0]
    return due


def states(log: EventLog, name: str = "tick") -> list[str]:
    return [run["state"] for run in shown(log, name)]


def test_many_processes_act_once_per_due_time(log: EventLog) -> None:
    at_once, most, lock = 0, 0, threading.Lock()

    def run(turn: Turn) -> Outcome:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        turn.ended.wait(0.02)
        with lock:
            at_once -= 1
        return {"run": turn.run}

    dues = []
    with working(log, tick(run), processes=4):
        for _ in range(7):
            dues.append(overdue(log))
            until(lambda: states(log) == ["finished"] * len(dues) and rows(log)["tick"].run is None)
    assert [run["due"] for run in reversed(shown(log))] == dues
    assert most == 1


def test_what_was_missed_is_one_run_and_the_beat_is_kept(log: EventLog) -> None:
    with working(log, tick(lambda _: {"asked": 3})):
        due = overdue(log, hours=10.5)
        until(lambda: states(log) == ["finished"])
    [run] = shown(log)
    assert (run["due"], run["outcome"], run["error"], run["tries"]) == (due, {"asked": 3}, None, 1)
    assert rows(log)["tick"].due == due + timedelta(hours=11)


def test_killed_with_9_it_is_begun_again_by_another(log: EventLog, database_url: str) -> None:
    rows(log)
    program = subprocess.Popen([sys.executable, "-m", "tests.jobs.program", database_url], stdout=subprocess.PIPE)
    try:
        until(lambda: len(rows(log)) == 1)
        due = overdue(log)
        assert program.stdout is not None and program.stdout.readline() == b"running\n"
        with working(log, tick(lambda _: {"done": 1})):
            threading.Event().wait(0.2)
            assert states(log) == ["running"]
            program.kill()
            until(lambda: states(log) == ["finished", "lost"])
    finally:
        program.kill()
        program.wait()
        if program.stdout:
            program.stdout.close()
    again, lost = shown(log)
    assert (again["due"], again["tries"], lost["due"]) == (due, 2, due)
    assert lost["owner"] != again["owner"]


def test_who_was_cut_off_is_fenced_and_writes_nothing(log: EventLog) -> None:
    """Its session is ended while it works: the lock is another's. It holds nothing, remembers nothing, ends nothing."""
    turns: list[Turn] = []
    go_on, refused = threading.Event(), []

    def run(turn: Turn) -> Outcome:
        turns.append(turn)
        if len(turns) > 1:
            return {"second": 1}
        assert go_on.wait(30)
        for late in (lambda: turn.remember({"a": 1}), lambda: hold(turn), turn.check):
            try:
                late()
            except TurnLost:
                refused.append(late)
        return {"first": 1}

    with working(log, tick(run)):
        overdue(log)
        until(lambda: len(turns) == 1)
        with log.listening() as connection:
            other = Jobs(log, Settings(), [tick(run)])
            until(lambda: cut_off(connection, other))
            until(lambda: "finished" in states(log))
            until(turns[0].ended.is_set)
            go_on.set()
            until(lambda: len(refused) == 3)
    assert [(run["state"], run["outcome"]) for run in shown(log)] == [("finished", {"second": 1}), ("lost", None)]


def hold(turn: Turn) -> None:
    with turn.log.listening() as connection, connection.transaction():
        turn.hold(connection)


def cut_off(connection: psycopg.Connection[Any], other: Jobs) -> bool:
    """Ends the sessions that hold the job's lock; whether the other has it then."""
    statement = (
        "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and classid = %s and pid <> %s"
    )
    connection.execute(statement, (clock.JOB_LOCKS, connection.info.backend_pid))
    other.look(connection)
    until(lambda: all(running.done for running in other._running.values()))
    other.look(connection)
    found = connection.execute("select count(*) from job_runs where state = 'finished'").fetchone()
    return found is not None and found[0] > 0


def test_a_run_whose_process_dies_each_time_is_left_until_its_next_time(log: EventLog) -> None:
    rows(log)
    with log.listening() as connection:
        runs.reckon(connection, "tick", HOURLY, 0, runs.now(connection))
        overdue(log)
        tries = [runs.take(connection, "tick", HOURLY, True) for _ in range(runs.TRIES + 1)]
        assert [taken is not None for taken in tries] == [True] * runs.TRIES + [False]
        assert states(log) == ["lost"] * runs.TRIES
        overdue(log)
        assert runs.take(connection, "tick", HOURLY, True) is not None


def test_asked_for_twice_it_runs_once_also_when_it_is_off(log: EventLog) -> None:
    job = tick(lambda _: {"done": 1})
    put(log, job, is_active=False)
    rows(log)
    with log.listening() as connection:
        first, second = runs.ask(connection, "tick", "ada"), runs.ask(connection, "tick", "bob")
    assert first["id"] == second["id"] and first["state"] == "waiting"
    with working(log, job, processes=2):
        until(lambda: states(log) == ["finished"])
        overdue(log)
        threading.Event().wait(0.3)
    [run] = shown(log)
    assert (run["id"], run["asked_by"], run["outcome"]) == (first["id"], "ada", {"done": 1})


def put(log: EventLog, job: Job, **said: Any) -> None:
    id = setting_of(log.reference, job).id
    stream = stream_of("job", id)
    log.decide(stream, lambda s, _: settings.save(s, JobSetting(id, job.name, **said)), actor="t", command="set-job")
    log.reference.refresh()


def test_a_new_setting_is_kept_by_all_and_nothing_is_caught_up(log: EventLog) -> None:
    job = tick(lambda _: None)
    with working(log, job, processes=3):
        put(log, job, is_active=False)
        until(lambda: rows(log)["tick"].version == 1)
        overdue(log, hours=5)
        put(log, job, interval_seconds=1800)
        until(lambda: rows(log)["tick"].version == 2)
        due = rows(log)["tick"].due
        assert timedelta(minutes=29) < due - datetime.now(UTC) <= timedelta(minutes=31)
        put(log, job, crontab="0 0 1 1 *", timezone="Europe/Istanbul")
        until(lambda: rows(log)["tick"].version == 3)
        assert rows(log)["tick"].due.isoformat()[4:] == "-12-31T21:00:00+00:00"
    assert states(log) == []


def test_a_job_that_fails_is_told_and_holds_up_no_other(log: EventLog) -> None:
    def fail(_turn: Turn) -> None:
        raise ValueError("it is broken\nand this is nobody's business")

    with working(log, tick(fail), Job("tock", "Tocks.", lambda turn: {"run": turn.run}, HOURLY)):
        overdue(log)
        until(lambda: states(log) == ["failed"] and states(log, "tock") == ["finished"])
    assert shown(log)[0]["error"] == "ValueError: it is broken"


def test_what_is_remembered_is_there_in_the_next_run(log: EventLog) -> None:
    def count(turn: Turn) -> Outcome:
        turn.remember({"n": turn.memory.get("n", 0) + 1})
        return {"n": turn.memory.get("n", 0)}

    jobs = Jobs(log, Settings(), [tick(count)])
    told = [jobs.now("tick", "operator") for _ in range(3)]
    assert [one and one["outcome"] for one in told] == [{"n": 0}, {"n": 1}, {"n": 2}]


def test_old_runs_go_but_for_the_last(log: EventLog) -> None:
    jobs = Jobs(log, Settings(), [tick(lambda _: None)])
    for _ in range(5):
        jobs.now("tick", "operator")
    with log.listening() as connection:
        connection.execute("update job_runs set ended_at = ended_at - interval '8 days' where id <= 4")
        assert runs.forget(connection, least=2) == 3
    assert [run["id"] for run in shown(log)] == [5, 4]


@pytest.mark.parametrize("stopped", [True, False])
def test_a_worker_that_stops_leaves_its_run_to_another(log: EventLog, stopped: bool) -> None:
    """A run that notices is left and begun again; one that comes to its end meanwhile has ended."""
    begun = threading.Event()

    def run(turn: Turn) -> Outcome:
        begun.set()
        assert turn.ended.wait(30)
        if stopped:
            turn.check()
        return {"done": 1}

    with working(log, tick(run)):
        overdue(log)
        until(begun.is_set)
    if not stopped:
        assert states(log) == ["finished"]
        return
    with working(log, tick(lambda _: {"again": 1})):
        until(lambda: states(log) == ["finished", "lost"])


def test_a_run_that_hangs_is_shown_as_such_and_its_next_turns_come(log: EventLog) -> None:
    """What it still does is fenced off; who goes on step by step may take longer than any patience."""
    woken, late, turns = threading.Event(), [], 0

    def run(turn: Turn) -> Outcome:
        nonlocal turns
        turns += 1
        if turns > 1:
            for _ in range(5):
                turn.check()
                threading.Event().wait(0.15)
            return {"ticks": turns}
        woken.wait(60)
        with log.listening() as connection, connection.transaction():
            for step in (turn.check, lambda: turn.hold(connection), lambda: turn.remember({"said": "too late"})):
                try:
                    step()
                except TurnLost:
                    late.append("fenced off")
        return {"ticks": 0}

    with working(log, replace(tick(run), patience=0.5)):
        overdue(log)
        until(lambda: states(log) == ["failed"])
        assert "It hangs" in shown(log)[0]["error"]
        woken.set()
        until(lambda: len(late) == 3)
        overdue(log)
        until(lambda: states(log) == ["finished", "failed"])
        assert shown(log)[0]["outcome"] == {"ticks": 2}


def test_a_process_in_which_a_job_hangs_again_and_again_leaves_it_to_others(log: EventLog) -> None:
    woken = threading.Event()

    def run(_turn: Turn) -> Outcome:
        woken.wait(60)
        return {}

    with working(log, replace(tick(run), patience=0.05)):
        for n in range(1, clock.MOST_HUNG + 1):
            overdue(log)
            until(lambda n=n: states(log) == ["failed"] * n)  # type: ignore[misc]  # no stricter type can be said here
        overdue(log)
        threading.Event().wait(0.3)
        assert states(log) == ["failed"] * clock.MOST_HUNG
        woken.set()
        until(lambda: len(states(log)) > clock.MOST_HUNG)
