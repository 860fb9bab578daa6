"""What the stock services have is asked for by the clock: every kind of service and log-in, nothing on guesses, only
what has changed; baskets are answered from it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest
import requests

from domain.stock import StockAnswered
from eventlog.log import EventLog
from scenarios import refreshing
from scenarios.keeping import prepare
from scenarios.refreshing import Refreshed, refresh
from simulators import program, stock_service
from simulators.door import Auth
from tests.scenarios.shop import SPLIT, Shop, planning, services, until


@contextmanager
def service(auth: str = "anonymous", **levels: int) -> Iterator[str]:
    """A stock service of the store ST-001."""
    with program.serving(stock_service.build(auth=Auth(auth, "oms", "sesame"))) as url:
        put(url, **levels)
        yield url


def put(url: str, **levels: int) -> None:
    rows = [{"erp_code": "ST-001", "sku": sku, "quantity": n} for sku, n in levels.items()]
    requests.put(f"{url}/admin/levels", json={"stock": rows}, timeout=5).raise_for_status()


def turn(url: str, **knobs: Any) -> None:
    requests.patch(f"{url}/admin/knobs", json=knobs, timeout=5).raise_for_status()


def engine(url: str, type: str = "multiple", auth: str = "anonymous", **more: Any) -> dict[str, Any]:
    login = {"type": auth, "username": "oms", "password": "kept", "url": f"{url}/auth/login/"}
    return {"auth": login if auth != "anonymous" else {}, "service": {"url": f"{url}/{type}", "type": type}, **more}


def refreshed(log: EventLog, *skus: str, secret: Callable[[str], str] = lambda _: "sesame") -> Refreshed:
    prepare(log)
    with log.listening() as connection:
        refreshing.want(connection, skus)
        return refresh(log, connection, services(secret))


@pytest.mark.parametrize("type", ["multiple", "single"])
@pytest.mark.parametrize("auth", ["anonymous", "basic_auth", "token"])
def test_every_kind_of_service_and_log_in(shop: Shop, type: str, auth: str) -> None:
    with service(auth, A=5, B=0, C=7) as url:
        store = shop.location("ST-001", engine=engine(url, type, auth))
        done = refreshed(shop.log, "A", "B", "C")
        assert (done.skus, done.services, done.levels, done.reasons) == (3, 1, 2, {})
        assert shop.rows() == [(store, "A", 5, 0), (store, "C", 7, 0)]
        requests.delete(f"{url}/admin/keys", timeout=5)  # tokens end; another is fetched
        put(url, A=4)
        assert refreshed(shop.log).levels == 1
        assert shop.rows() == [(store, "A", 4, 0), (store, "C", 7, 0)]


def test_what_has_not_changed_is_not_written(shop: Shop) -> None:
    with service(A=5) as url:
        shop.location("ST-001", engine=engine(url))
        assert refreshed(shop.log, "A").levels == 1
        head = shop.log.head().position
        assert refreshed(shop.log).levels == 0
        assert shop.log.head().position == head
    [event] = [e for e in shop.log.read(0, 100) if isinstance(e.fact, StockAnswered)]
    assert (event.fact.levels, event.fact.settle, event.actor) == ({"A": Decimal(5)}, 600, "stock-refresh")


@pytest.mark.parametrize("knobs", [{"down": True}, {"wrong_json_rate": 1.0}])
def test_nothing_is_written_on_guesses_and_others_are_asked(shop: Shop, knobs: dict[str, Any]) -> None:
    with service(A=5) as url, service(A=9) as other:
        store = shop.location("ST-001", engine=engine(url))
        refreshed(shop.log, "A")
        shop.location("ST-002", engine=engine(other))
        turn(url, **knobs)
        put(url, A=1)
        done = refreshed(shop.log, "B")
        assert set(done.reasons) == {"ST-001"}
        assert (store, "A", 5, 0) in shop.rows()
        turn(url, **dict.fromkeys(knobs, False if "down" in knobs else 0))
        assert refreshed(shop.log).reasons == {}
        assert (store, "A", 1, 0) in shop.rows()


def test_half_an_answer_is_half_known(shop: Shop) -> None:
    with service(A=5, B=6) as url:
        store = shop.location("ST-001", engine=engine(url))
        turn(url, half_answer_rate=1.0)
        refreshed(shop.log, "A", "B")
        assert shop.rows() == [(store, "B", 6, 0)]


@pytest.mark.parametrize(("settle", "known"), [(10, 3), (0, 5)])
def test_goods_that_just_left_are_not_believed_to_be_there(shop: Shop, settle: int, known: int) -> None:
    """Two of five are packed and gone; the service has not heard of it. Within its settling time that is expected."""
    from domain.package_commands import PackInput
    from tests.scenarios.test_worker import command

    with service(A=5) as url:
        store = shop.location("ST-001", engine=engine(url, settle_minutes=settle))
        shop.scenario(SPLIT, default="ST-001")
        with planning(shop.log):
            order = shop.order(A=2)
            until(lambda: shop.packages(order) == [(store, 100, 2)])
        command(shop, order, "complete-packaging-with-shipment", PackInput())
        refreshed(shop.log)
        assert shop.rows() == [(store, "A", known, 0)]


def test_news_wakes_who_waits(shop: Shop) -> None:
    with service(A=0) as url:
        store = shop.location("ST-001", engine=engine(url))
        shop.scenario(SPLIT, default="ST-001")
        with planning(shop.log):
            order = shop.order(A=1)
            until(lambda: shop.packages(order) == [(store, 920, 1)])
            put(url, A=3)
            refreshed(shop.log, "A")
            until(lambda: (store, 100, 1) in shop.packages(order))


def test_many_are_asked_in_portions(shop: Shop) -> None:
    skus = [f"SKU-{n:04}" for n in range(1500)]
    with service("anonymous", **dict.fromkeys(skus, 1)) as url:
        shop.location("ST-001", engine=engine(url))
        assert refreshed(shop.log, *skus).levels == 1500
        assert requests.get(f"{url}/report", timeout=5).json()["requests"] == 13  # of 120, as addresses are short
