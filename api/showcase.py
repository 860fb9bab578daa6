"""The outside systems of `make run`, simulated, and a small first month: real stores, set up once, and real orders, as
they come from their source."""

import os
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any

import requests

from api import showcase_neighbours as neighbours
from api.installation import Place
from api.processes import Processes
from simulators import data, network, setup_bodies

ORDERS, LOCATIONS, SEED = 150, 60, 1
AHEAD = 100  # orders that are still to come, for which there is stock as well
PORT_OF_ERP, PORT_OF_SOURCE = 1, 2  # counted from the API's own port
PACE = 20.0  # seconds between things that happen at the order source by themselves
BARE = 0.1  # part of its orders whose address has no coordinates: the geocoder is asked
PICKUP = 0.1  # part of its orders that customers fetch: they are sent a code
STAFF_PACE = ("--think", "0.5", "--pause", "2", "--threads", "2", "--most", "24", "--errand", "20")
"""A look at the lists every few seconds, so that staff hand parcels over before the carrier says it has them."""
TOLD_OF = (31, 32, 33, 47, 48, 49, 50, 53, 54, 57, 58, 60)
"""Transitions whose commands the source is told of."""
STOCK_ROWS_A_CALL = 10_000
PATIENCE = 60.0  # seconds for which a call is tried again

Bodies = list[dict[str, Any]]


class NotSetUp(Exception):
    """The API refused something of the set-up; the text says what."""


