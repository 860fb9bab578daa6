"""Following: batches with their position, one owner, take-over, wake-ups, tails, reading one's own writes."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from eventlog.log import EventLog
from eventlog.recorded import Recorded, UnknownFact
from tests.eventlog.probe import counted

SEEN = "create table seen (position bigint primary key)"


@contextmanager
def running(run: Callable[..., None], *args: Any, **more: Any) -> Iterator[threading.Event]:
    """Runs a follower in a thread until the block ends."""
    stop = threading.Event()
    thread = threading.Thread(target=run, args=args, kwargs={**more, "stop": stop}, daemon=True)
    thread.start()
    try:
        yield stop
    finally:
        stop.set()
        thread.join(10)
        assert not thread.is_alive()


def until(condition: Callable[[], Any], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


def note(connection: psycopg.Connection[Any], events: list[Recorded]) -> None:
    """A read model of positions: its primary key refuses any repeat."""
    with connection.cursor() as cursor:
        cursor.executemany("insert into seen values (%s)", [(event.position,) for event in events])


def test_what_is_there_and_what_comes(log: EventLog, seen: Callable[[], list[int]]) -> None:
    for n in range(1, 8):
        log.append(counted(f"probe-{n}"))
    with running(log.follow, "notes", note, batch=3):
        until(lambda: seen() == list(range(1, 8)))
        log.append(counted("probe-1"))
        assert log.wait_for(["notes"], 8)
    assert seen() == list(range(1, 9))
    assert log.positions() == {"notes": 8}
    assert not log.wait_for(["notes", "nobody"], 9, timeout=0.05)


def test_a_follower_goes_on_where_it_was(log: EventLog, seen: Callable[[], list[int]]) -> None:
    log.append(counted("probe-1", 1, 1))
    with running(log.follow, "notes", note):
        until(lambda: len(seen()) == 2)
    log.append(counted("probe-1", 1, 1))
    with running(log.follow, "notes", note):
        until(lambda: seen() == [1, 2, 3, 4])


def test_work_and_position_commit_together(log: EventLog, seen: Callable[[], list[int]]) -> None:
    log.append(counted("probe-1", 1, 1))

    def fail(connection: psycopg.Connection[Any], events: list[Recorded]) -> None:
        note(connection, events)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        log.follow("notes", fail, stop=threading.Event())
    assert seen() == [] and log.positions() == {"notes": 0}


def test_a_deadlock_or_a_lost_connection_is_tried_again(log: EventLog, seen: Callable[[], list[int]]) -> None:
    log.append(counted("probe-1", 1, 1))
    fails = iter([psycopg.errors.DeadlockDetected("deadlock"), psycopg.OperationalError("gone"), None])

    def sometimes(connection: psycopg.Connection[Any], events: list[Recorded]) -> None:
        wrong = next(fails)
        if wrong is not None:
            raise wrong
        note(connection, events)

    with running(log.follow, "notes", sometimes):
        until(lambda: seen() == [1, 2])


def test_one_owner_and_a_standby_that_takes_over(
    log: EventLog, database_url: str, seen: Callable[[], list[int]]
) -> None:
    other = EventLog.open(database_url)
    owners: list[str] = []

    def by(name: str) -> Callable[[psycopg.Connection[Any], list[Recorded]], None]:
        def handle(connection: psycopg.Connection[Any], events: list[Recorded]) -> None:
            owners.append(name)
            note(connection, events)

        return handle

    with running(other.follow, "notes", by("second")) as stop_second:
        log.append(counted("probe-1"))
        until(lambda: seen() == [1])
        with running(log.follow, "notes", by("first")):
            log.append(counted("probe-1"))
            until(lambda: seen() == [1, 2])
            assert owners == ["second", "second"]
            stop_second.set()
            log.append(counted("probe-1"))
            until(lambda: seen() == [1, 2, 3])
            log.append(counted("probe-1"))
            until(lambda: seen() == [1, 2, 3, 4])
    assert owners[-1] == "first"
    other.close()


def test_an_owner_that_slept_through_a_take_over_saves_nothing(
    log: EventLog, database_url: str, seen: Callable[[], list[int]]
) -> None:
    """The owner is asleep in its work; its session ends; a standby takes over and does the same work. Awake again, the
    first cannot commit."""
    asleep, wake = threading.Event(), threading.Event()
    log.append(counted("probe-1", 1, 1))

    def sleeper(connection: psycopg.Connection[Any], events: list[Recorded]) -> None:
        note(connection, events)
        asleep.set()
        wake.wait(20)

    other = EventLog.open(database_url)
    with running(log.follow, "notes", sleeper), psycopg.connect(database_url, autocommit=True) as admin:
        assert asleep.wait(10)
        with running(other.follow, "notes", note):
            time.sleep(0.5)
            assert seen() == []  # a standby while the owner lives
            admin.execute(
                "select pg_terminate_backend(pid) from pg_locks"
                " where locktype = 'advisory' and classid = 7102 and granted"
            )
            until(lambda: seen() == [1, 2])
            wake.set()
            log.append(counted("probe-1"))
            until(lambda: seen() == [1, 2, 3])
    other.close()


def test_the_epoch_stops_an_owner_whose_lock_was_lost(log: EventLog, seen: Callable[[], list[int]]) -> None:
    """Even on a connection that lives: who was taken over in the followers' table cannot save."""
    stopped: list[int] = []
    log.append(counted("probe-1"))
    with running(log.follow, "notes", note), log.listening() as other:
        until(lambda: seen() == [1])
        other.execute("update followers set epoch = epoch + 1, notification_id = 2 where application_name = 'notes'")
        log.append(counted("probe-1"))
        log.append(counted("probe-1"))
        until(lambda: 3 in seen())
        stopped.extend(seen())
    assert stopped == [1, 3]  # 2 was the other's by then: taken over again from where that one was


