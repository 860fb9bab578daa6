"""Commands over HTTP per second: log-in key, load, decide, append, answer; beside them the same server with an empty
handler, and with an empty handler and one raw INSERT (the floor).

All three stand in one gunicorn, asked in turns by clients in a process of their own over connections that stay open.
Every command is on a package of its own; afterwards each must be in the log exactly once, and the hash chain whole.
`python -m benchmarks.commands --commands 3000`.
"""

import argparse
import json
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
from flask import Flask, Response
from psycopg_pool import ConnectionPool
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from api.http.users import install, save_user
from api.server import Server
from api.settings import Settings
from benchmarks.table import machine, show
from domain import location, settings, stock
from domain.kernel import info
from domain.kinds import stream_of
from domain.order import Destination, OrderItem, OrderReceived, evolve
from domain.personal import Personal
from domain.planning import Placement, PlanRecord, record_plan
from domain.states import OrderStatus, PackageStatus
from eventlog.embedded import EmbeddedServer
from eventlog.log import EventLog
from eventlog.verify import verify
from projections.projector import Projector
from projections.schema import FOLLOWER

SECRET = "only of this benchmark"  # noqa: S105 - it opens nothing
PASSWORD = "only of this benchmark"  # noqa: S105 - as above
CONNECTIONS = (1, 16, 64)
LINES = 3
SLUG = "start-preparing"
FACT = "PackagePreparing"
SET_UP: dict[str, Any] = {"actor": "benchmark", "command": "set-up"}

FLOOR = "create table floor (id bigserial primary key, stream text not null, data text not null)"
INSERT = "insert into floor (stream, data) values (%s, %s)"

Latencies = list[float]


# --- the server under test -------------------------------------------------------------------------------------------


class Bench(Server):
    """Our application, and beside it, in the same processes and threads, a bare one under `/floor`."""

    def load(self) -> Any:
        return DispatcherMiddleware(super().load(), {"/floor": _floor(self._settings)})


def _floor(of: Settings) -> Flask:
    app = Flask("floor", static_folder=None)
    pool: ConnectionPool[Any] = ConnectionPool(
        of.database_url or "", min_size=1, max_size=of.api_threads, open=True, kwargs={"autocommit": True}
    )
    data = json.dumps({"package": 1, "text": "x" * 260})

    @app.post("/empty")
    def empty() -> Response:
        return Response(status=204)

    @app.post("/insert")
    def insert() -> Response:
        with pool.connection() as connection:
            connection.execute(INSERT, ("order-1", data))
        return Response(status=204)

    return app


