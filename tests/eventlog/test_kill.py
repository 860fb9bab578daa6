"""kill -9 of writers, followers and PostgreSQL while 16 threads write and ANALYZE runs: nothing acknowledged is lost or
written twice, no reader misses or repeats anything."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from eventlog.embedded import EmbeddedServer
from eventlog.log import EventLog
from eventlog.migrate import migrate
from eventlog.recorded import Recorded
from eventlog.verify import verify
from tests.eventlog.test_follow import SEEN, running, until

ROOT = Path(__file__).parents[2]
started: "list[subprocess.Popen[bytes]]" = []


def program(*arguments: str, output: Path = Path(os.devnull)) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "tests.eventlog.programs", *arguments]
    with output.open("wb") as file:
        process = subprocess.Popen(command, cwd=ROOT, stdout=file, stderr=subprocess.DEVNULL)
    started.append(process)
    return process


@pytest.fixture(autouse=True)
def _none_is_left() -> Iterator[None]:
    """A test that fails leaves no writer at work beside the next ones."""
    yield
    for process in started:
        kill(process)
    started.clear()


def kill(process: "subprocess.Popen[bytes]") -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()


def acknowledged(*outputs: Path) -> list[UUID]:
    """The command ids in the writers' outputs; a last line cut off by the kill was not acknowledged."""
    lines = [line for output in outputs for line in output.read_text().split("\n")[:-1]]
    return [UUID(line) for line in lines]


def analyze(database_url: str, stop: threading.Event) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        while not stop.wait(0.02):
            connection.execute("analyze log")


def test_tailing_under_writers_that_are_killed(
    log: EventLog, database_url: str, seen: Callable[[], list[int]], tmp_path: Path
) -> None:
    tailed: list[int] = []

    def keep(_connection: psycopg.Connection, events: list[Recorded]) -> None:
        tailed.extend(event.position for event in events)

    outputs = [tmp_path / name for name in ("a", "b", "c")]
    stop = threading.Event()
    analyzer = threading.Thread(target=analyze, args=(database_url, stop))
    analyzer.start()
    with running(log.tail, 0, keep, batch=100):
        ours = sessions(database_url)
        writers = [program("writer", database_url, "8", str(n), output=outputs[n]) for n in range(2)]
        follower = program("follower", database_url, "notes")
        standby = program("follower", database_url, "notes")
        until(lambda: len(seen()) > 100)
        kill(follower)
        kill(writers[0])
        writers.append(program("writer", database_url, "8", "2", output=outputs[2]))
        known = len(seen())
        until(lambda: len(seen()) > known + 200)  # the standby goes on
        kill(standby)
        follower = program("follower", database_url, "notes")
        until(lambda: outputs[2].stat().st_size > 2000)
        for writer in writers[1:]:
            kill(writer)
        stop.set()
        analyzer.join()
        # what the killed processes had sent is written or gone; their sessions end
        until(lambda: sessions(database_url) <= ours)
        head = log.head().position
        until(lambda: len(tailed) >= head and len(seen()) >= head)
    kill(follower)
    assert tailed == list(range(1, head + 1))
    assert seen() == list(range(1, head + 1))
    ids = acknowledged(*outputs)
    assert len(ids) > 100
    with psycopg.connect(database_url) as connection:
        rows = connection.execute("select command_id, count(*) from log group by command_id").fetchall()
    assert {found for _, found in rows} == {2}
    assert set(ids) <= {command_id for command_id, _ in rows}
    assert verify(database_url).wrong is None


def sessions(database_url: str) -> int:
    with psycopg.connect(database_url) as connection:
        row = connection.execute(
            "select count(*) from pg_stat_activity where datname = current_database()"
            " and application_name = 'daybook append'"
        ).fetchone()
    assert row is not None
    return int(row[0])


def follows(database_url: str) -> bool:
    with psycopg.connect(database_url) as connection:
        return connection.execute("select 1 from seen limit 1").fetchone() is not None


def postmaster(server: EmbeddedServer) -> int:
    return int((server.place.data / "postmaster.pid").read_text().split("\n")[0])


def test_postgresql_killed_under_writers(tmp_path: Path, data_dir: Path) -> None:
    """The postmaster is killed again and again, the embedded server comes back by itself, the writers wait and go on:
    every acknowledged decision is there once, and none of those that waited is lost."""
    with EmbeddedServer(data_dir) as server:
        migrate(server.url)
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute(SEEN)
        output = tmp_path / "acknowledged"
        writer = program("writer", server.url, "16", "1", output=output)
        follower = program("follower", server.url, "notes")
        until(lambda: follows(server.url), 60)  # what has begun outlives the database; starting without one ends
        for _ in range(3):
            size = output.stat().st_size
            until(lambda size=size: output.stat().st_size > size + 2000, 60)  # type: ignore[misc]  # bound here
            old = postmaster(server)
            os.kill(old, signal.SIGKILL)
            until(lambda old=old: server._answers() and postmaster(server) != old, 60)  # type: ignore[misc]  # bound here
        size = output.stat().st_size
        until(lambda: output.stat().st_size > size + 2000, 60)
        assert writer.poll() is None and follower.poll() is None
        kill(writer)
        with EventLog.open(server.url) as log:
            time.sleep(0.2)
            head = log.head().position
            assert log.wait_for(["notes"], head, 30)
        kill(follower)
        ids = acknowledged(output)
        with psycopg.connect(server.url) as connection:
            rows = connection.execute("select command_id, count(*) from log group by command_id").fetchall()
            positions = connection.execute("select position from seen order by position").fetchall()
        assert {found for _, found in rows} == {2}
        assert set(ids) <= {command_id for command_id, _ in rows}
        assert [row[0] for row in positions][:head] == list(range(1, head + 1))
        assert verify(server.url).wrong is None
