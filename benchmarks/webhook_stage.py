"""What the benchmarks of webhooks share: orders that live, parts at work for a while, and that all came in order."""

import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_network
from itertools import pairwise
from typing import Any

from benchmarks.lives import Lives
from benchmarks.webhook_receiver import Arrival
from domain.kinds import stream_of
from domain.location import LocationRegistered
from domain.settings import save
from eventlog.keyring import Keyring
from eventlog.log import EventLog
from eventlog.recorded import Decision, new_command_id
from webhook_outbox import subscriptions
from webhook_outbox.fan_out import FOLLOWER, FanOut
from webhook_outbox.targets import Network

SECRET = "a benchmark's secret"  # noqa: S105 - it opens nothing
LOOPBACK: tuple[Network, ...] = (ip_network("127.0.0.0/8"),)


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


def check(taken: Sequence[Arrival], count: int) -> None:
    assert len(taken) == count, f"{len(taken)} came instead of {count}"
    objects = defaultdict(list)
    for arrival in taken:
        objects[arrival.path, arrival.event["type"].partition(".")[0], arrival.id].append(arrival)
    for those in objects.values():
        for before, after in pairwise(sorted(those, key=lambda a: a.at)):
            assert after.event["previous"] == before.event["uuid"], f"out of order: {before.event} {after.event}"


def subscribe(log: EventLog, keyring: Keyring, url: str, event_type: str = "*") -> int:
    body = {"target_url": url, "event_type": event_type, "secret_key": "classic"}
    return int(subscriptions.create(log, keyring, body, user=1, actor="benchmark", allowed=LOOPBACK)["id"])


def remove(log: EventLog, id: int) -> None:
    subscriptions.remove(log, id, actor="benchmark")


def fan_out(log: EventLog) -> float:
    """Seconds until the fan-out has seen the whole log."""
    begun = time.perf_counter()
    with at_work(FanOut(log, Settings()).run):
        assert log.wait_for([FOLLOWER], log.head().position, 600)
        return time.perf_counter() - begun


def queued(log: EventLog) -> int:
    with log.listening() as connection:
        found = connection.execute("select to_regclass('webhook_counter')").fetchone()
        if found is None or found[0] is None:
            return 0
        row = connection.execute("select last_id from webhook_counter").fetchone()
        return 0 if row is None else int(row[0])
