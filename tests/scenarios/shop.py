"""A small brand on a real log, without HTTP: what the tests of the planner at work begin from."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from ipaddress import ip_network
from typing import Any

from domain import declared, location, settings, stock
from domain.kernel import info
from domain.kinds import stream_of
from domain.order import Destination, Order, OrderItem, OrderReceived
from domain.personal import Personal
from domain.states import OrderStatus
from eventlog.log import EventLog
from integrations.stock_services import AskedServices
from scenarios.worker import Planner

assert declared

LOOPBACK = (ip_network("127.0.0.0/8"),)
SPLIT = {"name": "anywhere", "locations": {}, "coverage": "split_lines", "strategy": "fewest_packages"}


class Shop:
    """Channel 1, and whatever the test adds. Everything is written as the API would write it."""

    def __init__(self, log: EventLog) -> None:
        self.log = log
        self.save(settings.Channel(log.ids("channel"), "web", "web"))

    def save(self, record: settings.Record) -> None:
        kind = info(settings.SAVED[type(record)]).on
        self.log.decide(
            stream_of(kind, record.id), lambda state, _: settings.save(state, record), actor="test", command="save"
        )

    def scenario(self, *rules: Mapping[str, Any], default: str = "WH-01", **more: Any) -> None:
        definition = {"name": "Standard", "status": "active", "default_stock_location": default, "rules": rules, **more}
        self.save(settings.Scenario(self.log.ids("scenario"), "Standard", definition))

    def location(self, code: str, id: int = 0, **profile: Any) -> int:
        """A new one, or that of the id as it is from now on."""
        id = id or self.log.ids("location")
        made = location.Profile(erp_code=code, name=code, **profile)
        self.log.decide(
            stream_of("location", id), lambda state, _: location.save(state, id, made), actor="test", command="save"
        )
        return id

    def push(self, location_id: int, request: str = "", /, **levels: int) -> None:
        figures = {sku: Decimal(n) for sku, n in levels.items()}
        self.log.decide(
            stream_of("stock", location_id),
            lambda _s, _g: stock.push(location_id, figures),
            actor="t",
            command="push",
            correlation_id=request,
        )

    def order(self, request: str = "", /, **lines: int) -> int:
        """An approved order of so many pieces a SKU, taken in by a request; its id."""
        id = self.log.ids("order")
        items = tuple(OrderItem(self.log.ids("order_item"), sku, n) for sku, n in lines.items())
        fact = OrderReceived(
            order=id,
            number=f"R{id}",
            channel=1,
            status=OrderStatus.approved,
            items=items,
            destination=Destination(),
            personal=Personal("key", "sealed"),
        )
        self.log.decide(
            stream_of("order", id), lambda _s, _g: [fact], actor="test", command="receive", correlation_id=request
        )
        return id

    def see(self, order: int) -> Order:
        state = self.log.state(stream_of("order", order)).state
        assert isinstance(state, Order)
        return state

    def packages(self, order: int) -> list[tuple[int, int, int]]:
        """(location, state, pieces) of each."""
        return [(p.location, int(p.state), p.quantity) for p in self.see(order).packages.values()]

    def rows(self) -> list[tuple[int, str, int, int]]:
        """(location, SKU, known, reserved) of the guard."""
        with self.log.listening() as connection:
            found = connection.execute("select location, sku, known, reserved from availability order by 1, 2")
            return [(at, sku, int(known), reserved) for at, sku, known, reserved in found]


def until(true: Callable[[], bool], seconds: float = 90.0) -> None:
    """Waits for what other threads bring about; fails when it does not come."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.02)


def services(secret: Callable[[str], str] = lambda _name: "") -> AskedServices:
    """Who asks the stock services of this machine."""
    return AskedServices(LOOPBACK, secret)


@contextmanager
def planning(log: EventLog, planners: int = 1, **settings: Any) -> Iterator[list[Planner]]:
    """Planners at work, each in a thread; what one of them raises fails the test."""
    stop, failures = threading.Event(), []
    made = [Planner(log, services=services(), **settings) for _ in range(planners)]

    def run(planner: Planner) -> None:
        try:
            planner.run(stop)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(p,)) for p in made]
    for thread in threads:
        thread.start()
    try:
        yield made
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert not failures, failures
