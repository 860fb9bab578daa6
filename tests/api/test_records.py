"""Settings over HTTP: made, changed, listed, removed; found in any process right after."""

from typing import Any

import pytest

from domain.kinds import stream_of
from eventlog.log import EventLog
from tests.api.site import Site, location
from tests.api.test_examples import SCENARIO, TRANSFER_SCENARIO

NEW: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "channels/": ({"name": "marketplace", "channel_type": "marketplace"}, {"channel_type": "other"}),
    "cargo-companies/": ({"name": "Slow Cargo", "slug": "slow"}, {"label_required": True}),
    "packages/package_denial_reason/": ({"title": "Flood", "priority": 3}, {"is_active": False}),
    "cancellation-reasons/": ({"title": "Changed my mind", "remote_id": "C3"}, {"priority": 2}),
    "scenarios/": ({**SCENARIO, "name": "Another"}, {"priority": 7}),
    "transfer-scenarios/": ({**TRANSFER_SCENARIO, "name": "From another"}, {"max_sources": 1}),
    "stock_locations/": (location("ST-900"), {"max_quota": 5}),
}


@pytest.mark.parametrize("path", NEW)
def test_made_read_changed_listed(site: Site, path: str) -> None:
    body, change = NEW[path]
    made = site.admin.post(path, body)
    ((field, value),) = change.items()
    assert site.admin.get(f"{path}{made['id']}/")["id"] == made["id"]
    assert made["id"] in [row["id"] for row in site.admin.get(f"{path}?limit=100")["results"]]
    changed = site.admin.put(f"{path}{made['id']}/", {**body, **change})
    assert (changed["id"], changed[field]) == (made["id"], value)
    assert site.admin.get(f"{path}{made['id']}/")[field] == value


def test_a_part_is_changed_by_patch(site: Site) -> None:
    made = site.admin.post("stock_locations/", location("ST-901", priority=4))
    answer = site.admin("PATCH", f"stock_locations/{made['id']}/", {"is_active": False})
    assert answer.status_code == 200, answer.text
    shown = site.admin.get(f"stock_locations/{made['id']}/")
    assert (shown["is_active"], shown["priority"], shown["name"]) == (False, 4, made["name"])


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("channels/", "name"),
        ("packages/package_denial_reason/", "title"),
        ("stock_locations/", "erp_code"),
        ("scenarios/", "rules"),
    ],
)
def test_what_is_missing_is_named(site: Site, path: str, field: str) -> None:
    answer = site.admin("POST", path, {})
    assert answer.status_code == 400
    assert field in answer.json()["error"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("packages/package_denial_reason/", {"title": "Taken twice"}),
        ("stock_locations/", location("ST-902")),
        ("channels/", {"name": "taken twice", "channel_type": "web"}),
        ("cargo-companies/", {"name": "Taken Twice", "slug": "taken-twice"}),
    ],
)
def test_a_name_is_taken_once(site: Site, path: str, body: dict[str, Any]) -> None:
    site.admin.post(path, body)
    head = site.log.head().position
    answer = site.admin("POST", path, body)
    assert answer.status_code == 400, answer.text
    assert site.log.head().position == head


def test_a_reason_removed_is_used_no_more(site: Site) -> None:
    made = site.admin.post("packages/package_denial_reason/", {"title": "Removed soon"})["id"]
    assert site.admin("DELETE", f"packages/package_denial_reason/{made}/").status_code == 204
    assert site.admin("GET", f"packages/package_denial_reason/{made}/").status_code == 404
    refused = site.admin.command(site.package(), "package-refuse-with-denial-reason", denial_reason=made)
    assert (refused.status_code, list(refused.json()["error"])) == (400, ["denial_reason"])


def test_each_put_is_a_new_version_of_a_scenario(site: Site) -> None:
    made = site.admin.post("scenarios/", {**SCENARIO, "name": "Versions"})
    assert made["version"] == 1
    assert not any("NOWHERE" in warning for warning in made["warnings"])
    assert site.admin.put(f"scenarios/{made['id']}/", {**SCENARIO, "name": "Versions", "priority": 9})["version"] == 2


def test_a_scenario_that_says_something_odd_is_warned_of(site: Site) -> None:
    made = site.admin.post("scenarios/", {**SCENARIO, "name": "Odd", "default_stock_location": "NOWHERE"})
    assert any("NOWHERE" in warning for warning in made["warnings"])


def test_a_scenario_with_a_wrong_rule_is_refused(site: Site) -> None:
    rules: Any = SCENARIO["rules"]
    rules = [{**rules[0], "strategy": "by_magic"}]
    answer = site.admin("POST", "scenarios/", {**SCENARIO, "name": "Wrong", "rules": rules})
    assert answer.status_code == 400
    assert "strategy" in answer.text


def test_what_one_process_makes_another_finds(site: Site) -> None:
    other = EventLog(site.log.database_url)
    try:
        assert other.reference.find("channel", "made-elsewhere") is None
        made = site.admin.post("channels/", {"name": "made-elsewhere", "channel_type": "web"})["id"]
        found = other.reference.find("channel", "made-elsewhere")
        assert found is not None
        assert found.id == made
    finally:
        other.close()


def test_stock_replaces_what_was_known(site: Site) -> None:
    for quantity in ("7.5", 3):
        site.admin.put("stock/", {"stock": [{"erp_code": "WH-01", "sku": "LEVEL", "quantity": quantity}]})
        assert site.admin.get("stock/?sku=LEVEL")["results"][0]["quantity"] == str(quantity)
    assert site.log.state(stream_of("stock", site.places["WH-01"])).version >= 3


def test_ten_thousand_rows_of_stock_in_a_call_and_no_more(site: Site) -> None:
    rows = [{"erp_code": "ST-014", "sku": f"MANY-{n}", "quantity": n} for n in range(10_000)]
    assert site.admin.put("stock/", {"stock": rows}) == {"accepted": 10_000, "rejected": []}
    assert site.admin("PUT", "stock/", {"stock": [*rows, rows[0]]}).status_code == 400
