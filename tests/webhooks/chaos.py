"""Chaos: three workers (fan-out and sender each) killed with -9 again and again, one stopped and continued, PostgreSQL
killed and restarted, every tenth request failed by the receiver; counted is what came of it.

`python -m tests.webhooks.chaos --minutes 10` runs it long; the suite runs it short. Of each endpoint and object no
message may be missing and none out of order. What may repeat is what was under way when something was killed.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from eventlog.embedded import EmbeddedServer
from eventlog.log import EventLog
from tests.at_work import LOOPBACK
from tests.webhooks import program
from tests.webhooks.lives import LIFE, SECRET, channel, deciding, life, location, write
from tests.webhooks.receiver import Answer, Receiver, receiving, wait_for
from webhook_outbox import subscriptions
from webhook_outbox.fan_out import FOLLOWER
from webhook_outbox.tables import Connection, prepare
from webhook_outbox.turns import Turns

WORKERS = 3
ENDPOINTS = ("/a", "/b", "/c")
FAIL_RATE = 0.1
LANES = Turns(program.THREADS).most
"""Requests that one worker has under way at most."""


@dataclass
class Counts:
    """`late`: repeats of an older message after a newer one; only who was stopped between its look at the lease and its
    write can send one, and only of what it had under way."""

    orders: int = 0
    messages: int = 0
    taken: int = 0
    failed: int = 0
    repeats: int = 0
    late: int = 0
    kills: int = 0
    stops: int = 0
    restarts: int = 0
    missing: int = 0
    out_of_order: int = 0
    most_repeats_of_an_object: int = 0

    def wrong(self) -> list[str]:
        """What must not be."""
        upset = self.kills + self.stops + self.restarts * WORKERS
        rules = {
            f"{self.missing} are missing": self.missing == 0,
            f"{self.out_of_order} objects came out of order": self.out_of_order == 0,
            f"{self.repeats} repeats after {upset} upsets of {LANES} lanes": self.repeats <= upset * LANES,
            f"{self.most_repeats_of_an_object} repeats of one object": self.most_repeats_of_an_object <= upset,
            f"{self.late} late repeats after {self.stops} stops": self.late <= self.stops * LANES,
        }
        return [sentence for sentence, holds in rules.items() if not holds]

    def __str__(self) -> str:
        return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in vars(self).items())


@dataclass
class Workers:
    url: str
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self) -> None:
        self.running.append(self._new())

    def renew(self, n: int) -> None:
        """A new one in the place of one that ended."""
        self.running[n].wait()
        self.running[n] = self._new()

    def revive(self) -> None:
        """Those that gave up while the database was away."""
        for n, process in enumerate(self.running):
            if process.poll() is not None:
                self.renew(n)

    def end(self) -> None:
        for process in self.running:
            process.kill()
            process.wait()

    def _new(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "tests.webhooks.program", "worker", self.url]
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def restart(server: EmbeddedServer) -> None:
    """PostgreSQL dies; its keeper starts it again."""
    file = server.place.data / "postmaster.pid"
    old = int(file.read_text().split("\n")[0])
    os.kill(old, signal.SIGKILL)
    wait_for(lambda: server._answers() and int(file.read_text().split("\n")[0]) != old, 60)


def upset(server: EmbeddedServer, workers: Workers, seconds: float, chance: random.Random, counts: Counts) -> None:
    """Kills, stops and restarts for so long, each of them at least once."""
    until, turn = time.monotonic() + seconds, 0
    while time.monotonic() < until or turn < 6:
        turn += 1
        time.sleep(chance.uniform(0.2, 0.6))
        workers.revive()
        victim = chance.randrange(WORKERS)
        if turn % 6 == 3:
            os.kill(workers.running[victim].pid, signal.SIGSTOP)
            time.sleep(program.LEASE * 2.5)
            os.kill(workers.running[victim].pid, signal.SIGCONT)
            counts.stops += 1
        elif turn % 6 == 5:
            restart(server)
            counts.restarts += 1
        else:
            workers.running[victim].kill()
            workers.renew(victim)
            counts.kills += 1


def tally(receiver: Receiver, connection: Connection, counts: Counts) -> None:
    """What came against what was queued, and that against what happened."""
    queued: dict[tuple[int, str, int], list[str]] = defaultdict(list)
    for endpoint, kind, id, uuid, event_type in connection.execute(
        "select endpoint, kind, object_id, uuid, event_type from webhook_deliveries order by id"
    ).fetchall():
        queued[endpoint, kind, id].append(uuid.hex)
        counts.messages += 1
        assert event_type
    came: dict[tuple[str, str, int], list[str]] = defaultdict(list)
    types: dict[tuple[str, str, int], dict[str, str]] = defaultdict(dict)
    for one in receiver.got:
        if one.status >= 300:
            counts.failed += 1
            continue
        came[one.object].append(one.event["uuid"])
        types[one.object][one.event["uuid"]] = one.event["type"]
    ids = {path: n for n, path in enumerate(ENDPOINTS, 1)}
    expected = {kind: [name for name in LIFE if name.startswith(f"{kind}.")] for kind in ("order", "package")}
    counts.missing += sum(len(expected[kind]) for _ in ENDPOINTS for kind in expected) * counts.orders
    for (path, kind, id), uuids in came.items():
        if kind not in expected:
            continue  # the location, once
        counts.taken += len(uuids)
        once = list(dict.fromkeys(uuids))
        counts.missing -= len(once)
        in_order = once == queued[ids[path], kind, id] and [types[path, kind, id][u] for u in once] == expected[kind]
        counts.out_of_order += not in_order
        repeats = len(uuids) - len(once)
        counts.repeats += repeats
        counts.most_repeats_of_an_object = max(counts.most_repeats_of_an_object, repeats)
        newest = -1
        for uuid in uuids:
            counts.late += once.index(uuid) < newest
            newest = max(newest, once.index(uuid))


def chaos(seconds: float, orders: int, seed: int) -> Counts:
    """`orders` live while things are upset for `seconds`."""
    chance, counts = random.Random(seed), Counts(orders=orders)
    luck, lock = random.Random(seed + 1), threading.Lock()

    def behave(_path: str, _message: object) -> Answer | None:
        time.sleep(0.005)  # so that something is under way
        with lock:
            drawn = luck.random()
        if drawn < FAIL_RATE:
            return None if drawn < FAIL_RATE / 2 else (503, {}, b"")
        return 200, {}, b""

    with tempfile.TemporaryDirectory(prefix="daybook-chaos-") as home:
        Path(home).chmod(0o755)  # the database's unprivileged user passes through it
        server = EmbeddedServer(Path(home))
        with server, receiving(behave) as receiver, EventLog.open(server.url, patience=120.0) as log:
            prepare(log)
            keyring = log.keyring(SECRET)
            retries = {"choice": "fixed", "kwargs": {"seconds": 0.1}}
            for path in ENDPOINTS:
                body = {"target_url": receiver.url + path, "event_type": "*", "retry_countdown_config": retries}
                subscriptions.create(log, keyring, body, user=1, actor="chaos", allowed=LOOPBACK)
            lives = [life(keyring, id) for id in range(1, orders + 1)]
            workers = Workers(server.url)
            try:
                _live(server, workers, log, lives, seconds, chance, counts)
                head = log.head().position
                wait_for(lambda: log.positions().get(FOLLOWER, 0) >= head, 120)
                with log.listening() as connection:
                    wait = "select count(*) from webhook_deliveries where state = 'pending'"
                    wait_for(lambda: connection.execute(wait).fetchone() == (0,), 120)
                    workers.end()
                    tally(receiver, connection, counts)
            finally:
                workers.end()
    return counts


def _live(
    server: EmbeddedServer,
    workers: Workers,
    log: EventLog,
    lives: list[list],
    seconds: float,
    chance: random.Random,
    counts: Counts,
) -> None:
    """The orders live while things are upset, a little at a time."""
    channel(log)
    location(log)
    for _ in range(WORKERS):
        workers.start()
    steps = [event for step in zip(*lives, strict=True) for event in step]
    over = threading.Event()

    def feed() -> None:
        portions = [steps[n : n + 5] for n in range(0, len(steps), 5)]
        for portion in portions:
            write(log, *(deciding(event) for event in portion))
            over.wait(seconds / len(portions))

    feeder = threading.Thread(target=feed)
    feeder.start()
    try:
        upset(server, workers, seconds, chance, counts)
    finally:
        over.set()
        feeder.join()
    workers.revive()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.webhooks.chaos", description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--orders", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    counts = chaos(given.minutes * 60, given.orders, given.seed)
    print(counts)
    for sentence in counts.wrong():
        print(f"wrong: {sentence}", file=sys.stderr)
    return 1 if counts.wrong() else 0


if __name__ == "__main__":
    sys.exit(main())
