"""Lists against brute force: every filter, sort, page, count and scope gives what looking at each object gives."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import psycopg
import pytest

from domain.order import Order
from domain.package import Package
from domain.states import PackageStatus
from domain.transfer import Transfer
from eventlog.log import EventLog
from projections import listing
from projections.objects.state import state_id
from projections.projection import Projection
from projections.queries import LISTS, BadFilter, UnknownFilter, find, plan, render_page, search, select
from projections.schema import TABLES, install
from tests.projections.stories import Story, reveal
from tests.projections.test_projector import folded


class World:
    """Read models at the head of a log, and the same orders folded apart."""

    def __init__(self, log: EventLog) -> None:
        story = Story(log, seed=41)
        story.settings()
        story.orders(60)
        story.steps(500)
        install(log)
        self.log, self.orders = log, folded(log)
        self.connection: psycopg.Connection[Any] = log.listening()
        events = log.read(0, 10**6)
        with self.connection.transaction():
            Projection({name: name for name in TABLES}, reveal).apply(self.connection, events)

    def ids(self, name: str, params: dict[str, str], **more: Any) -> list[int]:
        page = select(self.connection, name, params, self.log.reference, limit=100, **more)
        assert page.count == len(page.rows) or page.count > 100
        return [row[0] for row in page.rows]

    def all_ids(self, name: str, params: dict[str, str], **more: Any) -> list[int]:
        found: list[int] = []
        number = 1
        while True:
            page = select(self.connection, name, params, self.log.reference, limit=100, page=number, **more)
            found += [row[0] for row in page.rows]
            if len(page.rows) < 100:
                assert page.count == len(found) and page.count_exact
                return found
            number += 1


@pytest.fixture(scope="module")
def world(postgres: Any) -> Iterator[World]:
    name = "test_lists"
    with psycopg.connect(postgres.database_url("postgres"), autocommit=True) as connection:
        connection.execute(f"create database {name} template template_daybook")
    log = EventLog.open(postgres.database_url(name))
    world = World(log)
    yield world
    world.connection.close()
    log.close()
    with psycopg.connect(postgres.database_url("postgres"), autocommit=True) as connection:
        connection.execute(f"drop database {name} with (force)")


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
    ({"shipment__cargo_company": "fast"}, lambda o, p: False),
    ({"shipment__created_date__gte": "2000-01-01"}, lambda o, p: p.shipment is not None),
    ({"product_sku": "SKU-0123"}, lambda o, p: any(i.sku == "SKU-0123" for i in p.items)),
    (
        {"product_barcode": "bar-77"},
        lambda o, p: any(i.barcode == "bar-77" and i.id in {x.item for x in p.items} for i in o.items),
    ),
    ({"customer_first_name": "ada3"}, lambda o, p: o.id % 7 == 3 and o.id % 10 > 0),
    ({"customer_last_name": "Byron"}, lambda o, p: o.id % 10 > 0),
    ({"city": "Leeds"}, lambda o, p: o.destination.city == "Leeds"),
    ({"country": "GB"}, lambda o, p: True),
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


def test_every_filter_of_packages_is_tried() -> None:
    tried = {name for params, _ in PACKAGES for name in params}
    known = set(LISTS["packages"].filters)
    assert known - tried <= {"id", "created_date__lte", "modified_date__gte", "shipment__created_date__lte"}


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
    ({"destination__country": "GB"}, lambda o, t: True),
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
    ids=str,
)
def test_filters_of_orders(world: World, params: dict[str, str], fits: Callable[[Order], bool]) -> None:
    assert set(world.all_ids("orders", params)) == {o.id for o in world.orders.values() if fits(o)}


def test_other_lists(world: World) -> None:
    orders = world.orders
    assert set(world.ids("order_items", {"order_number": "R1000005"})) == {i.id for i in orders[5].items}
    package = next(p for o in orders.values() for p in o.packages.values() if p.items)
    assert set(world.ids("package-items", {"package": str(package.id)})) == {i.id for i in package.items}
    delivered = {i.id for o in orders.values() for p in o.packages.values() if p.state == 900 for i in p.items}
    assert set(world.all_ids("package-items", {"state": "delivered"})) == delivered
    transfer = next(t for o in orders.values() for t in o.transfers.values())
    assert set(world.ids("transfer-items", {"transfer_order": str(transfer.id)})) == {i.id for i in transfer.items}
    big = {i.id for o in orders.values() for t in o.transfers.values() for i in t.items if i.quantity > 2}
    assert set(world.all_ids("transfer-items", {"quantity__gt": "2"})) == big
    shipment = next(s for o in orders.values() for s in o.shipments.values() if s.awb_number)
    assert world.ids("shipments", {"awb_number": shipment.awb_number or ""}) == [shipment.id]
    assert world.ids("packages", {"shipment__awb_number": shipment.awb_number or ""}) == [shipment.package]
    lost = {d.id for o in orders.values() for d in o.discrepancies.values() if d.reason == "lost"}
    assert set(world.all_ids("discrepancies", {"reason": "lost"})) == lost
    assert set(world.ids("orderexecutionplans", {"order": "5"})) == set(orders[5].plans)
    logged = world.all_ids("state-transition-logs", {"object_id": str(package.id), "content_type": "package"})
    assert logged
    to_packed = world.all_ids("state-transition-logs", {"new_state": "packed", "content_type": "package"})
    assert set(to_packed) == set(
        world.all_ids("state-transition-logs", {"new_state__enum_value": "500", "content_type": "package"})
    )
    own = str(state_id(PackageStatus.packed, "package"))
    assert set(to_packed) == set(world.all_ids("state-transition-logs", {"new_state": own}))


def test_locations_and_stock(world: World) -> None:
    connection = world.connection
    connection.execute("delete from capacity")
    connection.execute("insert into capacity values (3, 7, 40)")
    connection.execute(
        "insert into availability (location, sku, known, reserved, moved, settle) values (3, 'A', 12, 2, 0, 0),"
        " (4, 'A', 1.5, 0, 0, 0), (3, 'B', 0, 0, 0, 0)"
    )
    page = select(connection, "stock_locations", {"stock_location_type": "store"}, world.log.reference, limit=100)
    shown = render_page(connection, page, world.log.reference, reveal)
    assert page.count == len(shown) == 10
    third = next(one for one in shown if one["id"] == 3)
    assert (third["quota"], third["available_quota"]) == (7, 33)
    assert world.ids("stock_locations", {"erp_code": "ST-004"}) == [4]
    assert world.ids("stock_locations", {"city": "Leeds", "is_active": "true"}, sort="-erp_code") == [10, 5]
    assert world.ids("stock_locations", {}, scope=[2, 9]) == [2, 9]
    page = select(connection, "stock", {"sku": "A"}, world.log.reference)
    assert [
        {k: v for k, v in row.items() if k != "asked_at"}
        for row in render_page(connection, page, world.log.reference, reveal)
    ] == [
        {"stock_location": 3, "erp_code": "ST-003", "sku": "A", "quantity": "12", "reserved": "2", "available": "10"},
        {"stock_location": 4, "erp_code": "ST-004", "sku": "A", "quantity": "1.5", "reserved": "0", "available": "1.5"},
    ]
    assert select(connection, "stock", {"sku": "A"}, world.log.reference, scope=[4]).count == 1


def test_pages_and_sorts_hold_every_row_once(world: World) -> None:
    every = {p.id: p for o in world.orders.values() for p in o.packages.values()}
    keys: dict[str, Callable[[Package], Any]] = {
        "id": lambda p: p.id,
        "created_date": lambda p: p.created,
        "modified_date": lambda p: p.modified,
        "order__number": lambda p: p.number.split("P")[0],
        "order__date_placed": lambda p: next(o.date_placed for o in world.orders.values() if p.id in o.packages),
    }
    assert set(keys) == set(LISTS["packages"].sorts)  # type: ignore[union-attr]  # packages are a table
    for name, key in keys.items():
        for sign in ("", "-"):
            found = world.all_ids("packages", {}, sort=sign + name)
            assert sorted(found) == sorted(every)
            values = [key(every[id]) for id in found]
            assert values == sorted(values, reverse=bool(sign))
    small = []
    for number in range(1, 8):
        page = select(world.connection, "packages", {}, world.log.reference, limit=7, page=number)
        assert page.count == len(every)
        small += [row[0] for row in page.rows]
    assert small == sorted(every, reverse=True)[:49]


@pytest.mark.parametrize(
    ("params", "sort", "order"),
    [
        ({}, None, "t.id desc"),
        ({}, "created_date", "t.created asc, t.id asc"),
        ({}, "-order__number,created_date", "t.order_number desc, t.created asc, t.id asc"),
        ({"created_date__gte": "2026-11-01"}, None, "t.created desc, t.id desc"),
        ({"order__number": "R1"}, None, "t.order_number asc, t.id asc"),
        ({"created_date__gte": "2026-11-01"}, "id", "t.id asc"),
        ({"id__gt": "5", "created_date__gte": "2026-11-01"}, None, "t.id asc"),
    ],
    ids=str,
)
def test_order_goes_along_an_index_and_ends_in_the_key(
    world: World, params: dict[str, str], sort: str | None, order: str
) -> None:
    packages = LISTS["packages"]
    assert isinstance(packages, listing.List)
    conditions = listing._conditions(world.connection, packages, params, world.log.reference, None)
    assert listing._order(packages, sort, params, conditions) == order


def test_cursors_go_over_everything(world: World) -> None:
    every = sorted(p.id for o in world.orders.values() for p in o.packages.values())
    found, after = [], 0
    while True:
        page = select(world.connection, "packages", {"position__gt": str(after)}, world.log.reference, limit=9)
        if not page.rows:
            break
        assert page.position is not None and page.position > after
        after = page.position
        found += [row[0] for row in page.rows]
    assert sorted(found) == every
    last = 0
    by_id: list[int] = []
    while ids := world.ids("packages", {"id__gt": str(last)}):
        last = ids[-1]
        by_id += ids
    assert by_id == every


def test_counts(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kept counts where the list has them; else counted up to a limit, then estimated and said to be."""
    total = sum(len(o.packages) for o in world.orders.values())
    monkeypatch.setattr(listing, "COUNTED_TO", 10)
    world.connection.execute("analyze packages")
    page = select(world.connection, "packages", {"country": "GB"}, world.log.reference, limit=5)
    assert not page.count_exact and page.count > 10
    for params, n in (
        ({}, total),
        ({"state": "1000"}, sum(p.state == 1000 for o in world.orders.values() for p in o.packages.values())),
    ):
        page = select(world.connection, "packages", params, world.log.reference, limit=5)
        assert (page.count, page.count_exact) == (n, True)
    with pytest.raises(BadFilter, match="position__gt"):
        select(world.connection, "packages", {}, world.log.reference, page=3, limit=5)


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


