"""Several processes at once: one migration, unique ids."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg

from eventlog.embedded import EmbeddedServer
from eventlog.log import EventLog
from eventlog.migrate import migrate
from tests.eventlog.test_kill import ROOT


def test_four_processes_migrate_at_once(postgres: EmbeddedServer) -> None:
    with psycopg.connect(postgres.database_url("postgres"), autocommit=True) as admin:
        admin.execute("create database to_migrate")
    url = postgres.database_url("to_migrate")
    code = f"from eventlog.migrate import migrate; print(migrate({url!r}))"
    started = [
        subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(4)
    ]
    outputs = sorted(process.communicate()[0].strip() for process in started)
    assert [process.returncode for process in started] == [0] * 4
    assert outputs[1:] == ["[]"] * 3 and outputs[0].startswith("[1, 2")
    EventLog.open(url).close()


def test_a_room_above_keeps_its_tables_the_same_way(database_url: str, tmp_path: Path) -> None:
    (tmp_path / "001_first.sql").write_text("create table first (x int)")
    assert migrate(database_url, "room", tmp_path) == [1]
    (tmp_path / "002_second.sql").write_text("create table second (x int); insert into first values (1)")
    assert migrate(database_url, "room", tmp_path) == [2]
    assert migrate(database_url, "room", tmp_path) == []


def test_a_broken_migration_leaves_nothing(database_url: str, tmp_path: Path) -> None:
    (tmp_path / "001_first.sql").write_text("create table first (x int)")
    (tmp_path / "002_second.sql").write_text("create table second (x int); select wrong")
    try:
        migrate(database_url, "room", tmp_path)
    except psycopg.errors.UndefinedColumn:
        pass
    else:
        raise AssertionError("a wrong statement was taken")
    with psycopg.connect(database_url) as connection:
        assert connection.execute("select to_regclass('first')").fetchone() == (None,)


def test_ids_begin_at_one_and_are_unique_over_threads_and_processes(log: EventLog, database_url: str) -> None:
    assert log.ids("package") == 1
    command = [sys.executable, "-m", "tests.eventlog.programs", "ids", database_url, "200"]
    started = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: log.ids("package"), range(200)))
    for process in started:
        taken += [int(line) for line in process.communicate()[0].split()]
    assert len(taken) == len(set(taken)) == 600 and min(taken) > 1
    assert log.ids("transfer") == 1
