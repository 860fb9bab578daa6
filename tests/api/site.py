"""The whole service in this process: real HTTP, a real PostgreSQL, the projector (and the planner) in threads."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from ipaddress import ip_network
from typing import Any

import requests
from cheroot.wsgi import Server

from api.http.app import create_app, services_of
from api.http.users import install, save_user
from api.jobs.runs import prepare as prepare_jobs
from api.planning import planning
from api.settings import Settings
from api.setup.tasks import prepare as prepare_setup
from domain import location as places
from domain import settings, stock
from domain.kernel import info
from domain.kinds import stream_of
from domain.planning import Line, Placement, PlanRecord, record_plan
from domain.states import PackageStatus
from eventlog.log import EventLog
from integrations.following import Follower
from integrations.runner import Runner
from integrations.tables import prepare as prepare_integrations
from projections.projector import Projector
from projections.schema import FOLLOWER
from projections.schema import install as install_projections
from scenarios.keeping import prepare as prepare_planner
from webhook_outbox.tables import prepare as prepare_webhooks

SECRET = "a secret of the tests"
PASSWORD = "a password of the tests"
OMS = "/api/v1/oms/"
SETTINGS = Settings(webhook_allow=(ip_network("127.0.0.0/8"),))


class Client:
    """One user's requests; paths stand below /api/v1/oms/ unless they begin with a slash."""

    def __init__(self, url: str, key: str | None = None) -> None:
        self.url, self.key = url, key
        self._sessions = threading.local()  # a session is for one thread

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> requests.Response:
        """`headers` as keywords: `If_Match`. `body`: JSON, or bytes as they are."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.key is not None:
            sent.setdefault("Authorization", f"Token {self.key}")
        said = {"data": body} if isinstance(body, bytes) else {"json": body} if body is not None else {}
        where = self.url + (path if path.startswith("/") else OMS + path)
        return self._session().request(method, where, headers=sent, timeout=30, allow_redirects=False, **said)

    def get(self, path: str, **headers: str) -> Any:
        """The JSON of an answer that must be 200."""
        return self._good(self("GET", path, **headers), 200)

    def post(self, path: str, body: Any, status: int = 201, **headers: str) -> Any:
        return self._good(self("POST", path, body, **headers), status)

    def put(self, path: str, body: Any, **headers: str) -> Any:
        return self._good(self("PUT", path, body, **headers), 200)

    def command(self, package: int, slug: str, **inputs: Any) -> requests.Response:
        return self("POST", f"packages/{package}/command/", {"package": package, "slug": slug, **inputs})

    def _session(self) -> requests.Session:
        if not hasattr(self._sessions, "session"):
            self._sessions.session = requests.Session()
            self._sessions.session.trust_env = False
        return self._sessions.session

    @staticmethod
    def _good(answer: requests.Response, status: int) -> Any:
        assert answer.status_code == status, f"{answer.request.method} {answer.url}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None


class Site:
    """`admin` is logged in; `user` makes others; `order` and `plan` give tests something to command."""

    def __init__(self, url: str, log: EventLog) -> None:
        self.url, self.log = url, log
        save_user(log, "admin", PASSWORD, ["admin"], [], actor="test")
        self.admin = self.log_in("admin")
        self.nobody = Client(url)
        self._number = 0

    def log_in(self, username: str) -> Client:
        said = Client(self.url).post("/api/i1/auth/login/", {"username": username, "password": PASSWORD}, 200)
        return Client(self.url, said["key"])

    def user(self, username: str, role: str, *locations: int) -> Client:
        save_user(self.log, username, PASSWORD, [role], locations, actor="test")
        return self.log_in(username)

    def set_up(self) -> None:
        """A channel, a carrier, a denial reason, two locations with stock of two SKUs: put straight into the log, so
        that only the tests of the routes that save depend on them."""
        self._save(settings.Channel(1, "web", "web", "web"))
        self._save(settings.CargoCompany(1, "Fast Cargo", "fast"))
        self.reason = 1
        self._save(settings.DenialReason(self.reason, "Too busy", "D1"))
        self.places = {code: self._place(code) for code in ("WH-01", "ST-014")}

    def _save(self, record: settings.Record) -> None:
        kind = info(settings.SAVED[type(record)]).on
        assert self.log.ids(kind) == record.id
        self.log.decide(
            stream_of(kind, record.id),
            lambda state, _: settings.save(state, record),
            actor="test",
            command="set-up",
        )

    def _place(self, code: str) -> int:
        id = self.log.ids("location")
        kind: Any = location(code)["stock_location_type"]
        profile = places.Profile(erp_code=code, name=code, stock_location_type=kind, max_quota=1000)
        self.log.decide(stream_of("location", id), lambda s, _: places.save(s, id, profile), actor="test", command="x")
        self.stock(id, "A", "B")
        return id

    def stock(self, location: int, *skus: str) -> None:
        """Plenty of each at a location."""
        levels = dict.fromkeys(skus, Decimal(100_000))
        stream = stream_of("stock", location)
        self.log.decide(stream, lambda _s, _g: stock.push(location, levels), actor="test", command="x")

    def order(self, **fields: Any) -> dict[str, Any]:
        """An order of 6 A and 2 B, taken in and not planned yet."""
        self._number += 1
        return self.admin.post("orders/", order(f"R{self._number:07}", **fields))

    def plan(self, order: dict[str, Any], at: str = "WH-01", legs: tuple[Any, ...] = ()) -> int:
        """Its one package at a location, planned without a planner and in the read models; the package's id."""
        stream = stream_of("order", order["id"])
        lines: tuple[Line, ...] = tuple((item["id"], int(item["quantity"])) for item in order["orderitem_set"])
        placement = Placement(self.places[at], "by the test", lines, legs)
        self.record(stream, placement)
        self.caught_up()
        return max(self.log.state(stream).state.packages)

    def caught_up(self) -> None:
        """Waits until the read models have everything."""
        assert self.log.wait_for([FOLLOWER], self.log.head().position, 20)

    def record(self, stream: str, *placements: Placement) -> None:
        plan = PlanRecord(1, 1, "Test", "test", "", {}, PackageStatus.waiting, self.places["WH-01"], placements)
        self.log.decide(stream, lambda o, given: record_plan(o, plan, given), actor="planner", command="plan")

    def package(self, at: str = "WH-01") -> int:
        """A package that waits (100)."""
        return self.plan(self.order(), at)


