"""A log with the tables of webhooks, and the processes that work on it, as threads."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from eventlog.log import EventLog
from tests.at_work import LOOPBACK, AtWork, Settings
from tests.webhooks.lives import SECRET
from tests.webhooks.receiver import Receiver, receiving, wait_for
from webhook_outbox import subscriptions
from webhook_outbox.fan_out import FOLLOWER, FanOut
from webhook_outbox.sender import Sender
from webhook_outbox.tables import prepare


@dataclass
class Outbox(AtWork):
    """`subscribe`, then `start` what is wanted; `rows` asks the tables."""

    def subscribe(self, url: str, event_type: str = "*", **more: Any) -> int:
        body = {"target_url": url, "event_type": event_type, **more}
        return subscriptions.create(self.log, self.keyring, body, user=1, actor="tester", allowed=LOOPBACK)["id"]

    def fan_out(self) -> None:
        self.start(FanOut(self.log, Settings()).run)

    def sender(self, **more: Any) -> Sender:
        made = Sender(self.log, Settings(), threads=12, **more)
        self.start(made.run)
        return made

    def fanned_out(self) -> None:
        """Until the fan-out has seen all there is."""
        self.has_seen(FOLLOWER)

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        return self.connection.execute(query.encode(), values).fetchall()

    def states(self) -> dict[str, int]:
        return dict(self.rows("select state, count(*) from webhook_deliveries group by state"))

    def settled(self, seconds: float = 20.0) -> None:
        """Until nothing is pending."""
        wait_for(lambda: "pending" not in self.states(), seconds, lambda: f"{self.states()}")


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