@dataclass
class Client:
    """The API as the set-up uses it."""

    url: str
    username: str
    password: str
    session: requests.Session = field(default_factory=requests.Session)

    def log_in(self) -> None:
        said = self.call("POST", "/api/i1/auth/login/", {"username": self.username, "password": self.password})
        self.session.headers["Authorization"] = f"Token {said['key']}"

    def call(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """Tries again for a minute while nobody answers or the answer is 503; other errors raise NotSetUp."""
        until = time.monotonic() + PATIENCE
        while True:
            try:
                answer = self.session.request(method, self.url + path, json=body, timeout=60)
            except requests.RequestException:
                if time.monotonic() > until:
                    raise
            else:
                if answer.status_code != 503 or time.monotonic() > until:
                    break
            time.sleep(0.2)
        if answer.status_code >= 400:
            raise NotSetUp(f"{method} {path} answered {answer.status_code}: {answer.text[:300]}")
        return dict(answer.json()) if answer.content else {}

    def post(self, path: str, body: object) -> dict[str, Any]:
        return self.call("POST", f"/api/v1/oms/{path}", body)

    def take_in(self, orders: Bodies) -> None:
        """A batch is answered per order: those that could not be written now are sent again."""
        until, left = time.monotonic() + PATIENCE, orders
        while left:
            results = self.post("orders/", {"orders": left})["results"]
            refused = [r for r in results if r["status_code"] >= 400 and r["status_code"] != 503]
            if refused or time.monotonic() > until:
                raise NotSetUp(f"orders were not taken in: {(refused or results)[:3]}")
            left = [order for order, result in zip(left, results, strict=True) if result["status_code"] == 503]


def set_up(client: Client, orders: Bodies, locations: Bodies, seed: int, said: Callable[[str], None]) -> None:
    """Channels, carriers, reasons, locations, stock for these orders, scenarios: what must stand before the first."""
    for path, bodies in (
        ("channels/", setup_bodies.channels()),
        ("cargo-companies/", setup_bodies.cargo_companies()),
        ("package-denial-reason/", setup_bodies.denial_reasons()),
        ("stock_locations/", locations),
        ("scenarios/", [*setup_bodies.scenarios(), *setup_bodies.pickup_scenarios()]),
        ("transfer-scenarios/", [*setup_bodies.transfer_scenarios(), *setup_bodies.pickup_transfer_scenarios()]),
    ):
        if client.call("GET", f"/api/v1/oms/{path}?limit=1")["count"]:
            continue  # a set-up that was interrupted goes on
        kind = path.strip("/").replace("_", " ").replace("-", " ")
        said(f"{len(bodies)} {kind if kind.endswith('s') else f'{kind}s'}")
        for body in bodies:
            client.post(path, body)
    rows = list(network.stock(orders, locations, seed))
    said(f"{len(rows)} stock levels")
    for start in range(0, len(rows), STOCK_ROWS_A_CALL):
        client.call("PUT", "/api/v1/oms/stock/", {"stock": rows[start : start + STOCK_ROWS_A_CALL]})


def subscribe(client: Client, hook: str, secret: str) -> None:
    """All events to the ERP."""
    body = {"target_url": hook, "event_type": "*", "secret_key": secret, "additional_headers": {}, "config": {}}
    client.call("POST", "/whisperer/hooks/", body)


def connect_source(client: Client, source: str, secret: str) -> None:
    """The order source is known and told of what is done. Before it has anything, and again does no harm."""
    value = {"urls": {"base_url": f"{source}/api"}, "webhook_secrets": [{"secret_key": secret}]}
    path, key = "/api/v1/oms/settings/application_settings/", "OMNITRON_CLIENT_SETTINGS"
    for row in client.call("GET", f"{path}?key={key}")["results"]:
        client.call("PUT", f"{path}{row['id']}/", {"json_value": value})
        break
    else:
        client.call("POST", path, {"key": key, "json_value": value})
    for row in client.call("GET", "/api/v1/oms/transitions/?limit=100")["results"]:
        if row["id"] in TOLD_OF and not row["settings"]["sync_remote_order_status"]:
            settings = {**row["settings"], "sync_remote_order_status": True}
            client.call("PATCH", f"/api/v1/oms/transitions/{row['id']}/", {"settings": settings})


def ports_of(port: int) -> dict[str, int]:
    """Name of each simulator that listens → its port, where the API is at `port`."""
    called = {name: port + offset for name, (_, offset) in neighbours.NEIGHBOURS.items()}
    return {"ERP": port + PORT_OF_ERP, "order source": port + PORT_OF_SOURCE, **called}


CLERK, WORKS_AT = "clerk", ("WH-01", "ST-001", "ST-002")


class Showcase:
    """The outside systems and the staff beside a running service, and the demo's data at its first start."""

    def __init__(self, url: str, place: Place) -> None:
        self._url, self._place = url, place
        self._data = Path(place.settings.data_dir).resolve()
        self._erp = f"http://127.0.0.1:{place.settings.port + PORT_OF_ERP}"
        self._source = f"http://127.0.0.1:{place.settings.port + PORT_OF_SOURCE}"
        self._secret, self._source_secret = self._kept("erp-secret"), self._kept("order-source-secret")
        self._carrier_secret = self._kept("carrier-secret")

    def start(self, processes: Processes) -> None:
        port = str(self._place.settings.port + PORT_OF_ERP)
        erp = ("-m", "simulators.erp", "--port", port, "--journal", str(self._data / "erp.jsonl"))
        processes.start("erp", erp, {"ERP_SECRET": self._secret})
        port, hook = str(self._place.settings.port + PORT_OF_SOURCE), f"{self._url}/api/v1/oms/order_source/webhook/"
        source = ("-m", "simulators.order_source", "--port", port, "--hook", hook, "--seed", str(SEED))
        kept = ("--journal", str(self._data / "order-source.jsonl"), "--pace", str(PACE))
        kinds = ("--bare", str(BARE), "--pickup", str(PICKUP), "--locations", str(LOCATIONS))
        processes.start("order source", (*source, *kept, *kinds), {"ORDER_SOURCE_SECRET": self._source_secret})
        staff = ("-m", "simulators.staff", "--url", self._url, "--username", self._place.settings.admin_user)
        carriers_do = ("--deliver", "0", "--attempt", "0", "--journal", str(self._data / "staff.jsonl"))
        at = neighbours.urls(self._place.settings.port)
        tells = ("--stock-url", at["stock service"], "--inbox-url", at["text messages"])
        secret = {"STAFF_PASSWORD": self._place.admin_password}
        processes.start("staff", (*staff, *STAFF_PACE, *carriers_do, *tells), secret)
        neighbours.start(processes, self._place.settings.port, self._url, self._data, self._carrier_secret)

    def load(self, stop: Event, say: Callable[[str], None]) -> None:
        """Once an installation: a loaded one has orders."""
        client = Client(self._url, self._place.settings.admin_user, self._place.admin_password)
        try:
            client.log_in()
            if client.call("GET", "/api/v1/oms/orders/?limit=1")["count"]:
                self._clerk(client)  # of an installation that is older than Instore
                return
            bodies = list(data.orders(ORDERS + AHEAD, SEED))
            locations = list(network.locations(LOCATIONS, SEED))
            set_up(client, bodies, locations, SEED, lambda text: say(f"… {text}"))
            port = self._place.settings.port
            service = Client(neighbours.urls(port)["stock service"], "", "")
            neighbours.stock_up(client, service, port, network.stock(bodies, locations, SEED))
            self._clerk(client)
            subscribe(client, f"{self._erp}/hooks/all", self._secret)
            neighbours.connect(client, port, self._carrier_secret)
            connect_source(client, self._source, self._source_secret)
            requests.post(f"{self._source}/admin/orders", json={"count": ORDERS}, timeout=60).raise_for_status()
            while client.call("GET", "/api/v1/oms/orders/?limit=1")["count"] < ORDERS:
                if stop.wait(0.5):
                    return
            say(f"… {ORDERS} orders are in; staff work on them, and more come. Who was told what:")
            say(f"  the ERP         {self._erp}/report")
            say(f"  order source    {self._source}/report  {self._source}/report/told")
            for name, url in neighbours.urls(port).items():
                say(f"  {name:15} {url}/report")
        except (NotSetUp, requests.RequestException) as error:
            if not stop.is_set():
                say(f"the demo's data was not loaded: {error}")

    def _clerk(self, client: Client) -> None:
        """Somebody to look at Instore as: the warehouse and two shops are theirs."""
        if client.call("GET", f"/api/v1/oms/users/?username={CLERK}")["count"] == 0:
            said = {"username": CLERK, "password": self._kept(f"{CLERK}-password"), "roles": ["store"]}
            client.post("users/", {**said, "locations": WORKS_AT})

    def _kept(self, name: str) -> str:
        """A secret made at the first start."""
        path = self._data / name
        if not path.exists():
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(24))
        return path.read_text().strip()
