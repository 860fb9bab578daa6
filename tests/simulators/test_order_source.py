"""The simulated order source: what it sends on good and bad days, what it lists, and what it believes."""

import contextlib
import math

import pytest
from flask import Flask, jsonify, request

from simulators import data, network, order_source, signatures
from simulators.journal import Journal
from simulators.program import serving
from tests.simulators import web
from tests.webhooks.receiver import wait_for

SECRET = "a secret"


class Oms:
    """Takes messages, believes what is signed, accepts every plan."""

    def __init__(self):
        self.got = []
        self.refuse = 0
        self.app = Flask("oms")
        self.app.post("/hook")(self.hook)

    def hook(self):
        body = request.get_data()
        assert signatures.wrong(dict(request.headers), body, [SECRET], self.now(), 300) is None
        if self.refuse:
            self.refuse -= 1
            return jsonify(error="Later."), 503
        message = request.get_json()
        self.got.append(message)
        items = message["payload"].get("items", [])
        answer = [{**row, "accepted": True, "package": None, "reason": None} for row in items]
        return jsonify(results=answer) if items else jsonify(acted=True)

    @staticmethod
    def now():
        return int(request.headers["webhook-timestamp"])


@contextlib.contextmanager
def source(journal=None):
    oms = Oms()
    with serving(oms.app) as hook, serving(order_source.build(1, journal, f"{hook}/hook", SECRET)) as url:
        yield oms, url


def report(url):
    return web.get(f"{url}/report").json()


def settled(url):
    wait_for(lambda: report(url)["messages waiting"] == 0)


def place(url, count=1):
    return web.post(f"{url}/admin/orders", json={"count": count}).json()["pks"]


def test_a_message_is_signed_tried_again_and_a_plan_is_done_when_it_is_accepted():
    with source() as (oms, url):
        oms.refuse = 2
        [pk] = place(url)
        row = web.get(f"{url}/api/orders/{pk}/").json()["orderitem_set"][0]
        items = [{"order_item": row["pk"], "quantity": 1, "reason": "no"}]
        web.post(f"{url}/admin/plans", json={"order": pk, "items": items})
        settled(url)
        wait_for(lambda: [m["event"]["type"] for m in oms.got][2:] == ["order.updated"])
        assert [m["event"]["type"] for m in oms.got][:2] == ["order.created", "cancellation_plan.created"]
        assert web.get(f"{url}/api/orders/{pk}/").json()["orderitem_set"][0]["cancelled_quantity"] == 1
        assert report(url)["messages answered 503"] == 2
        assert len({m["event"]["uuid"] for m in oms.got}) == 3


@pytest.mark.parametrize(
    ("knobs", "came"), [({"webhooks": False}, 0), ({"lost_rate": 1.0}, 0), ({"doubled_rate": 1.0}, 8)]
)
def test_bad_days(knobs, came):
    with source() as (oms, url):
        web.patch(f"{url}/admin/knobs", json=knobs)
        place(url, 4)
        settled(url)
        assert len(oms.got) == came
        assert len({m["payload"]["pk"] for m in oms.got}) == (4 if came else 0)
        assert len(web.get(f"{url}/api/orders/").json()["results"]) == 4


def test_some_orders_are_fetched_by_their_customers_in_the_store_nearest_to_them():
    with source() as (oms, url):
        place(url)
        web.patch(f"{url}/admin/knobs", json={"pickup_rate": 1.0, "bare_rate": 1.0})
        place(url, 3)
        settled(url)
        home, *fetched = (message["payload"] for message in oms.got)
    assert (home["delivery_type"], home["retail_store"]) == ("home", None)
    assert {order["delivery_type"] for order in fetched} == {"store_pickup"}
    stores = {store["erp_code"]: store["address"] for store in network.stores(60, 1)}
    for order, body in zip(fetched, list(data.orders(4, 1))[1:], strict=True):
        chosen = stores[order["retail_store"]["erp_code"]]
        assert (
            km(chosen, body["shipping_address"]) <= min(km(at, body["shipping_address"]) for at in stores.values()) + 1
        )


def km(one, other):
    """Between two addresses, as the crow flies over a globe."""
    a, b = ([math.radians(float(at[name])) for name in ("latitude", "longitude")] for at in (one, other))
    inner = math.sin(a[0]) * math.sin(b[0]) + math.cos(a[0]) * math.cos(b[0]) * math.cos(a[1] - b[1])
    return 6371 * math.acos(min(1.0, inner))


def test_late_messages_come_after_others():
    with source() as (oms, url):
        web.patch(f"{url}/admin/knobs", json={"late_rate": 1.0})
        place(url, 1)
        web.patch(f"{url}/admin/knobs", json={"late_rate": 0.0})
        place(url, 3)
        settled(url)
        pks = [m["payload"]["pk"] for m in oms.got]
        assert sorted(pks) == [1001, 1002, 1003, 1004] and pks != sorted(pks)


def test_pages_go_on_where_the_cursor_says_and_nothing_is_there_twice():
    with source() as (_, url):
        place(url, 5)
        web.patch(f"{url}/admin/orders/1002", json={"fields": {"notes": "changed"}})
        first = web.get(f"{url}/api/orders/?limit=2").json()
        seen, cursor = [row["pk"] for row in first["results"]], first["next"]
        while cursor is not None:
            page = web.get(f"{url}/api/orders/?limit=2&cursor={cursor.replace('+', '%2B')}").json()
            seen += [row["pk"] for row in page["results"]]
            cursor = page["next"]
        assert seen == [1001, 1003, 1004, 1005, 1002]
        since = web.get(f"{url}/api/orders/1005/").json()["modified_date"].replace("+", "%2B")
        changed = web.get(f"{url}/api/orders/?modified_since={since}").json()["results"]
        assert [row["pk"] for row in changed] == [1005, 1002]


def test_states_are_believed_in_order_once_a_key_and_known_after_a_kill(tmp_path):
    path = tmp_path / "source.jsonl"
    with source(Journal(path)) as (_, url):
        place(url)
        for sequence, key in ((4, "a"), (4, "a"), (7, "b"), (6, "late")):
            payload = {"status": str(sequence * 100), "tracking_numbers": [], "items": []}
            said = {"event": {"sequence": sequence}, "payload": payload}
            headers = {"Idempotency-Key": key}
            assert web.post(f"{url}/api/orders/1001/item_states/", json=said, headers=headers).ok
        counts = report(url)
        assert (counts["states"], counts["keys repeated"], counts["states out of order"]) == (2, 1, 1)
    with source(Journal(path)) as (_, url):
        assert web.get(f"{url}/report/told").json() == {"R536365": [[4, "400"], [7, "700"]]}
        assert place(url) == [1002]
        happened = web.post(f"{url}/admin/live", json={"steps": 30}).json()["happened"]
        assert len(happened) == 30
