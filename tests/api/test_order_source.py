"""What the order source tells by its signed messages: each acts once, late ones undo nothing, nothing is lost."""

import itertools
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from domain.amending import wanted_of
from simulators import signatures
from tests.api.omnitron import OLD, PATH, SECRET, Source, at, connected, order, set_to, with_pieces
from tests.api.site import SECRET as INSTALLATION
from tests.api.site import Site


@pytest.fixture(scope="module")
def source(site: Site) -> Iterator[Source]:
    yield connected(site)
    set_to(site, None)


# --- signatures


@pytest.mark.parametrize("secret", [SECRET, OLD])
def test_a_classic_signature_of_any_name_will_do_and_the_secret_before_while_it_is_rotated(
    source: Source, secret: str
) -> None:
    body = b'{"event": {"type": "basket.created", "uuid": "1"}, "payload": {}}'
    answer = source.site.nobody("POST", PATH, body, X_Omnitron_Signature=signatures.classic(secret, body))
    assert (answer.status_code, answer.json()["acted"]) == (200, False)


def test_what_is_not_signed_by_the_source_changes_nothing(source: Source) -> None:
    body = json.dumps({"event": {"type": "order.created", "uuid": "f"}, "payload": order(1, 0)}).encode()
    head, now = source.site.log.head().position, str(int(time.time()))
    good = {
        "webhook_id": "f",
        "webhook_timestamp": now,
        "webhook_signature": signatures.standard(SECRET, "f", now, body),
    }
    old = str(int(now) - 301)
    tried = [
        {},
        {"X_Omnitron_Signature": signatures.classic("another secret", body)},
        {"X_Omnitron_Signature": signatures.classic(SECRET, body + b" ")},
        {**good, "webhook_signature": signatures.standard("another secret", "f", now, body)},
        {**good, "webhook_id": "g"},
        {**good, "X_Omnitron_Signature": "sha256=00"},
        {**good, "webhook_timestamp": old, "webhook_signature": signatures.standard(SECRET, "f", old, body)},
        {**good, "webhook_timestamp": "\xb2"},
    ]
    for headers in tried:
        answer = source.site.nobody("POST", PATH, body, **headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "unauthorized"), headers
    assert source.site.log.head().position == head
    assert source.site.nobody("POST", PATH, body, **good).status_code == 200


# --- orders


def test_an_order_is_taken_in_as_it_is_said(source: Source) -> None:
    said = source.told("order.created", order(100, 0))
    assert (said["acted"], said["declined"]) == (True, [])
    shown = source.site.admin.get(f"orders/{said['order']}/")
    assert (shown["number"], shown["omnitron_id"], shown["channel_name"]) == ("S100", 100, "web")
    assert (shown["state"]["enum_value"], shown["currency"], shown["notes"]) == ("400", "gbp", "ring twice")
    assert [(i["omnitron_id"], i["product"]["sku"], i["quantity"], i["price"]) for i in shown["orderitem_set"]] == [
        (1001, "A", 6, "2.55"),
        (1002, "B", 2, "2.55"),
    ]
    assert (shown["shipping_address"]["line"], shown["customer"]["email"]) == ("2 High St", "100@example.org")


def test_fields_that_are_not_known_are_kept_and_those_of_a_person_sealed(source: Source) -> None:
    id = source.told("order.created", order(101, 0))["order"]
    kept = source.state(id)
    assert kept.extra == {"basket_id": 4711}
    assert kept.items[0].extra == {"product": {"pk": 1, "base_code": "T"}, "delivery_date": "tomorrow"}
    customer = source.site.log.keyring(INSTALLATION).reveal(kept.personal)["customer"]
    assert customer["shipping_address_fields"] == {"phone_number": "+44"}
    assert customer["remote_id"] == "5"
    source.told("order.updated", order(101, 1, basket_id=4712, gift="yes"))
    assert source.state(id).extra == {"basket_id": 4712, "gift": "yes"}


