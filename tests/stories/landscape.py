"""A whole landscape over real HTTP: the service with every worker, and every neighbour simulated beside it."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import requests

from api.jobs.clock import Jobs
from api.settings import Settings
from simulators import (
    data,
    erp,
    fast_cargo,
    geocoder,
    invoices,
    order_source,
    program,
    steady_parcel,
    stock_service,
    text_messages,
)
from tests.api.omnitron import SECRET as SOURCE_SECRET
from tests.api.omnitron import connected
from tests.api.site import SECRET, SETTINGS, Site, serving
from webhook_outbox.fan_out import FanOut
from webhook_outbox.sender import Sender

ORDERS, SEED = 60, 1
"""Of the source's first orders there is stock."""

CARRIER_SECRET, ERP_SECRET = "a secret of the carriers", "a secret of the ERP"
PACK = "complete-packaging-with-shipment"
TRANSITIONS = {
    PACK: 31, "ship-package": 47, "ready-for-pickup": 53, "deliver-to-customer": 54, "update-shipment-status": 50,
}  # fmt: skip
SCENARIO = {
    "name": "Standard",
    "status": "active",
    "priority": 1,
    "default_stock_location": "WH-01",
    "rules": [{"name": "fewest packages", "coverage": "split_lines", "strategy": "fewest_packages"}],
}


@dataclass
class Landscape:
    """`urls` of the neighbours by name; `carrier` the condition that sends packages to Steady Parcel."""

    site: Site
    urls: dict[str, str]
    condition: int = 0
    steady: bool = field(default=False)

    def ask(self, name: str, path: str) -> Any:
        return requests.get(self.urls[name] + path, timeout=20).json()

    def tell(self, name: str, path: str, body: Any) -> Any:
        answer = requests.post(self.urls[name] + path, json=body, timeout=20)
        assert answer.ok, answer.text
        return answer.json()

    def knobs(self, name: str, **turned: Any) -> None:
        answer = requests.patch(f"{self.urls[name]}/admin/knobs", json=turned, timeout=20)
        assert answer.ok, answer.text

    def by_steady(self, on: bool) -> None:
        """Whether the condition holds that gives packages to Steady Parcel."""
        if on is not self.steady:
            path = f"cargo-company-conditions/{self.condition}/"
            assert self.site.admin("PATCH", path, {"is_active": on}).status_code == 200
            self.steady = on

    def placed(self, count: int) -> list[int]:
        """Orders at the source; their pks there."""
        return list(self.tell("order source", "/admin/orders", {"count": count})["pks"])

    def planned(self, pks: list[int]) -> list[int]:
        """The package of each, once it is planned here."""
        packages: list[int] = []

        def planned() -> bool:
            rows = self.site.admin.get("packages/?state=100&limit=100&sort=id")["results"]
            by_number = {row["order_number"]: row["id"] for row in rows}
            packages[:] = [by_number[number] for number in numbers if number in by_number]
            return len(packages) == len(pks)

        numbers = [self.ask("order source", f"/api/orders/{pk}/")["number"] for pk in pks]
        self.until(planned)
        return packages

    def carriers_asked(self) -> str:
        """The job that asks carriers how their parcels are; the state it ended in."""
        found = Jobs(self.site.log, replace(SETTINGS, secret_key=SECRET)).now("carrier-status", "test")
        assert found is not None
        return str(found["state"])

    def command(self, package: int, slug: str, **inputs: Any) -> None:
        """The read model may not know a package yet that the log knows."""
        self.until(lambda: self.site.admin("GET", f"packages/{package}/").status_code == 200, 30)
        answer = self.site.admin.command(package, slug, **inputs)
        assert answer.status_code == 204, f"{slug}: {answer.text}"

    def package(self, id: int) -> dict[str, Any]:
        return dict(self.site.admin.get(f"packages/{id}/"))

    def state(self, id: int) -> str:
        return str(self.package(id)["state"]["enum_value"])

    def until(self, condition: Callable[[], Any], seconds: float = 60) -> None:
        """Asked over HTTP, so not too often: who asks takes the time of who works."""
        over = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < over, self.open_calls()
            time.sleep(0.05)

    def open_calls(self) -> list[dict[str, Any]]:
        rows = [
            row
            for state in ("waiting", "failed")
            for row in self.site.admin.get(f"integrations/calls/?state={state}&limit=100")["results"]
        ]
        return [{name: row[name] for name in ("kind", "subject", "state", "tries", "note")} for row in rows]

    def untold(self) -> int:
        """Webhooks that are on their way, or given up."""
        return sum(
            self.site.admin.get(f"/whisperer/hook_events/?state={state}&limit=1")["count"]
            for state in ("pending", "dead")
        )

    def failures(self, system: str) -> int:
        """Requests to a system that failed, of the latest 100 of these."""
        if system.startswith("webhook:"):
            return int(self.site.admin.get(f"traffic/?limit=1&outcome=failed&party={system}")["count"])
        path = f"integrations/traffic/?limit=100&outcome=failed&system={system}"
        return len(self.site.admin.get(path)["results"])


