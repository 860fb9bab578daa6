"""A case file: all of an order in a zip that is read without the system, with personal data or without."""

import io
import json
from typing import Any
from zipfile import ZipFile

import pytest

from tests.api.site import Site

FILES = {"README.txt", "index.html", "states.json", "history.json", "events.jsonl", "webhooks.json", "plans.json"}
PEOPLE = ("Byron", "2 High St", "@example.org")


@pytest.fixture(scope="module")
def order(site: Site) -> dict[str, Any]:
    package = site.package()
    said = site.admin("POST", f"packages/{package}/command/", {"slug": "start-preparing"}, X_Request_ID="case-call")
    assert said.status_code == 204
    site.admin("POST", f"packages/{package}/command/", {"slug": "block-package", "reason": "<script>alert(1)</script>"})
    site.caught_up()
    found: dict[str, Any] = site.admin.get(f"orders/{site.admin.get(f'packages/{package}/')['order_id']}/")
    return found


def unpacked(site: Site, query: str) -> dict[str, str]:
    answer = site.admin("GET", f"audit/export/?{query}")
    assert answer.status_code == 200 and answer.headers["Content-Type"] == "application/zip"
    with ZipFile(io.BytesIO(answer.content)) as file:
        return {name: file.read(name).decode() for name in file.namelist()}


def test_all_that_is_known_of_an_order(site: Site, order: dict[str, Any]) -> None:
    case = unpacked(site, f"order={order['number']}")
    assert set(case) == FILES
    assert unpacked(site, f"order={order['id']}")["events.jsonl"] == case["events.jsonl"]
    states = json.loads(case["states.json"])
    assert {k: v for k, v in states[0].items() if k != "kind"} == site.admin.get(f"audit/order/{order['id']}/")
    assert [one["kind"] for one in states] == ["order", "package"] and states[1]["state"]["enum_value"] == "300"
    history = json.loads(case["history.json"])
    stored = [json.loads(line) for line in case["events.jsonl"].splitlines()]
    assert [row["position"] for row in history] == [row["position"] for row in stored]
    started = next(row for row in history if row["command"] == "start-preparing")
    assert started["request"]["url"].endswith("/command/") and started["request"]["user"] == "admin"
    page = case["index.html"]
    assert order["number"] in page and all(text in page for text in ("Picking began", "case-call", *PEOPLE)[:1])
    assert "<script>" not in page and "&lt;script&gt;" in page, "texts of people are texts"
    assert "Byron" in page and "Byron" not in case["events.jsonl"], "sealed where it is stored"


def test_masked_it_names_nobody(site: Site, order: dict[str, Any]) -> None:
    case = unpacked(site, f"order={order['number']}&masked=true")
    assert [(name, text) for name, content in case.items() for text in PEOPLE if text in content] == []
    assert "Personal data was left out" in case["index.html"]


@pytest.mark.parametrize(
    ("query", "field"),
    [("", "order"), ("order=1&masked=perhaps", "masked"), ("order=1&color=red", "color")],
)
def test_what_is_none(site: Site, query: str, field: str) -> None:
    answer = site.admin("GET", f"audit/export/?{query}")
    assert answer.status_code == 400 and field in answer.json()["error"]
    assert site.admin("GET", "audit/export/?order=nobody-9").status_code == 404


def test_a_history_tells_the_request_that_caused_each_event(site: Site, order: dict[str, Any]) -> None:
    rows = site.admin.get(f"audit/order/{order['id']}/history/")["results"]
    by = {row["command"]: row["request"] for row in rows}
    assert by["plan"] is None, "the planner of the test is no request"
    assert (by["receive-order"]["method"], by["receive-order"]["url"]) == ("POST", "/api/v1/oms/orders/")
    assert (by["start-preparing"]["user"], by["start-preparing"]["status_code"]) == ("admin", 204)
    event = site.admin.get(f"settings/audit_events/{by['start-preparing']['id']}/")
    assert event["post_data"] == {"slug": "start-preparing"} and event["request_id"] == "case-call"
    chain = site.admin.get("audit/correlation/case-call/")["results"]
    assert [row["request"]["id"] for row in chain] == [event["id"]]


def test_a_range_is_verified(site: Site, order: dict[str, Any]) -> None:
    head = site.log.head().position
    some = site.admin.get(f"audit/verify/?after=5&until={head - 1}")
    assert (some["events"], some["after"], some["until"]) == (head - 6, 5, head - 1)
    assert (some["violations"], some["chain"]) == ([], None)
    for query, field in ((f"after={head + 5}", "after"), ("until=x", "until"), ("at=1", "at")):
        answer = site.admin("GET", f"audit/verify/?{query}")
        assert answer.status_code == 400 and field in answer.json()["error"]
