"""The ledger: every attempt, what was sent and answered, secrets masked; a retry by hand."""

from collections.abc import Iterator

import pytest

from domain.kernel import Refusal
from tests.at_work import LOOPBACK, Settings
from tests.webhooks.conftest import Outbox
from tests.webhooks.lives import channel, deciding, live, location, received, unplanned, write
from tests.webhooks.receiver import Answer, Receiver, wait_for
from webhook_outbox import ledger, subscriptions, trial
from webhook_outbox.attempt import Courier
from webhook_outbox.dialing import Dialer
from webhook_outbox.fan_out import FanOut
from webhook_outbox.metrics import metrics
from webhook_outbox.registry import WebhookError

FAST = {"choice": "fixed", "kwargs": {"seconds": 0.05}}
SECRETS = ("a very secret secret", "key-of-the-receiver", "pass-of-ada", "YWRhOnBhc3Mtb2YtYWRh")


def shown(outbox: Outbox, **filters: str):
    return ledger.events(outbox.connection, outbox.keyring, filters)


def test_every_attempt_stands_there_with_what_was_sent_and_answered(outbox: Outbox, receiver: Receiver) -> None:
    answers: Iterator[Answer] = iter([(500, {}, b"not now"), (200, {}, b"thank you")])
    receiver.behave = lambda _path, _message: next(answers)
    id = outbox.subscribe(
        receiver.url + "/hook",
        secret_key=SECRETS[0],
        additional_headers={"X-Api-Key": SECRETS[1]},
        config={"auth": {"auth_type": "basic", "username": "ada", "password": SECRETS[2]}},
        retry_countdown_config=FAST,
    )
    outbox.fan_out()
    outbox.sender()
    write(outbox.log, deciding(received(outbox.keyring, 7)))
    receiver.wait(1)
    outbox.settled()
    one = shown(outbox)["results"][0]
    sent = receiver.got[-1]
    assert sent.headers["X-Api-Key"] == SECRETS[1] and sent.headers["Authorization"] == f"Basic {SECRETS[3]}"
    assert (one["webhook"], one["uuid"], one["delivered"], one["retry_count"]) == (id, sent.event["uuid"], True, 1)
    assert one["request_payload"] == {"event": sent.event, "payload": sent.payload}
    assert (one["content_type"], one["object_id"], one["order_number"]) == ("order", 7, "R7")
    assert [a["response_http_status"] for a in one["attempts"]] == [200, 500]
    assert [a["response_content"] for a in one["attempts"]] == ["thank you", "not now"]
    assert len(one["request_datetimes"]) == 2 and one["request_datetimes"] == sorted(one["request_datetimes"])[::-1]
    last = one["attempts"][0]
    assert last["address"] == "127.0.0.1" and 0 < last["response_time"] < 15
    for name, value in last["request_headers"].items():
        masked = name in ("X-Api-Key", "Authorization")
        assert value == ("********" if masked else sent.headers[name])
    tables = outbox.rows("select * from webhook_attempts"), outbox.rows("select data from log")
    for secret in SECRETS:
        assert secret not in str(tables) and secret not in str(one)


def test_personal_values_lie_sealed_and_go_with_the_key(outbox: Outbox, receiver: Receiver) -> None:
    receiver.behave = lambda _path, m: (200, {}, m["payload"]["customer"]["email"].encode())
    outbox.subscribe(receiver.url)
    outbox.fan_out()
    outbox.sender()
    write(outbox.log, deciding(received(outbox.keyring, 7, email="ada@example.org")))
    receiver.wait(1)
    outbox.settled()
    assert receiver.got[0].payload["customer"]["email"] == "ada@example.org"
    assert shown(outbox)["results"][0]["response_content"] == "ada@example.org"
    for table in ("webhook_payloads", "webhook_attempts", "webhook_deliveries"):
        for row in outbox.rows(f"select * from {table}"):  # noqa: S608 - names of ours
            assert b"ada@example" not in b"".join(v if isinstance(v, bytes) else str(v).encode() for v in row)
    (key,) = outbox.rows("select key from webhook_payloads")[0]
    outbox.keyring.forget(key)
    one = shown(outbox)["results"][0]
    assert one["request_payload"] is None and one["response_content"] is None and one["delivered"]


def test_what_waits_for_a_forgotten_customer_is_sent_without_them(outbox: Outbox, receiver: Receiver) -> None:
    def fan_out(after: int) -> None:
        with outbox.connection.transaction():
            FanOut(outbox.log, Settings()).handle(outbox.connection, outbox.log.read(after))

    outbox.subscribe(receiver.url)
    write(outbox.log, deciding(received(outbox.keyring, 7)))
    fan_out(0)
    head = outbox.log.head().position
    (key,) = outbox.rows("select key from webhook_payloads")[0]
    outbox.keyring.forget(key)
    write(outbox.log, deciding(unplanned(7, "later")))
    fan_out(head)
    outbox.sender()
    outbox.settled()
    assert outbox.states() == {"delivered": 2}
    first, second = receiver.wait(2)
    assert [r.event["type"] for r in (first, second)] == ["order.received", "order.unplanned"]
    assert second.event["previous"] == first.event["uuid"], "no gap"
    assert first.payload["customer"]["email"] is None and second.payload["customer"]["email"] is None
    assert first.payload["unplanned"] == [] and first.payload["number"] == "R7", "as it was right after its event"
    assert outbox.rows("select key from webhook_payloads") == [(None,), (None,)]


