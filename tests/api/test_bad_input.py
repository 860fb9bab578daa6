"""Whatever comes in: the clear answers of spec 3.1, in JSON, and nothing is written."""

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from tests.api.site import Site, location, order

ITEM = order("X")["items"][0]
DEEP = b'{"slug": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"

BODIES: dict[str, bytes] = {
    "not JSON": b'{"slug": ',
    "nothing of JSON": b"slug=start-preparing",
    "not UTF-8": b'{"slug": "\xff\xfe"}',
    "NUL": b'{"number": "a\\u0000b", "slug": "a\\u0000b", "name": "a\\u0000b"}',
    "a lone surrogate": b'{"number": "\\ud800", "slug": "\\ud800", "name": "\\ud800"}',
    "not a number": b'{"number": NaN}',
    "a list": b"[1, 2]",
    "a text": b'"start-preparing"',
    "null": b"null",
    "very deep": DEEP,
}
WRITES = (
    "POST orders/",
    "POST packages/{package}/command/",
    "POST packages/commands/",
    "POST channels/",
    "POST cargo-companies/",
    "POST packages/package_denial_reason/",
    "POST stock_locations/",
    "PUT stock/",
    "POST scenarios/",
    "POST transfer-scenarios/",
    "POST /whisperer/hooks/",
)


@pytest.fixture(scope="module")
def package(site: Site) -> int:
    return site.package()


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("route", WRITES)
def test_a_body_that_is_none(site: Site, package: int, route: str, body: bytes) -> None:
    method, path = route.format(package=package).split()
    head = site.log.head().position
    _is_error(site.admin(method, path, body), *((406, 400) if path.startswith("/whisperer") else (400,)))
    assert site.log.head().position == head


ORDERS: dict[str, dict[str, Any]] = {
    "number": {"number": ""},
    "number, a list": {"number": ["R1"]},
    "number, too long": {"number": "R" * 1000},
    "channel": {"channel": "of nobody"},
    "channel, an object": {"channel": {"id": 1}},
    "cargo_company": {"cargo_company": "of nobody"},
    "status": {"status": "401"},
    "amount": {"amount": "thirty"},
    "amount, infinite": {"amount": "Infinity"},
    "amount, true": {"amount": True},
    "date_placed": {"date_placed": "yesterday"},
    "shipping_address": {"shipping_address": "2 High St"},
    "shipping_address, north of the pole": {"shipping_address": {"latitude": "91", "longitude": "0"}},
    "items": {"items": []},
    "items, an object": {"items": {"sku": "A"}},
    "items, quantity below zero": {"items": [{**ITEM, "quantity": -1}]},
    "items, quantity of none": {"items": [{**ITEM, "quantity": 0}]},
    "items, a part of a piece": {"items": [{**ITEM, "quantity": 1.5}]},
    "items, quantity true": {"items": [{**ITEM, "quantity": True}]},
    "items, more than there is": {"items": [{**ITEM, "quantity": 10**30}]},
    "items, no SKU": {"items": [{**ITEM, "sku": ""}]},
    "items, an overlong SKU": {"items": [{**ITEM, "sku": "A" * 1000}]},
    "items, SKU missing": {"items": [{"quantity": 1}]},
    "items, price": {"items": [{**ITEM, "price": "free"}]},
    "extra_field": {"extra_field": "x"},
    "plan": {"plan": "perhaps"},
}


@pytest.mark.parametrize("name", ORDERS)
def test_an_order_that_is_none(site: Site, name: str) -> None:
    head = site.log.head().position
    answer = site.admin("POST", "orders/", order(f"BAD-{name}", **ORDERS[name]))
    _is_error(answer, 400)
    assert name.partition(",")[0] in answer.json()["error"]
    assert site.log.head().position == head


def test_an_unknown_channel_is_answered_with_those_there_are(site: Site) -> None:
    answer = site.admin("POST", "orders/", order("BAD-CHANNEL", channel="moon"))
    assert "web" in str(answer.json()["error"]["channel"])


LOCATIONS: dict[str, dict[str, Any]] = {
    "erp_code": {"erp_code": ""},
    "erp_code, overlong": {"erp_code": "S" * 1000},
    "stock_location_type": {"stock_location_type": "barn"},
    "max_quota": {"max_quota": -1},
    "max_quota, a part": {"max_quota": 1.5},
    "is_active": {"is_active": "maybe"},
    "tags": {"tags": "city"},
    "address": {"address": ["1 Briggate"]},
    "address, no number": {"address": {"latitude": "north", "longitude": "0"}},
    "opening_hours": {"opening_hours": "always"},
}


@pytest.mark.parametrize("name", LOCATIONS)
def test_a_location_that_is_none(site: Site, name: str) -> None:
    head = site.log.head().position
    answer = site.admin("POST", "stock_locations/", location("BAD-1", **LOCATIONS[name]))
    _is_error(answer, 400)
    assert name.partition(",")[0] in answer.json()["error"]
    assert site.log.head().position == head


@pytest.mark.parametrize("quantity", [-1, "many", True, None, "NaN", "Infinity", [1], "1e999"])
def test_stock_rows_are_rejected_one_by_one(site: Site, quantity: object) -> None:
    rows = [
        {"erp_code": "WH-01", "sku": "C", "quantity": quantity},
        {"erp_code": "WH-01", "sku": "D", "quantity": "2.5"},
        {"erp_code": "NOWHERE", "sku": "D", "quantity": 1},
    ]
    said = site.admin.put("stock/", {"stock": rows})
    assert said["accepted"] == 1
    assert len(said["rejected"]) == 2


