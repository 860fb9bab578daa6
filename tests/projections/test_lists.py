"""Lists: sorts, pages, cursors and counts hold every row once; what a page shows; what is found by id or text."""

from collections.abc import Callable
from typing import Any

import pytest

from domain.package import Package
from domain.states import PackageStatus
from projections import listing
from projections.objects.state import state_id
from projections.queries import LISTS, BadFilter, find, plan, render_page, search, select
from tests.projections.conftest import World
from tests.projections.stories import reveal


def test_other_lists(world: World) -> None:
    orders = world.orders
    assert set(world.ids("order_items", {"order_number": "R1000005"})) == {i.id for i in orders[5].items}
    package = next(p for o in orders.values() for p in o.packages.values() if p.items and p.shipment)
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
    assert set(keys) == set(LISTS["packages"].sorts)
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
