"""From an event to a receiver and back into the ledger: real HTTP, real PostgreSQL."""

import hashlib
import hmac
import json
import threading
import time
from itertools import pairwise

from standardwebhooks.webhooks import Webhook

from projections.objects import render
from tests.at_work import LOOPBACK
from tests.webhooks.conftest import Outbox
from tests.webhooks.lives import LIFE, channel, deciding, life, live, location, received, renamed, unplanned, write
from tests.webhooks.receiver import Receiver, wait_for
from webhook_outbox import subscriptions
from webhook_outbox.signing import new_secret


def test_every_message_comes_once_in_order(outbox: Outbox, receiver: Receiver) -> None:
    channel(outbox.log)
    location(outbox.log)
    outbox.subscribe(receiver.url + "/all")
    outbox.subscribe(receiver.url + "/packed", "package.status.packed")
    outbox.fan_out()
    outbox.sender()
    live(outbox.log, outbox.keyring, range(1, 21))
    receiver.wait(20 * len(LIFE) + 20)
    outbox.settled()
    assert len(receiver.got) == 20 * len(LIFE) + 20
    for (path, kind, _), those in receiver.by_object().items():
        types = [r.event["type"] for r in those]
        if path == "/packed":
            assert types == ["package.status.packed"]
        else:
            assert types == [name for name in LIFE if name.startswith(f"{kind}.")]
        assert [r.event["previous"] for r in those] == [None, *(r.event["uuid"] for r in those[:-1])]
        assert all(a.event["sequence"] <= b.event["sequence"] for a, b in pairwise(those))
        assert len({r.event["uuid"] for r in those}) == len(those)
    named = [r for r in receiver.taken("/all") if r.event["type"] == "package.status.packed"]
    twins = receiver.taken("/packed")
    assert {r.event["uuid"] for r in named} == {r.event["uuid"] for r in twins}


def test_both_signatures_verify(outbox: Outbox, receiver: Receiver) -> None:
    standard, plain = new_secret(), "a classic secret"
    outbox.subscribe(receiver.url + "/standard", secret_key=standard)
    outbox.subscribe(receiver.url + "/classic", secret_key=plain)
    outbox.subscribe(receiver.url + "/none")
    outbox.fan_out()
    outbox.sender()
    write(outbox.log, deciding(received(outbox.keyring, 1)))
    receiver.wait(3)
    for secret, key in ((standard, standard), (plain, plain.encode())):
        got = receiver.taken("/standard" if secret is standard else "/classic")[0]
        Webhook(key).verify(got.body, got.headers)
        digest = hmac.new(secret.encode(), got.body, hashlib.sha256).hexdigest()
        assert got.headers["X-Whisperer-Signature"] == f"sha256={digest}"
    for got in receiver.taken():
        assert got.headers["X-Whisperer-Event"] == got.event["type"] == "order.received"
        assert got.headers["webhook-id"] == got.event["uuid"]
        assert len(got.event["uuid"]) == 32
    unsigned = receiver.taken("/none")[0].headers
    assert "webhook-signature" not in unsigned and "X-Whisperer-Signature" not in unsigned


def test_while_a_secret_is_rotated_both_sign(outbox: Outbox, receiver: Receiver) -> None:
    old, new = new_secret(), new_secret()
    id = outbox.subscribe(receiver.url, secret_key=old)
    subscriptions.change(
        outbox.log,
        outbox.keyring,
        id,
        {"secret_key": new, "rotation_hours": 1},
        actor="t",
        partial=True,
        allowed=LOOPBACK,
    )
    outbox.fan_out()
    outbox.sender()
    write(outbox.log, deciding(received(outbox.keyring, 1)))
    got = receiver.wait(1)[0]
    Webhook(old).verify(got.body, got.headers)
    Webhook(new).verify(got.body, got.headers)


def test_a_payload_is_the_object_as_of_its_event(outbox: Outbox, receiver: Receiver) -> None:
    """Also where everything moved on long before it was sent, other streams that it shows included."""
    channel(outbox.log)
    location(outbox.log, 1, "Leeds")
    outbox.subscribe(receiver.url, "package.*")
    for event in life(outbox.keyring, 1):
        write(outbox.log, deciding(event))
        renamed(outbox.log, 1, f"Leeds after {event[1].__class__.__name__}")
    outbox.fan_out()
    outbox.sender()
    for got in receiver.wait(7):
        position = got.event["position"]
        held = outbox.log.state_at("order-1", position=position)
        reference = outbox.log.reference.as_of(position)
        expected = render("package", 1, held.state, reference, outbox.keyring.reveal)
        assert got.payload == json.loads(json.dumps(expected, default=str))
        assert got.event["sequence"] == held.state.packages[1].version
    names = [r.payload["stock_location"]["name"] for r in receiver.taken()]
    assert names == ["Leeds after OrderReceived"] + [
        f"Leeds after {name}" for name in ("PackageCreated", "PackagePreparing", "PackagePicked") for _ in (1, 2)
    ]


def test_a_failing_object_holds_up_only_itself(outbox: Outbox, receiver: Receiver) -> None:
    down = threading.Event()
    down.set()

    def behave(_path, message):
        failing = down.is_set() and message["payload"]["id"] == 3
        return (500, {}, b"no") if failing else (200, {}, b"ok")

    receiver.behave = behave
    outbox.subscribe(receiver.url, retry_countdown_config={"choice": "fixed", "kwargs": {"seconds": 0.3}})
    outbox.fan_out()
    outbox.sender()
    for id in range(1, 6):
        write(outbox.log, deciding(received(outbox.keyring, id)))
    for n in range(30):
        write(outbox.log, *(deciding(unplanned(id, f"reason {n}")) for id in range(1, 6)))
    receiver.wait(4 * 31)
    assert not [r for r in receiver.taken() if r.payload["id"] == 3]
    tried = {r.event["uuid"] for r in receiver.got if r.payload["id"] == 3}
    assert len(tried) == 1, "the next of a failing lane does not overtake it"
    down.clear()
    outbox.settled()
    for those in receiver.by_object().values():
        assert [r.event["sequence"] for r in those] == list(range(1, 32))


