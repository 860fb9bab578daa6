"""The ERP over real HTTP: what it verifies, what it finds wrong with the order of messages, what it remembers.

Signatures are made by the `standardwebhooks` package where it can, so that the ERP's own check is judged by another's.
"""

import base64
import hashlib
import hmac
import json
import threading
import time
from contextlib import closing
from datetime import UTC, datetime

import pytest
import requests
from standardwebhooks.webhooks import Webhook

from simulators import erp, program
from simulators.journal import Journal
from tests.simulators import web

WHSEC = "whsec_" + base64.b64encode(b"0123456789abcdef01234567").decode()
NOTHING_WRONG = {
    **dict.fromkeys(("repeats", "late_repeats", "changed_repeats", "out_of_order", "gaps"), 0),
    **dict.fromkeys(("bad_signature", "malformed", "failed", "lost_answers"), 0),
}


def message(uuid, previous=None, sequence=1, kind="package", id=1, type="package.status.packed"):
    event = {"type": type.replace("package", kind, 1), "uuid": uuid, "sequence": sequence, "previous": previous}
    event |= {"timestamp": "2026-11-23T10:00:00Z", "position": sequence * 10}
    return json.dumps({"event": event, "payload": {"id": id, "number": "R1P1"}}).encode()


def counts(received, distinct, objects, by_type, **wrong):
    """A report in which nothing but this is wrong."""
    said = {"received": received, "distinct": distinct, "objects": objects, "by_type": by_type}
    return NOTHING_WRONG | said | wrong


def post(url, body, endpoint="a", headers=None):
    return web.post(f"{url}/hooks/{endpoint}", data=body, headers=headers or {})


def report(url):
    return web.get(f"{url}/report").json()


def classic(secret, body):
    return {"X-Whisperer-Signature": "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


def standard(secret, body, uuid="u1", at=None):
    at = at or datetime.now(UTC)
    signature = Webhook(secret).sign(uuid, at, body.decode())
    return {"webhook-id": uuid, "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": signature}


@pytest.fixture
def url():
    with program.serving(erp.build(seed=1)) as url:
        yield url


def test_a_chain_in_order_has_nothing_wrong_with_it(url):
    for uuid, previous, sequence in (("u1", None, 1), ("u2", "u1", 2), ("u3", "u2", 2), ("u4", "u3", 5)):
        assert post(url, message(uuid, previous, sequence)).status_code == 200
    assert post(url, message("v1", id=2, type="package.created")).status_code == 200
    assert report(url) == counts(5, 5, 2, {"package.created": 1, "package.status.packed": 4})
    (chain,) = web.get(f"{url}/objects", params={"object": "package:1"}).json()["results"]
    assert [event["uuid"] for event in chain["events"]] == ["u1", "u2", "u3", "u4"]


def test_each_endpoint_has_a_ledger_of_its_own(url):
    post(url, message("u1"), "a")
    post(url, message("u1"), "b")
    assert report(url) == counts(2, 2, 2, {"package.status.packed": 2})


def test_an_exact_repeat_is_a_repeat_and_nothing_worse(url):
    post(url, message("u1"))
    post(url, message("u1"))
    assert report(url) == counts(2, 1, 1, {"package.status.packed": 1}, repeats=1)


def test_a_repeat_with_another_body_and_one_after_something_newer_are_told_apart(url):
    post(url, message("u1"))
    post(url, message("u1", id=9))
    post(url, message("u2", "u1", 2))
    post(url, message("u1"))
    said = report(url)
    assert (said["repeats"], said["changed_repeats"], said["late_repeats"]) == (2, 1, 1)
    assert said["out_of_order"] == said["gaps"] == 0


def test_a_message_that_never_came_is_a_gap(url):
    post(url, message("u1"))
    post(url, message("u3", "u2", 3))
    assert (report(url)["gaps"], report(url)["out_of_order"]) == (1, 0)
    (problem,) = web.get(f"{url}/problems").json()["results"]
    assert problem["kind"] == "gaps"
    assert problem["uuid"] == "u3"


def test_an_older_message_after_a_newer_one_is_out_of_order(url):
    for uuid, previous, sequence in (("u1", None, 1), ("u2", "u1", 2), ("u3", "u1", 3)):
        post(url, message(uuid, previous, sequence))
    assert report(url)["out_of_order"] == 1


def test_a_sequence_that_goes_back_is_out_of_order(url):
    post(url, message("u1", sequence=7))
    post(url, message("u2", "u1", 6))
    assert report(url)["out_of_order"] == 1


def test_a_shipment_may_stand_in_the_chain_of_its_package(url):
    post(url, message("u1"))
    post(url, message("u2", "u1", 2, kind="shipment", id=77, type="shipment.created"))
    post(url, message("u3", "u2", 3))
    assert report(url)["objects"] == 1
    assert report(url)["gaps"] == report(url)["out_of_order"] == 0


@pytest.fixture
def signed():
    with program.serving(erp.build(secrets=["secret", WHSEC])) as url:
        yield url


def test_right_signatures_of_both_kinds_are_taken(signed):
    body = message("u1")
    assert post(signed, body, headers=classic("secret", body)).status_code == 200
    assert post(signed, body, headers=classic(WHSEC, body)).status_code == 200
    assert post(signed, body, headers=standard(WHSEC, body)).status_code == 200
    assert post(signed, body, headers=classic(WHSEC, body) | standard(WHSEC, body)).status_code == 200
    plain = "whsec_" + base64.b64encode(b"secret").decode()  # a text as secret signs with its own bytes
    assert post(signed, body, headers=standard(plain, body)).status_code == 200
    assert report(signed)["bad_signature"] == 0


def test_one_of_several_standard_signatures_is_enough_while_a_secret_is_rotated(signed):
    body = message("u1")
    old = "whsec_" + base64.b64encode(b"a secret that is gone by now").decode()
    both = standard(WHSEC, body)
    both["webhook-signature"] = standard(old, body)["webhook-signature"] + " " + both["webhook-signature"]
    assert post(signed, body, headers=both).status_code == 200


@pytest.mark.parametrize(
    "spoil",
    [
        lambda body: {},
        lambda body: classic("guess", body),
        lambda body: classic("secret", body + b" "),
        lambda body: {
            "X-Whisperer-Signature": classic("secret", body)["X-Whisperer-Signature"].removeprefix("sha256=")
        },
        lambda body: standard("whsec_" + base64.b64encode(b"guess").decode(), body),
        lambda body: standard(WHSEC, body) | {"webhook-id": "u2"},
        lambda body: standard(WHSEC, body) | {"webhook-timestamp": str(int(time.time()) - 5)},
        lambda body: standard(WHSEC, body) | {"webhook-timestamp": "soon"},
        lambda body: standard(WHSEC, body, at=datetime.fromtimestamp(time.time() - 600, UTC)),
        lambda body: standard(WHSEC, body) | classic("guess", body),
        lambda body: classic("secret", body) | standard(WHSEC, body) | {"webhook-signature": "v1,AAAA"},
    ],
)
def test_a_wrong_signature_is_refused_and_nothing_is_taken(signed, spoil):
    body = message("u1")
    assert post(signed, body, headers=spoil(body)).status_code == 401
    assert (report(signed)["bad_signature"], report(signed)["received"]) == (1, 0)


def test_an_endpoint_may_have_secrets_of_its_own(signed):
    assert web.put(f"{signed}/endpoints/b", json={"secrets": ["other"]}).status_code == 200
    assert web.put(f"{signed}/endpoints/b", json={"secrets": "other"}).status_code == 400
    body = message("u1")
    assert post(signed, body, "b", classic("secret", body)).status_code == 401
    assert post(signed, body, "b", classic("other", body)).status_code == 200
    assert post(signed, body, "a", classic("secret", body)).status_code == 200


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"", {}),
        (b"\xff", {}),
        (b"[]", {}),
        (b'{"event": {}, "payload": {}}', {}),
        (message("u1", previous=["u0"]), {}),
        (message(1), {}),
        (message("u1"), {"webhook-id": "u2"}),
        (message("u1"), {"X-Whisperer-Event": "package.created"}),
    ],
)
def test_what_is_no_message_is_refused(url, body, headers):
    assert post(url, body, headers=headers).status_code == 400
    assert (report(url)["malformed"], report(url)["received"]) == (1, 0)