def test_the_same_again_acts_once(source: Source) -> None:
    first = source.told("order.created", order(102, 0), "once")
    head = source.site.log.head().position
    again = source.told("order.created", order(102, 0), "once")
    assert again == {**first, "acted": False}
    changed = with_pieces(102, 1, 8, 2)
    source.told("order.updated", changed, "twice")
    assert source.wanted(first["order"]) == {"A": 8, "B": 2}
    head = source.site.log.head().position
    for uuid in ("twice", "under another name"):
        assert source.told("order.updated", changed, uuid)["acted"] is False
    assert source.site.log.head().position == head


def test_whatever_the_order_in_which_they_come_the_newest_holds(source: Source) -> None:
    """Three versions of an order and a plan that took two of A back after the second, in each order of coming. The
    source lowers a quantity when its plan was accepted, so the third is never there before that."""
    results = set()
    for n, turns in enumerate(itertools.permutations(range(4))):
        pk = 200 + n
        plan = {
            "pk": f"CP-{pk}",
            "plan_type": "cancel",
            "order": {"pk": pk, "number": f"S{pk}", "channel": "web"},
            "items": [{"order_item": pk * 10 + 1, "quantity": 2, "reason": "changed their mind"}],
            "modified_date": at(2),
        }
        messages = [
            ("order.created", order(pk, 0)),
            ("order.updated", with_pieces(pk, 1, 7, 2, notes="second")),
            ("cancellation_plan.created", plan),
            ("order.updated", with_pieces(pk, 3, 5, 3, notes="third", amount="21.00")),
        ]
        late, accepted = [messages[turn] for turn in turns], False
        while late:
            type, payload = late.pop(0)
            if payload["modified_date"] == at(3) and not accepted:
                late.append((type, payload))
                continue
            answer = source.send(type, payload)
            if answer.status_code == 404:  # a plan of an order that is not there yet is refused, and sent again
                assert type == "cancellation_plan.created"
                late.append((type, payload))
                continue
            assert answer.status_code == 200, answer.text
            accepted = accepted or "results" in answer.json()
        [id] = [row["id"] for row in _orders(source, pk)]
        kept = source.state(id)
        results.add((tuple(source.wanted(id).items()), kept.amount, kept.heard.modified.isoformat()))
        assert source.site.admin.get(f"orders/{id}/")["notes"] == "third", turns
    assert {(pieces, str(amount)) for pieces, amount, _ in results} == {((("A", 5), ("B", 3)), "21.00")}
    assert len(results) == 1


def _orders(source: Source, pk: int) -> list[dict[str, Any]]:
    source.site.caught_up()
    found: list[dict[str, Any]] = source.site.admin.get(f"orders/?number=S{pk}&limit=100")["results"]
    return found


def test_an_order_that_was_changed_before_it_was_heard_of_is_what_it_would_have_become(source: Source) -> None:
    """By messages one after the other, and all at once as a pull finds it: the same pieces, cancelled alike."""
    messages = [("order.created", order(300, 0)), ("order.updated", with_pieces(300, 1, 6, 2, status="100"))]
    for type, payload in messages:
        first = source.told(type, payload)["order"]
    second = source.told("order.updated", order(301, 1, status="100"))["order"]
    fewer = order(302, 2)
    fewer["orderitem_set"][0]["cancelled_quantity"] = 2
    fewer["orderitem_set"][1]["status"] = "100"
    third = source.told("order.updated", fewer)["order"]
    for id in (first, second):
        assert (source.state(id).state, source.wanted(id), source.state(id).waiting) == (100, {"A": 0, "B": 0}, {})
    assert (source.wanted(third), source.state(third).state) == ({"A": 4, "B": 0}, 400)


