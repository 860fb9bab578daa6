"""A Seller Center in the order source's place by configuration alone: its orders come in, and it knows what became of
their packages by webhooks, in order, over real HTTP."""

import threading
from dataclasses import replace
from typing import Any

import requests

from api.settings import Settings
from integrations.following import FOLLOWER
from simulators import order_source
from simulators.program import serving as simulated
from tests.api.omnitron import SECRET, set_to
from tests.api.site import SECRET as INSTALLATION
from tests.api.site import SETTINGS, Site, serving
from tests.webhooks.receiver import wait_for
from webhook_outbox.fan_out import FanOut
from webhook_outbox.sender import Sender

TOKEN = "what packages are signed with"


def test_orders_come_from_it_and_packages_are_told(database_url: str) -> None:
    settings: Settings = replace(SETTINGS, secret_key=INSTALLATION)
    with serving(database_url, integrations=True) as site:
        site.set_up()
        site.admin.post("channels/", {"name": "app"})
        site.admin.post("cargo-companies/", {"name": "Steady Parcel", "slug": "steady"})
        hook = f"{site.url}/api/v1/oms/order_source/webhook/"
        stop = threading.Event()
        runs = [FanOut(site.log, settings).run, Sender(site.log, settings).run]
        threads = [threading.Thread(target=run, args=(stop,), daemon=True) for run in runs]
        for thread in threads:
            thread.start()
        with simulated(order_source.build(1, hook=hook, secret=SECRET, packages_secret=TOKEN)) as url:
            conf = [{"endpoint": "packages", "base_url": f"{url}/packages", "auth": {"token": TOKEN}}]
            secrets = [{"secret_key": SECRET}]
            value = {"urls": {"base_url": f"{url}/api"}, "endpoint_conf": conf, "webhook_secrets": secrets}
            set_to(site, value)
            site.admin("PATCH", "transitions/32/", {"settings": {"sync_remote_order_status": True}})
            _lived(site, url)
        stop.set()
        for thread in threads:
            thread.join(timeout=15)


def _lived(site: Site, url: str) -> None:
    requests.post(f"{url}/admin/orders", json={"count": 2}, timeout=20)
    orders: list[dict[str, Any]] = []

    def here() -> bool:
        orders[:] = site.admin.get("orders/")["results"]
        return len(orders) == 2

    wait_for(here, 30)
    packages = []
    for row in orders:
        shown = site.admin.get(f"orders/{row['id']}/")
        site.stock(site.places["WH-01"], *(item["product"]["sku"] for item in shown["orderitem_set"]))
        packages.append(site.plan(shown))
    requests.patch(f"{url}/admin/knobs", json={"lost_answer_rate": 0.5, "error_rate": 0.3}, timeout=20)
    for package in packages:
        for slug in ("start-preparing", "complete-packaging-without-shipment", "ship-package"):
            assert site.admin.command(package, slug).status_code == 204
    requests.patch(f"{url}/admin/knobs", json={"lost_answer_rate": 0.0, "error_rate": 0.0}, timeout=20)

    def told() -> Any:
        return requests.get(f"{url}/packages/states", timeout=20).json()

    wait_for(lambda: [p["state"] for p in told()["packages"]] == ["600", "600"], 60, lambda: str(told()))
    numbers = {p["number"] for p in told()["packages"]}
    assert numbers == {site.admin.get(f"packages/{id}/")["number"] for id in packages}
    assert "bad signatures" not in told()["counts"]
    wait_for(lambda: site.log.positions()[FOLLOWER] >= site.log.head().position - 1)
    assert "states" not in requests.get(f"{url}/report", timeout=20).json()  # of items nobody was told
