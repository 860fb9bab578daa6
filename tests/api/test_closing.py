"""A location taken out for a time with one action (spec 2.5), and packages that are not begun in time (A7)."""

from datetime import timedelta
from typing import Any

import pytest

from api.jobs.rerouting import rerouted
from domain.kinds import stream_of
from domain.package import PackageRefused
from tests.api.site import Site, location
from tests.api.test_examples import SCENARIO

UNTIL = "2099-01-01T08:00:00Z"


@pytest.fixture(scope="module")
def place(site: Site) -> str:
    code = "ST-OUT"
    site.places[code] = site.admin.post("stock_locations/", location(code))["id"]
    site.stock(site.places[code], "A", "B")
    return code


def state(site: Site, package: int) -> int:
    order = next(e for e in range(1, 10_000) if package in _packages(site, e))
    return int(_packages(site, order)[package].state)


def _packages(site: Site, order: int) -> Any:
    held = site.log.state(stream_of("order", order)).state
    return held.packages if held is not None else {}


def test_closing_takes_it_out_and_plans_elsewhere_what_it_has_not_begun(site: Site, place: str) -> None:
    waits, begun, other = site.package(place), site.package(place), site.package("WH-01")
    assert site.admin.command(begun, "start-preparing").status_code == 204
    where = f"stock_locations/{site.places[place]}/"
    body = {"until": UNTIL, "reason": "flood"}
    head = site.log.head().position
    dry = site.admin.post(f"{where}close/?dry_run=true", body, 200)
    assert [event["event"] for event in dry["events"]] == ["LocationChanged", "PackageCancelled"]
    assert site.log.head().position == head
    said = site.admin.post(f"{where}close/", body, 200)
    assert said["planned_again"] == [waits]
    assert said["stock_location"]["closed_until"] == {"until": UNTIL, "reason": "flood", "user": "admin"}
    assert (state(site, waits), state(site, begun), state(site, other)) == (1000, 200, 100)
    [cancelled] = [e.fact for e in site.log.read(head) if type(e.fact).__name__ == "PackageCancelled"]
    assert (cancelled.reason, cancelled.held) == ("Location ST-OUT is closed: flood", False)
    assert site.admin.post(f"{where}open/", {}, 200)["closed_until"] is None
    kept = site.package(place)
    assert site.admin.post(f"{where}close/", {**body, "replan": False}, 200)["planned_again"] == []
    assert state(site, kept) == 100
    site.admin.post(f"{where}open/", {}, 200)


def test_who_may_close_it(site: Site, place: str) -> None:
    where = f"stock_locations/{site.places[place]}/"
    own, other = (site.user(f"closing-{code}", "store", site.places[code]) for code in (place, "WH-01"))
    assert other("POST", f"{where}close/", {"until": UNTIL}).status_code == 404
    assert own("POST", f"{where}close/", {"until": UNTIL, "replan": False}).status_code == 200
    assert own("POST", f"{where}open/", {}).status_code == 200
    for wrong in ({}, {"until": "soon"}, {"until": UNTIL, "replan": "yes"}):
        assert site.admin("POST", f"{where}close/", wrong).status_code == 400


@pytest.mark.parametrize("said_by", ["location", "scenario"])
def test_what_is_not_begun_in_time_is_taken_as_refused(site: Site, place: str, said_by: str) -> None:
    where = f"stock_locations/{site.places[place]}/"
    waits, begun = site.package(place), site.package(place)
    site.admin.command(begun, "start-preparing")
    now = site.log.now()
    if said_by == "location":
        site.admin("PATCH", where, {"auto_reroute_after": 600})
    else:
        # Packages of the tests are planned by scenario 1, whichever test has made it.
        made = site.admin.post(
            "scenarios/", {**SCENARIO, "name": "Slow", "status": "passive", "auto_reroute_after": 600}
        )
        if made["id"] != 1:
            site.admin("PATCH", "scenarios/1/", {"auto_reroute_after": 600})
    head = site.log.head().position
    site.caught_up()
    assert rerouted(site.log, now + timedelta(seconds=500)) == 0
    rerouted(site.log, now + timedelta(seconds=700))
    facts = {e.fact.package: e for e in site.log.read(head) if isinstance(e.fact, PackageRefused)}
    assert waits in facts and begun not in facts
    assert (facts[waits].fact.reason, facts[waits].actor) == ("not begun in time", "auto-reroute")
    assert state(site, waits) == 910
    assert site.admin.get(f"packages/{waits}/")["packageitem_set"][0]["denial_reason"] is None
    site.caught_up()
    assert rerouted(site.log, now + timedelta(seconds=700)) == 0, "it is not waiting any more"
    site.admin("PATCH", where, {"auto_reroute_after": None})
    site.admin("PATCH", "scenarios/1/", {"auto_reroute_after": None})
