"""A log with the tables of integrations, and the processes that work on it, as threads."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from domain.deciding import decide
from domain.kernel import Facts, Given, info
from domain.kinds import stream_of
from domain.order import Order
from domain.package import Package
from domain.settings import SAVED, Record, save
from domain.shipment import Shipment
from eventlog.log import EventLog
from eventlog.recorded import Written
from integrations import queue
from integrations.following import FOLLOWER, Follower
from integrations.runner import Runner
from integrations.tables import prepare
from scenarios.carriers import chosen
from tests.at_work import AtWork, Settings
from tests.webhooks.lives import SECRET
from tests.webhooks.receiver import wait_for


@dataclass
class Bench(AtWork):
    """`calls` asks the queue."""

    def follower(self) -> None:
        self.start(Follower(self.log).run)

    def runner(self, **more: Any) -> Runner:
        """With pauses of hundredths of a second, unless `hasten` says otherwise."""
        made = Runner(self.log, Settings(), **{"hasten": 0.01, **more})
        self.start(made.run)
        return made

    def followed(self) -> None:
        """Until the follower has seen all there is."""
        self.has_seen(FOLLOWER)

    def calls(self) -> list[dict[str, Any]]:
        """The oldest first."""
        return queue.listed(self.connection, limit=1000)[::-1]

    def until(self, *states: str) -> list[dict[str, Any]]:
        """Until the calls, the oldest first, have these states."""
        wait_for(lambda: [c["state"] for c in self.calls()] == list(states), 30, lambda: str(self.calls()))
        return self.calls()

    def command(self, slug: str, given_input: Any = None, *, package: int = 1, order: int | None = None) -> Written:
        """Runs a package command as the API would; the package of an order bears its id (lives)."""
        stream = stream_of("order", order or package)

        def decided(state: Order | None, given: Given) -> Facts:
            given = replace(given, carrier=lambda o, p: chosen(o, p, self.log.reference))
            return decide(state, "package", package, slug, given_input, given)

        return self.log.decide(stream, decided, actor="ada", command=slug, correlation_id="request-1")

    def package(self, id: int = 1) -> Package:
        found: Package = self.log.state(stream_of("order", id)).state.packages[id]
        return found

    def shipment(self, package: int = 1) -> Shipment:
        """The package's latest."""
        shipments = self.log.state(stream_of("order", package)).state.shipments
        found: Shipment = shipments[max(shipments)]
        return found

    def save(self, record: Record) -> None:
        stream = stream_of(info(SAVED[type(record)]).on, record.id)
        self.log.decide(stream, lambda before, _: save(before, record), actor="ada", command="save")


@pytest.fixture
def bench(log: EventLog) -> Iterator[Bench]:
    prepare(log)
    with log.listening() as connection:
        made = Bench(log, log.keyring(SECRET), connection)
        yield made
        made.close()
