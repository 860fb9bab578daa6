"""Cancellation plans over HTTP: answered item by item, once; a person decides where that is asked for (spec 1.6, 7)."""

from itertools import count
from typing import Any

import pytest

from tests.api.site import Client, Site

_numbers = count(1)


def plan(order: dict[str, Any], *items: tuple[int, int], **fields: Any) -> dict[str, Any]:
    """A plan of (omnitron id, pieces) for the order, under a uuid and pk of its own."""
    n = next(_numbers)
    return {
        "event": {"type": "cancellation_plan.created", "uuid": fields.pop("uuid", f"plan-{n}")},
        "payload": {
            "pk": fields.pop("pk", n),
            "plan_type": fields.pop("plan_type", "cancel"),
            "order": {"pk": 1, "number": order["number"], "status": "400", "channel": "web"},
            "items": [{"order_item": item, "quantity": n, "reason": "changed my mind"} for item, n in items],
            **fields,
        },
    }


def shown(site: Site, package: int) -> dict[str, Any]:
    site.caught_up()
    return site.admin.get(f"packages/{package}/")


def pieces(package: dict[str, Any]) -> list[int]:
    return [item["quantity"] for item in package["packageitem_set"]]


def accepted(package: int, *items: tuple[int, int], reason: str | None = None) -> dict[str, Any]:
    return {
        "results": [
            {"order_item": item, "accepted": True, "package": package, "reason": reason, "quantity": n}
            for item, n in items
        ]
    }


def test_part_of_a_package_and_then_the_rest(site: Site) -> None:
    order = site.order()
    package = site.plan(order)
    before = shown(site, package)
    answer = site.admin.post("cancellation_plan/", plan(order, (1, 4)), 200)
    assert answer == accepted(package, (1, 4))
    after = shown(site, package)
    assert pieces(after) == [2, 2] and after["state"] == before["state"]
    assert after["stock_location"]["id"] == before["stock_location"]["id"]
    line = site.admin.get(f"orders/{order['id']}/")["orderitem_set"][0]
    assert (line["quantity"], line["cancelled_quantity"], line["state"]["enum_value"]) == (6, 4, "400")

    assert site.admin.post("cancellation_plan/", plan(order, (1, 2), (2, 2)), 200) == accepted(package, (1, 2), (2, 2))
    assert shown(site, package)["state"]["enum_value"] == "1000"
    assert site.admin.get(f"orders/{order['id']}/")["state"]["enum_value"] == "100"


def test_the_same_plan_again_is_answered_the_same_and_done_once(site: Site) -> None:
    order = site.order()
    package = site.plan(order)
    first = plan(order, (1, 1))
    answer = site.admin.post("cancellation_plan/", first, 200)
    assert site.admin.post("cancellation_plan/", first, 200) == answer
    assert (
        site.admin.post("cancellation_plan/", {**first, "event": {"uuid": f"{first['event']['uuid']}b"}}, 200) == answer
    )
    other = plan(site.order(), (1, 5), uuid=first["event"]["uuid"])
    assert site.admin.post("cancellation_plan/", other, 200) == answer
    assert pieces(shown(site, package)) == [5, 2]


def test_a_plan_without_an_id_is_known_by_its_content(site: Site) -> None:
    order = site.order()
    package = site.plan(order)
    site.admin.post("cancellation_plan/", plan(order, (1, 1), pk=None), 200)
    site.admin.post("cancellation_plan/", plan(order, (1, 1), pk=None), 200)
    assert pieces(shown(site, package)) == [5, 2]
    site.admin.post("cancellation_plan/", plan(order, (1, 2), pk=None), 200)
    assert pieces(shown(site, package)) == [3, 2]


def test_too_late_is_declined_and_the_package_says_so(site: Site) -> None:
    order = site.order()
    package = site.plan(order)
    assert site.admin.command(package, "complete-packaging-without-shipment").status_code == 204
    assert shown(site, package)["cancellation_failure"] is False
    answer = site.admin.post("cancellation_plan/", plan(order, (1, 1), (9, 1)), 200)
    late, unknown = answer["results"]
    assert (late["accepted"], late["package"]) == (False, package) and "packed (500)" in late["reason"]
    assert (unknown["order_item"], unknown["accepted"], unknown["package"]) == (9, False, None)
    assert shown(site, package)["cancellation_failure"] is True
    site.caught_up()
    failed = [row["id"] for row in site.admin.get("packages/?cancellation_failure=true")["results"]]
    others = [row["id"] for row in site.admin.get("packages/?cancellation_failure=false&limit=100")["results"]]
    assert package in failed and package not in others


