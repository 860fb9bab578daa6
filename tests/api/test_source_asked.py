"""What the order source is asked while somebody waits, and a Seller Center in its place by configuration alone."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from eventlog.embedded import EmbeddedServer
from simulators import order_source
from simulators.door import Auth
from simulators.program import serving as simulated
from tests.api.conftest import set_up
from tests.api.omnitron import SECRET, connected, set_to
from tests.api.site import Site

HERE = {"channel": {"name": "web"}, "cargo_company": {"slug": "fast"}}
SHIP = "ship-without-shipment-integration"


class Asked:
    def __init__(self, site: Site, url: str) -> None:
        self.site, self.url = site, url

    def admin(self, method: str, path: str, body: Any) -> Any:
        answer = requests.request(method, f"{self.url}/admin/{path}", json=body, timeout=20)
        assert answer.ok, answer.text
        return answer.json()

    def packed(self, number: int) -> tuple[int, dict[str, Any]]:
        """A package, packed whole, of the source's next order; and that order as it is there."""
        [pk] = self.admin("POST", "orders", {"count": 1})["pks"]
        self.admin("PATCH", f"orders/{pk}", {"fields": {"number": f"ASK-{number}", **HERE}})
        there = requests.get(f"{self.url}/api/orders/{pk}/", timeout=20, headers=self.login()).json()
        here = connected(self.site, **settings(self.url)).told("order.updated", there)["order"]
        shown = self.site.admin.get(f"orders/{here}/")
        self.site.stock(self.site.places["WH-01"], *(row["product"]["sku"] for row in shown["orderitem_set"]))
        package = self.site.plan(shown)
        answer = self.site.admin.command(package, "complete-packaging-without-shipment")
        assert answer.status_code == 204, answer.text
        return package, there

    def login(self) -> dict[str, str]:
        said = {"username": "oms", "password": "oms"}
        key = requests.post(f"{self.url}/auth/login/", json=said, timeout=20).json()["key"]
        return {"Authorization": f"Token {key}"}


def settings(url: str, **more: Any) -> dict[str, Any]:
    """With a token that is fetched."""
    auth = {"request_type": "token", "username": "oms", "password": "oms", "url": f"{url}/auth/login/"}
    return {"urls": {"base_url": f"{url}/api"}, "auth": auth, **more}


@pytest.fixture(scope="module")
def site(postgres: EmbeddedServer) -> Iterator[Site]:
    """Of its own: other tests have reasons with titles of their own."""
    with set_up(postgres, "test_source_asked") as made:
        yield made


@pytest.fixture(scope="module")
def asked(site: Site) -> Iterator[Asked]:
    with simulated(order_source.build(3, secret=SECRET, auth=Auth("token"))) as url:
        connected(site, **settings(url))
        yield Asked(site, url)
    set_to(site, None)


def test_c20_ships_what_the_source_agrees_with(asked: Asked) -> None:
    package, there = asked.packed(1)
    row = there["orderitem_set"][0]
    asked.admin("PATCH", f"orders/{there['pk']}", {"pieces": {row["pk"]: row["quantity"] + 5}})  # more is no objection
    assert asked.site.admin.command(package, SHIP).status_code == 204


def test_c20_is_refused_where_the_source_wants_less(asked: Asked) -> None:
    package, there = asked.packed(2)
    row = there["orderitem_set"][0]
    asked.admin("PATCH", f"orders/{there['pk']}", {"pieces": {row["pk"]: 0}})
    refused = asked.site.admin.command(package, SHIP)
    assert refused.status_code == 400
    assert f"of {row['product']['sku']} it wants 0, not {row['quantity']}" in str(
        refused.json()["error"]["package_items"]
    )
    dry = asked.site.admin("POST", f"packages/{package}/command/?dry_run=true", {"slug": SHIP})
    assert dry.status_code == 400
    asked.admin("PATCH", f"orders/{there['pk']}", {"fields": {"status": "100"}})
    assert "is cancelled there" in str(asked.site.admin.command(package, SHIP).json())
    assert asked.site.admin.get(f"packages/{package}/")["state"]["enum_value"] == "500"
    assert asked.site.admin.command(package, "ship-package").status_code == 204  # C18 asks nobody


