"""Orders come in over HTTP (spec 3.3): each once, to the cent, its person sealed; one, many, and many at once."""

import threading
from typing import Any

import pytest

from tests.api.site import Site, order

PERSON = ("Grace-of-the-test", "Hopper-of-the-test", "grace-of-the-test@example.org", "11 Sealed Street")


def test_an_order_is_answered_as_it_stands(site: Site) -> None:
    made = site.admin("POST", "orders/", order("IN-1", extra_field={"gate": "7"}))
    body = made.json()
    assert made.status_code == 201
    assert int(made.headers["X-OMS-Position"]) == site.log.head().position
    assert made.headers["ETag"] == '"1"'
    assert (body["number"], body["amount"], body["channel_name"]) == ("IN-1", "30.60", "web")
    assert body["extra_field"] == {"gate": "7"}
    assert [(i["product"]["sku"], i["price"]) for i in body["orderitem_set"]] == [("A", "2.55"), ("B", "2.55")]
    assert site.admin.get(f"orders/{body['id']}/", X_OMS_Min_Position=made.headers["X-OMS-Position"]) == body


def test_the_same_order_twice_is_the_first_one(site: Site) -> None:
    first = site.admin.post("orders/", order("IN-2"))
    head = site.log.head().position
    assert site.admin.post("orders/", order("IN-2"), 200)["id"] == first["id"]
    assert site.admin.post("orders/", order("IN-2", amount="99.99"), 200)["amount"] == "30.60"
    assert site.log.head().position == head