@contextmanager
def served(database_url: str, processes: int, threads: int) -> Iterator[int]:
    """The port on which it answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    argv = [sys.executable, "-m", "benchmarks.commands", "--serve", database_url, str(port)]
    child = subprocess.Popen([*argv, str(processes), str(threads)])
    try:
        until = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                if child.poll() is not None or time.monotonic() > until:
                    raise
                time.sleep(0.05)
        yield port
    finally:
        child.terminate()
        child.wait()


# --- what is commanded -----------------------------------------------------------------------------------------------


def packages(log: EventLog, n: int) -> list[int]:
    """`n` packages that wait, of one order each, in the log and in the read models."""
    _save(log, settings.Channel(log.ids("channel"), "web", "web"))
    place = log.ids("location")
    profile = location.Profile(erp_code="WH-01", name="Warehouse", stock_location_type="warehouse")
    log.decide(stream_of("location", place), lambda s, _: location.save(s, place, profile), **SET_UP)
    levels = {f"SKU-{line}": Decimal(10**9) for line in range(LINES)}
    log.decide(stream_of("stock", place), lambda _s, _g: stock.push(place, levels), **SET_UP)
    made: list[int] = []
    _in_threads(16, [lambda: made.append(_package(log, place)) for _ in range(n)])
    stop = threading.Event()
    projector = threading.Thread(target=Projector(log, lambda _: {}).run, args=(stop,))
    projector.start()
    while log.positions().get(FOLLOWER, 0) < log.head().position:
        time.sleep(0.05)
    stop.set()
    projector.join()
    return made


def _save(log: EventLog, record: settings.Record) -> None:
    kind = info(settings.SAVED[type(record)]).on
    log.decide(stream_of(kind, record.id), lambda state, _: settings.save(state, record), **SET_UP)


def _package(log: EventLog, place: int) -> int:
    id = log.ids("order")
    items = tuple(OrderItem(log.ids("order_item"), f"SKU-{line}", 1, name="THING") for line in range(LINES))
    received = OrderReceived(
        order=id,
        number=f"B{id:08}",
        channel=1,
        status=OrderStatus.approved,
        items=items,
        destination=Destination("United Kingdom", "Leeds", latitude=53.8, longitude=-1.55),
        personal=Personal("0" * 32, "x" * 600),
    )
    lines = tuple((item.id, 1) for item in items)
    placement = Placement(place, "by the benchmark", lines)
    plan = PlanRecord(1, 1, "Standard", "benchmark", "", {}, PackageStatus.waiting, place, (placement,))

    def decided(_: Any, given: Any) -> list[Any]:
        order = evolve(None, received, given.now)
        return [received, *record_plan(order, plan, given)]

    written = log.decide(stream_of("order", id), decided, **SET_UP)
    order = log.state(stream_of("order", id), at_least=written.versions[stream_of("order", id)]).state
    return int(next(iter(order.packages)))


def _in_threads(n: int, tasks: Sequence[Callable[[], Any]]) -> None:
    failed: list[BaseException] = []

    def run(part: Sequence[Callable[[], Any]]) -> None:
        try:
            for task in part:
                task()
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=run, args=(tasks[at::n],)) for at in range(n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]


# --- the clients: one process, a thread a connection, requests made beforehand ----------------------------------------


def ask(port: int, parts: Sequence[Sequence[bytes]], rate: float | None = None) -> tuple[float, Latencies]:
    """Seconds for all, and the seconds of each. `rate`: requests a second of all connections together, at a steady
    pace (a late one is counted from when it was due); None: as fast as they are answered."""
    barrier = threading.Barrier(len(parts) + 1)
    taken: list[Latencies] = [[] for _ in parts]
    wrong: list[bytes] = []

    def run(at: int) -> None:
        with socket.create_connection(("127.0.0.1", port)) as wire:
            wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            barrier.wait()
            pause = len(parts) / rate if rate else 0.0
            due = time.perf_counter() + pause * at / len(parts)
            for request in parts[at]:
                if rate:
                    time.sleep(max(0.0, due - time.perf_counter()))
                began = due if rate else time.perf_counter()
                wire.sendall(request)
                answer = _answer(wire)
                taken[at].append(time.perf_counter() - began)
                due += pause
                if not answer.startswith(b"HTTP/1.1 204"):
                    wrong.append(answer)

    threads = [threading.Thread(target=run, args=(at,)) for at in range(len(parts))]
    for thread in threads:
        thread.start()
    barrier.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - began
    if wrong:
        raise AssertionError(f"{len(wrong)} answers were no 204: {wrong[0]!r}")
    return seconds, sorted(second for one in taken for second in one)


def _answer(wire: socket.socket) -> bytes:
    """The whole answer, so that the next one begins at its beginning."""
    said = b""
    while b"\r\n\r\n" not in said:
        said += _some(wire)
    head, _, rest = said.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    while len(rest) < length:
        rest += _some(wire)
    return head + b"\r\n\r\n" + rest


def _some(wire: socket.socket) -> bytes:
    some = wire.recv(65536)
    if not some:
        raise ConnectionError("the server closed the connection")
    return some


def post(path: str, key: str, body: object = None) -> bytes:
    text = b"" if body is None else json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Token {key}\r\n"
    return f"{head}Content-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n".encode() + text


def command(package: int, key: str) -> bytes:
    return post(f"/api/v1/oms/packages/{package}/command/", key, {"package": package, "slug": SLUG})


def _log_in(port: int) -> str:
    import requests

    body = {"username": "benchmark", "password": PASSWORD}
    answer = requests.post(f"http://127.0.0.1:{port}/api/i1/auth/login/", json=body, timeout=30)
    answer.raise_for_status()
    return str(answer.json()["key"])


# --- the rounds ------------------------------------------------------------------------------------------------------


def rounds(log: EventLog, n: int, processes: int, threads: int) -> tuple[list[list[Any]], int]:
    """A row of the table for each number of connections, and one at half the load; commands sent."""
    left = iter(packages(log, (len(CONNECTIONS) + 1) * n))
    install(log)
    save_user(log, "benchmark", PASSWORD, ["integration"], [], actor="benchmark")
    rows, rate = [], 0.0
    with served(log.database_url, processes, threads) as port:
        key = _log_in(port)
        plain = {path: [post(path, key)] * n for path in ("/floor/empty", "/floor/insert")}
        for connections in CONNECTIONS:
            empty, _ = ask(port, _parts(plain["/floor/empty"], connections))
            floor, _ = ask(port, _parts(plain["/floor/insert"], connections))
            ours, latencies = ask(port, _parts([command(next(left), key) for _ in range(n)], connections))
            rate = n / ours
            ratio = f"{floor / ours:.2f}"
            rows.append([f"{connections} connections", n / empty, n / floor, rate, ratio, *_percentiles(latencies)])
        _, latencies = ask(port, _parts([command(next(left), key) for _ in range(n)], CONNECTIONS[-1]), rate / 2)
        rows.append([f"{CONNECTIONS[-1]} at half that load", "", "", rate / 2, "", *_percentiles(latencies)])
    return rows, len(rows) * n


def _parts(requests: Sequence[bytes], n: int) -> list[Sequence[bytes]]:
    return [requests[at::n] for at in range(n)]


def _percentiles(latencies: Latencies) -> list[str]:
    return [f"{1000 * latencies[int(part * (len(latencies) - 1))]:.1f}" for part in (0.5, 0.99)]


def _amiss(log: EventLog, sent: int) -> list[str]:
    """What is not as it must be afterwards."""
    with log.listening() as connection:
        (events, streams) = connection.execute(
            "select count(*), count(distinct stream) from log where topic = %s", (FACT,)
        ).fetchall()[0]
    found = [] if events == streams == sent else [f"{sent} commands, {events} events on {streams} orders"]
    chain = verify(log.direct_url)
    return found + ([f"hash chain: {chain.wrong}"] if chain.wrong else [])


def main(argv: Sequence[str] | None = None) -> int:
    options = argparse.ArgumentParser(prog="python -m benchmarks.commands")
    options.add_argument("--commands", type=int, default=3000, help="of each round")
    options.add_argument("--processes", type=int, default=2)
    options.add_argument("--threads", type=int, default=32)
    options.add_argument("--serve", nargs=4, help=argparse.SUPPRESS)
    given = options.parse_args(argv)
    if given.serve:
        url, port, processes, threads = given.serve
        of = Settings(database_url=url, port=int(port), api_processes=int(processes), api_threads=int(threads))
        Bench(of, SECRET).run()
        return 0
    with tempfile.TemporaryDirectory(prefix="daybook-bench-") as home:
        Path(home).chmod(0o755)
        with EmbeddedServer(Path(home)) as server:
            print(machine(server.url))
            with psycopg.connect(server.database_url("postgres"), autocommit=True) as connection:
                connection.execute("create database commands")
            log = EventLog.open(server.database_url("commands"))
            try:
                with log.listening() as connection:
                    connection.execute(FLOOR)
                rows, sent = rounds(log, given.commands, given.processes, given.threads)
                amiss = _amiss(log, sent)
            finally:
                log.close()
    show(
        f"Commands over HTTP: {given.commands} a round, gunicorn {given.processes} × {given.threads} threads "
        "(goal: 0.6 of the floor, 1,000/s at 64 connections)",
        ["", "empty/s", "+ raw INSERT/s", "commands/s", "of floor", "p50 ms", "p99 ms"],
        rows,
    )
    print("\n".join(amiss) or "every command is in the log once, the hash chain is whole")
    return 1 if amiss else 0


if __name__ == "__main__":
    sys.exit(main())
