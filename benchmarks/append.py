"""Decisions appended per second: the library's stock recorder, ours with everything in, and raw INSERTs as the floor.

Everything in: envelope, command id claimed, expected version, guards checked and moved, hash chain, NOTIFY, encoding.
The library writes its events only; raw is psycopg on a bare table: one INSERT a decision, or for a plan one transaction
of 4 INSERTs and 8 guard rows. Afterwards the count of events, the whole hash chain and the guards are compared.
"""

import argparse
import multiprocessing
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore

from benchmarks.table import machine, show
from domain.guards import StockEffect
from domain.kernel import fact
from eventlog.embedded import EmbeddedServer
from eventlog.log import EventLog
from eventlog.mapper import encode
from eventlog.recorded import Decision, new_command_id
from eventlog.verify import verify

LOCATIONS, SKUS = 100, 1000
LAYOUTS = ((1, 1), (1, 16), (1, 64), (2, 16), (2, 64))  # processes × threads
ASKED = datetime(2030, 1, 1, tzinfo=UTC)


@fact("BenchmarkPackageAssigned", on="benchmark", sentence="package {package} at {location}")
class BenchmarkPackageAssigned:
    """About what a package event holds: 300 bytes."""

    package: int
    order: int
    location: int
    number: str
    lines: tuple[tuple[int, str, int], ...]
    rule: str
    reason: str


@dataclass(frozen=True)
class Shape:
    name: str
    events: int
    guards: int
    goals: tuple[tuple[str, float, float], ...]  # layout, × library at 16, × raw at 16


SHAPES = (
    Shape("1 event, 1 guard row", 1, 1, (("1×16", 6, 0.5), ("1×64", 9, 0.8), ("2×64", 13, 1.1))),
    Shape("plan: 4 events, 8 guard rows", 4, 8, (("1×16", 3, 1.0), ("1×64", 4.5, 1.5), ("2×64", 4.5, 1.5))),
)


def package(number: int) -> BenchmarkPackageAssigned:
    lines = tuple((number * 10 + n, f"SKU-{(number + n) % SKUS:06}", 1) for n in range(3))
    return BenchmarkPackageAssigned(
        package=number, order=number, location=number % LOCATIONS, number=f"W{number:08}P1", lines=lines,
        rule="nearest with all", reason="nearest of 3 stores that have all items; others lack quota",
    )  # fmt: skip


def rows(chance: random.Random, shape: Shape) -> list[tuple[int, str]]:
    """Guard rows a decision touches, in one order, so that the raw transactions do not deadlock."""
    return sorted((chance.randrange(LOCATIONS), f"SKU-{chance.randrange(SKUS):06}") for _ in range(shape.guards))


Write = Callable[[int, random.Random], None]


def ours(database_url: str, shape: Shape, threads: int) -> tuple[Callable[[], Write], Callable[[], None]]:
    log = EventLog(database_url)
    plan = shape.events > 1

    def writer() -> Write:
        def write(number: int, chance: random.Random) -> None:
            stream = f"benchmark-{number}"
            fact = package(number)
            effects = tuple(
                StockEffect(location, sku, 1, level=Decimal(10**9), asked_at=ASKED, checked=True)
                if plan
                else StockEffect(location, sku, 1, checked=True)
                for location, sku in rows(chance, shape)
            )
            log.append(
                Decision(
                    command_id=new_command_id(), events=((stream, fact),) * shape.events, expects={stream: 0},
                    effects=effects, actor="benchmark", command="assign", correlation_id=f"request-{number}",
                    causation_id="",
                )
            )  # fmt: skip

        return write

    return writer, log.close


def library(database_url: str, shape: Shape, threads: int) -> tuple[Callable[[], Write], Callable[[], None]]:
    said = psycopg.conninfo.conninfo_to_dict(database_url)
    datastore = PostgresDatastore(
        str(said["dbname"]), str(said["host"]), str(said.get("port", "5432")), str(said["user"]), "", pool_size=threads
    )
    recorder = PostgresApplicationRecorder(datastore)
    recorder.create_table()

    def writer() -> Write:
        def write(number: int, chance: random.Random) -> None:
            stream, (topic, data) = uuid4(), encode(package(number))
            recorder.insert_events([StoredEvent(stream, n + 1, topic, data) for n in range(shape.events)])

        return write

    return writer, datastore.close


RAW_EVENT = "insert into raw_events (stream, version, topic, data) values (%s, %s, %s, %s)"
RAW_GUARD = "update availability set reserved = reserved + 1 where location = %s and sku = %s and known - reserved >= 1"


def raw(database_url: str, shape: Shape, threads: int) -> tuple[Callable[[], Write], Callable[[], None]]:
    opened = []

    def writer() -> Write:
        connection = psycopg.connect(database_url, autocommit=True)
        opened.append(connection)

        def event(number: int, version: int) -> None:
            topic, data = encode(package(number))
            connection.execute(RAW_EVENT, (f"benchmark-{number}", version, topic, data.decode()), prepare=True)

        def write(number: int, chance: random.Random) -> None:
            if shape.events == 1:
                event(number, 1)
                return
            with connection.transaction():
                for n in range(shape.events):
                    event(number, n + 1)
                for row in rows(chance, shape):
                    connection.execute(RAW_GUARD, row, prepare=True)

        return write

    def close() -> None:
        for connection in opened:
            connection.close()

    return writer, close


CONTENDERS = {"library": library, "raw": raw, "ours": ours}


