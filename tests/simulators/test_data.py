"""The bodies made of the real data have the shapes, sums and shares that are promised for them."""

import json
from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import islice
from math import cos, hypot, radians
from pathlib import Path

import pytest

from simulators import data, network, setup_bodies

HERE = Path(data.__file__).parent / "data"
# The fields of the order, item and location bodies in the specification's requests by example.
ORDER = {
    *("number", "channel", "status", "currency", "date_placed", "customer", "customer_type", "payment_type"),
    *("cargo_company", "delivery_type", "amount", "discount_amount", "shipping_amount", "shipping_address"),
    *("billing_address", "notes", "extra_field", "items"),
}
ITEM = {
    *("omnitron_id", "sku", "name", "barcode", "quantity", "price", "tax_rate", "discount_amount", "attributes"),
}
LOCATION = {
    *("erp_code", "name", "stock_location_type", "is_active", "priority", "max_quota", "is_fulfillment_center"),
    *("is_pickup_location", "is_delivery_location", "is_return_available", "is_fast_delivery_available", "tags"),
    *("conf", "address"),
}
ADDRESS = {"line", "postcode", "country", "city", "township", "district", "latitude", "longitude"}


@pytest.fixture(scope="module")
def orders():
    return list(data.orders(500, seed=1))


def test_orders_have_exactly_the_shape_of_the_example(orders):
    for order in orders:
        assert set(order) == ORDER
        assert set(order["customer"]) == {"email", "first_name", "last_name", "phone_number"}
        assert set(order["shipping_address"]) == ADDRESS
        assert order["items"]
        for item in order["items"]:
            assert set(item) == ITEM
            assert type(item["quantity"]) is int
            assert item["quantity"] > 0
            assert item["name"]
    json.dumps(orders)


def test_amounts_are_right_to_the_cent(orders):
    with_carriage = 0
    for order in orders:
        goods = sum(Decimal(item["price"]) * item["quantity"] for item in order["items"])
        assert Decimal(order["amount"]) == goods + Decimal(order["shipping_amount"]) - Decimal(order["discount_amount"])
        for amount in (order["amount"], order["shipping_amount"], *(item["price"] for item in order["items"])):
            assert amount == f"{Decimal(amount):.2f}"
        with_carriage += Decimal(order["shipping_amount"]) > 0
    assert with_carriage > 0


def test_the_first_order_is_the_first_invoice_of_the_shop():
    first = next(data.orders(1))
    assert first["number"] == "R536365"
    assert first["date_placed"] == "2010-12-01T08:26:00Z"
    assert [(item["sku"], item["quantity"], item["price"]) for item in first["items"][:2]] == [
        ("85123A", 6, "2.55"),
        ("71053", 6, "3.39"),
    ]
    assert first["amount"] == "139.12"


def test_no_cancellation_and_nothing_but_goods_is_sold():
    for invoice in data.invoices():
        assert invoice.number.isdecimal()
        assert all(data.GOODS.fullmatch(line.sku) and line.price > 0 for line in invoice.lines)
    carried = [row for row in data.rows("orders_2010-12.csv.gz") if row["InvoiceNo"].startswith("C")]
    assert carried, "the file keeps the month's real cancellations"


def test_the_month_has_the_orders_the_documents_say():
    month = data.invoices()
    lines = sorted(len(invoice.lines) for invoice in month)
    said = (Path(data.__file__).parent.parent / "docs" / "data.md").read_text()
    figures = f"{len(month):,} orders, {sum(lines):,} lines (median {lines[len(lines) // 2]}, most {lines[-1]})"
    assert figures in said


def test_the_same_seed_gives_the_same_orders_another_seed_other_towns(orders):
    assert list(data.orders(500, seed=1)) == orders
    other = list(data.orders(500, seed=2))
    assert [order["number"] for order in other] == [order["number"] for order in orders]
    same_town = sum(a["shipping_address"] == b["shipping_address"] for a, b in zip(orders, other, strict=True))
    assert same_town < 5


def test_a_customer_is_one_person_at_one_address(orders):
    by_email: dict[str, tuple] = {}
    for order in orders:
        known = by_email.setdefault(order["customer"]["email"], (order["customer"], order["shipping_address"]))
        assert known == (order["customer"], order["shipping_address"])
        assert order["customer"]["email"].endswith("@example.org")
        assert order["customer"]["phone_number"].startswith("+447700900")
    assert 100 < len(by_email) < len(orders)


def test_more_orders_than_the_month_has_are_new_orders_to_new_people():
    month = len(data.invoices())
    every = list(data.orders(month + 50))
    assert len({order["number"] for order in every}) == month + 50
    ids = [item["omnitron_id"] for order in every for item in order["items"]]
    assert len(set(ids)) == len(ids)
    assert every[month]["items"][0]["sku"] == every[0]["items"][0]["sku"]
    assert every[month]["customer"] != every[0]["customer"]