def test_wrong_sorts_and_pages(world: World) -> None:
    for more in ({"sort": "colour"}, {"page": 0}, {"limit": 0}, {"page": 10**6}):
        with pytest.raises(BadFilter):
            select(world.connection, "packages", {}, world.log.reference, **more)
    with pytest.raises(BadFilter):
        select(world.connection, "stock_locations", {}, world.log.reference, sort="colour")


def test_every_list_is_shown(world: World) -> None:
    for name in LISTS:
        page = select(world.connection, name, {}, world.log.reference, limit=5)
        shown = render_page(world.connection, page, world.log.reference, reveal)
        assert len(shown) == len(page.rows) and (shown or name == "stock")
        if name != "stock":
            assert [one["id"] for one in shown] == [row[0] for row in page.rows]


def test_find_plan_and_search(world: World) -> None:
    order = next(o for o in world.orders.values() if o.shipments and o.transfers)
    package, transfer = next(iter(order.packages.values())), next(iter(order.transfers.values()))
    for kind, id in (
        ("order", order.id),
        ("order_item", order.items[0].id),
        ("package", package.id),
        ("transfer", transfer.id),
        ("transfer_item", transfer.items[0].id),
        ("shipment", next(iter(order.shipments))),
        ("plan", order.plans[0]),
    ):
        assert find(world.connection, kind, id) == order.id
        assert find(world.connection, kind, 10**9) is None
    shown = plan(world.connection, order.plans[0])
    assert shown is not None and shown["order"] == order.id
    assert plan(world.connection, 10**9) is None
    assert search(world.connection, order.number) == [{"kind": "order", "id": order.id, "order": order.id}]
    assert search(world.connection, package.number) == [{"kind": "package", "id": package.id, "order": order.id}]
    assert search(world.connection, transfer.number) == [{"kind": "transfer", "id": transfer.id, "order": order.id}]
    assert search(world.connection, "nothing such") == [] and search(world.connection, "a\0") == []
