"""Starts, recovery and memory of the whole service: API, planner, followers and the embedded PostgreSQL.

Each step is timed from the start of `oms serve` as its owner sees it: the database answers, the API is ready, an order
that is posted then has its plan (so planner and followers work). Then everything is killed with -9 in the middle of
work. `python -m benchmarks.start --stock-rows 1000000`.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import requests

from api.demo import free_port
from api.installation import OMS, prepared
from api.opening import initialise, opened
from api.settings import Settings
from api.verifying import verified
from benchmarks import brand
from benchmarks.table import machine, show
from eventlog.place import find_place
from simulators import data
from simulators.staff_client import Client

SEED = 1
LOCATIONS = 100
ROWS_A_PUSH = 5_000
PASSWORD = "benchmark-of-starts"  # noqa: S105 - of an installation that lasts for minutes


@dataclass
class Running:
    """`oms serve` in a session of its own, and when it was started."""

    settings: Settings
    process: "subprocess.Popen[bytes]"
    began: float

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.settings.port}"

    def seconds(self) -> float:
        return time.monotonic() - self.began

    def until(self, holds: Callable[[], bool], patience: float = 120) -> float:
        """Seconds since the start when it held; a failed look is none."""
        while self.seconds() < patience:
            if self.process.poll() is not None:
                raise RuntimeError(f"it ended with {self.process.returncode}")
            try:
                if holds():
                    return self.seconds()
            except (OSError, requests.RequestException, psycopg.Error):
                pass
            time.sleep(0.01)
        raise TimeoutError(f"not after {patience} s")


def started(settings: Settings) -> Running:
    environment = {
        **os.environ,
        "OMS_DATA_DIR": str(settings.data_dir),
        "OMS_PORT": str(settings.port),
        "OMS_ADMIN_PASSWORD": PASSWORD,
    }
    began = time.monotonic()
    process = subprocess.Popen([sys.executable, *OMS, "serve"], env=environment, stderr=subprocess.DEVNULL)
    return Running(settings, process, began)


def stopped(running: Running) -> float:
    """Seconds that Ctrl-C takes."""
    began = time.monotonic()
    running.process.send_signal(signal.SIGINT)
    assert running.process.wait(60) == 0
    return time.monotonic() - began


def family(pid: int) -> dict[int, str]:
    """A process and all below it: pid → what it is, by its command line."""
    parents, names = {}, {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
                parents[int(entry.name)] = int(stat.rpartition(")")[2].split()[1])
                names[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue  # it has just ended
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return {one: names[one] for one in found if one in names}


def killed(running: Running) -> None:
    """All of them at once, PostgreSQL included."""
    for pid in {**family(running.process.pid), **family(postmaster(running.settings))}:
        with suppress(ProcessLookupError):  # a backend that ended by itself meanwhile
            os.kill(pid, signal.SIGKILL)
    running.process.wait()


def postmaster(settings: Settings) -> int:
    """The database's first process: it is not the service's child."""
    return int((find_place(settings.data_dir).data / "postmaster.pid").read_text().split("\n")[0])


def memory(settings: Settings, running: Running) -> dict[str, float]:
    """MB of each program with what it shares shared out (PSS)."""
    found: dict[str, float] = {}
    for pid, line in family(running.process.pid).items():
        name = next((n for n in ("planner", "projector", "api.cli api", "serve") if n in line), "other")
        found[name] = found.get(name, 0.0) + _pss(pid)
    found["postgres"] = sum(_pss(pid) for pid in family(postmaster(settings)))
    return found


def _pss(pid: int) -> float:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0.0
    return int(next(line.split()[1] for line in text.splitlines() if line.startswith("Pss:"))) / 1024


def start(settings: Settings, orders: Iterator[dict[str, Any]]) -> tuple[Running, list[float]]:
    """Seconds until the database answers, the API is ready, an order is taken in, and that order is planned."""
    running = started(settings)
    database = f"postgresql://daybook@/postgres?host={quote(str(find_place(settings.data_dir).socket), safe='')}"

    def answers() -> bool:
        with psycopg.connect(database, connect_timeout=1):
            return True

    times = [running.until(answers)]
    times.append(running.until(lambda: requests.get(f"{running.url}/health/ready", timeout=2).status_code == 200))
    client = Client(running.url, "admin", PASSWORD)
    taken: list[int] = []

    def accepted() -> bool:
        taken.append(client.send("POST", "/api/v1/oms/orders/", json=next(orders)).json()["id"])
        return True

    times.append(running.until(accepted))
    times.append(running.until(lambda: bool(client.get("/api/v1/oms/packages/", order=taken[0])["results"])))
    return running, times


def main(argv: Sequence[str] | None = None) -> int:
    options = argparse.ArgumentParser(prog="python -m benchmarks.start")
    options.add_argument("--orders", type=int, default=2_000)
    options.add_argument("--stock-rows", type=int, default=1_000_000)
    given = options.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="daybook-bench-") as home:
        Path(home).chmod(0o755)
        settings = Settings(data_dir=Path(home) / "var", port=free_port(), admin_password=PASSWORD)
        bodies = list(data.orders(given.orders, SEED))
        with prepared(settings) as place, opened(place.settings) as log:
            initialise(log, place)
            print(machine(place.database_url))
            rows = brand.set_up(log, bodies, LOCATIONS, SEED)
            rows += brand.filled_up(log, given.stock_rows - rows)
        chance = iter(bodies)
        steps: list[list[object]] = []

        running, times = start(settings, chance)
        steps.append([f"first start with {rows:,} stock rows", *_seconds(times)])
        steps.append(["Ctrl-C", *_seconds([stopped(running)])])
        running, times = start(settings, chance)
        steps.append(["second start", *_seconds(times)])
        at_rest = memory(settings, running)
        _take_in(running, chance, given.orders // 2)
        after = memory(settings, running)
        _take_in(running, chance, given.orders // 4)
        killed(running)
        running, times = start(settings, chance)
        steps.append(["after kill -9 of everything at work", *_seconds(times)])
        stopped(running)
        with prepared(settings) as place, opened(place.settings) as log:
            found = verified(log)
    heads = ("", "database answers s", "API ready s", "order accepted s", "order planned s")
    show("Starts (goals: database 1 s, API 3 s, the rest 8 s; 5 s to the first command after a crash)", heads, steps)
    names = {
        "api.cli api": "API",
        "planner": "planner",
        "projector": "followers",
        "serve": "serve",
        "postgres": "PostgreSQL",
    }
    memories = [[name, at_rest.get(key, 0.0), after.get(key, 0.0)] for key, name in names.items()]
    title = "Memory in MB, shared pages shared out (goals: API 150, worker 250 with 1 M stock rows)"
    show(title, ("", "at rest", f"after {given.orders // 2:,} orders"), memories)
    wrong = len(found["violations"]) + (found["chain"] is not None)
    print(f"{wrong} violations of the laws in {found['events']:,} events")
    return 1 if wrong else 0


def _take_in(running: Running, orders: Iterator[dict[str, Any]], n: int) -> None:
    client = Client(running.url, "admin", PASSWORD)
    for _ in range(0, n, 100):
        answer = client.send("POST", "/api/v1/oms/orders/", json={"orders": [next(orders) for _ in range(100)]})
        assert answer.ok


def _seconds(times: Sequence[float]) -> list[str]:
    return [f"{seconds:.2f}" for seconds in times] + [""] * (4 - len(times))


if __name__ == "__main__":
    sys.exit(main())
