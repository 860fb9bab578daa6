"""Scenarios over HTTP: kept as they were written, a version at each save, warned of where they are seldom meant."""

from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import pytest

from scenarios.rulebook import Rulebook
from tests.api.site import Site
from tests.api.test_examples import SCENARIO, TRANSFER_SCENARIO

NUMBERS = count(1)


def scenario(**fields: Any) -> dict[str, Any]:
    return {**SCENARIO, "name": f"S{next(NUMBERS)}", **fields}


def transfer(**fields: Any) -> dict[str, Any]:
    return {**TRANSFER_SCENARIO, "name": f"T{next(NUMBERS)}", **fields}


def rule(**fields: Any) -> dict[str, Any]:
    return {"name": "r", "locations": {}, "order_by": [], **fields}


def test_it_is_told_as_it_was_written(site: Site) -> None:
    near = {
        "locations": {"near": {"km": 12.5, "same": ["city"]}, "include": ["WH-01"]},
        "order_by": [{"by": "distance"}],
    }
    body = scenario(rules=[rule(**near)], note="kept too", valid_from="2026-01-01T00:00:00+03:00")
    made = site.admin.post("scenarios/", body)
    shown = site.admin.get(f"scenarios/{made['id']}/")
    assert {name: shown[name] for name in body} == body
    assert shown["version"] == 1
    assert [text.split(": ")[1] for text in shown["warnings"]] == [
        "locations.near.km",
        "locations.near.same",
        "order_by distance",
    ], "WH-01 says nothing of where it is"
    [row] = site.admin.get(f"scenarios/?name={body['name']}")["results"]
    assert {name: row[name] for name in body} == body


def test_an_answer_may_be_sent_back(site: Site) -> None:
    made = site.admin.post("scenarios/", scenario())
    again = site.admin("PUT", f"scenarios/{made['id']}/", made)
    assert (again.status_code, again.json()) == (200, made)  # nothing changed, so no version either


@pytest.mark.parametrize(("path", "body"), [("scenarios/", scenario), ("transfer-scenarios/", transfer)])
def test_versions_are_kept_and_can_be_restored(site: Site, path: str, body: Any) -> None:
    first = body()
    made = site.admin.post(path, first)
    where = f"{path}{made['id']}/"
    assert site.admin.put(where, {**first, "priority": 5})["version"] == 2
    passive = site.admin("PATCH", where, {"status": "passive"})
    assert (passive.json()["version"], passive.json()["priority"], passive.headers["ETag"]) == (3, 5, '"3"')
    said = site.admin.get(f"{where}versions/")
    assert [(v["version"], v["definition"]["priority"], v["user"]) for v in said["results"]] == [
        (3, 5, "admin"),
        (2, 5, "admin"),
        (1, 1, "admin"),
    ]
    restored = site.admin.post(f"{where}versions/1/restore/", None, 200)
    assert (restored["version"], restored["priority"], restored["status"]) == (4, 1, "active")
    assert site.admin("POST", f"{where}versions/9/restore/").status_code == 404


def test_a_removed_one_is_gone_for_readers_and_for_the_planner(site: Site) -> None:
    made = site.admin.post("scenarios/", scenario())
    where = f"scenarios/{made['id']}/"
    assert made["id"] in [s.id for s in Rulebook.of(site.log).scenarios]
    assert site.admin("DELETE", where).status_code == 204
    for method, path, body in (
        ("GET", where, None),
        ("PUT", where, scenario()),
        ("PATCH", where, {"priority": 2}),
        ("DELETE", where, None),
        ("GET", f"{where}versions/", None),
        ("POST", f"{where}versions/1/restore/", None),
    ):
        assert site.admin(method, path, body).status_code == 404, method
    assert made["id"] not in [row["id"] for row in site.admin.get("scenarios/?limit=100")["results"]]
    assert site.admin.post("scenarios/", {**scenario(), "name": made["name"]})["id"] != made["id"]
    site.log.reference.refresh()
    assert made["id"] not in [s.id for s in Rulebook.of(site.log).scenarios]


def test_the_planner_takes_what_was_saved(site: Site) -> None:
    made = site.admin.post("transfer-scenarios/", transfer(max_sources=3))
    site.log.reference.refresh()
    [found] = [t for t in Rulebook.of(site.log).transfers if t.id == made["id"]]
    assert (found.version, found.max_sources) == (1, 3)
    site.admin("PATCH", f"transfer-scenarios/{made['id']}/", {"status": "passive"})
    site.log.reference.refresh()
    assert made["id"] not in [t.id for t in Rulebook.of(site.log).transfers]


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("scenarios/", {"name": ""}, "name"),
    ("scenarios/", {"name": 7}, "name"),
    ("scenarios/", {"name": "n" * 256}, "name"),
    ("scenarios/", {"status": "on"}, "status"),
    ("scenarios/", {"priority": 1.5}, "priority"),
    ("scenarios/", {"rules": []}, "rules"),
    ("scenarios/", {"rules": {}}, "rules"),
    ("scenarios/", {"rules": [rule(), rule(coverage="some")]}, "rules[1].coverage"),
    ("scenarios/", {"rules": [rule(covrage="split_lines")]}, "rules[0].covrage"),
    ("scenarios/", {"rules": [rule(max_packages=0)]}, "rules[0].max_packages"),
    ("scenarios/", {"rules": [rule(locations={"near": {"km": -1}})]}, "rules[0].locations.near.km"),
    ("scenarios/", {"rules": [rule(order_by=[{"by": "mood"}])]}, "rules[0].order_by[0].by"),
    ("scenarios/", {"prerequisites": {"moon": {}}}, "prerequisites.moon"),
    ("scenarios/", {"valid_from": "tomorrow"}, "valid_from"),
    ("transfer-scenarios/", {"products": "some"}, "products"),
    ("transfer-scenarios/", {"max_sources": 0}, "max_sources"),
]


