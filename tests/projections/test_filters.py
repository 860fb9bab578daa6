"""Filters against brute force: each gives what looking at each object gives; what cannot be is refused."""

from collections.abc import Callable
from datetime import datetime

import pytest

from domain.order import Order
from domain.package import Package
from domain.states import PackageStatus
from domain.transfer import Transfer
from projections.objects.state import state_id
from projections.queries import LISTS, BadFilter, UnknownFilter, select
from tests.projections.conftest import World

DAY = "2026-11-01"
NOON = datetime.fromisoformat("2026-11-01T08:05:00+00:00")

OfPackage = Callable[[Order, Package], bool]
PACKAGES: list[tuple[dict[str, str], OfPackage]] = [
    ({}, lambda o, p: True),
    ({"state": "100"}, lambda o, p: p.state == 100),
    ({"state": str(state_id(PackageStatus.delivered, "package"))}, lambda o, p: p.state == 900),
    ({"state__enum_value": "cancelled"}, lambda o, p: p.state == 1000),
    ({"state__enum_value__ne": "1000"}, lambda o, p: p.state != 1000),
    ({"state__enum_value__in": "100,900,910"}, lambda o, p: p.state in (100, 900, 910)),
    ({"state__enum_value": "100", "stock_location": "3"}, lambda o, p: p.state == 100 and p.location == 3),
    ({"stock_location__erp_code": "ST-003"}, lambda o, p: p.location == 3),
    ({"stock_location__erp_code": "ST-???"}, lambda o, p: False),
    ({"stock_location__erp_code__in": "ST-003,ST-004"}, lambda o, p: p.location in (3, 4)),
    ({"stock_location__stock_location_type": "warehouse"}, lambda o, p: p.location in (1, 8)),
    ({"order": "7"}, lambda o, p: o.id == 7),
    ({"order__number": "R100000"}, lambda o, p: o.number.startswith("R100000")),
    ({"order__number": "R%"}, lambda o, p: False),
    ({"order__omnitron_id": "9"}, lambda o, p: o.omnitron_id == 9),
    ({"order__channel": "app"}, lambda o, p: o.channel == 2),
    ({"order__channel": "1"}, lambda o, p: o.channel == 1),
    ({"order__date_placed__gte": "2026-11-01T08:00:20Z"}, lambda o, p: str(o.date_placed) >= "2026-11-01 08:00:20"),
    ({"order__date_placed__lte": DAY}, lambda o, p: True),
    ({"order__date_placed__gte": "2026-11-02"}, lambda o, p: False),
    ({"order__date": DAY}, lambda o, p: True),
    ({"order__date": "2026-11-02"}, lambda o, p: False),
    ({"order__delivery_type": "home"}, lambda o, p: o.delivery_type == "home"),
    ({"is_click_and_collect": "true"}, lambda o, p: o.delivery_type == "store_pickup"),
    ({"created_date__gte": "2000-01-01"}, lambda o, p: True),
    ({"modified_date__lte": "2000-01-01"}, lambda o, p: False),
    ({"shipment__awb_number": "AWB1"}, lambda o, p: False),
    ({"shipment__cargo_company": "none"}, lambda o, p: False),
    ({"shipment__created_date__gte": "2000-01-01"}, lambda o, p: p.shipment is not None),
    ({"product_sku": "SKU-0123"}, lambda o, p: any(i.sku == "SKU-0123" for i in p.items)),
    (
        {"product_barcode": "bar-77"},
        lambda o, p: any(i.barcode == "bar-77" and i.id in {x.item for x in p.items} for i in o.items),
    ),
    ({"customer_first_name": "ada3"}, lambda o, p: o.id % 7 == 3 and o.id % 10 > 0),
    ({"customer_last_name": "Byron"}, lambda o, p: o.id % 10 > 0),
    ({"city": "Leeds"}, lambda o, p: o.destination.city == "Leeds"),
    ({"country": "GB"}, lambda o, p: o.destination.country == "GB"),
    ({"township": "x"}, lambda o, p: False),
    ({"cancellation_failure": "true"}, lambda o, p: False),
    ({"cancellation_failure": "false"}, lambda o, p: True),
    ({"id__gt": "20"}, lambda o, p: p.id > 20),
    ({"id__gte": "20", "id__lt": "40"}, lambda o, p: 20 <= p.id < 40),
    ({"id__lte": "20"}, lambda o, p: p.id <= 20),
    ({"pk__in": "3, 5,7"}, lambda o, p: p.id in (3, 5, 7)),
    ({"order_item__omnitron_id": "1051"}, lambda o, p: any(i.omnitron_id == 1051 for i in o.items)),
    ({"order_item__omnitron_id__in": "1050,1061"}, lambda o, p: any(i.omnitron_id in (1050, 1061) for i in o.items)),
    ({"retail_store__erp_code": "ST-003"}, lambda o, p: False),
    ({"location_or_store__erp_code": "ST-003"}, lambda o, p: p.location == 3),
    ({"number": "R1000005P"}, lambda o, p: p.number.startswith("R1000005P")),
]


