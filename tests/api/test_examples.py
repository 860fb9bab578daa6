"""The page of requests by example (spec 9), walked from the first to the last on an empty installation, as written."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from tests.api.site import PASSWORD, Client, Site, serving

LEEDS = {
    "erp_code": "ST-014",
    "name": "Leeds Briggate",
    "stock_location_type": "store",
    "is_active": True,
    "priority": 10,
    "max_quota": 40,
    "is_fulfillment_center": True,
    "is_pickup_location": True,
    "is_delivery_location": True,
    "is_return_available": True,
    "is_fast_delivery_available": False,
    "tags": ["city"],
    "conf": {},
    "address": {
        "line": "1 Briggate",
        "postcode": "LS1 6AA",
        "country": {"code": "GB", "name": "United Kingdom"},
        "city": {"name": "Leeds"},
        "township": None,
        "district": None,
        "latitude": "53.79648",
        "longitude": "-1.54785",
    },
}
WAREHOUSE = {**LEEDS, "erp_code": "WH-01", "name": "Warehouse", "stock_location_type": "warehouse", "max_quota": 1000}
SCENARIO = {
    "name": "Standard",
    "status": "active",
    "priority": 1,
    "description": "",
    "prerequisites": {
        "channel": {"type": "static", "values": ["web"]},
        "cargo_company": {"type": "dynamic", "expression": ""},
        "payment_type": {"type": "dynamic", "expression": ""},
        "customer_type": {"type": "dynamic", "expression": ""},
    },
    "default_stock_location": "WH-01",
    "initial_status": "100",
    "rules": [
        {
            "name": "one shop near the customer",
            "items": {"expression": ""},
            "locations": {
                "type": "store",
                "include": [],
                "exclude": [],
                "near": {"km": 50},
                "select_by": ["SELECT_BY_QUOTA"],
            },
            "order_by": [{"by": "distance", "direction": "asc"}],
            "coverage": "whole_order",
            "strategy": "first_fit",
            "transferable": False,
        },
        {
            "name": "fewest packages",
            "locations": {},
            "order_by": [{"by": "priority", "direction": "desc"}, {"by": "distance", "direction": "asc"}],
            "coverage": "split_lines",
            "strategy": "fewest_packages",
            "max_packages": 4,
            "transferable": False,
        },
    ],
}
TRANSFER_SCENARIO = {
    "name": "From the warehouse",
    "status": "active",
    "priority": 1,
    "prerequisites": {"package_location": {"type": "dynamic", "expression": ""}},
    "products": "all_products",
    "max_sources": 2,
    "rules": [
        {
            "name": "any warehouse",
            "locations": {"type": "warehouse"},
            "order_by": [{"by": "stock_amount", "direction": "desc"}],
        }
    ],
}
ORDER = {
    "number": "R1000001",
    "channel": "web",
    "status": "400",
    "currency": "GBP",
    "date_placed": "2026-11-23T10:00:00Z",
    "customer": {"email": "a@example.org", "first_name": "A", "last_name": "B", "phone_number": "+440000"},
    "customer_type": "retail",
    "payment_type": "credit_card",
    "cargo_company": "fast",
    "delivery_type": "home",
    "amount": "30.60",
    "discount_amount": "0.00",
    "shipping_amount": "0.00",
    "shipping_address": {
        "line": "2 High St",
        "postcode": "LS1",
        "country": {"code": "GB", "name": "United Kingdom"},
        "city": {"name": "Leeds"},
        "latitude": "53.80",
        "longitude": "-1.55",
    },
    "billing_address": None,
    "notes": "",
    "extra_field": {},
    "items": [
        {
            "omnitron_id": 1,
            "sku": "85123A",
            "name": "T-LIGHT HOLDER",
            "barcode": "85123A",
            "quantity": 6,
            "price": "2.55",
            "tax_rate": "20.00",
            "discount_amount": "0.00",
            "attributes": {},
        }
    ],
}
HOOK = {
    "target_url": "https://127.0.0.1:9/hook",
    "event_type": "package.*",
    "secret_key": "secret",
    "retry_countdown_config": {"choice": "exponential", "kwargs": {"base": 2, "limit": 3600}},
    "additional_headers": {},
    "config": {},
}


@pytest.fixture
def empty(database_url: str) -> Iterator[Site]:
    """An installation on its first day, with its planner at work."""
    with serving(database_url, planner=True) as site:
        yield site


def test_the_page(empty: Site) -> None:
    admin = _log_in(empty)
    _settings(admin)
    _stock(admin)
    _shown_stock(admin)
    scenario = admin.post("scenarios/", SCENARIO)
    assert (scenario["id"], scenario["version"], scenario["warnings"]) == (1, 1, [])
    assert admin.post("transfer-scenarios/", TRANSFER_SCENARIO)["name"] == "From the warehouse"
    package = _planned(admin, *_order(admin))
    _packed_and_refused(admin, package)
    _shipped_with_number(admin)
    reason = admin.post("packages/package_denial_reason/", {"title": "Too busy", "priority": 1})["id"]
    _other_commands(admin, reason)
    _transfer(admin)
    _webhook(admin)
    _audit(admin, package["id"])


def _log_in(site: Site) -> Client:
    said = site.nobody.post("/api/i1/auth/login/", {"username": "admin", "password": PASSWORD}, 200)
    assert list(said) == ["key"]
    return Client(site.url, said["key"])


def _settings(admin: Client) -> None:
    channel = admin.post("channels/", {"name": "web", "channel_type": "web"})
    assert (channel["id"], channel["name"], channel["channel_type"]) == (1, "web", "web")
    carrier = admin.post("cargo-companies/", {"name": "Fast Cargo", "slug": "fast"})
    assert (carrier["id"], carrier["slug"]) == (1, "fast")
    made = admin.post("stock_locations/", LEEDS)
    assert (made["erp_code"], made["quota"], made["available_quota"]) == ("ST-014", 0, 40)
    assert made["address"]["latitude"] == "53.79648"
    assert made["address"]["city"]["name"] == "Leeds"
    admin.post("stock_locations/", WAREHOUSE)


def _stock(admin: Client) -> None:
    rows = [
        {"erp_code": "ST-014", "sku": "85123A", "quantity": 12},
        {"erp_code": "WH-01", "sku": "85123A", "quantity": 300},
    ]
    assert admin.put("stock/", {"stock": rows}) == {"accepted": 2, "rejected": []}


def _shown_stock(admin: Client) -> None:
    shown = admin.get("stock/?sku=85123A&erp_code=ST-014")["results"]
    assert [
        {name: row[name] for name in ("erp_code", "sku", "quantity", "reserved", "available")} for row in shown
    ] == [{"erp_code": "ST-014", "sku": "85123A", "quantity": "12", "reserved": "0", "available": "12"}]


def _order(admin: Client) -> tuple[int, str]:
    made = admin("POST", "orders/", ORDER)
    assert made.status_code == 201
    order = made.json()
    assert (order["id"], order["number"], order["state"]["enum_value"]) == (1, "R1000001", "400")
    assert (order["amount"], order["orderitem_set"][0]["price"]) == ("30.60", "2.55")
    assert order["customer"]["email"] == "a@example.org"
    assert admin.post("orders/", ORDER, 200)["id"] == order["id"]
    return order["id"], made.headers["X-OMS-Position"]


def _planned_as(admin: Client, order: int, position: str) -> list[int]:
    """The order's packages, once it is planned."""
    ids: list[int] = _until(lambda: admin.get(f"orders/{order}/", X_OMS_Min_Position=position)["package_set"])
    return ids


