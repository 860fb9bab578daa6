"""Webhooks: how fast a queue is drained against the ceiling of the HTTP client alone, how soon the first byte comes.

The ceiling is as many threads that post messages of the same size by the bare `requests` adapter with prepared
requests: no queue, no signatures, no marks. Receiver and ceiling are of the same run. Each message is counted: none
missing, none twice, each object's in order.
"""

import argparse
import os
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_network
from itertools import pairwise
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from requests import PreparedRequest
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict

from benchmarks.lives import Lives
from benchmarks.table import machine, show
from benchmarks.webhook_receiver import Arrival, Receiver, receiving
from domain.kinds import stream_of
from domain.location import LocationRegistered
from domain.settings import save
from eventlog.embedded import EmbeddedServer
from eventlog.keyring import Keyring
from eventlog.log import EventLog
from eventlog.recorded import Decision, new_command_id
from webhook_outbox import subscriptions
from webhook_outbox.fan_out import FOLLOWER, FanOut
from webhook_outbox.sender import Sender
from webhook_outbox.tables import prepare
from webhook_outbox.targets import Network

SECRET = "a benchmark's secret"  # noqa: S105 - it opens nothing
LOOPBACK: tuple[Network, ...] = (ip_network("127.0.0.0/8"),)
THREADS = 16


@dataclass(frozen=True)
class Settings:
    secret_key: str | None = SECRET
    webhook_allow: tuple[Network, ...] = LOOPBACK


def decision(command: str, *events: tuple[str, Any]) -> Decision:
    return Decision(
        command_id=new_command_id(),
        events=events,
        actor="benchmark",
        command=command,
        correlation_id="",
        causation_id="",
    )


class Shop:
    """Orders that live, sealed as real ones are."""

    def __init__(self, log: EventLog, keyring: Keyring) -> None:
        self._log = log

        def seal(id: int) -> Any:
            who = {"email": f"customer{id}@example.org", "first_name": "Ada", "last_name": "Byron"}
            address = {"line": f"{id} High Street", "postcode": "LS1 6AA", "city": {"name": "Leeds"}}
            key = keyring.new_key(who["email"])
            return keyring.seal(key, {"customer": who, "shipping_address": address, "notes": ""})

        self.lives = Lives(seal=seal)
        known = self.lives.settings.of
        events = [
            (stream_of("location", id), LocationRegistered(location=id, profile=location.profile))
            for id, location in known["location"].items()
        ]
        for kind in ("channel", "cargo_company", "denial_reason"):
            events += [(stream_of(kind, id), fact) for id, record in known[kind].items() for fact in save(None, record)]
        for future in log.append_many([decision("set-up", event) for event in events]):
            future.result()

    def fill(self, orders: int) -> None:
        """So many orders come in and live for a while."""
        lives = self.lives
        made = [lives.receive() for _ in range(orders)]
        made += [step for _ in range(orders * 5) if (step := lives.step()) is not None]
        for first in range(0, len(made), 1000):
            part = made[first : first + 1000]
            decisions = [decision(c, *((stream_of("order", id), f) for f in facts)) for id, c, facts in part]
            for future in self._log.append_many(decisions):
                future.result()

    def one(self) -> int | None:
        """One more decision; the position of its last event."""
        step = self.lives.step()
        if step is None:
            return None
        id, command, facts = step
        return self._log.append(decision(command, *((stream_of("order", id), f) for f in facts))).position


@contextmanager
def at_work(*runs: Any) -> Iterator[None]:
    stop = threading.Event()
    threads = [threading.Thread(target=run, args=(stop,), daemon=True) for run in runs]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def ceiling(url: str, size: int, seconds: float) -> float:
    """Posts a second by the adapter alone."""
    adapter = HTTPAdapter(pool_maxsize=THREADS)
    until = time.perf_counter() + seconds
    counts = [0] * THREADS

    def post(n: int) -> None:
        while time.perf_counter() < until:
            request = PreparedRequest()
            request.method, request.url, request.body = "POST", url, b"x" * size
            request.headers = CaseInsensitiveDict({"Content-Type": "application/json", "Content-Length": str(size)})
            request.hooks = {}
            adapter.send(request, timeout=15).content  # noqa: B018 - reads the answer, which frees the connection
            counts[n] += 1

    begun = time.perf_counter()
    threads = [threading.Thread(target=post, args=(n,)) for n in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.perf_counter() - begun)


def fan_out(log: EventLog) -> float:
    """Seconds until the fan-out has seen the whole log."""
    begun = time.perf_counter()
    with at_work(FanOut(log, Settings()).run):
        assert log.wait_for([FOLLOWER], log.head().position, 600)
        return time.perf_counter() - begun