def test_failures_take_nothing_and_lost_answers_take_it(url):
    web.patch(f"{url}/admin/knobs", json={"failure_rate": 1.0})
    assert post(url, message("u1")).status_code == 503
    assert (report(url)["failed"], report(url)["received"]) == (1, 0)
    web.patch(f"{url}/admin/knobs", json={"failure_rate": 0.0, "lost_answer_rate": 1.0})
    assert post(url, message("u1")).status_code == 500
    web.patch(f"{url}/admin/knobs", json={"lost_answer_rate": 0.0})
    assert post(url, message("u1")).status_code == 200
    assert (report(url)["lost_answers"], report(url)["received"], report(url)["repeats"]) == (1, 2, 1)


def test_a_slow_erp_keeps_the_sender_waiting(url):
    web.patch(f"{url}/admin/knobs", json={"latency": 2})
    with pytest.raises(requests.ReadTimeout):
        web.post(f"{url}/hooks/a", data=message("u1"), timeout=0.2)


def test_many_senders_at_once_lose_nothing(url):
    def send(object_id):
        with requests.Session() as session:
            previous = None
            for n in range(20):
                body = message(f"{object_id}-{n}", previous, n, id=object_id)
                assert session.post(f"{url}/hooks/a", data=body).ok
                previous = f"{object_id}-{n}"

    senders = [threading.Thread(target=send, args=(n,)) for n in range(8)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert report(url) == counts(160, 160, 8, {"package.status.packed": 160})


def test_a_new_start_knows_what_was_taken_and_what_was_secret(tmp_path):
    path = tmp_path / "erp.jsonl"
    with closing(Journal(path)) as journal, program.serving(erp.build(journal=journal)) as url:
        post(url, message("u1"))
        post(url, message("u2", "u1", 2))
        web.put(f"{url}/endpoints/b", json={"secrets": ["other"]})
        before = report(url)
    with closing(Journal(path)) as journal, program.serving(erp.build(journal=journal)) as url:
        assert report(url) == before
        assert post(url, message("u2", "u1", 2)).status_code == 200
        assert report(url)["repeats"] == 1
        assert post(url, message("u1"), "b").status_code == 401