@pytest.mark.parametrize("knobs", [{"down": True}, {"error_rate": 1.0}, {"wrong_answer_rate": 1.0}])
def test_c20_waits_where_the_source_does_not_answer(asked: Asked, knobs: dict[str, Any]) -> None:
    package, _ = asked.packed(10 + len(str(knobs)))
    other = asked.site.user(f"another-shop-{len(str(knobs))}", "store", asked.site.places["ST-014"])
    asked.admin("PATCH", "knobs", knobs)
    try:
        refused = asked.site.admin.command(package, SHIP)
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "order_source_silent")
        assert int(refused.headers["Retry-After"]) > 0
        assert other.command(package, SHIP).status_code == 404  # who may not see it learns nothing
    finally:
        asked.admin("PATCH", "knobs", {"down": False, "error_rate": 0.0, "wrong_answer_rate": 0.0})
    assert asked.site.admin.command(package, SHIP).status_code == 204


def test_cancellation_reasons_are_pulled(asked: Asked) -> None:
    path = "cancellation-reasons/pull_from_omnitron/"
    own = asked.site.admin.post("cancellation-reasons/", {"title": "Takes too long", "priority": 9})
    said = asked.site.admin.post(path, {}, 200)
    assert (said["created"], said["updated"], said["refused"]) == (3, 1, 0)
    again = asked.site.admin.post(path, {}, 200)
    assert (again["created"], again["updated"], again["unchanged"]) == (0, 0, 4)
    reasons = {row["remote_id"]: row for row in asked.site.admin.get("cancellation-reasons/?limit=100")["results"]}
    assert (reasons["3"]["id"], reasons["3"]["title"]) == (own["id"], "Takes too long")
    taken = asked.site.admin("PATCH", f"cancellation-reasons/{reasons['1']['id']}/", {"title": "Free"})
    assert taken.status_code == 200
    asked.site.admin.post("cancellation-reasons/", {"title": reasons["1"]["title"], "remote_id": "y"})
    assert asked.site.admin.post(path, {}, 200)["refused"] == 1  # a title that is taken; the others are pulled
    asked.admin("PATCH", "knobs", {"down": True})
    silent = asked.site.admin("POST", path, {})
    asked.admin("PATCH", "knobs", {"down": False})
    assert (silent.status_code, silent.json()["error"]["code"]) == (503, "order_source_silent")


def test_nobody_is_asked_where_no_source_is_connected(asked: Asked) -> None:
    package, there = asked.packed(30)
    asked.admin("PATCH", f"orders/{there['pk']}", {"fields": {"status": "100"}})
    set_to(asked.site, None)
    assert asked.site.admin("POST", "cancellation-reasons/pull_from_omnitron/", {}).status_code == 400
    assert asked.site.admin.get("order_source/")["connected"] is False
    assert asked.site.admin.command(package, SHIP).status_code == 204


# --- Seller Center


def hooks(site: Site) -> list[dict[str, Any]]:
    every: list[dict[str, Any]] = site.admin.get("/whisperer/hooks/?limit=100")["results"]
    return [row for row in every if row["user"] == 0]


def test_a_seller_center_is_told_of_packages_while_the_setting_says_so(asked: Asked) -> None:
    site = asked.site
    conf = [{"endpoint": "packages", "base_url": f"{asked.url}/packages", "auth": {"token": "a token of packages"}}]
    set_to(site, settings(asked.url, endpoint_conf=conf))
    [hook] = hooks(site)
    named = ("target_url", "event_type", "has_secret_key", "is_active")
    assert [hook[name] for name in named] == [f"{asked.url}/packages", "package.*", True, True]
    assert hook["additional_headers"] == {"Authorization": "********"}
    assert site.admin.get("order_source/")["seller_center"] is True

    head = site.log.head().position
    set_to(site, settings(asked.url, endpoint_conf=[{**conf[0], "auth": {"token": "********"}}]))
    assert [row["id"] for row in hooks(site)] == [hook["id"]]
    assert [event for event in site.log.read(head) if event.stream.startswith("webhook")] == []

    moved = [{**conf[0], "base_url": f"{asked.url}/elsewhere"}]
    set_to(site, settings(asked.url, endpoint_conf=moved))
    assert [row["target_url"] for row in hooks(site)] == [f"{asked.url}/elsewhere"]
    set_to(site, settings(asked.url))
    assert hooks(site) == []
    wrong = [{**conf[0], "base_url": "http://10.0.0.1/packages"}]
    for row in site.admin.get("settings/application_settings/?key=OMNITRON_CLIENT_SETTINGS")["results"]:
        value = settings(asked.url, endpoint_conf=wrong)
        refused = site.admin("PUT", f"settings/application_settings/{row['id']}/", {"json_value": value})
        assert (refused.status_code, "endpoint_conf" in refused.text) == (400, True)
    assert hooks(site) == []