@contextmanager
def landscape(database_url: str) -> Iterator[Landscape]:
    with serving(database_url, planner=True, integrations=True) as site, ExitStack() as stack:
        settings, stop = replace(SETTINGS, secret_key=SECRET), threading.Event()
        senders = [threading.Thread(target=run, args=(stop,)) for run in sending(site, settings)]
        for thread in senders:
            thread.start()
            stack.callback(thread.join, 15)
        stack.callback(stop.set)
        site.set_up()
        hook = f"{site.url}/api/v1/oms"
        fast, steady = (f"{hook}/carriers/{slug}/status/" for slug in ("fast", "steady"))
        built = {
            "order source": order_source.build(SEED, hook=f"{hook}/order_source/webhook/", secret=SOURCE_SECRET),
            "Fast Cargo": fast_cargo.build(hook=fast, secret=CARRIER_SECRET),
            "Steady Parcel": steady_parcel.build(hook=steady, secret=CARRIER_SECRET, label_after=0.1),
            "invoices": invoices.build(),
            "bills": invoices.build(),
            "text messages": text_messages.build(),
            "geocoder": geocoder.build(),
            "stock service": stock_service.build(),
            "ERP": erp.build(SEED, [ERP_SECRET]),
        }
        urls = {name: stack.enter_context(program.serving(app)) for name, app in built.items()}
        made = Landscape(site, urls)
        _set_up(made)
        yield made


def sending(site: Site, settings: Settings) -> list[Callable[[threading.Event], None]]:
    return [FanOut(site.log, settings).run, Sender(site.log, settings, threads=4).run]


def _set_up(made: Landscape) -> None:
    admin, urls = made.site.admin, made.urls
    hook = {"target_url": f"{urls['ERP']}/hooks/all", "event_type": "package.*", "secret_key": ERP_SECRET}
    again = {"retry_countdown_config": {"choice": "fixed", "kwargs": {"seconds": 0}}}
    admin.post("/whisperer/hooks/", {**hook, **again})
    connected(made.site, urls={"base_url": f"{urls['order source']}/api"})
    skus = {row["sku"] for order in data.orders(ORDERS, SEED) for row in order["items"]}
    levels = {"stock": [{"erp_code": "WH-01", "sku": sku, "quantity": 100_000} for sku in sorted(skus)]}
    requests.put(f"{urls['stock service']}/admin/levels", json=levels, timeout=20).raise_for_status()
    engine = {"service": {"url": f"{urls['stock service']}/multiple"}}
    assert admin("PATCH", f"stock_locations/{made.site.places['WH-01']}/", {"engine": engine}).ok
    for name, slug, adapter, id in (
        ("Fast Cargo", "fast", "fast_cargo", 1),
        ("Steady Parcel", "steady", "steady_parcel", None),
    ):
        conf = {"adapter": adapter, "url": urls[name], "secret_key": CARRIER_SECRET}
        body = {"name": name, "slug": slug, "label_required": True, "conf": conf}
        answer = admin("PATCH", f"cargo-companies/{id}/", body) if id else admin("POST", "cargo-companies/", body)
        assert answer.ok, answer.text
    admin.post("channels/", {"name": "app", "channel_type": "mobile"})
    condition = {"name": "all others by fast", "cargo_company": "fast", "priority": 1}
    admin.post("cargo-company-conditions/", condition)  # else some orders name the other carrier themselves
    condition = {"name": "by steady", "cargo_company": "steady", "is_active": False}
    made.condition = admin.post("cargo-company-conditions/", condition)["id"]
    calls = {
        "remote_invoice_call": {"remote_url": f"{urls['invoices']}/invoices"},
        "remote_bill_fulfillment_call": {"remote_url": f"{urls['bills']}/bills"},
    }
    for slug, id in TRANSITIONS.items():
        settings = {"sync_remote_order_status": True, **(calls if slug == PACK else {})}
        answer = admin("PATCH", f"transitions/{id}/", {"settings": settings})
        assert answer.ok, answer.text
    for key, value in (
        ("IS_OTP_ENABLED", True),
        ("SMS_SETTINGS", {"url": f"{urls['text messages']}/messages", "template": {"en-us": "{order} {code}"}}),
        ("GEOLOCATION_DISCOVERY", True),
        ("GEOCODE_PROVIDER_SETTINGS", {"url": f"{urls['geocoder']}/search"}),
    ):
        admin.post("settings/application_settings/", {"key": key, "json_value": value})
    admin.post("scenarios/", SCENARIO)