def test_the_same_order_many_times_at_once_is_one(site: Site) -> None:
    answers: list[Any] = []

    def send() -> None:
        answers.append(site.admin("POST", "orders/", order("IN-3")))

    threads = [threading.Thread(target=send) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [200] * 11 + [201]
    assert len({answer.json()["id"] for answer in answers}) == 1


def test_a_number_is_unique_in_its_channel_only(site: Site) -> None:
    if "shop" not in {row["name"] for row in site.admin.get("channels/?limit=100")["results"]}:
        site.admin.post("channels/", {"name": "shop", "channel_type": "mobile"})
    one = site.admin.post("orders/", order("IN-4"))
    other = site.admin.post("orders/", order("IN-4", channel="shop"))
    assert one["id"] != other["id"]


def test_a_carrier_goes_by_id_slug_or_name(site: Site) -> None:
    by_slug = site.admin.post("orders/", order("IN-5"))["cargo_company"]
    by_name = site.admin.post("orders/", order("IN-6", cargo_company="Fast Cargo"))["cargo_company"]
    by_id = site.admin.post("orders/", order("IN-7", cargo_company=by_slug))["cargo_company"]
    assert by_slug == by_name == by_id


def test_a_batch_is_answered_order_by_order(site: Site) -> None:
    site.admin.post("orders/", order("IN-8"))
    rows = [order("IN-9"), order("IN-8"), order("IN-10", channel="of nobody"), order("IN-9"), "no order"]
    said = site.admin("POST", "orders/", {"orders": rows})
    assert said.status_code in (200, 201)
    results = said.json()["results"]
    assert [row["status_code"] for row in results] == [201, 200, 400, 200, 400]
    assert results[0]["id"] == results[3]["id"]
    assert "channel" in results[2]["error"]


def test_a_batch_under_a_key_is_answered_again(site: Site) -> None:
    rows = [order("IN-KEY-1"), order("IN-KEY-2"), order("IN-KEY-1"), {"number": "IN-KEY-3"}]
    first, again = (site.admin("POST", "orders/", {"orders": rows}, Idempotency_Key="a batch").json() for _ in range(2))
    assert [row["status_code"] for row in first["results"]] == [201, 201, 200, 400]
    assert again == first
    others = [order("IN-KEY-4"), order("IN-KEY-2")]
    other = site.admin("POST", "orders/", {"orders": others}, Idempotency_Key="a batch").json()["results"]
    assert [row["status_code"] for row in other] == [422, 201]


def test_thousands_in_a_call_leave_room_for_others(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.http.intake.AT_ONCE", 2)
    queued: list[int] = []
    append = site.log.append_many

    def counted(some: Any) -> Any:
        queued.append(len(some))
        return append(some)

    monkeypatch.setattr(site.log, "append_many", counted)
    made = site.admin.post("orders/", {"orders": [order(f"IN-MANY-{n}") for n in range(5)]})
    assert [row["status_code"] for row in made["results"]] == [201] * 5
    assert queued == [2, 2, 1]
    monkeypatch.setattr("api.http.intake.MOST_ORDERS", 4)
    many = site.admin("POST", "orders/", {"orders": [order(f"IN-MANY-{n}") for n in range(5)]})
    assert (many.status_code, many.json()["error"]["message"]) == (400, "At most 4 orders a call.")


def test_an_unknown_sku_is_taken_in(site: Site) -> None:
    item = {"sku": "NEVER-SEEN", "quantity": 1}
    assert site.admin.post("orders/", order("IN-11", items=[item]))["state"]["enum_value"] == "400"


def test_other_states_are_kept_as_they_come(site: Site) -> None:
    made = site.admin.post("orders/", order("IN-12", status="300"))
    assert made["state"]["enum_value"] == "300"
    refused = site.admin("POST", f"orders/{made['id']}/plan/")
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "state_conflict")


def test_an_order_kept_back_is_planned_when_asked_for(site: Site) -> None:
    made = site.admin.post("orders/", order("IN-13", plan=False))
    assert not site.log.state(f"order-{made['id']}").state.to_plan
    assert site.admin("POST", f"orders/{made['id']}/plan/").status_code == 204
    assert site.log.state(f"order-{made['id']}").state.to_plan
    assert site.admin("POST", "orders/987654321/plan/").status_code == 404


def test_no_event_holds_a_person(site: Site) -> None:
    first, last, email, line = PERSON
    customer = {"email": email, "first_name": first, "last_name": last, "phone_number": "+447700900123"}
    address = {**order("X")["shipping_address"], "line": line}
    made = site.admin.post("orders/", order("IN-14", customer=customer, shipping_address=address, notes=line))
    assert (made["customer"]["email"], made["shipping_address"]["line"]) == (email, line)
    with site.log.listening() as connection:
        ((data,),) = connection.execute("select data from log where stream = %s", (f"order-{made['id']}",)).fetchall()
    for word in (*PERSON, "+447700900123"):
        assert word not in data
    state = site.log.state(f"order-{made['id']}").state
    assert (state.destination.city, state.destination.latitude) == ("Leeds", 53.8)


def test_one_customer_has_one_key(site: Site) -> None:
    customer = {"email": "Same@example.org"}
    orders = [site.admin.post("orders/", order(f"IN-15-{n}", customer=customer))["id"] for n in range(2)]
    assert len({site.log.state(f"order-{id}").state.personal.key for id in orders}) == 1


def test_an_order_under_a_key_is_answered_again(site: Site) -> None:
    body = order("IN-16")
    first = site.admin("POST", "orders/", body, Idempotency_Key="in-16")
    again = site.admin("POST", "orders/", body, Idempotency_Key="in-16")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    for name in ("ETag", "X-OMS-Position"):
        assert first.headers[name] == again.headers[name]
    other = site.admin("POST", "orders/", order("IN-17"), Idempotency_Key="in-16")
    assert other.status_code == 422
    changed = site.admin("POST", "orders/", order("IN-16", amount="31.00"), Idempotency_Key="in-16")
    assert changed.status_code == 422


def test_what_an_order_says_besides_is_kept(site: Site) -> None:
    body = order("IN-80", gift_wrap="red", extra_field={"ratio": 2.5})
    taken = site.admin.post("orders/", body)
    assert taken["extra_field"] == {"ratio": 2.5, "gift_wrap": "red"}
    assert site.admin.get(f"orders/{taken['id']}/")["extra_field"] == {"ratio": 2.5, "gift_wrap": "red"}


def test_an_amount_is_exact_to_the_cent_or_refused(site: Site) -> None:
    answer = site.admin("POST", "orders/", order("IN-81", amount="10.005"))
    assert answer.status_code == 400
    assert list(answer.json()["error"]) == ["amount"]
    assert site.admin.post("orders/", order("IN-81", amount="10.0500"))["amount"] == "10.05"
