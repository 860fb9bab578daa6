"""`orders/{id}/split-item/` over HTTP (spec 3.2), and cancellation plans of an item that was split."""

from typing import Any

from tests.api.site import Site, order


def merged(site: Site, number: str, **fields: Any) -> dict[str, Any]:
    said = order(number, **fields)
    said["items"] = [
        {
            **said["items"][0],
            "omnitron_id": 7001,
            "quantity": 3,
            "discount_amount": "1.00",
            "extra_field": {"net_amount": "10.00"},
        }
    ]
    made: dict[str, Any] = site.admin.post("orders/", said)
    return made


def test_a_merged_item_becomes_parts_and_its_package_follows(site: Site) -> None:
    made = merged(site, "SPLIT-1")
    package = site.plan(made)
    item = made["orderitem_set"][0]["id"]
    path = f"orders/{made['id']}/split-item/"
    events = site.admin.post(f"{path}?dry_run=true", {"order_item": item}, 200)["events"]
    assert [row["event"] for row in events] == ["OrderItemSplit", "PackageItemSplit"]
    answer = site.admin("POST", path, {"order_item": item}, Idempotency_Key="split-1", If_Match='"3"')
    assert answer.status_code == 200, answer.text
    rows = answer.json()["orderitem_set"]
    assert [(row["quantity"], row["discount_amount"], row["net_amount"]) for row in rows] == [
        (1, "0.33", "3.33"),
        (1, "0.34", "3.34"),
        (1, "0.33", "3.33"),
    ]
    assert rows[0]["id"] == item and [row["omnitron_id"] for row in rows] == [7001, None, None]
    assert [row["parent_omnitron_id"] for row in rows] == [None, 7001, 7001]
    again = site.admin("POST", path, {"order_item": item}, Idempotency_Key="split-1")
    assert (again.status_code, again.json()) == (200, answer.json())
    site.caught_up()
    held = site.admin.get(f"packages/{package}/")["packageitem_set"]
    assert [row["order_item"] for row in held] == [row["id"] for row in rows]
    listed = site.admin.get(f"packages/package-items/?package={package}")["results"]
    assert sorted(row["order_item"] for row in listed) == sorted(row["id"] for row in rows)
    assert site.admin.get("order_items/?order_number=SPLIT-1")["count"] == 3
    assert site.admin.command(package, "complete-packaging-with-shipment").status_code == 204


def test_what_is_wrong_with_a_split_is_said(site: Site) -> None:
    made = merged(site, "SPLIT-2")
    item, path = made["orderitem_set"][0]["id"], f"orders/{made['id']}/split-item/"
    for body, field in (
        ({}, "order_item"),
        ({"order_item": 987654321}, "order_item"),
        ({"order_item": item, "parts": [1, 1]}, "parts"),
        ({"order_item": item, "parts": [0, 3]}, "parts"),
        ({"order_item": item, "parts": ["x"]}, "parts"),
        ({"order_item": item, "parts": [{"quantity": 1, "omnitron_id": 7001}, 2]}, "parts"),
    ):
        answer = site.admin("POST", path, body)
        assert (answer.status_code, list(answer.json()["error"])) == (400, [field]), answer.text
    assert site.admin("POST", "orders/987654321/split-item/", {"order_item": 1}).status_code == 404
    assert site.admin("POST", path, {"order_item": item}, If_Match='"9"').status_code == 412
    assert len(site.admin.get(f"orders/{made['id']}/")["orderitem_set"]) == 1


def test_a_plan_names_the_item_as_it_was(site: Site) -> None:
    """The order source knows of no split: what it cancels of the item is taken from all its parts."""
    made = merged(site, "SPLIT-3")
    parts = [{"quantity": 1}, {"quantity": 1, "omnitron_id": 7002}, 1]
    said = {"order_item": 7001, "parts": parts}
    rows = site.admin.post(f"orders/{made['id']}/split-item/", said, 200)["orderitem_set"]
    assert [row["omnitron_id"] for row in rows] == [7001, 7002, None]
    plan = {
        "event": {"type": "cancellation_plan.created", "uuid": "split-3"},
        "payload": {
            "plan_type": "cancel",
            "order": {"number": "SPLIT-3", "channel": "web"},
            "items": [{"order_item": 7001, "quantity": 2, "reason": "changed mind"}],
        },
    }
    results = site.admin.post("cancellation_plan/", plan, 200)["results"]
    assert [(row["order_item"], row["accepted"], row["quantity"]) for row in results] == [(7001, True, 1)] * 2
    assert site.admin.post("cancellation_plan/", plan, 200)["results"] == results
    now = site.admin.get(f"orders/{made['id']}/")["orderitem_set"]
    assert [row["cancelled_quantity"] for row in now] == [1, 0, 1]
