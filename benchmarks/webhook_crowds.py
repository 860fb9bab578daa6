"""More than one sender, more than one endpoint: scale over processes, a slow neighbour, a million for who is dead."""

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from benchmarks.webhook_receiver import Receiver
from benchmarks.webhook_stage import SECRET, Settings, Shop, at_work, check, fan_out, queued, remove, subscribe
from eventlog.log import EventLog
from webhook_outbox.metrics import metrics
from webhook_outbox.queue import take_ids
from webhook_outbox.sender import Sender

DEAD = 1_000_000
DEAD_URL = "http://127.0.0.1:9/dead"
"""Nobody listens there."""

# A million objects, each with a message that waits; the payload is one that is there.
WAITING = """
insert into webhook_deliveries
       (id, endpoint, lane, payload, uuid, event_type, kind, object_id, sequence, position, at)
select %(first)s + n, %(endpoint)s, 'order/' || n, (select min(id) from webhook_payloads), gen_random_uuid(),
       'order.received', 'order', 10000000 + n, 1, 1, now()
  from generate_series(0, %(count)s - 1) n
"""
WAITING_FOR = "select count(*) from webhook_deliveries where state = 'pending' and endpoint = %s"


def _send(url: str) -> None:
    """A sender as a process."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    with EventLog.open(url) as log:
        Sender(log, Settings()).run(stop)


@contextmanager
def senders(url: str, count: int) -> Iterator[None]:
    """So many processes that send, awake."""
    spawn = multiprocessing.get_context("spawn")
    processes = [spawn.Process(target=_send, args=(url,), daemon=True) for _ in range(count)]
    for process in processes:
        process.start()
    try:
        yield
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.join(20)


def scale(log: EventLog, shop: Shop, receiver: Receiver, orders: int, counts: Sequence[int]) -> list[list[object]]:
    """Messages a second over eight endpoints by so many sending processes; receiver and PostgreSQL share the cores."""
    keyring = log.keyring(SECRET)
    ids = [subscribe(log, keyring, f"{receiver.url}/scale/{n}", "package.*") for n in range(8)]
    rows: list[list[object]] = []
    first = 0.0
    for count in counts:
        before = queued(log)
        shop.fill(orders)
        fan_out(log)
        wanted = queued(log) - before
        with senders(log.database_url, count):
            taken = _await(receiver, wanted)
        rate = _rate([a.at for a in taken])
        first = first or rate
        rows.append([f"{count} processes, {wanted:,} messages", rate, f"{rate / first:.2f}"])
    for id in ids:
        remove(log, id)
    fan_out(log)
    return rows


def isolation(log: EventLog, shop: Shop, receiver: Receiver, orders: int) -> list[list[object]]:
    """A fast endpoint alone, then beside one that takes a second for each answer, then beside a million that wait for
    one that is dead. The ratio is to it alone in the same run."""
    keyring = log.keyring(SECRET)
    fast = subscribe(log, keyring, f"{receiver.url}/fast", "package.*")
    alone = [_fast_rate(log, shop, receiver, orders, fast) for _ in range(3)]
    rows: list[list[object]] = [["alone", median(alone), "1.00"]]
    slow = subscribe(log, keyring, f"{receiver.url}/slow", "package.*")
    beside = [_fast_rate(log, shop, receiver, orders, fast) for _ in range(3)]
    rows.append(["beside one that takes 1 s", median(beside), f"{median(beside) / median(alone):.2f}"])
    remove(log, slow)
    fan_out(log)
    receiver.taken()
    dead = subscribe(log, keyring, DEAD_URL, "package.*")
    fan_out(log)
    began = time.perf_counter()
    with log.listening() as connection:
        with connection.transaction():
            ids = take_ids(connection, DEAD)
            connection.execute(WAITING, {"first": ids[0], "endpoint": dead, "count": DEAD})
        connection.execute("vacuum analyze webhook_deliveries")
        took = time.perf_counter() - began
        beside = [_fast_rate(log, shop, receiver, orders, fast) for _ in range(3)]
        rows.append([f"beside {DEAD:,} for one that is dead", median(beside), f"{median(beside) / median(alone):.2f}"])
        began = time.perf_counter()
        found = metrics(connection)
        looked = time.perf_counter() - began
        assert found["endpoints"][dead]["backlog"] > DEAD * 0.99
        tried = connection.execute("select count(*) from webhook_attempts where endpoint = %s", (dead,)).fetchone()
    print(
        f"\n{DEAD:,} rows put there in {took:.0f} s; /metrics' figures of them in {looked * 1000:.0f} ms; "
        f"{tried[0] if tried else 0} tries at the dead one; this process has {_memory()} MB"
    )
    return rows


def _fast_rate(log: EventLog, shop: Shop, receiver: Receiver, orders: int, fast: int) -> float:
    shop.fill(orders)
    fan_out(log)
    with log.listening() as connection:
        row = connection.execute(WAITING_FOR, (fast,)).fetchone()
    with at_work(Sender(log, Settings()).run):
        taken = _await(receiver, int(row[0]) if row else 0, "/fast")
    return _rate([a.at for a in taken])


def _await(receiver: Receiver, count: int, path: str = "/") -> list:
    found: list = []
    until = time.monotonic() + 300
    while len(found) < count:
        assert time.monotonic() < until, f"{len(found)} of {count} came"
        time.sleep(0.1)
        found += [a for a in receiver.taken() if a.path.startswith(path)]
    check(found, count)
    return found


def _rate(times: Sequence[float]) -> float:
    return len(times) / (max(times) - min(times))


def _memory() -> int:
    status = Path(f"/proc/{os.getpid()}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) // 1024