def test_what_is_said_again_unchanged_does_not_undo_what_others_changed(source: Source) -> None:
    id = source.told("order.created", order(303, 0))["order"]
    line = source.state(id).items[0].id
    source.site.admin.post(f"orders/{id}/cancel/", {"items": [{"order_item": line, "quantity": 2}]}, 200)
    source.told("order.updated", order(303, 1, notes="about something else"))
    assert source.wanted(id) == {"A": 4, "B": 2}
    source.told("order.updated", with_pieces(303, 2, 5, 2))
    assert source.wanted(id) == {"A": 5, "B": 2}


def test_what_cannot_be_done_any_more_is_declined_and_the_rest_is_done(source: Source) -> None:
    told = source.told("order.created", order(304, 0))
    shown = source.site.admin.get(f"orders/{told['order']}/")
    package = source.site.plan(shown)
    assert source.site.admin.command(package, "complete-packaging-with-shipment").status_code == 204
    moved = with_pieces(304, 1, 4, 2, notes="new notes", status="450")
    moved["shipping_address"]["line"] = "3 Low St"
    said = source.told("order.updated", moved)
    assert (said["acted"], len(said["declined"])) == (True, 1)
    assert "The address stays" in said["declined"][0]
    shown = source.site.admin.get(f"orders/{told['order']}/")
    assert (shown["notes"], shown["shipping_address"]["line"]) == ("new notes", "2 High St")
    assert source.site.admin.get(f"packages/{package}/")["cancellation_failure"]
    head = source.site.log.head().position
    source.told("order.updated", {**moved, "modified_date": at(2)})  # no second failure for what was said before
    assert source.site.log.head().position == head + 1
    assert shown["state"]["enum_value"] == "450"


def test_an_order_paid_later_is_planned_then(source: Source) -> None:
    id = source.told("order.created", order(305, 0, status="300"))["order"]
    assert source.state(id).status == 300
    source.told("order.updated", order(305, 1, status="400"))
    assert source.state(id).status == 400
    source.told("order.updated", order(305, 2, status="500"))  # what packages tell is an echo
    assert source.state(id).status == 400


