"""`audit/` over HTTP: the history of an object, what it was at any version, position and time; the laws."""

from dataclasses import dataclass, replace
from threading import Event, Thread
from typing import Any
from urllib.parse import quote

import pytest

from tests.api.site import SECRET, SETTINGS, Site
from webhook_outbox.fan_out import FOLLOWER, FanOut

STEPS = ("start-preparing", "ready-for-packaging", "complete-packaging-with-shipment", "ship-package")


@dataclass
class Story:
    """A package that shipped, and what the API showed of it right after each step."""

    package: int
    order: int
    shown: list[dict[str, Any]]
    positions: list[int]


@pytest.fixture(scope="module")
def story(site: Site) -> Story:
    package = site.package()
    shown, positions = [site.admin.get(f"packages/{package}/")], [site.log.head().position]
    for slug in STEPS:
        answer = site.admin("POST", f"packages/{package}/command/", {"slug": slug}, X_Request_ID=f"call-{slug}")
        assert answer.status_code == 204
        positions.append(int(answer.headers["X-OMS-Position"]))
        shown.append(site.admin.get(f"packages/{package}/"))
    assert site.log.wait_for(["projections"], positions[-1], 20)
    return Story(package, shown[0]["order_id"], shown, positions)


def test_history_tells_every_event_in_sentences(site: Site, story: Story) -> None:
    rows = site.admin.get(f"audit/package/{story.package}/history/")["results"]
    assert [row["version"] for row in rows] == list(range(1, len(rows) + 1))
    assert [row["position"] for row in rows] == sorted(row["position"] for row in rows)
    assert [row["command"] for row in rows if row["command"] != "plan"] == list(_commands(site, story))
    preparing = next(row for row in rows if row["command"] == "start-preparing")
    assert (preparing["actor"], preparing["correlation"]) == ("admin", "call-start-preparing")
    assert {"field": "state", "from": "100", "to": "200"} in preparing["changes"]
    assert preparing["sentence"] and "{" not in preparing["sentence"]
    for name in ("position", "version", "at", "event", "sentence", "actor", "command", "correlation", "causation"):
        assert name in preparing
    assert {"data", "changes", "webhooks"} <= set(preparing)


def _commands(site: Site, story: Story) -> list[str]:
    """The commands of the events that touch the package, as the log has them."""
    events = site.log.events(f"order-{story.order}")
    about = site.admin.get(f"audit/package/{story.package}/history/")["results"]
    positions = {row["position"] for row in about}
    return [event.command for event in events if event.position in positions and event.command != "plan"]


def test_as_of_a_version_and_a_position_is_what_the_api_showed_then(site: Site, story: Story) -> None:
    for shown, position in zip(story.shown, story.positions, strict=True):
        assert site.admin.get(f"audit/package/{story.package}/?position={position}") == shown
    versions = [row["version"] for row in site.admin.get(f"audit/package/{story.package}/history/")["results"]]
    first = site.admin.get(f"audit/package/{story.package}/?version=1")
    assert first["state"]["enum_value"] == "100"
    last = site.admin.get(f"audit/package/{story.package}/?version={versions[-1]}")
    assert last == site.admin.get(f"audit/package/{story.package}/") == site.admin.get(f"packages/{story.package}/")


def test_as_of_a_time(site: Site, story: Story) -> None:
    rows = site.admin.get(f"audit/package/{story.package}/history/")["results"]
    at = next(row["at"] for row in rows if row["command"] == "start-preparing")
    then = site.admin.get(f"audit/package/{story.package}/?at={quote(at)}")
    assert then["state"]["enum_value"] == "200"
    assert site.admin("GET", f"audit/package/{story.package}/?at=2020-01-01").status_code == 404
    assert site.admin.get(f"audit/package/{story.package}/?at=2100-01-01T00:00:00%2B01:00") == story.shown[-1]


def test_what_differs_between_versions(site: Site, story: Story) -> None:
    changes = site.admin.get(f"audit/package/{story.package}/diff/?from=1&to=2")["changes"]
    assert {"field": "state", "from": "100", "to": "200"} in changes
    assert site.admin.get(f"audit/package/{story.package}/diff/?from=1&to=1") == {"changes": []}
    birth = site.admin.get(f"audit/package/{story.package}/diff/?from=0&to=1")["changes"]
    assert {"field": "number", "from": None, "to": story.shown[0]["number"]} in birth
    assert site.admin("GET", f"audit/package/{story.package}/diff/?from=1&to=99").status_code == 404


