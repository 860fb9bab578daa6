"""Stock services are asked on the one way out: vetted addresses, one deadline for all calls, a breaker."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qsl

import pytest
import requests

from eventlog.log import EventLog
from integrations.stock_services import SKUS_A_CALL, AskedServices
from integrations.tables import prepare
from integrations.traffic import Traffic, lately
from scenarios.stock_service import Engine, StockServiceDown
from simulators import program, stock_service
from simulators.door import Auth
from tests.at_work import LOOPBACK
from webhook_outbox.breaker import OPENS_AT
from webhook_outbox.targets import Network

SECRET = "a-password-nobody-reads"
Inquire = Callable[..., dict[str, Any]]


@pytest.fixture
def url() -> Iterator[str]:
    with program.serving(stock_service.build(auth=Auth("basic_auth", "oms", SECRET))) as made:
        rows = [{"erp_code": "WH-01", "sku": f"S{n}", "quantity": n} for n in range(300)]
        requests.put(f"{made}/admin/levels", json={"stock": rows}, timeout=5).raise_for_status()
        yield made


def services(allowed: tuple[Network, ...] = LOOPBACK, **more: Any) -> AskedServices:
    return AskedServices(allowed, lambda _name: SECRET, **more)


def engine(url: str, type: str = "multiple") -> Engine:
    return Engine(f"{url}/{type}", type, auth_type="basic_auth", username="oms", password="its-name")


def ask(of: AskedServices, engine: Engine, *skus: str, seconds: float = 10.0) -> Any:
    return of.inquire(engine, skus, time.monotonic() + seconds)


def turn(url: str, **knobs: Any) -> None:
    requests.patch(f"{url}/admin/knobs", json=knobs, timeout=5).raise_for_status()


def report(url: str) -> Any:
    return requests.get(f"{url}/report", timeout=5).json()


def test_only_addresses_that_the_installation_allows_are_dialled(url: str) -> None:
    with pytest.raises(StockServiceDown, match=r"127\.0\.0\.1 is not a public address .*OMS_WEBHOOK_ALLOW"):
        ask(services(()), engine(url), "S1")
    with pytest.raises(StockServiceDown, match=r"169\.254\.169\.254 is not a public address"):
        ask(services(()), engine("https://169.254.169.254"), "S1")
    assert report(url)["requests"] == 0


class Keeping(BaseHTTPRequestHandler):
    """A service that keeps connections (the simulators close them): a piece of everything."""

    protocol_version = "HTTP/1.1"
    asked: ClassVar[list[tuple[int, str]]] = []

    def do_GET(self) -> None:
        self.asked.append((self.client_address[1], self.path))
        rows = [{"sku": sku, "stocks": [{"erp_code": "A", "quantity": 1}]} for _, sku in parse_qsl(self.path)[1:]]
        body = json.dumps({"results": rows}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is said."""


def test_many_calls_go_over_one_kept_connection() -> None:
    """What stands in the address of the service stays there."""
    skus = [f"S{n}" for n in range(SKUS_A_CALL * 3)]
    with ThreadingHTTPServer(("127.0.0.1", 0), Keeping) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        made = services()
        found = ask(made, Engine(f"http://127.0.0.1:{server.server_port}/all?shop=1#top"), *skus)
        made.close()
        server.shutdown()
    assert set(found) == set(skus) and set(map(str, found.values())) == {"{'A': Decimal('1')}"}
    assert len(Keeping.asked) == 3 and len({port for port, _ in Keeping.asked}) == 1
    assert all(path.startswith("/all?shop=1&sku=S") for _, path in Keeping.asked)


def test_all_calls_of_an_inquiry_have_their_seconds_together(url: str) -> None:
    turn(url, latency=0.15)
    began = time.monotonic()
    with pytest.raises(StockServiceDown, match="in time"):
        ask(services(), engine(url, "single"), *(f"S{n}" for n in range(100)), seconds=0.4)
    assert time.monotonic() - began < 10


def test_one_that_fails_is_left_alone_and_no_other_on_its_host(url: str) -> None:
    made = services()
    wrong = Engine(f"{url}/multiple", auth_type="token", auth_url=f"{url}/auth/login/", username="nobody")
    for _ in range(OPENS_AT):
        with pytest.raises(StockServiceDown) as failed:
            ask(made, wrong, "S1")
    assert failed.value.seconds > 0 and "left alone" in str(failed.value)
    assert ask(made, engine(url), "S1") == {"S1": {"WH-01": 1}}


def test_no_secret_stands_in_what_is_told(log: EventLog, url: str) -> None:
    prepare(log)
    made, told = services(traffic=Traffic(log.listening)), []
    for knobs in ({"down": True}, {"down": False, "error_rate": 1.0}, {"error_rate": 0.0, "wrong_json_rate": 1.0}):
        turn(url, **knobs)
        with pytest.raises(StockServiceDown) as failed:
            ask(made, engine(url), "S1")
        made.heard(engine(url), log.now(), 0.1, failed.value)
        told.append(str(failed.value))
    made.heard(engine(url), log.now(), 0.1, StockServiceDown("it rests", 2.0))
    made.heard(engine(url), log.now(), 0.1, None)
    with log.listening() as connection:
        rows = lately(connection)
    assert [row["outcome"] for row in rows] == ["ok", "resting", "failed", "failed", "failed"]
    assert {row["place"] for row in rows} == {f"{url.removeprefix('http://')}/multiple"}
    assert [row["error"] for row in rows[:1:-1]] == told and len(set(told)) == 3
    assert SECRET not in f"{rows} {told} {engine(url)}"


def test_a_password_that_cannot_be_read_is_told_and_read_again(url: str) -> None:
    known: dict[str, str] = {}
    made = AskedServices(LOOPBACK, lambda name: known[name])
    with pytest.raises(StockServiceDown, match="cannot be read"):
        ask(made, engine(url), "S1")
    known["its-name"] = SECRET
    assert ask(made, engine(url), "S1") == {"S1": {"WH-01": 1}}