def test_reconnects_miss_and_repeat_nothing(log: EventLog, database_url: str, seen: Callable[[], list[int]]) -> None:
    tailed: list[int] = []

    def keep(_connection: psycopg.Connection[Any], events: list[Recorded]) -> None:
        tailed.extend(event.position for event in events)

    with (
        running(log.follow, "notes", note, batch=10),
        running(log.tail, 0, keep, batch=10),
        ThreadPoolExecutor(8) as pool,
        psycopg.connect(database_url, autocommit=True) as admin,
    ):
        futures = [pool.submit(log.append, counted(f"probe-{n}", 1, 1)) for n in range(1, 301)]
        for _ in range(8):
            time.sleep(0.05)
            admin.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and application_name like 'daybook%'"
            )
        assert sum(future.result().position > 0 for future in futures) == 300
        until(lambda: len(seen()) == 600 and len(tailed) >= 600)
    assert seen() == list(range(1, 601))
    assert tailed == list(range(1, 601))
    assert log.head().position == 600


def test_an_event_of_an_unknown_name_stops_the_follower(log: EventLog, database_url: str) -> None:
    log.append(counted("probe-1"))
    with psycopg.connect(database_url) as connection:
        connection.execute("update log set topic = 'FromTheFuture'")
    with pytest.raises(UnknownFact, match="FromTheFuture"):
        log.follow("notes", note, stop=threading.Event())
    with pytest.raises(UnknownFact):
        log.state("probe-1")


def test_a_tail_of_some_kinds_sees_only_these(log: EventLog) -> None:
    got: list[str] = []

    def keep(_connection: psycopg.Connection[Any], events: list[Recorded]) -> None:
        got.extend(event.stream for event in events)

    for n in range(1, 6):
        log.append(counted(f"probe-{n}"))
        log.append(counted(f"small-{n}"))
    with running(log.tail, 2, keep, kinds=["small"], batch=2):
        until(lambda: len(got) == 4)
        log.append(counted("probe-1"))
        log.append(counted("small-9"))
        until(lambda: len(got) == 5)
    assert got == ["small-2", "small-3", "small-4", "small-5", "small-9"]
