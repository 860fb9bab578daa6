"""Replays and pulls over HTTP, the outbox in the metrics, and `oms webhooks`."""

import json
from dataclasses import replace
from typing import Any

import pytest

from api import cli, webhook_tools
from api.installation import Place
from tests.api.site import SECRET, SETTINGS, Site
from tests.api.test_hooks import EVENTS, HOOKS, fanning_out, made


def test_a_replay_is_counted_first_and_what_was_sent_can_be_pulled(site: Site) -> None:
    hook = made(site, "replayed", is_active=False)
    id = hook["id"]
    with fanning_out(site):
        packages = [site.package() for _ in range(3)]
    first = site.admin.get(f"{HOOKS}{id}/pull/?limit=2")
    assert [row["payload"]["id"] for row in first["results"]] == packages[:2] and first["more"]
    rest = site.admin.get(f"{HOOKS}{id}/pull/?after={first['after']}")
    assert [row["payload"]["id"] for row in rest["results"]] == packages[2:] and not rest["more"]
    assert site.admin.get(f"{EVENTS}?webhook={id}&delivered=true")["count"] == 2
    low, high = (row["event"]["position"] for row in first["results"])
    asked = {"from_position": low, "to_position": high}
    counted = site.admin.post(f"{HOOKS}{id}/replay/?dry_run=true", asked, 200)
    assert counted == {"count": 2, "first_position": low, "last_position": high, "dry_run": True}
    assert site.admin.get(f"{EVENTS}?webhook={id}")["count"] == 3
    assert site.admin.post(f"{HOOKS}{id}/replay/", asked, 200)["count"] == 2
    again = site.admin.get(f"{HOOKS}{id}/pull/?after={rest['after']}")["results"]
    assert [(row["event"], row["payload"]) for row in again] == [
        (row["event"], row["payload"]) for row in first["results"]
    ]
    site.admin("DELETE", f"{HOOKS}{id}/")


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("POST", "replay/", {}, "from_position"),
        ("POST", "replay/", {"from_position": 5, "to_position": 4}, "to_position"),
        ("POST", "replay/", {"from_position": -1}, "from_position"),
        ("POST", "replay/", {"from_position": "a"}, "from_position"),
        ("POST", "replay/", {"from_date": "yesterday"}, "from_date"),
        ("POST", "replay/", {"from_date": "2026-11-23T10:00:00"}, "from_date"),
        ("GET", "pull/?after=-1", None, "after"),
        ("GET", "pull/?after=x", None, "after"),
        ("GET", "pull/?after=999999999999999999999999", None, "after"),
        ("GET", "pull/?limit=0", None, "limit"),
    ],
)
def test_no_range_and_no_cursor(site: Site, method: str, path: str, body: Any, field: str) -> None:
    hook = made(site, "no-range")
    answer = site.admin(method, f"{HOOKS}{hook['id']}/{path}", body)
    site.admin("DELETE", f"{HOOKS}{hook['id']}/")
    assert answer.status_code == 400, answer.text
    assert field in answer.json()["error"]


@pytest.mark.parametrize("path", ["POST replay/", "GET pull/"])
def test_what_is_not_there_is_neither_replayed_nor_pulled(site: Site, path: str) -> None:
    method, rest = path.split()
    answer = site.admin(method, f"{HOOKS}987654321/{rest}", {"from_position": 0} if method == "POST" else None)
    assert (answer.status_code, answer.json()["code"]) == (406, "webhook_100_1")


def test_the_outbox_shows_in_the_metrics(site: Site) -> None:
    text = site.admin("GET", "/metrics").text
    for name in ("backlog", "oldest_seconds", "breaker_open", "attempts_total", "latency_seconds_count"):
        assert f"oms_webhook_{name}" in text


def test_what_support_types(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    """`oms webhooks …` on a running installation."""
    hook = made(site, "typed")
    place = Place(replace(SETTINGS, secret_key=SECRET), "", SECRET, "")

    def typed(*words: str) -> tuple[int, Any]:
        arguments = cli.parser().parse_args(["webhooks", *words, "--json"])
        status = webhook_tools.run(site.log, place, arguments, cli.say)
        return status, json.loads(capsys.readouterr().out, parse_constant=pytest.fail)  # Infinity is no JSON

    assert hook["id"] in [row["id"] for row in typed("list")[1]]
    assert typed("pause", str(hook["id"]))[1]["is_active"] is False
    with fanning_out(site):
        site.package()
    ((status, rows),) = [typed("events", "--webhook", str(hook["id"]))]
    assert status == 0 and [row["event_type"] for row in rows] == ["package.created"]
    assert typed("event", str(rows[0]["id"]))[1]["state"] == "pending"
    assert typed("retry", str(rows[0]["id"]))[1]["code"] == "event_100_6"
    assert typed("replay", str(hook["id"]), "--from-position", "0", "--dry-run")[1]["count"] == 0
    assert typed("resume", str(hook["id"]))[1]["is_active"] is True
    assert typed("test", str(hook["id"]))[0] == 1, "nobody listens there"
    assert typed("show", "987654321")[1]["code"] == "webhook_100_1"
    with site.log.listening() as connection:
        connection.execute("insert into webhook_times values ('latency', 'infinity', 0, 1, 99)")
    assert ["+Inf", 1, 99] in typed("backlog")[1]["times"]["latency"]
    assert typed("backlog")[1]["backlog"] >= 1
    assert "package.created" in [row["event_type"] for row in typed("names")[1]]
    arguments = cli.parser().parse_args(["webhooks", "list"])
    assert webhook_tools.run(site.log, place, arguments, cli.say) == 0
    assert "typed" in capsys.readouterr().out
    arguments = cli.parser().parse_args(["webhooks", "show", "987654321"])
    assert webhook_tools.run(site.log, place, arguments, cli.say) == 1
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "webhook_100_1: There is no such webhook.\n")
    site.admin("DELETE", f"{HOOKS}{hook['id']}/")
