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
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from unittest.mock import patch

from requests import PreparedRequest
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict

from benchmarks.table import machine, show
from benchmarks.webhook_crowds import isolation, scale
from benchmarks.webhook_receiver import Arrival, Receiver, receiving
from benchmarks.webhook_stage import SECRET, Settings, Shop, at_work, check, fan_out, queued, remove, subscribe
from eventlog.embedded import EmbeddedServer
from eventlog.log import EventLog
from webhook_outbox.fan_out import FOLLOWER, FanOut
from webhook_outbox.sender import Sender
from webhook_outbox.tables import prepare

THREADS = 16


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


@contextmanager
def deaf() -> Iterator[None]:
    """Nobody is woken: only the polls of a second find what is new."""
    with patch("eventlog.follow.CHANNEL", "nobody_log"), patch("webhook_outbox.sender.CHANNEL", "nobody_outbox"):
        yield


def run(server: EmbeddedServer, orders: int, runs: int, cores: Sequence[int]) -> None:
    with EventLog.open(server.url) as log, receiving(cores[-1]) as receiver:
        os.sched_setaffinity(0, {cores[0]})  # client and sender have one core; receiver and PostgreSQL the other
        prepare(log)
        keyring = log.keyring(SECRET)
        shop = Shop(log, keyring)
        one = subscribe(log, keyring, f"{receiver.url}/a")
        rows = []
        for _ in range(runs):
            before = queued(log)
            shop.fill(orders)
            took = fan_out(log)
            count = queued(log) - before
            rate, taken = drain(log, receiver, count)
            size = int(median(a.size for a in taken))
            most = ceiling(receiver.url + "/ceiling", size, 3.0)
            receiver.taken()
            rows.append([f"{count:,} messages of {size:,} B", most, rate, f"{rate / most:.2f}", count / took])
        show("One endpoint, a second", ["", "ceiling", "drained", "ratio", "fanned out"], rows)
        os.sched_setaffinity(0, set(cores))
        rows = []
        for at in (20.0, 100.0):
            rows.append([f"{at:.0f} decisions/s", *_cuts(latency(log, shop, receiver, at, 8.0))])
        with deaf():
            rows.append(["20 decisions/s, no NOTIFY", *_cuts(latency(log, shop, receiver, 20.0, 8.0))])
        show("From commit to first byte, ms", ["", "p50", "p90", "p99", "max"], rows)
        remove(log, one)
        fan_out(log)
        found = scale(log, shop, receiver, orders, (1, 2, 3))
        show("Eight endpoints, a second", ["", "drained", "to one"], found)
        found = isolation(log, shop, receiver, orders)
        show("A fast endpoint, a second", ["", "drained", "to alone"], found)


def _cuts(found: Sequence[float]) -> list[str]:
    cuts = quantiles(found, n=100)
    return [f"{ms:.1f}" for ms in (cuts[49], cuts[89], cuts[98], max(found))]


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
                f"Webhooks: {machine(server.url)}; {THREADS} threads of the ceiling; "
                "goals: ratio 0.75, p50 under 15 ms, 0.8 beside others"
            )
            run(server, given.orders, given.runs, cores)
    return 0


if __name__ == "__main__":
    sys.exit(main())
