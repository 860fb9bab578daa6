"""Orders without coordinates are looked up before they are planned; who knows them being away stops no order."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import requests

from domain.application_settings import ApplicationSetting
from domain.kinds import stream_of
from domain.order import Destination, Order, OrderReceived
from domain.order_place import sought
from domain.states import OrderStatus
from integrations import geocoding
from simulators import geocoder, program
from tests.api.site import order as http_order
from tests.api.site import serving
from tests.integrations.conftest import Bench
from tests.integrations.orders import CUSTOMER, HOME, set_up
from tests.stories.landscape import SCENARIO
from tests.webhooks.receiver import wait_for


@pytest.fixture
def shop(bench: Bench) -> Bench:
    set_up(bench)
    bench.save(ApplicationSetting(1, "GEOLOCATION_DISCOVERY", True))
    bench.follower()
    bench.runner()
    return bench


@pytest.fixture
def provider(shop: Bench) -> Iterator[str]:
    with program.serving(geocoder.build()) as url:
        shop.save(ApplicationSetting(2, "GEOCODE_PROVIDER_SETTINGS", {"url": f"{url}/search", "api_key": ""}))
        yield url


def ordered(bench: Bench, line: str = "2 High St", point: tuple[float, float] | None = None) -> None:
    key = bench.keyring.new_key("ada@example.org")
    personal = bench.keyring.seal(key, {"customer": CUSTOMER, "shipping_address": {**HOME, "line": line}})
    city, (latitude, longitude) = None if line == "Nowhere" else "Leeds", point or (None, None)
    where = Destination(country="United Kingdom", city=city, latitude=latitude, longitude=longitude)
    received = OrderReceived(
        order=1, number="R1", channel=1, status=OrderStatus.approved, items=(), destination=where, personal=personal
    )
    bench.log.reference.refresh()
    facts = [received, *sought(received, bench.log.reference)]
    bench.log.decide(stream_of("order", 1), lambda _o, _g: facts, actor="ada", command="receive-order")


def order(bench: Bench) -> Order:
    found: Order = bench.log.state(stream_of("order", 1)).state
    return found


def test_it_waits_for_its_coordinates_and_is_planned_with_them(shop: Bench, provider: str) -> None:
    requests.patch(f"{provider}/admin/knobs", json={"error_rate": 1.0}, timeout=5)
    ordered(shop)
    wait_for(lambda: shop.calls() and shop.calls()[0]["tries"] > 0)
    assert not order(shop).to_plan
    requests.patch(f"{provider}/admin/knobs", json={"error_rate": 0.0}, timeout=5)
    shop.until("done")
    found = order(shop)
    assert found.to_plan and (found.destination.latitude, found.destination.longitude) == (53.8, -1.55)
    asked = requests.get(f"{provider}/report", timeout=5).json()["last"]
    assert asked == ["2 High St, LS1 2AB, Leeds, United Kingdom"]
    tried = shop.connection.execute("select place from integration_attempts").fetchall()
    assert tried and all("High" not in place for (place,) in tried)


def test_a_place_that_is_none_is_planned_without(shop: Bench, provider: str) -> None:
    ordered(shop, "Nowhere")
    [call] = shop.until("done")
    assert call["note"] == "no such place" and order(shop).to_plan and order(shop).destination.latitude is None


def test_who_is_away_too_long_stops_no_order(shop: Bench, provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(geocoding, "PATIENCE", timedelta(0))
    requests.patch(f"{provider}/admin/knobs", json={"down": True}, timeout=5)
    ordered(shop)
    wait_for(lambda: order(shop).to_plan)
    requests.patch(f"{provider}/admin/knobs", json={"down": False}, timeout=5)
    shop.until("done")
    assert order(shop).destination.latitude == 53.8  # for the plans to come


def test_known_coordinates_are_not_looked_up(shop: Bench, provider: str) -> None:
    ordered(shop, point=(51.5, -0.1))
    shop.followed()
    assert shop.calls() == [] and order(shop).to_plan


def test_the_log_alone_asks_nobody(shop: Bench) -> None:
    setting = {"provider": "log", "url": "https://geo.example.org"}
    shop.save(ApplicationSetting(2, "GEOCODE_PROVIDER_SETTINGS", setting))
    ordered(shop)
    shop.until("done")
    assert order(shop).to_plan


def test_an_order_over_http_is_looked_up_and_then_planned(database_url: str) -> None:
    with program.serving(geocoder.build()) as url, serving(database_url, planner=True, integrations=True) as site:
        site.set_up()
        settings = {"GEOLOCATION_DISCOVERY": True, "GEOCODE_PROVIDER_SETTINGS": {"url": f"{url}/search"}}
        for key, value in settings.items():
            site.admin.post("settings/application_settings/", {"key": key, "json_value": value})
        site.admin.post("scenarios/", SCENARIO)
        made = site.admin.post("orders/", http_order("GEO", shipping_address={"line": "1", "city": {"name": "Leeds"}}))
        stream = stream_of("order", made["id"])
        wait_for(lambda: site.log.state(stream).state.packages, 60)
        facts = [type(event.fact).__name__ for event in site.log.events(stream)]
        assert facts[:3] == ["OrderReceived", "OrderPlaceSought", "OrderPlaced"] and "PackageCreated" in facts[3:]
        assert site.log.state(stream).state.destination.latitude == 53.8
