"""A stock service that is slow or dead holds up only the orders that need it (spec 5), and never longer than it may."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
import requests

from scenarios.stock_service import Engine, StockServiceDown
from simulators import program, stock_service
from tests.scenarios.shop import SPLIT, Shop, planning, services, until


@contextmanager
def service(*levels: tuple[str, str, int], **knobs: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """A stock service of (erp code, SKU, quantity): its address, and the engine that asks it."""
    with program.serving(stock_service.build()) as url:
        rows = [{"erp_code": code, "sku": sku, "quantity": n} for code, sku, n in levels]
        requests.put(f"{url}/admin/levels", json={"stock": rows}, timeout=5).raise_for_status()
        turn(url, **knobs)
        yield url, {"auth": {"type": "anonymous"}, "service": {"url": f"{url}/multiple", "type": "multiple"}}


def turn(url: str, **knobs: Any) -> None:
    requests.patch(f"{url}/admin/knobs", json=knobs, timeout=5).raise_for_status()


def asked(url: str) -> int:
    found: int = requests.get(f"{url}/report", timeout=5).json()["requests"]
    return found


def rule(**more: Any) -> dict[str, Any]:
    return {**SPLIT, **more}


def test_while_a_slow_service_is_asked_other_orders_are_planned(shop: Shop) -> None:
    """Two services and the own stock, a rule for each; the slow one would be waited for a minute."""
    with (
        service(("ST-SLOW", "S", 5), latency=60.0) as (_, engine_slow),
        service(("ST-FAST", "F", 5)) as (_, engine_fast),
    ):
        shop.location("ST-SLOW", engine=engine_slow)
        fast = shop.location("ST-FAST", engine=engine_fast)
        own = shop.location("WH-01")
        shop.push(own, A=5)
        shop.scenario(
            rule(name="slow", items={"skus": ["S"]}, locations={"include": ["ST-SLOW"]}),
            rule(name="fast", items={"skus": ["F"]}, locations={"include": ["ST-FAST"]}),
            rule(name="own", items={"skus": ["A"]}, locations={"include": ["WH-01"]}),
        )
        first = shop.order(S=1)
        with planning(shop.log, patience=60.0):
            others = [shop.order(A=1), shop.order(F=1)]
            until(lambda: all(shop.packages(order) for order in others))
            assert shop.packages(first) == [] and shop.see(first).unplanned == ()
        assert [shop.packages(order) for order in others] == [[(own, 100, 1)], [(fast, 100, 1)]]


def test_a_dead_service_is_not_waited_for_where_an_earlier_rule_does_it_all(shop: Shop) -> None:
    """The second rule could use the store; the first has placed everything. Nothing is guessed for the other order."""
    with service(down=True) as (url, engine):
        store = shop.location("ST-001", engine=engine)
        own = shop.location("WH-01")
        shop.push(own, A=5)
        shop.scenario(rule(name="own first", locations={"include": ["WH-01"]}), rule(name="then anywhere"))
        placed, waits = shop.order(A=2), shop.order(A=4)
        with planning(shop.log, patience=5.0):
            until(lambda: shop.packages(placed) == [(own, 100, 2)])
            until(lambda: shop.see(waits).unplanned != ())
            assert shop.packages(waits) == []
            rows = [{"erp_code": "ST-001", "sku": "A", "quantity": 3}]
            requests.put(f"{url}/admin/levels", json={"stock": rows}, timeout=5).raise_for_status()
            turn(url, down=False)
            until(lambda: sorted(shop.packages(waits)) == sorted([(store, 100, 1), (own, 100, 3)]))


def test_a_location_whose_stock_a_service_knows_from_now_on(shop: Shop) -> None:
    """Nothing else of it changes; nor when another service is asked instead."""
    with service() as (url, engine_empty), service(("ST-001", "A", 5)) as (_, engine):
        store = shop.location("ST-001")
        shop.scenario(SPLIT, default="ST-001")
        order = shop.order(A=1)
        with planning(shop.log, patience=5.0):
            until(lambda: shop.packages(order) == [(store, 920, 1)])
            shop.location("ST-001", store, engine=engine_empty)
            until(lambda: asked(url) > 0)
            shop.location("ST-001", store, engine=engine)
            until(lambda: (store, 100, 1) in shop.packages(order))


def test_a_service_that_rests_after_failing_is_not_asked_for_each_order(shop: Shop) -> None:
    with service(down=True) as (url, engine):
        shop.location("ST-001", engine=engine)
        shop.scenario(SPLIT, default="ST-001")
        orders = [shop.order(A=1) for _ in range(30)]
        with planning(shop.log, patience=5.0):
            until(lambda: all(shop.see(order).unplanned for order in orders))
            more = [shop.order(A=1) for _ in range(30)]
            until(lambda: all(shop.see(order).unplanned for order in more))
        assert asked(url) < 30


def test_an_order_of_a_sku_that_is_not_answered_holds_up_no_other(shop: Shop) -> None:
    """Half an answer: of A and B only B is told."""
    with service(("ST-001", "B", 5), half_answer_rate=1.0) as (_, engine):
        store = shop.location("ST-001", engine=engine)
        shop.scenario(SPLIT, default="ST-001")
        silent, told = shop.order(A=1), shop.order(B=1)
        with planning(shop.log, patience=5.0):
            until(lambda: shop.packages(told) == [(store, 100, 1)])
            until(lambda: shop.see(silent).unplanned != ())
        assert shop.see(silent).unplanned == ("the stock service did not answer for A",)


@pytest.mark.parametrize(
    "beginning", [b"", b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n{"]
)
def test_a_deadline_ends_a_call_however_slowly_it_is_fed(beginning: bytes) -> None:
    """Byte by byte, in the headers and in the body: no single read ever waits."""
    stop = threading.Event()
    with closing(socket.create_server(("127.0.0.1", 0))) as server:

        def drip() -> None:
            while not stop.is_set():
                try:
                    with server.accept()[0] as connection:
                        connection.sendall(beginning)
                        while not stop.wait(0.05):
                            connection.sendall(b"1")
                except OSError:
                    continue

        feeding = threading.Thread(target=drip, daemon=True)
        feeding.start()
        engine = Engine(f"http://127.0.0.1:{server.getsockname()[1]}/")
        began = time.monotonic()
        with pytest.raises(StockServiceDown):
            services().inquire(engine, ["A"], began + 0.5)
        took = time.monotonic() - began
        stop.set()
    feeding.join(timeout=10)
    assert took < 10  # as slow as the machine may be; the client alone would wait for 13 s, twice