@pytest.mark.parametrize("kind", ["order", "shipment", "location", "channel", "cargo_company", "user", "denial_reason"])
def test_other_kinds_have_histories_too(site: Site, story: Story, kind: str) -> None:
    id = {
        "order": story.order,
        "shipment": story.shown[-1]["shipment"]["id"],
        "location": site.places["WH-01"],
        "denial_reason": site.reason,
    }.get(kind, 1)
    rows = site.admin.get(f"audit/{kind}/{id}/history/")["results"]
    assert rows[0]["version"] == 1
    assert site.admin.get(f"audit/{kind}/{id}/?version=1")["id"] == id
    assert site.admin.get(f"audit/{kind}/{id}/diff/?from=0&to=1")["changes"]


def test_what_is_personal_is_not_in_a_history(site: Site, story: Story) -> None:
    assert "Byron" in site.admin("GET", f"audit/order/{story.order}/?version=1").text
    assert "Byron" not in site.admin("GET", f"audit/order/{story.order}/history/").text


def test_a_history_tells_the_webhooks_it_caused(site: Site) -> None:
    hook = site.admin.post(
        "/whisperer/hooks/", {"target_url": "http://127.0.0.1:9/audit", "event_type": "package.status.preparing"}
    )
    stop = Event()
    thread = Thread(target=FanOut(site.log, replace(SETTINGS, secret_key=SECRET)).run, args=(stop,))
    thread.start()
    try:
        package = site.package()
        assert site.admin.command(package, "start-preparing").status_code == 204
        assert site.log.wait_for([FOLLOWER, "projections"], site.log.head().position, 20)
    finally:
        stop.set()
        thread.join()
    site.admin("DELETE", f"/whisperer/hooks/{hook['id']}/")
    rows = site.admin.get(f"audit/package/{package}/history/")["results"]
    told = {row["command"]: [w["event_type"] for w in row["webhooks"] if w["webhook"] == hook["id"]] for row in rows}
    assert told["start-preparing"] == ["package.status.preparing"]
    assert not any(types for command, types in told.items() if command != "start-preparing")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("?version=x", "version"),
        ("?version=-1", "version"),
        ("?position=1.5", "position"),
        ("?at=yesterday", "at"),
        ("?at=%00", "at"),
        ("?version=1&position=2", "version"),
        ("?colour=red", "colour"),
        (f"?version={'9' * 30}", "version"),
        ("diff/?from=1", "to"),
        ("diff/?from=x&to=1", "from"),
    ],
)
def test_a_point_that_is_none(site: Site, story: Story, query: str, field: str) -> None:
    answer = site.admin("GET", f"audit/package/{story.package}/{query}")
    assert answer.status_code == 400
    assert field in answer.json()["error"]


@pytest.mark.parametrize(
    "path", ["unicorn/1/", "package/0/", "package/987654321/history/", "order/987654321/", "stock/1/"]
)
def test_what_never_was(site: Site, path: str) -> None:
    assert site.admin("GET", f"audit/{path}").status_code == 404


def test_the_audit_is_for_support_and_admins(site: Site, story: Story) -> None:
    path = f"audit/package/{story.package}/history/"
    assert site.user("listener", "support").get(path)["results"]
    for role in ("viewer", "store", "integration", "planner"):
        assert site.user(f"no-{role}", role)("GET", path).status_code == 403


def test_the_laws_hold_over_the_whole_log(site: Site, story: Story) -> None:
    found = site.admin.get("audit/verify/")
    assert found["violations"] == []
    assert found["chain"] is None
    assert found["events"] == site.log.head().position
    assert sum(found["compared"].values()) > 0


def test_a_state_set_right_by_an_admin_stands_in_the_history(site: Site) -> None:
    package = site.package()
    path, said = f"packages/{package}/command/", {"slug": "correct-state", "state": "shipped", "reason": "it left"}
    for role in ("store", "integration"):
        places = [site.places["WH-01"]] if role == "store" else []
        refused = site.user(f"corrects-{role}", role, *places)("POST", path, said)
        assert refused.status_code == 403 and refused.json()["error"]["code"] == "forbidden"
    assert "reason" in site.admin("POST", path, {**said, "reason": " "}).json()["error"]
    assert "reason" in site.admin("POST", path, {"slug": "correct-state", "state": "600"}).json()["error"]
    assert "state" in site.admin("POST", path, {**said, "state": "900000"}).json()["error"]
    assert "it left" in site.admin("POST", path + "?dry_run=true", said).text
    assert site.admin("POST", path, said).status_code == 204
    site.caught_up()
    shown = site.admin.get(f"packages/{package}/")
    assert shown["state"]["enum_value"] == "600"
    assert "correct-state" not in [command["slug"] for command in shown["commands"]]
    for kind, id in (("package", package), ("order", shown["order_id"])):
        row = site.admin.get(f"audit/{kind}/{id}/history/")["results"][-1]
        assert row["sentence"] == "Set right by hand, from waiting to shipped: it left."
        assert (row["actor"], row["command"]) == ("admin", "correct-state")
    [moved] = site.admin.get(f"state-transition-logs/?object_id={package}&content_type=package")["results"]
    assert moved["new_state"]["enum_value"] == "600"