@pytest.mark.parametrize(("params", "fits"), PACKAGES, ids=lambda v: "&".join(v) if isinstance(v, dict) else "")
def test_filters_of_packages(world: World, params: dict[str, str], fits: OfPackage) -> None:
    expected = {p.id for o in world.orders.values() for p in o.packages.values() if fits(o, p)}
    assert set(world.all_ids("packages", params)) == expected
    mine = {p.id for o in world.orders.values() for p in o.packages.values() if p.location in (3, 8)}
    assert set(world.all_ids("packages", params, scope=[3, 8])) == expected & mine


OfTransfer = Callable[[Order, Transfer], bool]
TRANSFERS: list[tuple[dict[str, str], OfTransfer]] = [
    ({}, lambda o, t: True),
    ({"state": "in_transit"}, lambda o, t: t.state == "in_transit"),
    ({"state__enum_value__in": "transferred,cancelled"}, lambda o, t: t.state in ("transferred", "cancelled")),
    ({"source__erp_code": "ST-003"}, lambda o, t: t.source == 3),
    ({"destination__erp_code": "ST-003"}, lambda o, t: t.destination == 3),
    ({"erp_code": "ST-003"}, lambda o, t: 3 in (t.source, t.destination)),
    ({"order__number": "R100000"}, lambda o, t: o.number.startswith("R100000")),
    ({"package_number": "R1000002P1"}, lambda o, t: t.number.startswith("R1000002P1")),
    ({"order__channel": "web"}, lambda o, t: o.channel == 1),
    ({"order__customer__first_name": "ADA1"}, lambda o, t: o.id % 7 == 1 and o.id % 10 > 0),
    ({"product_sku": "SKU-0123"}, lambda o, t: any(i.sku == "SKU-0123" for i in t.items)),
    ({"destination__country": "GB"}, lambda o, t: t.destination % 5 != 4),
    ({"order__date_placed": "2026-11-01"}, lambda o, t: True),
]


@pytest.mark.parametrize(("params", "fits"), TRANSFERS, ids=lambda v: "&".join(v) if isinstance(v, dict) else "")
def test_filters_of_transfers(world: World, params: dict[str, str], fits: OfTransfer) -> None:
    expected = {t.id for o in world.orders.values() for t in o.transfers.values() if fits(o, t)}
    for name in ("transfer_orders", "transfer_orders-short"):
        assert set(world.all_ids(name, params)) == expected
    mine = {
        t.id
        for o in world.orders.values()
        for t in o.transfers.values()
        if t.source in (3, 8) or t.destination in (3, 8)
    }
    assert set(world.all_ids("transfer_orders", params, scope=[3, 8])) == expected & mine


@pytest.mark.parametrize(
    ("params", "fits"),
    [
        ({"state": "400"}, lambda o: o.state == 400),
        ({"state__enum_value__ne": "400"}, lambda o: o.state != 400),
        ({"number": "R100001"}, lambda o: o.number.startswith("R100001")),
        ({"omnitron_id": "12"}, lambda o: o.omnitron_id == 12),
        ({"channel": "app"}, lambda o: o.channel == 2),
        ({"customer_email": "c1"}, lambda o: str(o.id).startswith("1") and o.id % 10 > 0),
        ({"unplanned": "true"}, lambda o: bool(o.unplanned)),
        ({"city": "York"}, lambda o: o.destination.city == "York"),
        ({"date_placed__gte": "2026-11-01T08:00:30Z"}, lambda o: str(o.date_placed) >= "2026-11-01 08:00:30"),
    ],
    ids=lambda v: "&".join(v) if isinstance(v, dict) else "",
)
def test_filters_of_orders(world: World, params: dict[str, str], fits: Callable[[Order], bool]) -> None:
    assert set(world.all_ids("orders", params)) == {o.id for o in world.orders.values() if fits(o)}


def test_unknown_filters_name_the_known(world: World) -> None:
    for name in LISTS:
        with pytest.raises(UnknownFilter) as error:
            select(world.connection, name, {"colour": "red"}, world.log.reference)
        assert error.value.name == "colour"
        assert set(LISTS[name].filters) <= set(error.value.known)
        assert "colour" in str(error.value)
    with pytest.raises(UnknownFilter, match="state__enum_value__in"):
        select(world.connection, "packages", {"stat": "1"}, world.log.reference)


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("packages", "state", "nowhere"),
        ("packages", "state__enum_value__in", "100,nowhere"),
        ("packages", "order", "x"),
        ("packages", "order", "9" * 30),
        ("packages", "pk__in", "1,x"),
        ("packages", "created_date__gte", "yesterday"),
        ("packages", "created_date__gte", "2026-13-01"),
        ("packages", "is_click_and_collect", "perhaps"),
        ("packages", "stock_location__stock_location_type", "garage"),
        ("packages", "product_sku", "a\0b"),
        ("packages", "position__gt", "x"),
        ("transfer_orders", "state", "100"),
        ("discrepancies", "reason", "stolen"),
        ("state-transition-logs", "content_type", "cat"),
        ("stock_locations", "is_active", "perhaps"),
    ],
)
def test_wrong_values(world: World, name: str, field: str, value: str) -> None:
    with pytest.raises(BadFilter) as error:
        select(world.connection, name, {field: value}, world.log.reference)
    assert error.value.field == field and error.value.text