def _planned(admin: Client, order: int, position: str) -> dict[str, Any]:
    assert _planned_as(admin, order, position) == [1]
    package = admin.get("packages/1/")
    assert (package["number"], package["state"]["enum_value"]) == ("R1000001P1", "100")
    assert package["stock_location"]["erp_code"] == "ST-014"
    pack = next(command for command in package["commands"] if command["transition"] == 31)
    assert pack["slug"] == "complete-packaging-with-shipment"
    assert set(pack) >= {"transition", "slug", "name", "input_schema"}
    reserved = admin.get("stock/?sku=85123A&erp_code=ST-014")["results"][0]
    assert (reserved["reserved"], reserved["available"]) == ("6", "6")
    return package


def _packed_and_refused(admin: Client, package: dict[str, Any]) -> None:
    id = package["id"]
    answer = admin("POST", f"packages/{id}/command/", {"package": 1, "slug": "complete-packaging-with-shipment"})
    assert answer.status_code == 204
    refused = _refused(admin("POST", f"packages/{id}/command/", {"package": 1, "slug": "start-preparing"}))
    assert refused["error"]["code"] == "state_conflict"
    assert refused["error"]["message"] == "Package R1000001P1 is packed (500); start-preparing runs from waiting (100)."
    assert refused["error"]["state"] == "500"
    assert "ship-package" in refused["error"]["allowed"]
    unknown = _refused(admin("POST", f"packages/{id}/command/", {"package": 1, "slug": "teleport"}))
    assert unknown["error"]["code"] == "unknown_command"
    body = {"package": id, "slug": "package-refuse-with-denial-reason"}
    missing = _refused(admin("POST", f"packages/{id}/command/", body))
    assert missing["error"] == {"denial_reason": ["Missing data for required field."]}


