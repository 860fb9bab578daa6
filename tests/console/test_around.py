"""Scenarios, locations, webhooks, users and the log at the pages, without a browser."""

import json
from html import unescape
from typing import Any

import pytest

from api.console.json_places import line_of
from api.simulations import rows
from api.simulations.work import replayed
from tests.api.site import Site
from tests.console.visitor import Visitor, visitor
from tests.webhooks.receiver import wait_for

SCENARIO = {
    "name": "Of the pages",
    "status": "passive",
    "priority": 5,
    "default_stock_location": "WH-01",
    "rules": [{"name": "near", "coverage": "whole_order", "order_by": [{"by": "distance"}]}],
}


def send(someone: Visitor, path: str, form: dict[str, Any] | None = None) -> Any:
    return someone.post(path, {"csrf": someone.token("/console/"), **(form or {})})


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("name", 2),
        ("rules[1].order_by[0].by", 8),
        ("rules[1]", 6),
        ("rules[1].nothing", 6),  # a field that is not there: the thing it belongs to
        ("rules[7]", 3),
        ("elsewhere", 1),
    ],
)
def test_where_a_field_stands(path: str, line: int) -> None:
    text = """{
  "name": "a \\"quoted\\" one {[",
  "rules": [
    {"name": "first", "x": [1, 2.5, -3e2, true, null, "]"],
     "more": {}, "none": []},
    {
      "name": "second",
      "order_by": [{"by": "distance"}]
    }
  ]
}"""
    assert line_of(text, path) == line
    assert line_of("{ not json", path) == 1


def test_a_scenario_is_made_edited_compared_and_restored(site: Site) -> None:
    someone = visitor(site)
    made = send(someone, "/console/scenarios/new/", {"definition": json.dumps(SCENARIO)})
    assert made.status_code == 303, unescape(made.text)
    path = made.headers["Location"]
    id = int(path.rstrip("/").rpartition("/")[2])
    wrong = json.dumps({**SCENARIO, "rules": [{"name": "near", "coverage": "most of it"}]}, indent=1)
    line = next(n for n, row in enumerate(wrong.splitlines(), 1) if "most of it" in row)
    refused = send(someone, path, {"definition": wrong})
    assert refused.status_code == 400
    assert f'<a href="#line-{line}">Line {line}</a>, <code>rules[0].coverage</code>' in refused.text
    assert "most of it" in unescape(refused.text)  # what was typed is not lost
    broken = send(someone, path, {"definition": '{"name": "x",\n "rules": [}'})
    assert broken.status_code == 400 and "Line 2" in broken.text
    assert site.admin.get(f"scenarios/{id}/")["version"] == 1
    assert (
        send(someone, path, {"definition": json.dumps({**SCENARIO, "priority": 6}), "version": "1"}).status_code == 303
    )
    stale = send(someone, path, {"definition": json.dumps({**SCENARIO, "priority": 7}), "version": "1"})
    assert stale.status_code == 400 and "version 2" in stale.text
    compared = someone.get(f"{path}compare/?from=1&to=2").text
    assert "priority" in compared and "<pre>5</pre>" in compared and "<pre>6</pre>" in compared
    assert send(someone, f"{path}versions/1/restore/").status_code == 303
    shown = site.admin.get(f"scenarios/{id}/")
    assert (shown["version"], shown["priority"]) == (3, 5)
    assert "This is version 2" in someone.get(f"{path}?version=2").text


def test_what_if_writes_nothing(site: Site) -> None:
    order, someone = site.order(), visitor(site)
    site.plan(order)
    head = site.log.head().position
    draft = json.dumps(
        {**SCENARIO, "rules": [{"name": "one", "coverage": "whole_order", "locations": {"include": ["ST-014"]}}]}
    )
    tried = send(someone, "/console/what-if/", {"what": "order", "order": order["number"], "draft": draft})
    assert tried.status_code == 200 and "would make 1 package; really there is 1" in tried.text, unescape(tried.text)
    assert "ST-014" in tried.text
    for form, said in (
        ({"what": "order", "order": "none"}, "There is no order none"),
        ({"what": "order", "order": order["number"], "draft": "{"}, "no JSON"),
        ({"what": "period", "draft": '{"rules": 5}'}, "rules"),
        ({"what": "period", "from": "soon"}, "no day"),
    ):
        refused = send(someone, "/console/what-if/", form)
        assert refused.status_code == 400 and said in unescape(refused.text)
    assert site.log.head().position == head
    site.user("c-viewer-2", "viewer")
    assert visitor(site, "c-viewer-2").get("/console/what-if/").status_code == 403


def asks_for_a_month(someone: Visitor) -> tuple[str, int]:
    """(path of its page, id) of what was asked for."""
    asked = send(someone, "/console/what-if/", {"what": "period", "draft": ""})
    assert asked.status_code == 303, unescape(asked.text)
    path = asked.headers["Location"]
    return path, int(path.split("/")[-2])


