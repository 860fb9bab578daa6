"""Pages of several values and conditions at once: each row once, in order, however many selects are merged for it."""

from collections.abc import Callable
from typing import Any

import pytest

from domain.order import Order
from domain.package import Package
from projections import paging
from projections.paging import Condition
from projections.queries import select
from tests.projections.conftest import World

Fits = Callable[[Order, Package], bool]
CASES: list[tuple[dict[str, str], Fits]] = [
    ({"state__enum_value__in": "100,200,900,910,1000"}, lambda _, p: p.state in (100, 200, 900, 910, 1000)),
    (
        {"state__enum_value__in": "100,1000,100", "stock_location__erp_code__in": "ST-001,ST-002,ST-003,ST-004"},
        lambda _, p: p.state in (100, 1000) and p.location in (1, 2, 3, 4),
    ),
    ({"location_or_store__erp_code": "ST-007"}, lambda o, p: p.location == 7 or o.retail_store == "ST-007"),
    ({"country": "GB", "city": "Leeds"}, lambda o, _: o.destination.city == "Leeds"),
    (
        {"is_click_and_collect": "true", "stock_location__stock_location_type": "store"},
        lambda o, p: o.delivery_type == "store_pickup" and p.location % 7 != 1,
    ),
]
SORTS: dict[str | None, Callable[[Package], Any]] = {
    None: lambda p: -p.id,
    "id": lambda p: p.id,
    "created_date": lambda p: (p.created, p.id),
}


@pytest.mark.parametrize("most", [1, 4, 32])
@pytest.mark.parametrize(("params", "fits"), CASES, ids=lambda value: str(value) if isinstance(value, dict) else "")
def test_each_row_once_and_in_order(
    world: World, monkeypatch: pytest.MonkeyPatch, params: dict[str, str], fits: Fits, most: int
) -> None:
    monkeypatch.setattr(paging, "MOST", most)
    there = [p for o in world.orders.values() for p in o.packages.values() if fits(o, p)]
    assert len(there) > 5
    for sort, key in SORTS.items():
        found: list[int] = []
        while len(found) < len(there):
            number = len(found) // 5 + 1
            page = select(world.connection, "packages", params, world.log.reference, sort=sort, page=number, limit=5)
            assert page.count == len(there) and page.rows
            found += [row[0] for row in page.rows]
        assert found == [p.id for p in sorted(there, key=key)]


@pytest.mark.parametrize(
    ("order", "selects"), [("t.id desc", 6), ("t.id asc", 6), ("t.created desc, t.id desc", 1)], ids=str
)
def test_values_are_asked_apart_where_each_has_its_rows_in_order(order: str, selects: int) -> None:
    def each(column: str, n: int) -> Condition:
        apart = tuple((f"{column} = %s", (value,)) for value in range(n))
        return Condition(column, f"{column} = any(%s)", (list(range(n)),), apart=apart)

    conditions = [each("t.state", 3), each("t.location", 2), each("t.channel", paging.MOST)]
    text, values = paging.page("packages", "t.id, t.order_id", "t.id", conditions, order, 40, 20)
    assert text.count("from packages t where") == selects
    assert text.count("any(") == (selects if selects > 1 else 3)
    assert text.count("%s") == len(values)
