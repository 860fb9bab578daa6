"""Subscriptions as the API saves them."""

import base64
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from domain.declared import messages
from domain.kernel import Refusal
from tests.at_work import LOOPBACK
from tests.webhooks.conftest import Outbox
from webhook_outbox import subscriptions
from webhook_outbox.endpoint_secrets import secrets_of
from webhook_outbox.registry import WebhookError, registry
from webhook_outbox.signing import new_secret
from webhook_outbox.subscription_input import check

URL = "https://erp.example.invalid/hook"
BODY = {
    "target_url": URL,
    "event_type": "package.*",
    "secret_key": "a very secret secret",
    "retry_countdown_config": {"choice": "exponential", "kwargs": {"base": 2, "limit": 3600}},
    "additional_headers": {"X-Api-Key": "key-of-the-receiver"},
    "config": {"channel_id": [1, 2], "auth": {"auth_type": "basic", "username": "ada", "password": "pass-of-ada"}},
}
SECRETS = ("a very secret secret", "key-of-the-receiver", "pass-of-ada")


def create(outbox: Outbox, body=None, user=1):
    return subscriptions.create(outbox.log, outbox.keyring, body or BODY, user=user, actor="tester")


def change(outbox: Outbox, id, body, partial=True):
    return subscriptions.change(outbox.log, outbox.keyring, id, body, actor="tester", partial=partial)


def test_created_shown_changed_and_removed(outbox: Outbox) -> None:
    made = create(outbox)
    assert made["target_url"] == URL and made["is_active"] and made["user"] == 1 and "secret_key" not in made
    assert made["has_secret_key"]
    assert made["additional_headers"] == {"X-Api-Key": "********"}
    assert made["config"] == {
        "channel_id": [1, 2],
        "auth": {"auth_type": "basic", "username": "ada", "password": "********"},
    }
    id = made["id"]
    assert subscriptions.one(outbox.log, outbox.keyring, id) == made
    assert subscriptions.every(outbox.log, outbox.keyring) == [made]
    changed = change(outbox, id, {"is_active": False})
    assert not changed["is_active"] and changed["config"] == made["config"]
    subscriptions.remove(outbox.log, id, actor="tester")
    assert subscriptions.every(outbox.log, outbox.keyring) == []
    for gone in (
        lambda: subscriptions.one(outbox.log, outbox.keyring, id),
        lambda: change(outbox, id, {}),
        lambda: subscriptions.remove(outbox.log, id, actor="tester"),
    ):
        with pytest.raises(WebhookError) as refused:
            gone()
        assert refused.value.body().keys() == {"code", "en", "tr"} and refused.value.code == "webhook_100_1"


def test_masked_values_that_come_back_stay_what_they_were(outbox: Outbox) -> None:
    shown = create(outbox)
    before = secrets_of(outbox.connection, outbox.keyring, shown["id"])
    change(outbox, shown["id"], {k: v for k, v in shown.items() if k in BODY}, partial=False)
    assert secrets_of(outbox.connection, outbox.keyring, shown["id"]) == before


def test_the_same_again_is_refused_and_a_removed_one_revived(outbox: Outbox) -> None:
    id = create(outbox)["id"]
    with pytest.raises(WebhookError, match="webhook_100_2"):
        create(outbox)
    other = create(outbox, {**BODY, "event_type": "order.*"})["id"]
    with pytest.raises(WebhookError, match="webhook_100_2"):
        change(outbox, other, {"event_type": "package.*"})
    assert create(outbox, user=2)["id"] not in (id, other)
    subscriptions.remove(outbox.log, id, actor="tester")
    assert create(outbox)["id"] == id


def test_the_same_at_once_is_there_once(outbox: Outbox) -> None:
    def attempt(_n):
        try:
            return create(outbox)["id"]
        except WebhookError as refused:
            return refused.code

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(attempt, range(6)))
    assert sorted(answers, key=str) == [1, *["webhook_100_2"] * 5]


