"""`?dry_run=true` on every route that writes: what would be written is shown, or why not; nothing is written."""

from typing import Any

import pytest

from api.http.routes import KEPT_BY_WRITES, ROUTES, Route
from tests.api.site import Site, order
from tests.api.test_every_route import address, named

WRITES = [one for one in ROUTES if one.method != "GET"]
UNKEPT = [one for one in WRITES if "dry_run" in one.unkept]
KEPT = [one for one in WRITES if "dry_run" not in one.unkept]

BODIES: dict[str, dict[str, Any]] = {
    "/orders/": order("DRY-1"),
    "/channels/": {"name": "dry"},
    "/cargo-companies/": {"name": "dry"},
    "/packages/package_denial_reason/": {"title": "dry"},
    "/package-denial-reason/": {"title": "dry"},
    "/cancellation-reasons/": {"title": "dry"},
    "/settings/application_settings/": {"key": "ORDER_ITEM_QUANTITY_KEY", "json_value": "dry"},
    "/users/": {"username": "dry", "password": "dry dry dry", "roles": ["viewer"]},
    "/permission_groups/": {"name": "dry"},
    "/stock_locations/": {"erp_code": "DRY", "name": "dry", "stock_location_type": "store"},
}
"""End of a path → a body that would be accepted."""


def test_what_is_not_kept_is_known_and_has_a_reason() -> None:
    for one in WRITES:
        assert set(one.unkept) <= set(KEPT_BY_WRITES), one.path
        assert all(len(reason) > 5 for reason in one.unkept.values()), one.path


@named(UNKEPT)
def test_a_dry_run_that_there_is_not_is_refused(site: Site, route: Route) -> None:
    head = site.log.head().position
    answer = site.admin(route.method, f"{address(route.path)}?dry_run=true", {})
    assert answer.status_code == 400
    assert "dry run" in answer.json()["error"]["message"]
    assert site.log.head().position == head
    assert site.admin("GET", "states/").status_code == 200  # not logged out either


@named(KEPT)
def test_nothing_is_written_whatever_is_asked(site: Site, route: Route) -> None:
    head = site.log.head().position
    made = next((body for end, body in BODIES.items() if route.path.endswith(end) and route.method == "POST"), None)
    answer = site.admin(route.method, f"{address(route.path, '1')}?dry_run=true", made or {})
    assert answer.status_code < 500, answer.text
    if made is not None:
        assert answer.status_code == 200, answer.text
        assert len(answer.json()["events"]) == 1
    assert site.log.head().position == head


def test_orders_and_stock_show_their_events(site: Site) -> None:
    head = site.log.head().position
    rows = [order("DRY-2"), order("DRY-2"), {"number": "DRY-3"}]
    shown = site.admin.post("orders/?dry_run=true", {"orders": rows}, 200)["results"]
    assert [row["status_code"] for row in shown] == [201, 200, 400]
    assert [row["event"] for row in shown[0]["events"]] == ["OrderReceived"]
    assert shown[1]["events"] == []
    levels = [{"erp_code": code, "sku": "A", "quantity": 1} for code in ("WH-01", "ST-014")]
    said = site.admin("PUT", "stock/?dry_run=true", {"stock": levels}).json()
    assert [row["event"] for row in said["events"]] == ["StockPushed", "StockPushed"]
    assert site.log.head().position == head


@pytest.mark.parametrize("text", ["false", "0", ""])
def test_only_true_is_dry(site: Site, text: str) -> None:
    package = site.package()
    answer = site.admin("POST", f"packages/{package}/command/?dry_run={text}", {"slug": "start-preparing"})
    assert answer.status_code == 204


@pytest.mark.parametrize("query", ["dry_run=maybe", "dry_run=null", "dry_run=&dry_run=x"])
def test_what_is_neither_true_nor_false_is_refused(site: Site, query: str) -> None:
    """Who meant to try must not find it done."""
    package = site.package()
    head = site.log.head().position
    answer = site.admin("POST", f"packages/{package}/command/?{query}", {"slug": "start-preparing"})
    assert (answer.status_code, list(answer.json()["error"])) == (400, ["dry_run"])
    assert site.log.head().position == head
