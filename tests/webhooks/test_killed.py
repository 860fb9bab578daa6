"""kill -9 and a stopped process, again and again: nothing is lost, nothing out of order, few repeats."""

import os
import random
import signal
import subprocess
import sys
import time
from functools import partial
from itertools import pairwise

from tests.webhooks.conftest import Outbox
from tests.webhooks.lives import LIFE, channel, live, location
from tests.webhooks.receiver import Receiver, wait_for
from webhook_outbox.fan_out import FOLLOWER
from webhook_outbox.leases import Leases

ORDERS = 40


def start(part: str, outbox: Outbox) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.webhooks.program", part, outbox.log.database_url], stdout=subprocess.PIPE
    )


def running(process: subprocess.Popen) -> subprocess.Popen:
    assert process.stdout is not None
    assert process.stdout.readline() == b"running\n"
    return process


def kill(process: subprocess.Popen) -> None:
    process.kill()
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


def moved_on(outbox: Outbox, receiver: Receiver, before: int) -> bool:
    return len(receiver.got) > before + 20 or "pending" not in outbox.states()


def check_order(receiver: Receiver, paths: int, *, slept: bool = False) -> list[int]:
    """Each object's messages in order, none missing, repeats only of the latest; how many repeats each had. `slept`:
    a sender was stopped, perhaps after it looked at its lease and before it wrote: what it then writes is a repeat,
    too, that may come late."""
    repeats = []
    lanes = receiver.by_object()
    assert len(lanes) == 2 * ORDERS * paths
    for (_, kind, _), those in lanes.items():
        uuids = [r.event["uuid"] for r in those]
        once = list(dict.fromkeys(uuids))
        repeats.append(len(uuids) - len(once))
        changes = [u for u, before in zip(uuids, [None, *uuids], strict=False) if u != before]
        assert slept or changes == once, "an older after"
        firsts = [next(r for r in those if r.event["uuid"] == uuid) for uuid in once]
        assert [r.event["type"] for r in firsts] == [name for name in LIFE if name.startswith(f"{kind}.")]
        assert [r.event["previous"] for r in firsts] == [None, *once[:-1]]
        for a, b in pairwise(firsts):
            assert a.event["sequence"] <= b.event["sequence"]
        assert len({r.body for r in those}) == len(once), "a repeat is the same bytes"
    return repeats


def test_senders_killed_again_and_again(outbox: Outbox, receiver: Receiver) -> None:
    def slowly(_path, _message):
        time.sleep(0.005)
        return 200, {}, b""

    receiver.behave = slowly
    channel(outbox.log)
    location(outbox.log)
    outbox.subscribe(receiver.url + "/a")
    outbox.subscribe(receiver.url + "/b")
    outbox.fan_out()
    live(outbox.log, outbox.keyring, range(1, ORDERS + 1))
    chance, kills = random.Random(7), 0
    senders = [running(start("sender", outbox)) for _ in range(2)]
    try:
        while outbox.states().get("pending", 1) and kills < 10:
            before = len(receiver.got)
            wait_for(partial(moved_on, outbox, receiver, before), 30)
            time.sleep(chance.uniform(0, 0.05))
            victim = chance.randrange(2)
            kill(senders[victim])
            kills += 1
            senders[victim] = running(start("sender", outbox))
        outbox.settled(40)
    finally:
        for sender in senders:
            kill(sender)
    assert kills >= 3
    repeats = check_order(receiver, paths=2)
    assert max(repeats) <= kills, "a killed sender repeats at most what was under way, once an object"


def test_fan_out_killed_in_the_middle(outbox: Outbox, receiver: Receiver) -> None:
    channel(outbox.log)
    location(outbox.log)
    outbox.subscribe(receiver.url + "/a")
    chance = random.Random(11)
    process = running(start("fan-out", outbox))
    kills = 0
    for first in range(1, ORDERS + 1, 10):
        live(outbox.log, outbox.keyring, range(first, first + 10))
        time.sleep(chance.uniform(0, 0.03))
        kill(process)
        kills += 1
        process = running(start("fan-out", outbox))
    outbox.fanned_out()
    kill(process)
    assert outbox.rows("select count(*), count(distinct (endpoint, uuid)) from webhook_deliveries") == [
        (ORDERS * len(LIFE), ORDERS * len(LIFE))
    ]
    assert kills == ORDERS // 10
    assert outbox.log.positions()[FOLLOWER] == outbox.log.head().position
    outbox.sender()
    receiver.wait(ORDERS * len(LIFE))
    assert sum(check_order(receiver, paths=1)) == 0


def test_a_stopped_sender_is_taken_over_and_marks_nothing_afterwards(outbox: Outbox, receiver: Receiver) -> None:
    channel(outbox.log)
    location(outbox.log)
    outbox.subscribe(receiver.url + "/a")
    outbox.fan_out()
    sleeper = running(start("sender", outbox))
    live(outbox.log, outbox.keyring, range(1, 11))
    receiver.wait(10)
    os.kill(sleeper.pid, signal.SIGSTOP)
    try:
        live(outbox.log, outbox.keyring, range(11, ORDERS + 1))
        epoch = outbox.rows("select max(epoch) from webhook_shards")
        outbox.sender(leases=Leases(lease=1.0))
        outbox.fanned_out()
        outbox.settled()
        assert outbox.rows("select max(epoch) from webhook_shards") > epoch
        marked = outbox.rows("select id, changed_at from webhook_deliveries order by id")
        os.kill(sleeper.pid, signal.SIGCONT)
        time.sleep(1.5)
        assert outbox.rows("select id, changed_at from webhook_deliveries order by id") == marked
    finally:
        kill(sleeper)
    assert max(check_order(receiver, paths=1, slept=True)) <= 1  # what was under way, once an object


def test_a_stopped_fan_out_is_taken_over(outbox: Outbox) -> None:
    """Though its connection stands: the server ends the session of an owner that says nothing."""
    channel(outbox.log)
    location(outbox.log)
    outbox.subscribe("https://erp.example.invalid/")
    sleeper = running(start("fan-out", outbox))
    live(outbox.log, outbox.keyring, [1])
    outbox.fanned_out()
    os.kill(sleeper.pid, signal.SIGSTOP)
    try:
        live(outbox.log, outbox.keyring, range(2, 12))
        outbox.fan_out()
        outbox.fanned_out()
        os.kill(sleeper.pid, signal.SIGCONT)
        live(outbox.log, outbox.keyring, [12])
        outbox.fanned_out()
    finally:
        kill(sleeper)
    assert outbox.rows("select count(*), count(distinct uuid) from webhook_deliveries") == [
        (12 * len(LIFE), 12 * len(LIFE))
    ]