def test_filters(outbox: Outbox, receiver: Receiver) -> None:
    receiver.behave = lambda path, _message: (200 if path == "/good" else 404, {}, b"")
    channel(outbox.log)
    location(outbox.log)
    good = outbox.subscribe(receiver.url + "/good")
    outbox.subscribe(receiver.url + "/bad", "order.*")
    outbox.fan_out()
    outbox.sender()
    live(outbox.log, outbox.keyring, [1, 2])
    receiver.wait(16)
    wait_for(lambda: len(receiver.got) >= 18)
    wait_for(lambda: outbox.states().get("delivered") == 16)
    assert shown(outbox)["count"] == 18
    assert shown(outbox, webhook=str(good))["count"] == 16
    assert shown(outbox, delivered="false")["count"] == 2
    wait_for(lambda: shown(outbox, response_http_status="404")["count"] == 2)
    assert shown(outbox, event_type="package.created")["count"] == 2
    assert shown(outbox, content_type="package", object_id="2")["count"] == 7
    assert shown(outbox, order_number="R1", delivered="true")["count"] == 8
    uuid = receiver.taken()[0].event["uuid"]
    assert {row["uuid"] for row in shown(outbox, uuid=uuid)["results"]} == {uuid}
    made = shown(outbox)["results"][0]["created_date"]
    assert shown(outbox, created_date__lte=made)["count"] == 18
    assert shown(outbox, created_date__lte=made[:10])["count"] == 18, "a day is its end, as in every list"
    assert shown(outbox, created_date__gt=made[:10])["count"] == 0
    assert shown(outbox, created_date__gte=made.removesuffix("Z"))["count"] >= 1, "without a zone it is in UTC"
    assert len(ledger.of_object(outbox.connection, outbox.keyring, "package", 2)) == 7
    page = ledger.events(outbox.connection, outbox.keyring, {}, page=2, limit=10)
    assert len(page["results"]) == 8 and page["count"] == 18
    for name, text in (
        ("color", "red"),
        ("object_id", "x"),
        ("uuid", "1"),
        ("delivered", "?"),
        ("object_id", "9" * 30),
    ):
        with pytest.raises(Refusal) as refused:
            shown(outbox, **{name: text})
        assert list(refused.value.extra["fields"]) == [name]
        assert "literal" not in refused.value.message and "badly formed" not in refused.value.message


@pytest.fixture
def courier():
    made = Courier(Dialer(LOOPBACK), 5)
    yield made
    made.close()


def test_a_retry_by_hand(outbox: Outbox, receiver: Receiver, courier: Courier) -> None:
    receiver.behave = lambda _path, _message: (400, {}, b"no")
    id = outbox.subscribe(receiver.url, retry_countdown_config={"choice": "fixed", "kwargs": {"seconds": 3600}})
    outbox.fan_out()
    outbox.sender()
    write(outbox.log, deciding(received(outbox.keyring, 7)))
    wait_for(lambda: outbox.rows("select 1 from webhook_deliveries where tries = 1"))
    delivery = shown(outbox)["results"][0]["id"]

    def retry(**more):
        return trial.retry(outbox.log, outbox.connection, outbox.keyring, courier, delivery, **more)

    with pytest.raises(WebhookError, match="event_100_6"):
        retry()
    refused = retry(force=True)
    assert not refused["delivered"] and refused["response_status"] == 400 and refused["response_content"] == "no"
    receiver.behave = lambda _path, _message: (200, {}, b"yes")
    assert retry(force=True)["delivered"]
    assert outbox.states() == {"delivered": 1}
    with pytest.raises(WebhookError, match="event_100_3"):
        retry()
    assert [a["forced"] for a in ledger.event(outbox.connection, outbox.keyring, delivery)["attempts"]] == [
        True, True, False,
    ]  # fmt: skip
    assert len({r.body for r in receiver.got}) == 1
    subscriptions.remove(outbox.log, id, actor="t")
    with pytest.raises(WebhookError, match="event_100_4"):
        retry(force=True)
    with pytest.raises(WebhookError, match="event_100_1"):
        trial.retry(outbox.log, outbox.connection, outbox.keyring, courier, 12345)


def test_a_trial_send_is_signed_and_kept_nowhere(outbox: Outbox, receiver: Receiver, courier: Courier) -> None:
    id = outbox.subscribe(receiver.url, secret_key="secret")
    told = trial.test(outbox.log, outbox.connection, outbox.keyring, courier, id)
    assert told["delivered"] and told["response_content"] == "ok"
    assert receiver.got[0].headers["X-Whisperer-Event"] == "webhook.test"
    assert "X-Whisperer-Signature" in receiver.got[0].headers
    assert outbox.rows("select 1 from webhook_attempts") == []


def test_metrics(outbox: Outbox, receiver: Receiver) -> None:
    receiver.behave = lambda path, _message: (200 if path == "/good" else 500, {}, b"")
    outbox.subscribe(receiver.url + "/good")
    bad = outbox.subscribe(receiver.url + "/bad")
    outbox.fan_out()
    outbox.sender()
    write(outbox.log, deciding(received(outbox.keyring, 7)))
    wait_for(lambda: metrics(outbox.connection)["attempts"] == {"2xx": 1, "5xx": 1})
    found = metrics(outbox.connection)
    assert found["backlog"] == 1 and found["endpoints"][bad]["backlog"] == 1 and found["senders"] == 1
    assert 0 < found["oldest_seconds"] < 60 and found["dead"] == 0
    assert found["failing"].keys() == {bad} and not found["failing"][bad]["open"]
    for what in ("latency", "response"):
        assert sum(total for _, total, _ in found["times"][what]) == 2
        assert 0 < sum(seconds for _, _, seconds in found["times"][what]) < 60