def test_a_person_decides(site: Site) -> None:
    setting = site.admin.post("channels/", {"name": "asks", "conf": {"confirm_cancellation": True}})
    order = site.order(channel=setting["slug"])
    package = site.plan(order)
    said = plan(order, (1, 2))
    said["payload"]["order"]["channel"] = "asks"
    asked = site.admin.post("cancellation_plan/", said, 200)
    assert asked == accepted(package, (1, 2), reason="waits for a decision")
    assert shown(site, package)["state"]["enum_value"] == "930"
    assert shown(site, package)["cancelling"] == [
        {"id": shown(site, package)["packageitem_set"][0]["id"], "quantity": 2}
    ]
    assert {c["slug"] for c in shown(site, package)["commands"]} == {"cancel-package", "decline-cancellation"}
    assert site.admin.get(f"orders/{order['id']}/")["state"]["enum_value"] == "50"

    assert site.admin.command(package, "decline-cancellation", reason="gone").status_code == 204
    assert shown(site, package)["state"]["enum_value"] == "100" and pieces(shown(site, package)) == [6, 2]
    site.admin.post("cancellation_plan/", {**plan(order, (1, 2)), "payload": {**said["payload"], "pk": "again"}}, 200)
    assert site.admin.command(package, "cancel-package", replan=False).status_code == 204
    lines = site.admin.get(f"orders/{order['id']}/")["orderitem_set"]
    assert [(i["cancelled_quantity"], i["held_quantity"]) for i in lines] == [(2, 4), (0, 2)]


def test_cancel_by_hand(site: Site) -> None:
    order = site.order()
    package = site.plan(order)
    item = order["orderitem_set"][0]["id"]
    body = {"items": [{"order_item": item, "quantity": 1, "reason": "by phone"}]}
    path = f"orders/{order['id']}/cancel/"
    dry = site.admin.post(path + "?dry_run=true", body, 200)
    assert [e["event"] for e in dry["events"]] == ["PackageItemsCancelled", "CancellationPlanAnswered"]
    for key in ("one", "one", "two"):
        assert site.admin.post(path, body, 200, Idempotency_Key=key) == accepted(package, (item, 1))
    assert (
        site.admin("POST", path, {"items": [{**body["items"][0], "quantity": 2}]}, Idempotency_Key="one").status_code
        == 422
    )
    assert site.admin("POST", path, body, If_Match='"1"').status_code == 412
    assert pieces(shown(site, package)) == [4, 2]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"event": {}}, "event"),
        ({"payload": {"items": []}}, "payload"),
        ({"payload": None}, "payload"),
        ({"payload": {"order": {"number": "R1"}, "items": [{"order_item": 1, "quantity": 0}]}}, "payload"),
        ({"payload": {"order": {}, "items": [{"order_item": 1, "quantity": 1}]}}, "payload"),
        ({"payload": {"order": {"number": "R1"}, "plan_type": "return", "items": []}}, "payload"),
    ],
)
def test_a_wrong_plan_names_the_field(site: Site, change: dict[str, Any], field: str) -> None:
    order = {"number": "R1"}
    answer = site.admin("POST", "cancellation_plan/", {**plan(order, (1, 1)), **change})
    assert answer.status_code == 400 and field in answer.json()["error"]


def test_no_such_order(site: Site) -> None:
    assert site.admin("POST", "cancellation_plan/", plan({"number": "nobody's"}, (1, 1))).status_code == 404
    body = {"items": [{"order_item": 1, "quantity": 1}]}
    assert site.admin("POST", "orders/999999999/cancel/", body).status_code == 404


@pytest.mark.parametrize("role", ["store", "viewer", "support", "planner"])
def test_who_may_not(site: Site, role: str) -> None:
    client: Client = site.user(f"cancels-{role}", role, *([site.places["ST-014"]] if role == "store" else []))
    order = site.order()
    assert client("POST", "cancellation_plan/", plan(order, (1, 1))).status_code == 403