@pytest.mark.parametrize("name", [1.5, [2.5], {"id": 3.5}, True, None, 10**30])
def test_rows_that_name_nothing_are_answered_one_by_one(site: Site, name: object) -> None:
    (said,) = site.admin.post("packages/commands/", {"commands": [{"package": name, "slug": "x"}]}, 200)["results"]
    assert said["status_code"] in (400, 404)
    batch = site.admin("POST", "orders/", {"orders": [{"number": name}]})
    assert [row["status_code"] for row in batch.json()["results"]] == [400]


@pytest.mark.parametrize(
    "path",
    [
        "packages/?no_such_filter=1",
        "orders/?no_such_filter=1",
        "packages/?state=no-such-state",
        "packages/?page=0",
        "packages/?page=x",
        "packages/?limit=-1",
        "packages/?limit=x",
        "packages/?page=10000&limit=100",
        "packages/?sort=no_such_column",
        "packages/?id__gt=x",
        "packages/?id__gt=99999999999999999999999",
        "packages/?created_date__gte=yesterday",
        "packages/?customer_last_name=%00",
        "stock_locations/?no_such_filter=1",
        "audit/package/{package}/?version=x",
        "audit/package/{package}/?at=yesterday",
        "audit/package/{package}/diff/?from=1",
    ],
)
def test_a_question_that_cannot_be_answered(site: Site, package: int, path: str) -> None:
    _is_error(site.admin("GET", path.format(package=package)), 400)


def test_an_unknown_filter_is_answered_with_the_known_ones(site: Site) -> None:
    said = site.admin("GET", "packages/?no_such_filter=1").text
    assert "no_such_filter" in said
    assert "state__enum_value__in" in said


@pytest.mark.parametrize(
    "path",
    [
        "/nothing/here",
        "nothing/",
        "packages/0/",
        "packages/-1/",
        "packages/x/",
        "packages/99999999999999999999999999/",
        "orders/987654321/",
        "orders/99999999999999999999999999/",
        "transfer_orders/987654321/",
        "shipments/987654321/",
        "stock_locations/987654321/",
        "scenarios/987654321/",
        "channels/987654321/",
        "audit/order/987654321/history/",
        "audit/package/987654321/history/",
        "audit/unicorn/1/history/",
        "audit/package/{package}/?version=99",
    ],
)
def test_what_is_not_there(site: Site, package: int, path: str) -> None:
    _is_error(site.admin("GET", path.format(package=package)), 404)


def test_an_unknown_format_is_not_acceptable(site: Site) -> None:
    _is_error(site.admin("GET", "packages/?format=parchment"), 406)


@pytest.mark.parametrize("request_", ["DELETE orders/", "PUT packages/1/command/", "GET /api/i1/auth/login/"])
def test_a_method_that_is_not_allowed(site: Site, request_: str) -> None:
    method, path = request_.split()
    _is_error(site.admin(method, path), 405)


def test_a_huge_body_is_not_read(site: Site) -> None:
    where = urlsplit(site.url)
    connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=20)
    connection.putrequest("POST", "/api/v1/oms/orders/")
    connection.putheader("Authorization", f"Token {site.admin.key}")
    connection.putheader("Content-Length", str(10**10))
    connection.endheaders()
    answer = connection.getresponse()
    body = json.loads(answer.read())
    connection.close()
    assert (answer.status, body["status_code"]) == (413, 413)


@pytest.mark.parametrize("value", ["x", "-1", '"one"'])
def test_a_condition_that_is_none(site: Site, package: int, value: str) -> None:
    answer = site.admin("POST", f"packages/{package}/command/", {"slug": "start-preparing"}, If_Match=value)
    _is_error(answer, 400, 412)


def test_a_position_that_never_comes_is_waited_for_shortly(site: Site) -> None:
    answer = site.admin("GET", "packages/", X_OMS_Min_Position=str(10**9))
    _is_error(answer, 503)
    assert int(answer.headers["Retry-After"]) > 0
    _is_error(site.admin("GET", "packages/", X_OMS_Min_Position="soon"), 400)


def test_a_request_keeps_its_id(site: Site) -> None:
    order_ = site.admin("POST", "orders/", order("WITH-ID"), X_Request_ID="support-call-7")
    assert order_.headers["X-Request-ID"] == "support-call-7"
    (event,) = site.log.events(f"order-{order_.json()['id']}")
    assert event.correlation_id == "support-call-7"
    assert len(site.admin("GET", "packages/").headers["X-Request-ID"]) >= 16


def _is_error(answer: requests.Response, *statuses: int) -> None:
    """JSON in the shape of spec 3.1, with no traces of what is inside."""
    assert answer.status_code in statuses, f"{answer.status_code}: {answer.text[:300]}"
    assert answer.headers["Content-Type"] == "application/json"
    body = answer.json()
    if answer.status_code != 406 or "en" not in body:  # errors of the webhook paths have a shape of their own (4.1)
        assert body["status_code"] == answer.status_code
        assert body["error"]
    for word in ("Traceback", "psycopg", "<html", 'File "'):
        assert word not in answer.text