def test_people_live_near_their_town_in_the_united_kingdom(orders):
    towns: dict[str, list[data.Place]] = {}
    for town in data.towns()[0]:
        towns.setdefault(town.name, []).append(town)
    for order in orders:
        address = order["shipping_address"]
        latitude, longitude = float(address["latitude"]), float(address["longitude"])
        assert address["country"]["code"] == "GB"
        assert 49.5 < latitude < 61
        assert -9 < longitude < 2.5
        away = min(
            hypot(town.latitude - latitude, (town.longitude - longitude) * cos(radians(latitude))) * 111
            for town in towns[address["city"]["name"]]
        )
        assert away < 80
    everyone = Counter(order["shipping_address"]["city"]["name"] for order in data.orders(len(data.invoices())))
    assert everyone.most_common(1)[0][0] == "London"


def test_dates_are_utc_and_in_order(orders):
    placed = [datetime.fromisoformat(order["date_placed"]) for order in orders]
    assert placed == sorted(placed)
    assert all(at.utcoffset() == timedelta(0) for at in placed)


@pytest.mark.parametrize("n", [1, 2, 19, 20, 60, 602])
def test_locations_have_the_shape_of_the_example(n):
    found = list(network.locations(n))
    assert len(found) == n
    assert len({location["erp_code"] for location in found}) == n
    assert found[0]["erp_code"] == "WH-01"
    warehouses = [location for location in found if location["stock_location_type"] == "warehouse"]
    assert len(warehouses) == (1 if n < 20 else 2)
    for location in found:
        assert set(location) == LOCATION
        assert set(location["address"]) == ADDRESS
        assert location["max_quota"] > 0


def test_a_larger_network_holds_the_smaller_and_a_seed_another():
    small, large = list(network.locations(60)), list(network.locations(100))
    assert large[:60] == small
    assert list(network.locations(60, seed=1)) != small
    with pytest.raises(ValueError, match="between 1 and 602"):
        next(network.locations(603))


def test_stock_serves_most_orders_whole_many_split_some_not_at_all(orders):
    """Without anybody taking anything: whether an order could be served at all, and in one place."""
    locations = list(network.locations(60, seed=1))
    held: dict[str, dict[str, int]] = {location["erp_code"]: {} for location in locations}
    for row in network.stock(orders, locations, seed=1):
        assert row["quantity"] > 0
        assert row["sku"] not in held[row["erp_code"]], "one row per location and SKU"
        held[row["erp_code"]][row["sku"]] = row["quantity"]
    shares: Counter[str] = Counter()
    for order in orders:
        need: Counter[str] = Counter()
        for item in order["items"]:
            need[item["sku"]] += item["quantity"]
        if any(all(at.get(sku, 0) >= quantity for sku, quantity in need.items()) for at in held.values()):
            shares["whole"] += 1
        elif all(sum(at.get(sku, 0) for at in held.values()) >= quantity for sku, quantity in need.items()):
            shares["split"] += 1
        else:
            shares["short"] += 1
    assert shares["whole"] > 250
    assert shares["split"] > 75
    assert 5 <= shares["short"] < 75


def test_stock_is_the_same_for_the_same_seed(orders):
    locations = list(network.locations(10))
    once = list(network.stock(orders[:100], locations, seed=3))
    assert once == list(network.stock(orders[:100], locations, seed=3))
    assert once != list(network.stock(orders[:100], locations, seed=4))


def test_orders_name_only_channels_and_carriers_that_are_set_up():
    channels = {channel["name"] for channel in setup_bodies.channels()}
    carriers = {carrier["slug"] for carrier in setup_bodies.cargo_companies()}
    month = list(data.orders(300))
    assert {order["channel"] for order in month} == channels
    assert {order["cargo_company"] for order in month} == carriers
    (scenario,) = setup_bodies.scenarios()
    assert set(scenario["prerequisites"]["channel"]["values"]) == channels
    assert scenario["default_stock_location"] == next(network.locations(1))["erp_code"]
    assert any(rule["transferable"] for rule in scenario["rules"])
    json.dumps([setup_bodies.transfer_scenarios(), setup_bodies.denial_reasons()])


def test_source_licence_and_attribution_are_said_for_each_file():
    said = (HERE / "README.md").read_text()
    carried = sorted(path.name for path in HERE.iterdir() if path.name != "README.md")
    assert len(carried) == 3
    for name in carried:
        assert f"`{name}`" in said
        count = sum(1 for _ in islice(data.rows(name), 100_000))
        assert f"| {count:,} |" in said
    for words in ("CC BY 4.0", "Chen, D. (2015)", "Geolytix", "geonames.org", "Changes:"):
        assert words in said
    assert sum(path.stat().st_size for path in HERE.iterdir()) < 750_000
