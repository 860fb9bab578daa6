"""Endpoints that fail: the breaker shown and told to others, switched off after days, kept and sent later."""

import time
from threading import Event

from tests.at_work import LOOPBACK
from tests.webhooks.conftest import Outbox
from tests.webhooks.lives import deciding, received, unplanned, write
from tests.webhooks.receiver import Receiver, wait_for
from webhook_outbox import subscriptions
from webhook_outbox.breaker import OFF_AFTER, OPENS_AT

FAST = {"choice": "fixed", "kwargs": {"seconds": 0.05}}


def facts(outbox: Outbox, id: int) -> list[str]:
    return [type(e.fact).__name__ for e in outbox.log.read(0, 5000) if e.stream == f"webhook-{id}"]


def health(outbox: Outbox, id: int):
    return subscriptions.one(outbox.log, outbox.keyring, id)["health"]


def test_the_breaker_opens_is_shown_told_to_others_and_closes(outbox: Outbox, receiver: Receiver) -> None:
    down = Event()
    down.set()
    receiver.behave = lambda path, _m: (500, {}, b"") if path == "/bad" and down.is_set() else (200, {}, b"")
    bad = outbox.subscribe(receiver.url + "/bad", retry_countdown_config=FAST)
    outbox.subscribe(receiver.url + "/watch", "webhook.*")
    assert health(outbox, bad)["breaker"] == "closed"
    outbox.fan_out()
    outbox.sender()
    write(outbox.log, *(deciding(received(outbox.keyring, id)) for id in range(1, 41)))
    told = receiver.wait(1, "/watch")[0]
    assert told.event["type"] == "webhook.endpoint.disabled"
    assert told.payload["id"] == bad and told.payload["is_active"]
    assert told.payload["health"]["breaker"] == "open" and told.payload["health"]["reason"] == "failing"
    wait_for(lambda: health(outbox, bad)["breaker"] == "open")
    shown = health(outbox, bad)
    assert shown["failures"] >= OPENS_AT and shown["failing_since"] and shown["next_probe_date"]
    tried = {r.event["uuid"] for r in receiver.got if r.path == "/bad"}
    assert len(tried) < 40, "what waits is not all thrown at a receiver that is down"
    down.clear()
    outbox.settled()
    assert len(receiver.taken("/bad")) == 40
    wait_for(lambda: health(outbox, bad)["breaker"] == "closed")
    wait_for(lambda: facts(outbox, bad)[-1] == "EndpointRecovered")
    assert facts(outbox, bad) == ["SubscriptionSaved", "EndpointFailing", "EndpointRecovered"]
    assert health(outbox, bad)["failing_since"] is None
    assert not [r for r in receiver.got if r.path == "/bad" and r.event["type"].startswith("webhook.")]


def test_after_five_days_of_failures_it_is_switched_off_and_nothing_is_lost(outbox: Outbox, receiver: Receiver) -> None:
    down, later = Event(), [0.0]
    down.set()
    receiver.behave = lambda path, _m: (503, {}, b"") if path == "/bad" and down.is_set() else (200, {}, b"")
    bad = outbox.subscribe(receiver.url + "/bad", retry_countdown_config=FAST)
    outbox.subscribe(receiver.url + "/watch", "webhook.endpoint.disabled")
    outbox.fan_out()
    outbox.sender(clock=lambda: time.time() + later[0])
    write(outbox.log, deciding(received(outbox.keyring, 1)))
    wait_for(lambda: outbox.rows("select 1 from webhook_health"))
    assert outbox.log.state(f"webhook-{bad}").state.is_active
    later[0] = OFF_AFTER + 1
    wait_for(lambda: not outbox.log.state(f"webhook-{bad}").state.is_active)
    told = receiver.wait(1, "/watch")[-1]
    assert (told.payload["is_active"], told.payload["health"]["reason"]) == (False, "failed_for_days")
    assert told.payload["health"]["status"] == 503
    write(outbox.log, deciding(unplanned(1, "later")))
    outbox.fanned_out()
    assert outbox.states()["pending"] == 2
    down.clear()
    on = {"is_active": True}
    subscriptions.change(outbox.log, outbox.keyring, bad, on, actor="t", partial=True, allowed=LOOPBACK)
    outbox.settled()
    assert [r.event["sequence"] for r in receiver.taken("/bad")] == [1, 2]
    assert health(outbox, bad)["reason"] is None


def test_410_is_told_to_others(outbox: Outbox, receiver: Receiver) -> None:
    receiver.behave = lambda path, _m: (410, {}, b"") if path == "/bad" else (200, {}, b"")
    bad = outbox.subscribe(receiver.url + "/bad")
    outbox.subscribe(receiver.url + "/watch", "webhook.*")
    outbox.fan_out()
    outbox.sender()
    write(outbox.log, *(deciding(received(outbox.keyring, id)) for id in range(1, 4)))
    told = receiver.wait(1, "/watch")[0]
    assert (told.payload["id"], told.payload["is_active"]) == (bad, False)
    assert told.payload["health"]["reason"] == "gone"
    wait_for(lambda: not outbox.log.state(f"webhook-{bad}").state.is_active)
    assert facts(outbox, bad) == ["SubscriptionSaved", "EndpointDisabled"]
    assert outbox.rows("select count(*) from webhook_deliveries where endpoint = %s and state = 'pending'", bad) == [
        (3,)
    ]


def test_an_open_breaker_outlives_its_process(outbox: Outbox, receiver: Receiver) -> None:
    receiver.behave = lambda _path, _m: (500, {}, b"")
    bad = outbox.subscribe(receiver.url, retry_countdown_config=FAST)
    with outbox.connection.transaction():
        outbox.connection.execute(
            "insert into webhook_health (endpoint, failing_since, failures, open, next_probe)"
            " values (%s, now() - interval '1 day', 99, true, now() + interval '1 hour')",
            (bad,),
        )
    outbox.fan_out()
    outbox.sender()
    write(outbox.log, deciding(received(outbox.keyring, 1)))
    outbox.fanned_out()
    wait_for(lambda: outbox.rows("select 1 from webhook_shards where owner is not null"))
    time.sleep(0.3)
    assert receiver.got == [], "its time has not come"
    subscriptions.change(
        outbox.log, outbox.keyring, bad, {"config": {"rate": 50}}, actor="t", partial=True, allowed=LOOPBACK
    )
    wait_for(lambda: receiver.got)


def test_a_receiver_that_asks_for_a_pause_is_left_alone(outbox: Outbox, receiver: Receiver) -> None:
    answers = iter([(429, {"Retry-After": "2"}, b"")])
    receiver.behave = lambda _path, _m: next(answers, (200, {}, b""))
    outbox.subscribe(receiver.url, config={"concurrency": 1})
    outbox.fan_out()
    outbox.sender()
    write(outbox.log, *(deciding(received(outbox.keyring, id)) for id in range(1, 9)))
    receiver.wait(8)
    first, second = receiver.got[:2]
    assert first.status == 429 and second.at - first.at >= 1.9, "other objects wait, too"


def test_rate_is_kept(outbox: Outbox, receiver: Receiver) -> None:
    outbox.subscribe(receiver.url, config={"rate": 20})
    outbox.fan_out()
    outbox.sender()
    write(outbox.log, *(deciding(received(outbox.keyring, id)) for id in range(1, 31)))
    got = sorted(r.at for r in receiver.wait(30))
    assert got[-1] - got[0] >= 25 / 20