def drain(log: EventLog, receiver: Receiver, count: int) -> tuple[float, list[Arrival]]:
    """Messages a second from the first to the last."""
    with at_work(Sender(log, Settings()).run):
        until = time.monotonic() + 300
        while receiver.count() < count:
            assert time.monotonic() < until, f"{receiver.count()} of {count} came"
            time.sleep(0.05)
        time.sleep(0.3)  # what is too much would come now
    taken = receiver.taken()
    check(taken, count)
    times = sorted(a.at for a in taken)
    return len(taken) / (times[-1] - times[0]), taken


def check(taken: Sequence[Arrival], count: int) -> None:
    assert len(taken) == count, f"{len(taken)} came instead of {count}"
    objects = defaultdict(list)
    for arrival in taken:
        objects[arrival.path, arrival.event["type"].partition(".")[0], arrival.id].append(arrival)
    for those in objects.values():
        for before, after in pairwise(sorted(those, key=lambda a: a.at)):
            assert after.event["previous"] == before.event["uuid"], f"out of order: {before.event} {after.event}"


def latency(log: EventLog, shop: Shop, receiver: Receiver, rate: float, seconds: float) -> list[float]:
    """Milliseconds from the commit (as its writer learns of it) to the first byte, at a steady rate of decisions."""
    committed: dict[int, float] = {}
    with at_work(FanOut(log, Settings()).run, Sender(log, Settings()).run):
        time.sleep(2.0)  # everything is awake
        receiver.taken()
        begun = time.perf_counter()
        for n in range(int(rate * seconds)):
            time.sleep(max(0.0, begun + n / rate - time.perf_counter()))
            position = shop.one()
            if position is not None:
                committed[position] = time.time()
        assert log.wait_for([FOLLOWER], log.head().position, 60)
        time.sleep(1.0)
    first: dict[int, float] = {}
    for arrival in receiver.taken():
        position = arrival.event["position"]
        first[position] = min(arrival.at, first.get(position, arrival.at))
    return [(first[p] - at) * 1000 for p, at in committed.items() if p in first]


def run(server: EmbeddedServer, orders: int, runs: int, cores: Sequence[int]) -> None:
    with EventLog.open(server.url) as log, receiving(cores[-1]) as receiver:
        os.sched_setaffinity(0, {cores[0]})  # client and sender have one core; receiver and PostgreSQL the other
        prepare(log)
        keyring = log.keyring(SECRET)
        shop = Shop(log, keyring)
        body = {"target_url": f"{receiver.url}/a", "event_type": "*", "secret_key": "classic"}
        subscriptions.create(log, keyring, body, user=1, actor="benchmark", allowed=LOOPBACK)
        rows = []
        for _ in range(runs):
            before = _queued(log)
            shop.fill(orders)
            took = fan_out(log)
            count = _queued(log) - before
            rate, taken = drain(log, receiver, count)
            size = int(median(a.size for a in taken))
            most = ceiling(receiver.url + "/ceiling", size, 3.0)
            receiver.taken()
            rows.append([f"{count:,} messages of {size:,} B", most, rate, f"{rate / most:.2f}", count / took])
        show("One endpoint, a second", ["", "ceiling", "drained", "ratio", "fanned out"], rows)
        os.sched_setaffinity(0, set(cores))
        rows = []
        for at in (20.0, 100.0):
            found = latency(log, shop, receiver, at, 8.0)
            cuts = quantiles(found, n=100)
            rows.append([f"{at:.0f} decisions/s", *(f"{ms:.1f}" for ms in (cuts[49], cuts[89], cuts[98], max(found)))])
        show("From commit to first byte, ms", ["", "p50", "p90", "p99", "max"], rows)


def _queued(log: EventLog) -> int:
    with log.listening() as connection:
        found = connection.execute("select to_regclass('webhook_counter')").fetchone()
        if found is None or found[0] is None:
            return 0
        row = connection.execute("select last_id from webhook_counter").fetchone()
        return 0 if row is None else int(row[0])


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="benchmarks.webhooks", description=__doc__)
    parser.add_argument("--orders", type=int, default=600, help="whose lives are told, each run")
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args(arguments)
    cores = sorted(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory(prefix="daybook-bench-") as home:
        Path(home).chmod(0o755)
        with EmbeddedServer(Path(home)) as server:
            print(
                f"Webhooks: {machine(server.url)}; {THREADS} threads of the ceiling; goal: ratio 0.75, p50 under 15 ms"
            )
            run(server, given.orders, given.runs, cores)
    return 0


if __name__ == "__main__":
    sys.exit(main())
