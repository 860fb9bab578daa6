"""PATCH of an order over HTTP: items, address, notes, status; and held lines let go (spec 1.6)."""

from typing import Any

import pytest

from tests.api.site import Site

PLACE = {"country": {"code": "GB", "name": "United Kingdom"}, "city": {"name": "York"}}
MOVED = {"line": "3 Gate St", "postcode": "YO1", **PLACE, "latitude": "53.96", "longitude": "-1.08"}


def patch(site: Site, order: dict[str, Any], expected: int = 200, /, **body: Any) -> Any:
    answer = site.admin("PATCH", f"orders/{order['id']}/", body)
    assert answer.status_code == expected, answer.text
    return answer.json()


def test_fewer_and_more_pieces_and_a_new_line(site: Site) -> None:
    order = site.order()
    package = site.plan(order)
    items = [
        {"omnitron_id": 1, "quantity": 2},
        {"id": order["orderitem_set"][1]["id"], "sku": "B", "quantity": 3},
        {"omnitron_id": 7, "sku": "A", "name": "NEW", "quantity": 1, "price": "1.05"},
    ]
    now = patch(site, order, items=items, amount="14.25")
    told = [(i["quantity"], i["cancelled_quantity"], i["waiting_quantity"]) for i in now["orderitem_set"]]
    assert told == [(6, 4, 0), (3, 0, 1), (1, 0, 1)] and now["amount"] == "14.25"
    assert now["orderitem_set"][2]["price"] == "1.05"
    assert [(r["accepted"], r["package"], r["quantity"]) for r in now["cancellation"]["results"]] == [
        (True, package, 4)
    ]
    again = patch(site, order, items=items, amount="14.25")
    assert again["orderitem_set"] == now["orderitem_set"] and "cancellation" not in again

    site.record(f"order-{order['id']}", *[])
    site.caught_up()
    assert len(site.admin.get(f"orders/{order['id']}/")["package_set"]) == 2


def test_an_address_follows_until_it_is_packed(site: Site) -> None:
    order = site.order()
    package = site.plan(order)
    now = patch(site, order, shipping_address=MOVED, notes="ring twice")
    assert now["shipping_address"]["line"] == "3 Gate St" and now["notes"] == "ring twice"
    site.caught_up()
    shown = site.admin.get(f"packages/{package}/")
    assert shown["city"] == "York" and shown["order_notes"] == "ring twice"
    assert shown["order"]["shipping_address"]["line"] == "3 Gate St"
    assert site.admin.get("packages/?city=York&order__number=" + order["number"])["count"] == 1
    site.admin.command(package, "complete-packaging-without-shipment")
    refused = patch(site, order, 400, shipping_address={**MOVED, "line": "4 Gate St"})
    assert refused["error"]["code"] == "state_conflict"
    same = patch(site, order, shipping_address=MOVED, notes="ring thrice")
    assert same["notes"] == "ring thrice" and same["customer"]["first_name"] == "Ada"


def test_approved_and_cancelled_by_its_status(site: Site) -> None:
    order = site.order(status="300")
    assert patch(site, order, status="400")["state"]["enum_value"] == "400"
    assert patch(site, order, status="100")["state"]["enum_value"] == "100"


def test_an_old_version_and_a_dry_run(site: Site) -> None:
    order = site.order()
    path = f"orders/{order['id']}/"
    assert site.admin("PATCH", path, {"notes": "x"}, If_Match='"7"').status_code == 412
    dry = site.admin("PATCH", path + "?dry_run=true", {"notes": "x"}).json()
    assert [e["event"] for e in dry["events"]] == ["OrderDetailsChanged"]
    assert site.admin.get(path)["notes"] == ""
    assert site.admin("PATCH", path, {"notes": "x"}, If_Match='"1"', Idempotency_Key="n").headers["ETag"] == '"2"'
    assert site.admin("PATCH", path, {"notes": "x"}, If_Match='"1"', Idempotency_Key="n").headers["ETag"] == '"2"'


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"items": [{"quantity": 1}]}, "items"),
        ({"items": [{"omnitron_id": 1, "sku": "B", "quantity": 1}]}, "items"),
        ({"items": [{"id": 999999, "quantity": 1}]}, "items"),
        ({"items": [{"omnitron_id": 9, "quantity": 1}]}, "items"),
        ({"items": [{"omnitron_id": 1, "quantity": -1}]}, "items"),
        ({"status": "401"}, "status"),
        ({"amount": "1.005"}, "amount"),
        ({"shipping_address": {"latitude": "95"}}, "shipping_address"),
    ],
)
def test_wrong_input_names_the_field(site: Site, body: dict[str, Any], field: str) -> None:
    assert field in patch(site, site.order(), 400, **body)["error"]


def test_held_lines_are_let_go_by_asking_for_a_plan(site: Site) -> None:
    order = site.order()
    package = site.plan(order)
    assert site.admin.command(package, "cancel-package", replan=False).status_code == 204
    held = site.admin.get(f"orders/{order['id']}/")["orderitem_set"]
    assert [i["held_quantity"] for i in held] == [6, 2]
    assert site.admin("POST", f"orders/{order['id']}/plan/").status_code == 204
    waiting = site.admin.get(f"orders/{order['id']}/")["orderitem_set"]
    assert [(i["held_quantity"], i["waiting_quantity"]) for i in waiting] == [(0, 6), (0, 2)]
    assert site.plan(order) != package
