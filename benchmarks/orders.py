"""Orders planned for good: stock looked up, rules run, packages, transfers, reservations and reasons on disk.

One planner process and two, alone; the floor beside it is writing decisions of that size with nothing to plan: what
the log takes by itself. Afterwards the laws of the domain are verified over the whole log.
`python -m benchmarks.orders --orders 2000 --locations 100`.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg

from api.verifying import verified
from benchmarks import brand
from benchmarks.table import machine, show
from eventlog.embedded import EmbeddedServer
from eventlog.log import EventLog
from simulators import data

SEED = 1


PLANNED = "select count(distinct stream) from log where topic = 'OrderPlanned'"


def _planned(log: EventLog, orders: int, planners: int) -> float:
    """Seconds until every order has its plan, from when the planner processes have started and find them waiting."""
    environment = {**os.environ, "DATABASE_URL": log.database_url, "OMS_SECRET_KEY": "benchmark"}
    command = [sys.executable, "-m", "api.cli", "worker", "--only", "planner"]
    processes = [subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) for _ in range(planners)]
    try:
        with log.listening() as connection:
            began = 0.0
            while (planned := connection.execute(PLANNED).fetchall()[0][0]) < orders:
                if planned == 0:
                    began = time.perf_counter()
                time.sleep(0.1)  # counting is work, too, and takes from the planner
            return time.perf_counter() - began
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait()


def _again(log: EventLog, orders: int) -> float:
    """Seconds to write decisions of the same size in batches of the same size, with nothing to read or to plan."""
    decisions = brand.received(log, [{**body, "number": f"Z{body['number']}"} for body in data.orders(orders, SEED)])
    began = time.perf_counter()
    for start in range(0, len(decisions), 200):
        for future in log.append_many(decisions[start : start + 200]):
            future.result()
    return time.perf_counter() - began


def _violations(log: EventLog) -> int:
    """Of the laws, and of the hash chain, over the whole log."""
    found = verified(log)
    return len(found["violations"]) + (found["chain"] is not None)


def _wal(log: EventLog) -> int:
    """Bytes of WAL written since the server began."""
    with log.listening() as connection:
        (written,) = connection.execute("select pg_current_wal_insert_lsn() - '0/0'::pg_lsn").fetchall()[0]
    return int(written)


def _stored(log: EventLog) -> int:
    """Bytes of the facts of orders in the log."""
    with log.listening() as connection:
        (stored,) = connection.execute("select sum(length(data)) from log where stream like 'order-%'").fetchall()[0]
    return int(stored)


def _round(server: EmbeddedServer, name: str, orders: int, locations: int, planners: int) -> list[Any]:
    with Database(server, name) as log:
        bodies = list(data.orders(orders, SEED))
        brand.set_up(log, bodies, locations, SEED)
        decisions = brand.received(log, bodies)
        wal_before = _wal(log)
        began = time.perf_counter()
        for start in range(0, orders, 200):
            for future in log.append_many(decisions[start : start + 200]):
                future.result()
        intake = time.perf_counter() - began
        seconds = _planned(log, orders, planners)
        stored, wal = _stored(log), _wal(log) - wal_before
        violations = _violations(log)
        floor = _again(log, orders)
        return [
            f"{planners} planner{'s' if planners > 1 else ''}",
            f"{orders / intake:,.0f}",
            f"{orders / seconds:,.0f}",
            f"{orders / floor:,.0f}",
            f"{floor / seconds:.2f}",
            f"{stored / orders / 1024:.1f}",
            f"{wal / orders / 1024:.1f}",
            violations,
        ]


class Database:
    """A fresh database of the benchmark's server, with a log open on it."""

    def __init__(self, server: EmbeddedServer, name: str) -> None:
        with psycopg.connect(server.database_url("postgres"), autocommit=True) as connection:
            connection.execute(f"create database {name}".encode())
        self._log = EventLog.open(server.database_url(name))

    def __enter__(self) -> EventLog:
        return self._log

    def __exit__(self, *_: object) -> None:
        self._log.close()


def main(argv: Sequence[str] | None = None) -> int:
    options = argparse.ArgumentParser(prog="python -m benchmarks.orders")
    options.add_argument("--orders", type=int, default=2000)
    options.add_argument("--locations", type=int, default=100)
    given = options.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="daybook-bench-") as home:
        Path(home).chmod(0o755)
        with EmbeddedServer(Path(home)) as server:
            print(machine(server.url))
            rows = [_round(server, f"orders_{n}", given.orders, given.locations, n) for n in (1, 2)]
    show(
        f"Orders planned for good: {given.orders} real orders, {given.locations} locations (goal 1,000/s)",
        ["", "taken in/s", "planned/s", "floor/s", "of floor", "log KB", "WAL KB", "violations"],
        rows,
    )
    return 1 if any(row[-1] for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