@pytest.mark.parametrize(("path", "fields", "field"), WRONG)
def test_what_is_wrong_is_told_at_its_place(site: Site, path: str, fields: dict[str, Any], field: str) -> None:
    body = scenario() if path == "scenarios/" else transfer()
    made = site.admin.post(path, body)
    head = site.log.head().position
    for method, where in (("POST", path), ("PUT", f"{path}{made['id']}/"), ("PATCH", f"{path}{made['id']}/")):
        answer = site.admin(
            method, where, fields if method == "PATCH" else {**body, "name": body["name"] + "x", **fields}
        )
        assert answer.status_code == 400, answer.text
        assert list(answer.json()["error"]) == [field]
    assert site.log.head().position == head


def test_a_number_nothing_can_hold(site: Site) -> None:
    answer = site.admin("POST", "scenarios/", b'{"name": "big", "note": 1e999, "rules": [{"name": "r"}]}')
    assert answer.status_code == 400


def test_put_at_once_makes_a_version_each(site: Site) -> None:
    body = scenario()
    made = site.admin.post("scenarios/", body)
    where = f"scenarios/{made['id']}/"
    with ThreadPoolExecutor(5) as threads:
        answers = list(threads.map(lambda n: site.admin("PUT", where, {**body, "priority": 10 + n}), range(5)))
    done = [a.json() for a in answers if a.status_code == 200]
    assert sorted(d["version"] for d in done) == list(range(2, 2 + len(done)))
    assert {a.status_code for a in answers} <= {200, 503}
    by_version = {v["version"]: v["definition"]["priority"] for v in site.admin.get(f"{where}versions/")["results"]}
    assert all(by_version[d["version"]] == d["priority"] for d in done)


def test_patches_of_different_keys_at_once_lose_nothing(site: Site) -> None:
    made = site.admin.post("scenarios/", scenario())
    where = f"scenarios/{made['id']}/"
    changes = [{"priority": 42}, {"description": "new"}, {"default_stock_location": "ST-014"}]
    with ThreadPoolExecutor(3) as threads:
        answers = list(threads.map(lambda change: site.admin("PATCH", where, change), changes))
    assert [a.status_code for a in answers] == [200, 200, 200]
    shown = site.admin.get(where)
    assert (shown["priority"], shown["description"], shown["default_stock_location"]) == (42, "new", "ST-014")


@pytest.mark.parametrize(
    ("role", "write", "read"),
    [
        ("planner", 201, 200),
        ("viewer", 403, 200),
        ("store", 403, 403),
        ("support", 403, 200),
        ("integration", 403, 200),
    ],
)
def test_who_may(site: Site, role: str, write: int, read: int) -> None:
    """Scenarios span all locations: they are closed to who is limited to some."""
    limits = site.places.values() if role == "store" else ()
    user = site.user(f"scenarios-{role}", role, *limits)
    assert user("POST", "scenarios/", scenario()).status_code == write
    assert user("GET", "scenarios/").status_code == read


def test_two_versions_are_compared_field_by_field(site: Site) -> None:
    near, far = rule(name="near", coverage="whole_order"), rule(name="far")
    first = scenario(rules=[near, far], priority=1)
    made = site.admin.post("scenarios/", first)
    where = f"scenarios/{made['id']}/"
    then = {**near, "coverage": "split_lines", "locations": {"near": {"km": 9}}}
    site.admin.put(where, {**first, "priority": 2, "rules": [rule(name="new"), far, then]})
    said = site.admin.get(f"{where}diff/?from=1&to=2")["changes"]
    assert {(c["field"], str(c["from"]), str(c["to"])) for c in said} == {
        ("priority", "1", "2"),
        ("rules", "['near', 'far']", "['new', 'far', 'near']"),
        ("rules[near].coverage", "whole_order", "split_lines"),
        ("rules[near].locations.near", "None", "{'km': 9}"),
        ("rules[new]", "None", str(rule(name="new"))),
    }
    assert site.admin.get(f"{where}diff/?from=2&to=2")["changes"] == []
    assert site.admin("GET", f"{where}diff/?from=1&to=3").status_code == 404
    assert list(site.admin("GET", f"{where}diff/?from=1").json()["error"]) == ["to"]