def test_a_secret_is_made_on_request_and_told_once(outbox: Outbox) -> None:
    made = create(outbox, {**BODY, "secret_key": "whsec_"})
    assert len(base64.b64decode(made["secret_key"].removeprefix("whsec_"))) == 32
    assert "secret_key" not in subscriptions.one(outbox.log, outbox.keyring, made["id"])


def test_secrets_are_nowhere_in_the_log_nor_readable_in_the_tables(outbox: Outbox) -> None:
    create(outbox)
    change(outbox, 1, {"secret_key": new_secret()})
    logged = outbox.rows("select data from log")
    kept = outbox.rows("select encode(sealed, 'escape'), key from webhook_secrets")
    assert logged and kept
    for secret in SECRETS:
        assert secret not in str(logged) and secret not in str(kept)


WRONG: list[tuple[str, list[Any]]] = [
    ("target_url", [None, "", 5, "x" * 10, "ftp://a.test/", "https://a.test/" + "x" * 241, "http://127.0.0.1/"]),
    ("target_url", ["https://ü.test/"]),
    ("event_type", [None, "package." + "x" * 124, []]),
    ("secret_key", [5, "whsec_no base64", "whsec_c2hvcnQ=", "x" * 256]),
    ("retry_countdown_config", [{"choice": "never"}, {"choice": []}]),
    ("additional_headers", [[], {"Host": "x"}, {"A b": "x"}, {"A": "x\r\nB: y"}, {"A": 5}, {"webhook-id": "1"}]),
    ("config", [5, {"chanel_id": 1}, {"order_mode": "some"}, {"order_mode": []}, {"concurrency": 0}]),
    ("config", [{"channel_id": "web"}, {"erp_code": [5]}, {"auth": {"auth_type": "magic"}}, {"auth": 5}]),
    ("config", [{"auth": {"auth_type": "basic", "username": "a:b", "password": "c"}}]),
    ("is_active", ["yes"]),
]


@pytest.mark.parametrize(("field", "value"), [(field, value) for field, values in WRONG for value in values])
def test_what_is_wrong_is_named(field, value) -> None:
    with pytest.raises(Refusal) as refused:
        check({**BODY, field: value}, ())
    assert refused.value.code == "invalid"
    assert list(refused.value.extra["fields"]) == [field]


def test_what_is_wrong_writes_nothing(outbox: Outbox) -> None:
    head = outbox.log.head().position
    with pytest.raises(Refusal) as refused:
        create(outbox, {**BODY, "target_url": "x", "is_active": 1})
    assert set(refused.value.extra["fields"]) == {"target_url", "is_active"}
    assert outbox.log.head().position == head
    assert outbox.rows("select count(*) from webhook_secrets") == [(0,)]


@pytest.mark.parametrize("name", ["package.status.unheard_of", "packages.*", "*.created", "pack*.created", "**"])
def test_unknown_events_are_refused(name) -> None:
    with pytest.raises(WebhookError, match="event_100_2"):
        check({**BODY, "event_type": name}, ())


@pytest.mark.parametrize("name", ["*", "package.*", "package.status.*", "package.status.packed", "order.received"])
def test_names_and_prefixes_are_accepted(name) -> None:
    assert check({**BODY, "event_type": name}, ()).event_type == name


def test_private_receivers_need_leave() -> None:
    body = {**BODY, "target_url": "http://127.0.0.1:9/hook"}
    with pytest.raises(Refusal):
        check(body, ())
    assert check(body, LOOPBACK).target_url == body["target_url"]


def test_the_registry_names_every_event_with_a_sentence_and_its_object() -> None:
    rows = registry()
    assert {row["event_type"] for row in rows} == set(messages.catalogue())
    assert all(row["description"].endswith(".") and row["payload_schema"]["$ref"] for row in rows)
    by_name = {row["event_type"]: row for row in rows}
    assert by_name["stock_location.created"]["payload_schema"]["$ref"].endswith("/StockLocation")
