"""A log with the tables of webhooks, and the processes that work on it, as threads."""

import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from ipaddress import ip_network
from threading import Event, Thread
from typing import Any

import pytest

from eventlog.keyring import Keyring
from eventlog.log import EventLog
from tests.webhooks.lives import SECRET
from tests.webhooks.receiver import Receiver, receiving, wait_for
from webhook_outbox import subscriptions
from webhook_outbox.fan_out import FOLLOWER, FanOut
from webhook_outbox.sender import Sender
from webhook_outbox.tables import Connection, prepare
from webhook_outbox.targets import Network

LOOPBACK: tuple[Network, ...] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


@dataclass(frozen=True)
class Settings:
    secret_key: str | None = SECRET
    webhook_allow: tuple[Network, ...] = LOOPBACK


@dataclass
class Outbox:
    """`subscribe`, then `start` what is wanted; `rows` asks the tables."""

    log: EventLog
    keyring: Keyring
    connection: Connection
    stop: Event = field(default_factory=Event)
    threads: list[Thread] = field(default_factory=list)
    failed: list[BaseException] = field(default_factory=list)

    def subscribe(self, url: str, event_type: str = "*", **more: Any) -> int:
        body = {"target_url": url, "event_type": event_type, **more}
        return subscriptions.create(self.log, self.keyring, body, user=1, actor="tester", allowed=LOOPBACK)["id"]

    def start(self, *runs: Callable[[Event], None]) -> None:
        for run in runs:
            thread = Thread(target=self._guarded, args=(run,), daemon=True)
            thread.start()
            self.threads.append(thread)

    def fan_out(self) -> None:
        self.start(FanOut(self.log, Settings()).run)

    def sender(self, **more: Any) -> Sender:
        made = Sender(self.log, Settings(), threads=12, **more)
        self.start(made.run)
        return made

    def fanned_out(self) -> None:
        """Until the fan-out has seen all there is."""
        head = self.log.head().position
        wait_for(lambda: self.log.positions().get(FOLLOWER, 0) >= head)

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        return self.connection.execute(query.encode(), values).fetchall()

    def states(self) -> dict[str, int]:
        return dict(self.rows("select state, count(*) from webhook_deliveries group by state"))

    def settled(self, seconds: float = 20.0) -> None:
        """Until nothing is pending."""
        wait_for(lambda: "pending" not in self.states(), seconds, lambda: f"{self.states()}")

    def close(self) -> None:
        self.stop.set()
        for thread in self.threads:
            thread.join(timeout=15)
            assert not thread.is_alive(), "it does not stop"
        assert self.failed == []

    def _guarded(self, run: Callable[[Event], None]) -> None:
        try:
            run(self.stop)
        except BaseException as wrong:
            traceback.print_exception(wrong)
            self.failed.append(wrong)


@pytest.fixture
def outbox(log: EventLog) -> Iterator[Outbox]:
    prepare(log)
    with log.listening() as connection:
        made = Outbox(log, log.keyring(SECRET), connection)
        yield made
        made.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made