def location(code: str, /, **fields: Any) -> dict[str, Any]:
    """As the example of the specification, under a code of its own."""
    kind = "warehouse" if code.startswith("WH") else "store"
    place = {"country": {"code": "GB", "name": "United Kingdom"}, "city": {"name": "Leeds"}}
    address = {"line": "1 Briggate", "postcode": "LS1 6AA", "township": None, "district": None}
    return {
        "erp_code": code,
        "name": f"Location {code}",
        "stock_location_type": kind,
        "max_quota": 40,
        "address": {**place, **address, "latitude": "53.79648", "longitude": "-1.54785"},
        **fields,
    }


def order(number: str, /, **fields: Any) -> dict[str, Any]:
    place = {"country": {"code": "GB", "name": "United Kingdom"}, "city": {"name": "Leeds"}}
    item = {"name": "THING", "price": "2.55", "tax_rate": "20.00", "discount_amount": "0.00", "attributes": {}}
    return {
        "number": number,
        "channel": "web",
        "status": "400",
        "currency": "GBP",
        "date_placed": "2026-11-23T10:00:00Z",
        "customer": {"email": f"{number}@example.org", "first_name": "Ada", "last_name": "Byron"},
        "cargo_company": "fast",
        "amount": "30.60",
        "shipping_address": {"line": "2 High St", **place, "latitude": "53.80", "longitude": "-1.55"},
        "items": [
            {"omnitron_id": 1, "sku": "A", "quantity": 6, **item},
            {"omnitron_id": 2, "sku": "B", "quantity": 2, **item},
        ],
        **fields,
    }


@contextmanager
def serving(
    database_url: str, *, planner: bool = False, integrations: bool = False, settings: Settings = SETTINGS
) -> Iterator[Site]:
    """A site on an empty database, until the end of the block; with `integrations` calls from the log are run, their
    pauses a hundredth."""
    log = EventLog.open(database_url)
    stop = threading.Event()
    services = services_of(log, settings, SECRET)
    install(log)
    install_projections(log)
    prepare_planner(log)
    prepare_webhooks(log)
    prepare_integrations(log)
    prepare_jobs(log)
    prepare_setup(log)
    runs: list[Callable[[threading.Event], None]] = [Projector(log, services.reveal).run]
    runs += [planning(log, replace(SETTINGS, secret_key=SECRET))] if planner else []
    runs += [Follower(log).run, Runner(log, replace(SETTINGS, secret_key=SECRET), hasten=0.01).run] * integrations
    server = Server(("127.0.0.1", 0), create_app(services), numthreads=16, shutdown_timeout=1)
    server.expiration_interval = 0.02  # so soon it sees that it shall stop
    server.prepare()
    threads = [threading.Thread(target=run, args=(stop,), daemon=True) for run in runs]
    threads.append(threading.Thread(target=server.serve, daemon=True))
    for thread in threads:
        thread.start()
    try:
        yield Site(f"http://127.0.0.1:{server.bind_addr[1]}", log)
    finally:
        stop.set()
        server.stop()
        for thread in threads:
            thread.join(timeout=15)
        services.close()
        log.close()
