"""A token that a receiver wants: fetched once, kept, fetched anew at 401; by the same vetted dialling."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from domain.kernel import Refusal
from tests.at_work import LOOPBACK
from tests.webhooks.conftest import Outbox
from tests.webhooks.lives import deciding, received, write
from tests.webhooks.receiver import Answer, Receiver, receiving, wait_for
from webhook_outbox import ledger
from webhook_outbox.subscription_input import check

PASSWORD = "pass-of-the-erp"


@pytest.fixture
def login() -> Iterator[Receiver]:
    """Gives `token-1`, `token-2`, … to who knows the password."""
    with receiving() as made:

        def give(path: str, said: dict[str, Any]) -> Answer:
            right = said == {"user": "erp", "pass": PASSWORD}
            given = {"access": f"token-{1 + len(made.taken())}"}
            return (200, {}, json.dumps(given).encode()) if right else (403, {}, b"")

        made.behave = give
        yield made


def auth(login: Receiver, **more: Any) -> dict[str, Any]:
    fields = {"username_field": "user", "password_field": "pass", "token_key": "access", "header_format": "Bearer {}"}
    return {"auth_type": "token", "url": login.url, "username": "erp", "password": PASSWORD, **fields, **more}


def test_fetched_once_kept_and_fetched_anew_where_it_is_refused(
    outbox: Outbox, receiver: Receiver, login: Receiver
) -> None:
    good = {"Bearer token-1"}

    def behave(_path: str, _message: dict[str, Any]) -> Answer:
        return 200, {}, b""

    receiver.behave = behave
    outbox.subscribe(receiver.url, config={"auth": auth(login)})
    outbox.fan_out()
    outbox.sender()
    write(outbox.log, *(deciding(received(outbox.keyring, id)) for id in range(1, 11)))
    receiver.wait(10)
    assert {r.headers["Authorization"] for r in receiver.got} == good
    assert len(login.got) == 1, "ten at once share one login"

    answers: Iterator[Answer] = iter([(401, {}, b"expired")])
    receiver.behave = lambda _path, _message: next(answers, (200, {}, b""))
    write(outbox.log, deciding(received(outbox.keyring, 11)))
    receiver.wait(11)
    assert [r.headers["Authorization"] for r in receiver.got[10:]] == ["Bearer token-1", "Bearer token-2"]
    outbox.settled()
    shown = ledger.events(outbox.connection, outbox.keyring, {"object_id": "11"})["results"][0]
    assert [a["response_http_status"] for a in shown["attempts"]] == [200, 401]
    assert shown["retry_count"] == 0, "a token that ran out costs no try"
    kept = str(outbox.rows("select * from webhook_attempts")) + str(outbox.rows("select data from log")) + str(shown)
    assert "token-" not in kept and PASSWORD not in kept


def test_no_token_no_request(outbox: Outbox, receiver: Receiver, login: Receiver) -> None:
    outbox.subscribe(receiver.url, config={"auth": auth(login, password="wrong")})
    outbox.fan_out()
    outbox.sender()
    write(outbox.log, deciding(received(outbox.keyring, 1)))
    wait_for(lambda: outbox.rows("select 1 from webhook_attempts"))
    assert receiver.got == []
    ((error,),) = outbox.rows("select error from webhook_attempts")
    assert error == "NoToken: the login for a token answered 403"


@pytest.mark.parametrize(
    "answer", [b"", b"[]", b"{}", b'{"access": 7}', b'{"access": "a\\r\\nX: y"}', b"\xff", b"null"]
)
def test_what_is_no_token(outbox: Outbox, receiver: Receiver, login: Receiver, answer: bytes) -> None:
    login.behave = lambda _path, _said: (200, {}, answer)
    outbox.subscribe(receiver.url, config={"auth": auth(login)})
    outbox.fan_out()
    outbox.sender()
    write(outbox.log, deciding(received(outbox.keyring, 1)))
    wait_for(lambda: outbox.rows("select 1 from webhook_attempts where error like 'NoToken%%'"))
    assert receiver.got == []


BODY = {"target_url": "https://erp.example.invalid/", "event_type": "*"}
LOGIN = {"auth_type": "token", "url": "https://erp.example.invalid/login", "username": "a", "password": "b"}


def test_what_is_not_said_is_meant() -> None:
    found = check({**BODY, "config": {"auth": LOGIN}}, ()).auth
    assert found == {
        **LOGIN, "username_field": "username", "password_field": "password", "token_key": "key",
        "header_format": "Token {}",
    }  # fmt: skip


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "http://127.0.0.1/"},
        {"url": "http://8.8.8.8/"},
        {"url": None},
        {"header_format": "Token"},
        {"header_format": "{} {}"},
        {"header_format": "a\r\nb: {}"},
        {"token_key": 7},
        {"username": ""},
        {"colour": "red"},
    ],
)
def test_logins_that_cannot_be(wrong) -> None:
    with pytest.raises(Refusal) as refused:
        check({**BODY, "config": {"auth": {**LOGIN, **wrong}}}, ())
    assert list(refused.value.extra["fields"]) == ["config"]
    check({**BODY, "config": {"auth": {**LOGIN, "url": "http://127.0.0.1/"}}}, LOOPBACK)
