"""What if, over HTTP (spec 2.7): any order, any scenario, any world, and nothing written."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from psycopg.sql import SQL, Identifier

from api.jobs.clock import Jobs
from api.simulations.work import JOB, replayed
from eventlog.embedded import EmbeddedServer
from tests.api.conftest import set_up
from tests.api.site import SECRET, SETTINGS, Site, order

COUNTED = SQL("select count(*), md5(coalesce(string_agg(t::text, '' order by t::text), '')) from {} t")
DRAFT = {
    "default_stock_location": "WH-01",
    "rules": [{"name": "by code", "coverage": "whole_lines"}],
}


@pytest.fixture(scope="module")
def site(postgres: EmbeddedServer) -> Iterator[Site]:
    """Of its own: locations of other tests would be chosen, too."""
    with set_up(postgres, "test_simulate") as made:
        yield made


def written(site: Site) -> dict[str, Any]:
    """All that a simulation could have left behind."""
    tables = ("log", "plan_inputs", "plan_frames", "claims", "commands", "availability", "capacity", "request_audit")
    with site.log.listening() as connection:
        return {name: connection.execute(COUNTED.format(Identifier(name))).fetchone() for name in tables}


def simulate(site: Site, **body: Any) -> Any:
    before = written(site)
    answer = site.admin("POST", "scenarios/simulate", body)
    assert answer.status_code == 200, answer.text
    assert written(site) == before
    return answer.json()


def placed(said: dict[str, Any]) -> list[tuple[str, dict[str, int]]]:
    return [(p["stock_location"], {i["sku"]: i["quantity"] for i in p["items"]}) for p in said["packages"]]


def test_a_made_up_order_against_a_draft(site: Site) -> None:
    made_up = {"channel": "web", "items": [{"sku": "A", "quantity": 2}]}
    said = simulate(site, order=made_up, scenario=DRAFT, why_not="WH-01")
    assert placed(said) == [("ST-014", {"A": 2})]
    assert (said["lower_bound"], said["proven"], said["really"], said["position"]) == (1, True, None, None)
    assert said["sentences"][0].startswith("Package P1 at ST-014: ")
    assert said["explanation"][0]["candidates"][0] == {"location": "ST-014", "sort_key": {}, "rank": 1}
    assert said["why_not"]["changes"] == [{"what": "locations.exclude", "of": "ST-014", "from": None, "to": None}]


def test_a_draft_with_fractions(site: Site) -> None:
    near = {"locations": {"near": {"km": 0.5}}, "strategy": "least_cost", "weights": {"kilometre": 0.02}}
    said = simulate(site, order={"items": [{"sku": "A", "quantity": 2}]}, scenario={**DRAFT, "rules": [near, {}]})
    assert said["explanation"][0]["candidates"][0]["removed_by"] == "distance not known"


def test_stock_and_quota_may_be_given(site: Site) -> None:
    made_up = {"items": [{"sku": "NEVER-SEEN", "quantity": 5}, {"sku": "A", "quantity": 1}]}
    stock = {"NEVER-SEEN": {"ST-014": 3, "WH-01": 9}}
    quota = {"select_by": ["SELECT_BY_QUOTA"]}
    draft = {**DRAFT, "rules": [{"coverage": "split_lines", "locations": quota}]}
    said = simulate(site, order=made_up, scenario=draft, stock=stock)
    assert placed(said) == [("ST-014", {"NEVER-SEEN": 3, "A": 1}), ("WH-01", {"NEVER-SEEN": 2})]
    full = simulate(site, order=made_up, scenario=draft, stock=stock, quota={"ST-014": 1000}, why_not="ST-014")
    assert placed(full) == [("WH-01", {"NEVER-SEEN": 5, "A": 1})]
    assert full["why_not"]["condition"] == "no free quota (1000 of 1000)"
    assert full["why_not"]["changes"] == [{"what": "max_quota", "of": "", "from": 1000, "to": 1001}]


def test_an_order_that_is_planned_is_tried_as_if_it_were_not(site: Site) -> None:
    made = site.order()
    site.plan(made, "WH-01")
    said = simulate(site, order=made["id"], scenario=DRAFT)
    assert said["lines"] == "all"
    assert placed(said) == [("ST-014", {"A": 6, "B": 2})]
    assert [(p["stock_location"], p["number"]) for p in said["really"]] == [("WH-01", f"{made['number']}P1")]
    stock = {sku: {"WH-01": 8} for sku in ("A", "B")}
    assert placed(simulate(site, order=made["id"], scenario=DRAFT, stock=stock)) == [("WH-01", {"A": 6, "B": 2})]


def test_the_past_is_as_it_was(site: Site) -> None:
    draft = {**DRAFT, "rules": [{"coverage": "whole_order", "order_by": [{"by": "stock_amount", "direction": "desc"}]}]}
    push = "stock/"
    site.admin.put(push, {"stock": [{"erp_code": "ST-014", "sku": "PAST", "quantity": 5}]})
    made = site.admin.post("orders/", order("PAST-1", items=[{"sku": "PAST", "quantity": 4}]))
    then = site.log.head()
    site.plan(made, "ST-014")
    site.admin.put(push, {"stock": [{"erp_code": "WH-01", "sku": "PAST", "quantity": 50}]})
    now = {"order": {"items": [{"sku": "PAST", "quantity": 4}]}, "scenario": draft}
    assert placed(simulate(site, **now)) == [("WH-01", {"PAST": 4})]
    said = simulate(site, **now, position=then.position)
    assert (placed(said), said["position"]) == ([("ST-014", {"PAST": 4})], then.position)
    by_time = simulate(site, order=made["id"], scenario=draft, at=said["at"])
    assert (placed(by_time), by_time["lines"], by_time["really"]) == ([("ST-014", {"PAST": 4})], "open", [])
    after = simulate(site, **now, position=site.log.head().position - 1)
    assert (after["packages"], after["open"][0]["reason"]) == ([], "in stock, but no rule could place it")
    assert after["stock"]["PAST"] == {"ST-014": 1}


def test_any_version_and_the_active_ones(site: Site) -> None:
    body = {"name": "Versions tried", "status": "passive", **DRAFT}
    made = site.admin.post("scenarios/", body)
    site.admin.put(f"scenarios/{made['id']}/", {**body, "rules": [{"locations": {"type": "warehouse"}}]})
    made_up = {"channel": "web", "items": [{"sku": "B", "quantity": 1}]}
    first = simulate(site, order=made_up, scenario={"id": made["id"], "version": 1})
    assert (placed(first)[0][0], first["scenario"]["version"]) == ("ST-014", 1)
    assert placed(simulate(site, order=made_up, scenario=made["id"]))[0][0] == "WH-01"
    for wrong in ({"id": 987654321}, {"id": made["id"], "version": 9}):
        answer = site.admin("POST", "scenarios/simulate", {"order": made_up, "scenario": wrong})
        assert answer.status_code == 404, answer.text
    asked = {"prerequisites": {"channel": {"type": "static", "values": ["app"]}}}
    said = simulate(site, order=made_up, scenario={**DRAFT, **asked})
    assert (said["packages"], said["reasons"]) == (None, ["draft: channel is web, wanted is app"])


def test_transfers_by_a_draft(site: Site) -> None:
    stock = {"A": {"ST-014": 1}, "B": {"WH-01": 1}}
    made_up = {"items": [{"sku": "A", "quantity": 1}, {"sku": "B", "quantity": 1}]}
    rule = {"coverage": "whole_order", "transferable": True, "locations": {"type": "store"}}
    transfer = {"name": "T", "rules": [{}]}
    said = simulate(
        site, order=made_up, stock=stock, scenario={**DRAFT, "rules": [rule]}, transfer_scenarios=[transfer]
    )
    [package] = said["packages"]
    assert [(t["source"], t["destination"]) for t in package["transfers"]] == [("WH-01", "ST-014")]
    none = simulate(site, order=made_up, stock=stock, scenario={**DRAFT, "rules": [rule]}, transfer_scenarios=[])
    assert none["packages"] == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "order"),
        ({"order": "R1"}, "order"),
        ({"order": 1, "lines": "some"}, "lines"),
        ({"order": 1, "scenario": "best"}, "scenario"),
        ({"order": 1, "scenario": {"version": 1}}, "scenario.id"),
        ({"order": 1, "scenario": {"rules": []}}, "rules"),
        ({"order": 1, "position": -1}, "position"),
        ({"order": 1, "position": 2**31 - 1}, "position"),
        ({"order": 1, "position": 1, "at": "2026-01-01T00:00:00Z"}, "at"),
        ({"order": 1, "at": "yesterday"}, "at"),
        ({"order": {"items": []}}, "items"),
        ({"order": {"items": [{"sku": "A", "quantity": 1}], "channel": "moon"}}, "channel"),
        ({"order": {"items": [{"sku": "A", "quantity": 1}]}, "stock": {"A": {"NOWHERE": 1}}}, "stock"),
        ({"order": {"items": [{"sku": "A", "quantity": 1}]}, "stock": {"A": {"WH-01": -1}}}, "stock.A.WH-01"),
        ({"order": {"items": [{"sku": "A", "quantity": 1}]}, "quota": {"NOWHERE": 1}}, "quota"),
        ({"order": {"items": [{"sku": "A", "quantity": 1}]}, "scenario": DRAFT, "why_not": "NOWHERE"}, "why_not"),
        ({"order": 1, "scenari": 1}, "scenari"),
    ],
)
def test_what_is_wrong_is_told_at_its_place(site: Site, body: dict[str, Any], field: str) -> None:
    if body.get("order") == 1 and "scenario" in body and "rules" in body.get("scenario", ()):
        body = {**body, "order": site.order()["id"]}
    answer = site.admin("POST", "scenarios/simulate", body)
    assert answer.status_code == 400, answer.text
    assert list(answer.json()["error"]) == [field]


DAY = timedelta(days=1)
PERIODS = "scenarios/simulations/"


def period(**more: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    return {"from": (now - DAY).isoformat(), "to": (now + DAY).isoformat(), "scenario": DRAFT, **more}


def test_a_period_is_replayed_by_the_job_and_the_log_stays_as_it_is(site: Site) -> None:
    site.package("WH-01")
    asked = site.admin.post(PERIODS, period(), 202)
    assert (asked["status"], asked["scenario"], asked["until_position"]) == ("READY", "draft", site.log.head().position)
    before = written(site)
    told = Jobs(site.log, replace(SETTINGS, secret_key=SECRET)).now(JOB, "test")
    assert told is not None and told["outcome"] == {"FINISHED": 1}, told
    assert written(site) == before
    found = site.admin.get(f"{PERIODS}{asked['id']}/")
    report = found["report"]
    assert (found["status"], found["position"], report["scenario"]) == ("FINISHED", asked["until_position"], "draft")
    assert report["orders"] == report["really"]["orders_placed"] == report["simulated"]["orders_placed"] >= 1
    assert report["locations"][0]["erp_code"] == "ST-014"  # not where they really went
    assert found["table"].startswith(f"{report['orders']} orders planned from ")
    assert {name: svg[:4] for name, svg in found["charts"].items()} == {"load.svg": "<svg", "packages.svg": "<svg"}
    assert "report" not in site.admin.get(PERIODS)["results"][0]


def test_a_simulation_that_is_wanted_no_more_is_left(site: Site) -> None:
    id = site.admin.post(PERIODS, period(), 202)["id"]
    ended = site.admin.post(f"{PERIODS}{id}/abort/", None, 200)
    assert (ended["status"], ended["message"]) == ("ABORTED", "admin ended it.")
    assert site.admin("POST", f"{PERIODS}{id}/abort/").status_code == 409
    replayed(site.log, id)
    assert site.admin.get(f"{PERIODS}{id}/")["report"] is None


def test_one_under_way_ends_where_it_is_aborted(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def aborted(*given: Any) -> Any:
        site.admin.post(f"{PERIODS}{id}/abort/", None, 200)
        given[-1](7)
        raise AssertionError("it went on")

    monkeypatch.setattr("api.simulations.work.TOLD_SECONDS", 0)
    monkeypatch.setattr("api.simulations.work.simulate", aborted)
    id = site.admin.post(PERIODS, period(), 202)["id"]
    replayed(site.log, id)
    assert site.admin.get(f"{PERIODS}{id}/")["status"] == "ABORTED"


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({}, 400, "from"),
        ({"from": "2026-11-01", "to": "2026-11-02T00:00:00Z"}, 400, "from"),
        (period(to="2020-01-01T00:00:00Z"), 400, "to"),
        (period(scenario={"rules": []}), 400, "rules"),
        (period(scenario={"rules": [{}], "colour": 1}, order=1), 400, "order"),
        (period(transfer_scenarios={}), 400, "transfer_scenarios"),
        (period(transfer_scenarios=[None]), 400, "transfer_scenarios[0]"),
        (period(scenario=987654), 404, "code"),
    ],
)
def test_a_period_that_cannot_be_asked_for(site: Site, body: Any, status: int, field: str) -> None:
    answer = site.admin("POST", PERIODS, body)
    assert (answer.status_code, field in answer.json()["error"]) == (status, True), answer.text
    assert site.admin("POST", f"{PERIODS}?dry_run=true", body).status_code == status


def test_a_dry_run_begins_nothing(site: Site) -> None:
    many = site.admin.get(PERIODS)["count"]
    assert site.admin.post(f"{PERIODS}?dry_run=true", period(), 200) == {"events": []}
    assert site.admin.get(PERIODS)["count"] == many