def test_a_slow_endpoint_holds_up_no_other(outbox: Outbox, receiver: Receiver) -> None:
    release = threading.Event()

    def behave(path, _message):
        if path == "/slow":
            release.wait(15)
        return 200, {}, b"ok"

    receiver.behave = behave
    outbox.subscribe(receiver.url + "/slow")
    outbox.subscribe(receiver.url + "/fast")
    outbox.fan_out()
    outbox.sender()
    live(outbox.log, outbox.keyring, range(1, 31))
    receiver.wait(30 * len(LIFE), "/fast")
    assert len(receiver.taken("/slow")) == 0
    release.set()
    receiver.wait(30 * len(LIFE), "/slow")


def test_a_retry_sends_the_same_bytes_with_a_fresh_signature(outbox: Outbox, receiver: Receiver) -> None:
    answers = iter([None, (500, {}, b""), (302, {"Location": "/elsewhere"}, b""), (200, {}, b"")])
    receiver.behave = lambda _path, _message: next(answers)
    secret = new_secret()
    outbox.subscribe(
        receiver.url, secret_key=secret, retry_countdown_config={"choice": "fixed", "kwargs": {"seconds": 1.01}}
    )
    outbox.fan_out()
    outbox.sender()
    write(outbox.log, deciding(received(outbox.keyring, 1)))
    receiver.wait(1)
    assert len(receiver.got) == 4
    assert len({r.body for r in receiver.got}) == 1
    assert len({r.headers["webhook-signature"] for r in receiver.got}) == 4
    assert {r.path for r in receiver.got} == {"/"}, "redirects are not followed"


def test_retry_after_is_obeyed(outbox: Outbox, receiver: Receiver) -> None:
    answers = iter([(503, {"Retry-After": "2"}, b""), (200, {}, b"")])
    receiver.behave = lambda _path, _message: next(answers)
    outbox.subscribe(receiver.url, retry_countdown_config={"choice": "fixed", "kwargs": {"seconds": 0}})
    outbox.fan_out()
    outbox.sender()
    write(outbox.log, deciding(received(outbox.keyring, 1)))
    receiver.wait(1)
    first, second = receiver.got
    assert second.at - first.at >= 1.9


def test_410_switches_the_endpoint_off_and_keeps_what_waits(outbox: Outbox, receiver: Receiver) -> None:
    gone = threading.Event()
    gone.set()
    receiver.behave = lambda _path, _message: (410, {}, b"") if gone.is_set() else (200, {}, b"")
    retries = {"choice": "fixed", "kwargs": {"seconds": 0.1}}
    id = outbox.subscribe(receiver.url, retry_countdown_config=retries)
    outbox.fan_out()
    outbox.sender()
    write(outbox.log, deciding(received(outbox.keyring, 1)))
    wait_for(lambda: not outbox.log.state(f"webhook-{id}").state.is_active)
    write(outbox.log, deciding(unplanned(1, "later")))
    outbox.fanned_out()
    sent = len(receiver.got)
    time.sleep(0.6)
    assert len(receiver.got) == sent
    assert outbox.states() == {"pending": 2}
    gone.clear()
    subscriptions.change(outbox.log, outbox.keyring, id, {"is_active": True}, actor="t", partial=True, allowed=LOOPBACK)
    outbox.settled()
    assert [r.event["type"] for r in receiver.taken()] == ["order.received", "order.unplanned"]


def test_a_dead_letter_after_the_last_try(outbox: Outbox, receiver: Receiver) -> None:
    receiver.behave = lambda _path, m: (500, {}, b"never") if m["event"]["type"] == "order.received" else (200, {}, b"")
    outbox.subscribe(receiver.url, retry_countdown_config={"choice": "fixed", "kwargs": {"seconds": 0}})
    outbox.fan_out()
    outbox.sender()
    write(outbox.log, deciding(received(outbox.keyring, 1)), deciding(unplanned(1, "later")))
    receiver.wait(1)
    outbox.settled()
    assert outbox.states() == {"dead": 1, "delivered": 1}
    assert [r.status for r in receiver.got] == [500] * 19 + [200]
    ledger = outbox.rows("select nth, status from webhook_attempts where status = 500 order by nth")
    assert ledger == [(n, 500) for n in range(1, 20)]


def test_removed_it_gets_nothing_more_and_revived_only_what_comes_then(outbox: Outbox, receiver: Receiver) -> None:
    receiver.behave = lambda _path, _message: (500, {}, b"")
    id = outbox.subscribe(receiver.url, retry_countdown_config={"choice": "fixed", "kwargs": {"seconds": 0.2}})
    outbox.fan_out()
    outbox.sender()
    write(outbox.log, deciding(received(outbox.keyring, 1)))
    wait_for(lambda: receiver.got)
    subscriptions.remove(outbox.log, id, actor="t")
    wait_for(lambda: outbox.states() == {"dropped": 1})
    write(outbox.log, deciding(unplanned(1, "meanwhile")))
    outbox.fanned_out()
    receiver.behave = lambda _path, _message: (200, {}, b"")
    assert outbox.subscribe(receiver.url) == id
    write(outbox.log, deciding(unplanned(1, "afterwards")))
    got = receiver.wait(1)
    time.sleep(0.5)
    assert [r.event["type"] for r in receiver.taken()] == ["order.unplanned"]
    assert got[0].payload["unplanned"] == ["afterwards"]
