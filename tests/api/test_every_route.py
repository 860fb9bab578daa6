"""Every declared route, whatever it is: what comes in wrong is answered in JSON with the right status, and nothing is
written. Routes that are added are tried with the others."""

import re
from typing import Any
from urllib.parse import quote

import pytest
import requests

from api.http.routes import ANYBODY, ROUTES, Route
from tests.api.site import Client, Site

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
BODIES = {
    "broken": b'{"a": ',
    "not UTF-8": b'{"a": "\xff"}',
    "NUL": b'{"slug": "a\\u0000", "number": "a\\u0000", "name": "a\\u0000", "target_url": "a\\u0000"}',
    "deep": b'{"a": ' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    "a list": b"[]",
    "an infinite number": b'{"a": Infinity}',
    "far too many digits": b'{"a": ' + b"9" * 5_000 + b"}",
}
IDS = ("0", "987654321", "9" * 30, "-1", "x", "1.5", "%00", quote("²"), "1%2F2")

with_ids = [one for one in ROUTES if "<" in one.path]
with_bodies = [one for one in ROUTES if one.body is not None or one.free_body]
asking = [one for one in ROUTES if one.roles is not ANYBODY]
reading = [one for one in ROUTES if one.method == "GET" and "verify" not in one.path]


def named(routes: list[Route]) -> Any:
    return pytest.mark.parametrize("route", routes, ids=lambda one: f"{one.method} {one.path}")


def address(path: str, id: str = "987654321") -> str:
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: "package" if found[1] == "kind" else id, path)


@named(with_ids)
def test_an_id_that_is_none(site: Site, route: Route) -> None:
    """404, or what is wrong with the empty body; refusals of webhooks are 406."""
    head = site.log.head().position
    for id in IDS:
        answer = site.admin(route.method, address(route.path, id), None if route.method == "GET" else {})
        is_error(answer, 400, 404, 406)
        if route.method in ("GET", "DELETE"):
            assert answer.status_code in ((406, 404) if "whisperer" in route.path else (404,)), id
    assert site.log.head().position == head


@named(with_bodies)
def test_a_body_that_is_none(site: Site, route: Route) -> None:
    head = site.log.head().position
    for name, body in BODIES.items():
        answer = site.admin(route.method, address(route.path), body)
        is_error(answer, 400, *((404, 406) if name == "far too many digits" and "<" in route.path else ()))
    assert site.log.head().position == head


@named(asking)
def test_nobody_without_a_key_or_with_another_role(site: Site, strangers: dict[str, Client], route: Route) -> None:
    head = site.log.head().position
    body: dict[str, Any] | None = None if route.method == "GET" else {}
    is_error(site.nobody(route.method, address(route.path), body), 401)
    for role, client in strangers.items():
        if role not in route.roles:
            is_error(client(route.method, address(route.path), body), 403)
    assert site.log.head().position == head


@pytest.fixture(scope="module")
def strangers(site: Site) -> dict[str, Client]:
    roles = ("planner", "support", "store", "integration", "viewer")
    return {role: site.user(f"stranger-{role}", role) for role in roles}


@named(reading)
def test_a_query_that_is_none(site: Site, route: Route) -> None:
    """Unknown and impossible parameters: a clear 400, or no difference where none are taken."""
    for query in ("%00=1", "a=%ff", "=", "&&&", "self=1", "page=%00", "limit=" + "9" * 5_000, "sort=id;drop", "sort=,"):
        answer = site.admin("GET", f"{address(route.path)}?{query}")
        assert answer.status_code in (200, 400, 404, 406), f"{query}: {answer.status_code} {answer.text[:300]}"
        if answer.status_code != 200:
            is_error(answer, 400, 404, 406)


@named(reading)
def test_a_position_that_is_none(site: Site, route: Route) -> None:
    for value in ("x", "-1", "1.5", "9" * 5_000, "\xb2"):
        answer = site.admin("GET", address(route.path), X_OMS_Min_Position=value)
        is_error(answer, 400)


def test_a_method_that_a_path_does_not_have(site: Site) -> None:
    known: dict[str, set[str]] = {}
    for one in ROUTES:
        known.setdefault(one.path, set()).add(one.method)
    for path, methods in known.items():
        for method in set(METHODS) - methods:
            answer = site.admin(method, address(path), None if method == "GET" else {})
            if answer.status_code == 404:  # another path has this method, and finds no such object
                continue
            is_error(answer, 405)
            assert methods <= {one.strip() for one in answer.headers["Allow"].split(",")}, path


def is_error(answer: requests.Response, *statuses: int) -> None:
    said = f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text[:300]}"
    assert answer.status_code in statuses, said
    assert answer.headers["Content-Type"] == "application/json", said
    body = answer.json()
    if answer.status_code == 406 and "en" in body:
        assert set(body) == {"code", "en", "tr"}
        return
    if "timestamp" in body and "query-stock-availability" in answer.url:
        assert set(body) == {"error", "message", "code", "timestamp"}
        return
    assert set(body) == {"error", "status_code"}, said
    assert body["status_code"] == answer.status_code
    assert body["error"], said
    for word in ("Traceback", "psycopg", "<html", 'File "'):
        assert word not in answer.text, said