def _shipped_with_number(admin: Client) -> None:
    id = _another(admin, "R1000004")
    slug = "complete-packaging-with-shipment"
    assert admin("POST", f"packages/{id}/command/", {"package": id, "slug": slug}).status_code == 204
    body = {"package": id, "slug": "package-advanced-shipment", "cargo_company": "fast", "tracking_number": "TRK1"}
    assert admin("POST", f"packages/{id}/command/", body).status_code == 204
    shipped = admin.get(f"packages/{id}/")
    assert (shipped["state"]["enum_value"], shipped["shipment"]["awb_number"]) == ("600", "TRK1")


def _other_commands(admin: Client, reason: int) -> None:
    second, third = (_another(admin, number) for number in ("R1000002", "R1000003"))
    body = {"package": second, "slug": "package-refuse-with-denial-reason", "denial_reason": reason}
    assert admin("POST", f"packages/{second}/command/", body).status_code == 204
    item = admin.get(f"packages/{third}/")["packageitem_set"][0]["id"]
    gone = [{"id": item, "quantity": 2, "reason": "not_found"}]
    body = {"package": third, "slug": "product-not-found", "package_items": gone}
    assert admin("POST", f"packages/{third}/command/", body).status_code == 204
    rows = [{"package": 1, "slug": "ship-package"}, {"package": second, "slug": "ship-package"}]
    results = admin.post("packages/commands/", {"commands": rows}, 200)["results"]
    assert results[0] == {"package": 1, "status_code": 204}
    assert (results[1]["package"], results[1]["status_code"]) == (second, 400)
    assert results[1]["error"]["code"] == "state_conflict"


def _transfer(admin: Client) -> None:
    """More than the shop has of it: the warehouse is asked for the rest."""
    _stock(admin)
    rule = {
        "name": "to the shop",
        "locations": {"include": ["ST-014"]},
        "coverage": "whole_order",
        "transferable": True,
    }
    asked: dict[str, Any] = {**SCENARIO, "name": "Shop", "priority": 0, "rules": [rule]}
    asked["prerequisites"] = {"payment_type": {"type": "static", "values": ["in_shop"]}}
    admin.post("scenarios/", asked)
    order: dict[str, Any] = {**ORDER, "number": "R1000005", "payment_type": "in_shop"}
    order["items"] = [{**order["items"][0], "quantity": 20}]
    made = admin("POST", "orders/", order)
    (package,) = _planned_as(admin, made.json()["id"], made.headers["X-OMS-Position"])
    (transfer,) = admin.get(f"packages/{package}/")["transfer_orders"]
    body = {"transfer": transfer, "slug": "transfer-dispatch"}
    assert admin("POST", f"transfer_orders/{transfer}/command/", body).status_code == 204
    assert admin.get(f"transfer_orders/{transfer}/")["state"]["enum_value"] == "in_transit"


def _another(admin: Client, number: str) -> int:
    made = admin("POST", "orders/", {**ORDER, "number": number})
    package: int = _planned_as(admin, made.json()["id"], made.headers["X-OMS-Position"])[0]
    return package


def _webhook(admin: Client) -> None:
    made = admin.post("/whisperer/hooks/", HOOK)
    assert (made["id"], made["event_type"]) == (1, "package.*")
    assert made["retry_countdown_config"] == HOOK["retry_countdown_config"]
    assert '"secret"' not in admin("GET", "/whisperer/hooks/1/").text


def _audit(admin: Client, package: int) -> None:
    results = admin.get(f"audit/package/{package}/history/")["results"]
    fields = {"position", "version", "at", "event", "sentence", "actor", "command"}
    fields |= {"correlation", "causation", "data", "changes"}
    assert all(set(row) >= fields for row in results)
    assert [row["event"] for row in results][:3] == ["PackageCreated", "PackagePacked", "ShipmentCreated"]
    assert results[1]["actor"] == "admin"
    then = admin.get(f"audit/package/{package}/?version=2")
    now = admin.get(f"packages/{package}/")
    assert set(then) == set(now)
    assert (then["state"]["enum_value"], now["state"]["enum_value"]) == ("500", "600")
    changes = admin.get(f"audit/package/{package}/diff/?from=2&to=4")["changes"]
    assert {"field", "from", "to"} == set(changes[0])
    assert any(change["from"] == "500" and change["to"] == "600" for change in changes)


def _refused(answer: requests.Response) -> Any:
    assert answer.status_code == 400
    body = answer.json()
    assert body["status_code"] == 400
    return body


def _until(look: Callable[[], Any], seconds: float = 20.0) -> Any:
    """What `look` gives once it gives something."""
    end = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < end, "nothing came"
        time.sleep(0.02)
    return found