def test_the_source_may_say_pieces_in_an_attribute(source: Source) -> None:
    said = order(306, 0)
    for row, pieces in zip(said["orderitem_set"], (3, 4), strict=True):
        del row["quantity"]
        row["attributes"]["quantity"] = pieces
    assert source.wanted(source.told("order.created", said)["order"]) == {"A": 3, "B": 4}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"channel": {"name": "a channel that nobody made"}}, "channel"),
        ({"orderitem_set": "none"}, "items"),
        ({"orderitem_set": [{"pk": 1, "product": {"sku": "A"}, "quantity": -1}]}, "items"),
        ({"orderitem_set": [7]}, "items"),
        ({"number": None}, "number"),
        ({"modified_date": "yesterday"}, "modified_date"),
        ({"shipping_address": {"city": {"name": 5, "pk": []}, "latitude": "north"}}, "shipping_address"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_written(source: Source, changes: dict[str, Any], field: str) -> None:
    head = source.site.log.head().position
    answer = source.send("order.created", order(307, 0, **changes))
    assert (answer.status_code, list(answer.json()["error"])) == (400, [field]), answer.text
    assert source.site.log.head().position == head


# --- cancellation plans and stores


def test_a_plan_is_answered_and_its_answer_repeated(source: Source) -> None:
    id = source.told("order.created", order(400, 0))["order"]
    plan = {
        "pk": 9,
        "plan_type": "cancel",
        "order": {"pk": 400, "number": "S400", "channel": {"pk": 77, "name": "web"}},
        "items": [{"order_item": 4001, "quantity": 6, "reason": "too late"}],
        "created_date": at(1),
    }
    first = source.told("cancellation_plan.created", plan, "source-plan-1")
    assert [(row["order_item"], row["accepted"], row["quantity"]) for row in first["results"]] == [(4001, True, 6)]
    head = source.site.log.head().position
    assert source.told("cancellation_plan.created", plan, "source-plan-1") == first
    assert source.told("cancellation_plan.updated", plan, "by another name") == first
    assert source.site.log.head().position == head
    assert source.wanted(id) == {"A": 0, "B": 2}


def test_a_store_becomes_a_location_and_what_is_ours_stays(source: Source) -> None:
    store = {
        "pk": 31,
        "erp_code": "SRC-1",
        "name": "Leeds Headrow",
        "phone_number": "+44113",
        "address": "1 The Headrow",
        "city": {"pk": 9, "name": "Leeds"},
        "township": None,
        "latitude": "53.79",
        "longitude": "-1.54",
        "is_active": True,
        "store_hours": [["09:00", "18:00"]],
        "modified_date": at(1),
    }
    id = source.told("retail_store.created", store)["stock_location"]
    shown = source.site.admin.get(f"stock_locations/{id}/")
    assert (shown["erp_code"], shown["name"], shown["omnitron_id"]) == ("SRC-1", "Leeds Headrow", 31)
    assert (shown["address"]["line"], shown["address"]["city"]["name"]) == ("1 The Headrow", "Leeds")
    assert shown["conf"]["order_source"]["store_hours"] == [["09:00", "18:00"]]
    source.site.admin("PATCH", f"stock_locations/{id}/", {"max_quota": 12, "priority": 4})
    source.told("retail_store.updated", {**store, "name": "Leeds", "is_active": False, "modified_date": at(3)})
    source.told("retail_store.updated", {**store, "name": "an older name", "modified_date": at(2)})
    shown = source.site.admin.get(f"stock_locations/{id}/")
    assert (shown["name"], shown["is_active"], shown["max_quota"], shown["priority"]) == ("Leeds", False, 12, 4)
    refused = source.send("retail_store.created", {**store, "erp_code": None})
    assert (refused.status_code, list(refused.json()["error"])) == (400, ["erp_code"])


def test_an_order_as_it_was_before_a_plan_does_not_bring_back_what_the_plan_took(source: Source) -> None:
    id = source.told("order.created", order(401, 0))["order"]
    about = {"pk": 401, "number": "S401", "channel": "web"}
    items = [{"order_item": 4011, "quantity": 2, "reason": "too many"}]
    source.told("cancellation_plan.created", {"pk": 10, "order": about, "items": items, "modified_date": at(2)})
    source.told("order.updated", with_pieces(401, 1, 7, 2))  # one more was ordered before, and is heard of late
    assert source.wanted(id) == {"A": 5, "B": 2}
    source.told("order.updated", with_pieces(401, 3, 5, 2))
    assert source.wanted(id) == {"A": 5, "B": 2}


def test_an_item_that_was_split_here_is_still_one_item_of_the_source(source: Source) -> None:
    id = source.told("order.created", order(402, 0))["order"]
    source.site.admin.post(f"orders/{id}/split-item/", {"order_item": 4021, "parts": [2, 3, 1]}, 200)

    def parts() -> list[int]:
        kept = source.state(id)
        return [wanted_of(kept, line.id) for line in kept.items if line.sku == "A"]

    source.told("order.updated", order(402, 1, notes="about something else"))
    assert parts() == [2, 3, 1]
    source.told("order.updated", with_pieces(402, 2, 8, 2))
    assert parts() == [4, 3, 1]
    source.told("order.updated", with_pieces(402, 3, 5, 2))
    assert parts() == [4, 1, 0]
    plan = {
        "pk": 11,
        "order": {"pk": 402, "number": "S402", "channel": "web"},
        "items": [{"order_item": 4021, "quantity": 3, "reason": "most of it"}],
        "modified_date": at(4),
    }
    first = source.told("cancellation_plan.created", plan, "source-plan-11")
    assert sum(row["quantity"] for row in first["results"] if row["accepted"]) == 3
    assert {row["order_item"] for row in first["results"]} == {4021}
    assert source.told("cancellation_plan.updated", plan, "source-plan-11 again") == first
    assert parts() == [1, 1, 0]
