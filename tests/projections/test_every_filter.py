"""Every filter of every list finds what looking at each object finds: some of them, and not all."""

from typing import Any

import pytest

from projections.queries import LISTS, render_page, select
from tests.projections.conftest import World
from tests.projections.filter_rows import Shown
from tests.projections.filter_table import ROWS
from tests.projections.stories import reveal


@pytest.fixture(scope="module")
def every(world: World) -> dict[str, list[tuple[Shown, Any]]]:
    """Every object of every list with its order, as the list shows it without a filter."""
    found: dict[str, list[tuple[Shown, Any]]] = {}
    for name in LISTS:
        rows: list[tuple[Shown, Any]] = []
        number = 1
        while True:
            page = select(world.connection, name, {}, world.log.reference, limit=100, page=number)
            shown = render_page(world.connection, page, world.log.reference, reveal)
            rows += list(zip(shown, (world.orders.get(_order(name, row)) for row in page.rows), strict=True))
            if len(page.rows) < 100:
                break
            number += 1
        found[name] = rows
    return found


def _order(name: str, row: Any) -> Any:
    return row[1] if len(row) > 1 and name != "stock" else None


@pytest.mark.parametrize("name", sorted(ROWS))
def test_each_filter_finds_some_and_not_others(
    world: World, every: dict[str, list[tuple[Shown, Any]]], name: str
) -> None:
    objects, wrong = every[name], []
    for row in ROWS[name]:
        value = row.value if isinstance(row.value, str) else row.value(objects)
        expected = {one["id"] for one, order in objects if row.fits(one, value, order)}
        found = set(world.all_ids(name, {row.filter: value}))
        if found != expected:
            wrong.append(f"{row.filter}={value}: {len(found)} found, {len(expected)} are there")
        if not 0 < len(expected) < len(objects) and row.filter not in ALL_OR_NONE:
            wrong.append(f"{row.filter}={value} is no trial: it finds {len(expected)} of {len(objects)}")
    assert not wrong


ALL_OR_NONE = {"date", "order__date", "order__date_placed", "scenario"}
"""Lives all begin on one day under one scenario."""


def test_no_filter_is_left_out() -> None:
    for name, listed in LISTS.items():
        if not name.endswith("short") and name != "stock":
            assert {row.filter for row in ROWS[name]} >= set(listed.filters) - ELSEWHERE, name


ELSEWHERE = {"cancellation_failure", "user", "order", "tag", "is_active", "transfer_order", "open"}
"""Of them Lives have only one value; tests/api tries them."""