def test_a_month_is_replayed_by_a_job_and_its_page_says_how_far_it_is(site: Site) -> None:
    site.plan(site.order())
    someone, head = visitor(site), site.log.head().position
    path, id = asks_for_a_month(someone)
    waits = someone.get(path).text
    assert "It waits for its turn" in waits and "progress.js" in waits and "<svg" not in waits
    with site.log.listening() as connection:
        rows.begin(connection, id)
        rows.go_on(connection, id, 1)
    works = someone.get(path).text
    assert f'<progress max="{head}" value="1"' in works and "End it" in works
    replayed(site.log, id)
    done = someone.get(path).text
    assert "would have gone otherwise" in done and done.count("<svg") == 2 and "style=" not in done
    assert "progress.js" not in done and "End it" not in done
    assert f'href="{path}"' in someone.get("/console/what-if/").text
    assert site.log.head().position == head


def test_a_month_that_is_wanted_no_more_is_ended(site: Site) -> None:
    someone = visitor(site)
    path, id = asks_for_a_month(someone)
    site.user("c-support-2", "support")
    support = visitor(site, "c-support-2")
    assert "End it" in someone.get(path).text and "End it" not in support.get(path).text
    assert "Try on this order" in (may := support.get("/console/what-if/").text) and ">Simulate<" not in may
    assert send(someone, f"{path}abort/").status_code == 303
    ended = someone.get(path).text
    assert "admin ended it." in ended and "progress.js" not in ended
    assert send(someone, f"{path}abort/").status_code == 303
    assert "It is over: ABORTED" in someone.get(path).text
    assert send(someone, f"/console/simulations/{id + 1000}/abort/").status_code == 404


def test_a_location_with_its_load(site: Site) -> None:
    site.package("ST-014")
    someone, id = visitor(site), site.places["ST-014"]
    path = f"/console/locations/{id}/"
    shown = someone.get("/console/locations/").text
    assert f'href="{path}"' in shown and "<meter" in shown
    assert send(someone, path, {"max_quota": "7", "is_active": "on"}).status_code == 303
    assert site.admin.get(f"stock_locations/{id}/")["max_quota"] == 7
    wrong = send(someone, path, {"max_quota": "many", "is_active": "on"})
    assert wrong.status_code == 400 and 'role="alert"' in wrong.text
    assert send(someone, path, {"max_quota": "1000"}).status_code == 303
    assert site.admin.get(f"stock_locations/{id}/")["is_active"] is False
    assert send(someone, path, {"max_quota": "1000", "is_active": "on"}).status_code == 303
    board = someone.get("/console/board/").text
    assert "ST-014" in board and "waiting" in board


def test_users_are_made_changed_and_shut_out(site: Site) -> None:
    someone = visitor(site)
    short = send(someone, "/console/users/", {"username": "newcomer", "password": "short", "roles": "viewer"})
    assert short.status_code == 400 and 'value="newcomer"' in short.text and "short" not in short.text.split("<main")[1]
    made = send(someone, "/console/users/", {"username": "newcomer", "password": "long enough", "roles": "viewer"})
    assert made.status_code == 303
    id = site.admin.get("users/?username=newcomer")["results"][0]["id"]
    newcomer = Visitor(site)
    assert newcomer.sign_in("newcomer", "long enough").status_code == 303
    assert newcomer.get("/console/packages/").status_code == 200
    assert send(someone, f"/console/users/{id}/revoke/").status_code == 303
    wait_for(lambda: newcomer.get("/console/packages/").status_code == 303)  # within a second: signed out
    changed = send(someone, f"/console/users/{id}/", {"roles": ["support", "planner"]})
    assert changed.status_code == 303
    shown = site.admin.get(f"users/{id}/")
    assert set(shown["roles"]) == {"support", "planner"} and shown["is_active"] is False


def test_the_log_is_verified_by_a_button(site: Site) -> None:
    site.package()
    someone = visitor(site)
    assert "events in" not in someone.get("/console/verification/").text
    done = send(someone, "/console/verification/")
    assert done.status_code == 200 and "All is well" in done.text


def test_a_job_is_run_and_switched(site: Site) -> None:
    someone = visitor(site)
    assert "replan" in someone.get("/console/jobs/").text
    assert send(someone, "/console/jobs/replan/switch/", {"on": "0"}).status_code == 303
    assert site.admin.get("jobs/replan/")["is_active"] is False
    assert send(someone, "/console/jobs/replan/switch/", {"on": "1"}).status_code == 303
    assert send(someone, "/console/jobs/replan/run/").status_code == 303
    assert site.admin.get("job-runs/?job=replan")["results"][0]["asked_by"] == "admin"
