"""Set-up from the connected order source: begun, asked how far, ended; through its bad day; again without harm."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import requests
from flask import Flask

from api.jobs.clock import Jobs
from api.setup.work import JOB
from simulators import order_source
from simulators.program import serving as simulated
from tests.api.omnitron import SECRET as SIGNED
from tests.api.omnitron import connected
from tests.api.site import SECRET, SETTINGS, Site, serving


@pytest.fixture
def own(database_url: str) -> Iterator[Site]:
    with serving(database_url) as site:
        site.set_up()
        yield site


def work(site: Site) -> dict[str, Any]:
    found = Jobs(site.log, replace(SETTINGS, secret_key=SECRET)).now(JOB, "test")
    assert found is not None
    return found


def status(site: Site, step: str) -> dict[str, Any]:
    return dict(site.admin.get(f"setup/{step}/get_async_status/"))


def test_stores_and_orders_come_from_the_source(own: Site) -> None:
    hook = f"{own.url}/api/v1/oms/order_source/webhook/"
    with simulated(order_source.build(1, hook=hook, secret=SIGNED)) as url:

        def ask(method: str, path: str, body: Any) -> None:
            assert requests.request(method, url + path, json=body, timeout=20).ok

        ask("PATCH", "/admin/knobs", {"webhooks": False})
        ask("POST", "/admin/orders", {"count": 3})
        ask("POST", "/admin/stores", {"erp_code": "SRC-7", "name": "York", "is_active": True, "city": {"name": "York"}})
        own.admin.post("channels/", {"name": "app"})
        own.admin.post("cargo-companies/", {"name": "Steady Parcel", "slug": "steady"})
        assert own.admin.post("setup/orders/execute/", {}, 200)["status"] == "FINISHED"  # nothing is connected
        connected(own, urls={"base_url": f"{url}/api"})
        ask("PATCH", "/admin/knobs", {"down": True})
        begun = own.admin.post("setup/stock_locations/execute/", {}, 200)
        assert (begun["status"], begun["task"]["source"]) == ("READY", "order_source")
        again = own.admin.post("setup/stock_locations/execute/", {}, 200)
        assert again["task"]["id"] == begun["task"]["id"]
        told = work(own)
        assert told["state"] == "failed" and "cannot be asked" in told["error"]
        assert status(own, "stock_locations")["status"] == "WORKING"
        ask("PATCH", "/admin/knobs", {"down": False})
        assert work(own)["state"] == "finished"
        told = status(own, "stock_locations")
        assert (told["status"], told["task"]["created"]) == ("FINISHED", 1)
        assert own.log.reference.find("location", "SRC-7") is not None
        for created, unchanged in ((3, 0), (0, 3)):
            own.admin.post("setup/orders/execute/", {}, 200)
            assert work(own)["state"] == "finished"
            task = status(own, "orders")["task"]
            assert (task["created"], task["unchanged"], task["rejected"]) == (created, unchanged, 0), task


def test_channels_carriers_and_reasons_come_from_the_source(own: Site) -> None:
    """What is there already is no news; how carriers work here is not the source's to say."""
    with simulated(order_source.build(1)) as url:
        assert own.admin.post("setup/cargo_companies/execute/", {}, 200)["status"] == "FINISHED"  # there is one
        connected(own, urls={"base_url": f"{url}/api"})
        conf = {"adapter": "fast_cargo", "url": url}
        assert own.admin("PATCH", "cargo-companies/1/", {"conf": conf}).status_code == 200
        for created, unchanged in (((1, 1, 4), (1, 1, 0)), ((0, 0, 0), (2, 2, 4))):
            for step, new, old in zip(("channels", "cargo_companies", "reasons"), created, unchanged, strict=True):
                assert own.admin.post(f"setup/{step}/execute/", {}, 200)["status"] == "READY"
                assert work(own)["state"] == "finished"
                task = status(own, step)["task"]
                assert (task["created"], task["unchanged"], task["rejected"]) == (new, old, 0), task
        assert {one.slug for one in own.log.reference.all("cargo_company")} == {"fast", "steady"}
        assert own.admin.get("cargo-companies/1/")["conf"] == conf
        assert own.admin.get("cancellation-reasons/")["count"] == 4
        requests.patch(f"{url}/admin/knobs", json={"wrong_answer_rate": 1.0}, timeout=20)
        own.admin.post("setup/channels/execute/", {}, 200)
        assert work(own)["state"] == "failed"
        assert status(own, "channels")["status"] == "WORKING"


def test_a_source_without_such_a_list_is_told(own: Site) -> None:
    with simulated(Flask("elsewhere")) as url:
        connected(own, urls={"base_url": f"{url}/api"})
        own.admin.post("setup/reasons/execute/", {}, 200)
        assert work(own)["state"] == "finished"
        told = status(own, "reasons")
        assert told["status"] == "FAILED" and "404" in told["message"]