def work(
    name: str, database_url: str, shape: Shape, threads: int, seconds: float, process: int, ready: Any, done: Any
) -> None:
    """One process: all threads write until the time is over; the decisions they had acknowledged go to `done`."""
    make, close = CONTENDERS[name](database_url, shape, threads)
    numbers = count(1 + process * 10**8)
    written = [0] * threads
    begin = threading.Barrier(threads + 1)
    over = threading.Event()

    def run(n: int) -> None:
        write, chance = make(), random.Random(process * 1000 + n)
        begin.wait()
        while not over.is_set():
            write(next(numbers), chance)
            written[n] += 1

    workers = [threading.Thread(target=run, args=(n,)) for n in range(threads)]
    for worker in workers:
        worker.start()
    ready.wait()
    begin.wait()
    begun = time.perf_counter()
    time.sleep(seconds)
    over.set()
    for worker in workers:
        worker.join()
    done.put((sum(written), time.perf_counter() - begun))
    close()


def measure(server: EmbeddedServer, name: str, shape: Shape, processes: int, threads: int, seconds: float) -> float:
    """Decisions a second of one contender on a fresh database, which is then checked."""
    database = f"bench_{uuid4().hex[:8]}"
    url = server.database_url(database)
    with psycopg.connect(server.database_url("postgres"), autocommit=True) as admin:
        admin.execute(f"create database {database}")
        prepare(url)
        admin.execute("checkpoint")
    spawn = multiprocessing.get_context("spawn")
    ready, done = spawn.Barrier(processes), spawn.Queue()
    started = [
        spawn.Process(target=work, args=(name, url, shape, threads, seconds, n, ready, done)) for n in range(processes)
    ]
    for one in started:
        one.start()
    results = [done.get() for _ in started]
    for one in started:
        one.join()
    check(name, url, shape, sum(written for written, _ in results))
    with psycopg.connect(server.database_url("postgres"), autocommit=True) as admin:
        admin.execute(f"drop database {database} with (force)")
    return sum(written / took for written, took in results)


def prepare(database_url: str) -> None:
    EventLog.open(database_url).close()
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            "create table raw_events (position bigserial primary key, stream text, version int, topic text, data text)"
        )
        connection.execute(
            "insert into availability (location, sku, known, reserved, moved, settle)"
            " select l, 'SKU-' || lpad(s::text, 6, '0'), 1000000000, 0, 0, 0"
            " from generate_series(0, %s) l, generate_series(0, %s) s",
            (LOCATIONS - 1, SKUS - 1),
        )
        connection.execute("vacuum analyze")


def check(name: str, database_url: str, shape: Shape, acknowledged: int) -> None:
    """What was acknowledged is there, once; ours also verifies its chain and its guards."""
    table = {"library": "stored_events", "raw": "raw_events", "ours": "log"}[name]
    with psycopg.connect(database_url) as connection:
        found = connection.execute(f"select count(*) from {table}").fetchone()  # noqa: S608 - one of three
        reserved = connection.execute("select sum(reserved) from availability").fetchone()
    assert found == (acknowledged * shape.events,), f"{name}: {found} events of {acknowledged} decisions"
    if name == "ours":
        verified = verify(database_url)
        assert verified.wrong is None, verified.wrong
        assert reserved == (acknowledged * shape.guards,), f"{reserved} reserved by {acknowledged} decisions"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="benchmarks.append", description=__doc__)
    parser.add_argument("--seconds", type=float, default=2.0, help="how long each cell runs")
    parser.add_argument("--rounds", type=int, default=2, help="the best of so many runs of each cell")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="daybook-bench-") as home:
        Path(home).chmod(0o755)
        with EmbeddedServer(Path(home)) as server:
            print(f"Append: {machine(server.url)}; {given.seconds:g} s a cell, best of {given.rounds}")
            for shape in SHAPES:
                table(server, shape, given.seconds, given.rounds)
    return 0


def table(server: EmbeddedServer, shape: Shape, seconds: float, rounds: int) -> None:
    peers: dict[str, float] = {}
    mine: dict[str, float] = {}
    for _ in range(rounds):  # round after round, so that a slow minute of the machine does not hit one contender only
        for name in ("library", "raw"):
            for threads in (1, 16):
                label = f"{name} 1×{threads}"
                peers[label] = max(peers.get(label, 0), measure(server, name, shape, 1, threads, seconds))
        for processes, threads in LAYOUTS:
            label = f"{processes}×{threads}"
            mine[label] = max(mine.get(label, 0), measure(server, "ours", shape, processes, threads, seconds))
    slow, floor = peers["library 1×16"], peers["raw 1×16"]
    lines = [[label, figure, "", "", "", ""] for label, figure in peers.items()]
    goals = {layout: (of_library, of_raw) for layout, of_library, of_raw in shape.goals}
    for layout, figure in mine.items():
        wanted = goals.get(layout)
        lines.append([
            f"ours {layout}", figure, f"{figure / slow:.1f}", f"{figure / floor:.2f}",
            f"≥ {wanted[0]:g}, ≥ {wanted[1]:g}" if wanted else "",
            ("yes" if figure >= wanted[0] * slow and figure >= wanted[1] * floor else "no") if wanted else "",
        ])  # fmt: skip
    alone = mine["1×1"] / peers["library 1×1"]
    lines.append(
        ["one decision alone, × library 1×1", "", f"{alone:.2f}", "", "≥ 1.3", "yes" if alone >= 1.3 else "no"]
    )
    show(f"{shape.name}, decisions/s", ["", "per second", "× library 1×16", "× raw 1×16", "goal", "reached"], lines)


if __name__ == "__main__":
    sys.exit(main())
