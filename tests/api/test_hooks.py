"""Webhook subscriptions and the ledger over HTTP: fields, refusals in two languages, secrets unseen, sends seen."""

import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Event, Thread
from typing import Any

import pytest

from tests.api.site import SECRET, SETTINGS, Site
from webhook_outbox.fan_out import FOLLOWER, FanOut

HOOKS = "/whisperer/hooks/"
EVENTS = "/whisperer/hook_events/"
CLOSED = "http://127.0.0.1:9/{}"
"""Nobody listens there."""


def made(site: Site, name: str, **fields: Any) -> dict[str, Any]:
    body = {"target_url": CLOSED.format(name), "event_type": "package.*", **fields}
    found: dict[str, Any] = site.admin.post(HOOKS, body)
    return found


def test_the_example_of_the_specification_holds(site: Site) -> None:
    body = {
        "target_url": "https://erp.example.org/hook",
        "event_type": "package.*",
        "secret_key": "secret",
        "retry_countdown_config": {"choice": "exponential", "kwargs": {"base": 2, "limit": 3600}},
        "additional_headers": {},
        "config": {},
    }
    found = site.admin.post(HOOKS, body)
    assert "secret_key" not in found
    kept = ("target_url", "event_type", "retry_countdown_config", "additional_headers", "config")
    assert {name: found[name] for name in kept} == {name: body[name] for name in kept}
    assert (found["is_active"], found["has_secret_key"]) == (True, True)
    assert site.admin.get(f"{HOOKS}{found['id']}/") == found
    assert found in site.admin.get(f"{HOOKS}?limit=100")["results"]


def test_one_is_changed_switched_off_deleted_and_revived(site: Site) -> None:
    id = made(site, "life")["id"]
    off = site.admin("PATCH", f"{HOOKS}{id}/", {"is_active": False})
    assert (off.status_code, off.json()["is_active"]) == (200, False)
    assert off.json()["event_type"] == "package.*"
    put = site.admin.put(f"{HOOKS}{id}/", {"target_url": CLOSED.format("life"), "event_type": "order.received"})
    assert (put["event_type"], put["is_active"]) == ("order.received", True)
    assert site.admin("DELETE", f"{HOOKS}{id}/").status_code == 204
    gone = site.admin("GET", f"{HOOKS}{id}/")
    assert (gone.status_code, gone.json()["code"]) == (406, "webhook_100_1")
    assert id not in [row["id"] for row in site.admin.get(f"{HOOKS}?limit=100")["results"]]
    assert made(site, "life", event_type="order.received")["id"] == id


def test_numbers_with_a_point_stay_numbers(site: Site) -> None:
    retries = {"choice": "exponential", "kwargs": {"base": 1.5, "limit": 60}}
    found = made(site, "fraction", retry_countdown_config=retries)
    assert found["retry_countdown_config"] == retries
    assert site.admin.get(f"{HOOKS}{found['id']}/")["retry_countdown_config"] == retries


def test_a_secret_can_be_made_here_and_is_shown_once(site: Site) -> None:
    found = made(site, "secret", secret_key="whsec_")
    assert found["secret_key"].startswith("whsec_")
    assert found["secret_key"] not in site.admin("GET", f"{HOOKS}{found['id']}/").text
    assert found["secret_key"] not in site.admin("GET", HOOKS).text


def test_values_of_headers_and_passwords_are_never_shown(site: Site) -> None:
    auth = {"auth_type": "basic", "username": "erp", "password": "very private"}
    found = made(site, "auth", additional_headers={"X-Key": "very private"}, config={"auth": auth})
    assert "very private" not in json.dumps(found)
    assert found["additional_headers"] == {"X-Key": "********"}
    head = site.log.head().position
    assert "very private" not in json.dumps([str(event.fact) for event in site.log.read(0, head)])


def test_under_one_key_a_request_is_answered_again_and_done_once(site: Site) -> None:
    body = {"target_url": CLOSED.format("keyed"), "event_type": "package.*", "secret_key": "whsec_"}
    first = site.admin("POST", HOOKS, body, Idempotency_Key="subscribe")
    head = site.log.head().position
    again = site.admin("POST", HOOKS, body, Idempotency_Key="subscribe")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()  # the secret that was made included: its first answer may be lost
    assert again.headers["ETag"] == first.headers["ETag"] == '"1"'
    other = site.admin("POST", HOOKS, {**body, "secret_key": "other"}, Idempotency_Key="subscribe")
    assert (other.status_code, other.json()["error"]["code"]) == (422, "idempotency_key_reused")
    where = f"{HOOKS}{first.json()['id']}/"
    gone = [site.admin("DELETE", where, Idempotency_Key="unsubscribe").status_code for _ in range(2)]
    assert gone == [204, 204]
    assert site.log.head().position == head + 1
    with site.log.listening() as connection:
        assert first.json()["secret_key"] not in str(connection.execute("select * from claims").fetchall())


def test_if_match_knows_of_secrets_too(site: Site) -> None:
    where = f"{HOOKS}{made(site, 'versions', secret_key='one')['id']}/"
    assert site.admin("GET", where).headers["ETag"] == '"1"'
    rotated = site.admin("PATCH", where, {"secret_key": "two"}, If_Match='"1"')
    assert (rotated.status_code, rotated.headers["ETag"]) == (200, '"2"')
    head = site.log.head().position
    for method, body in (
        ("PATCH", {"secret_key": "three"}),
        ("PUT", {"target_url": CLOSED.format("x")}),
        ("DELETE", None),
    ):
        stale = site.admin(method, where, {"event_type": "order.*", **body} if body else None, If_Match='"1"')
        assert (stale.status_code, stale.json()["error"]["code"]) == (412, "precondition_failed")
    same = site.admin("PATCH", where, {"secret_key": "two"}, If_Match='"2"')
    assert (same.status_code, same.headers["ETag"], site.log.head().position) == (200, '"2"', head)


def test_a_dry_run_shows_the_event_and_keeps_no_secret(site: Site) -> None:
    where = f"{HOOKS}{made(site, 'dry', secret_key='kept')['id']}/"
    head = site.log.head().position
    tried = {
        "create": site.admin(
            "POST", f"{HOOKS}?dry_run=true", {"target_url": CLOSED.format("new"), "event_type": "order.*"}
        ),
        "change": site.admin("PATCH", f"{where}?dry_run=true", {"secret_key": "another", "is_active": False}),
        "delete": site.admin("DELETE", f"{where}?dry_run=true"),
    }
    told = {name: [event["event"] for event in answer.json()["events"]] for name, answer in tried.items()}
    assert told == {"create": ["SubscriptionSaved"], "change": ["SubscriptionSaved"], "delete": ["RecordRemoved"]}
    assert site.log.head().position == head
    assert site.admin("PATCH", where, {"secret_key": "kept"}).headers["ETag"] == '"1"'  # it still is


def test_an_event_names_the_request_that_caused_it(site: Site) -> None:
    body = {"target_url": CLOSED.format("caused"), "event_type": "order.*"}
    hook = site.admin.post(HOOKS, body, X_Request_ID="subscribing")
    [event] = site.log.events(f"webhook-{hook['id']}")
    assert (event.correlation_id, event.command) == ("subscribing", "create-webhook")


@pytest.mark.parametrize(
    ("request_", "body", "code"),
    [
        ("GET /whisperer/hooks/987654321/", None, "webhook_100_1"),
        ("GET /whisperer/hooks/99999999999999999999999/", None, "webhook_100_1"),
        ("DELETE /whisperer/hooks/987654321/", None, "webhook_100_1"),
        ("PATCH /whisperer/hooks/987654321/", {"is_active": False}, "webhook_100_1"),
        ("POST /whisperer/hooks/987654321/test/", {}, "webhook_100_1"),
        ("POST /whisperer/hooks/", {"target_url": CLOSED.format("twice"), "event_type": "package.*"}, "webhook_100_2"),
        ("GET /whisperer/hook_events/987654321/", None, "event_100_1"),
        ("GET /whisperer/hook_events/99999999999999999999999/", None, "event_100_1"),
        ("POST /whisperer/hook_events/987654321/retry/", {"force": True}, "event_100_1"),
        ("POST /whisperer/hooks/", {"target_url": CLOSED.format("x"), "event_type": "unicorn.born"}, "event_100_2"),
    ],
)
def test_refusals_are_406_in_two_languages(site: Site, request_: str, body: Any, code: str) -> None:
    if code == "webhook_100_2":
        made(site, "twice")
    head = site.log.head().position
    method, path = request_.split()
    answer = site.admin(method, path, body)
    assert answer.status_code == 406, answer.text
    assert set(answer.json()) == {"code", "en", "tr"}
    assert answer.json()["code"] == code
    assert site.log.head().position == head


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "target_url"),
        ({"target_url": "ftp://example.org"}, "target_url"),
        ({"target_url": "http://169.254.169.254/"}, "target_url"),
        ({"target_url": "https://example.org/" + "x" * 255}, "target_url"),
        ({"target_url": 7}, "target_url"),
        ({"event_type": "x" * 125}, "event_type"),
        ({"event_type": None}, "event_type"),
        ({"retry_countdown_config": {"choice": "never"}}, "retry_countdown_config"),
        ({"additional_headers": {"Host": "elsewhere"}}, "additional_headers"),
        ({"additional_headers": ["X-Key"]}, "additional_headers"),
        ({"config": {"order_mode": "chaos"}}, "config"),
        ({"secret_key": 7}, "secret_key"),
        ({"is_active": "yes"}, "is_active"),
        ({"targeturl": CLOSED.format("x")}, "targeturl"),
    ],
)
def test_wrong_fields_are_named(site: Site, body: dict[str, Any], field: str) -> None:
    whole = {"target_url": CLOSED.format("wrong"), "event_type": "package.*"} if body else {}
    head = site.log.head().position
    answer = site.admin("POST", HOOKS, {**whole, **body})
    assert answer.status_code == 400, answer.text
    assert field in answer.json()["error"]
    assert site.log.head().position == head


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_misspelt_field_is_named_with_those_there_are(site: Site, method: str) -> None:
    hook = made(site, f"misspelt-{method}")
    answer = site.admin(method, f"{HOOKS}{hook['id']}/", {**hook, "active": False})
    assert answer.status_code == 400, answer.text
    [said] = answer.json()["error"]["active"]
    assert "is_active" in said and "rotation_hours" in said
    assert site.admin.get(f"{HOOKS}{hook['id']}/") == hook


def test_what_was_read_can_be_written_back(site: Site) -> None:
    auth = {"auth_type": "basic", "username": "erp", "password": "private"}
    made(site, "back", secret_key="kept", additional_headers={"X-Key": "1"}, config={"rate": 2, "auth": auth})
    for method in ("PUT", "PATCH"):
        hook = next(
            row for row in site.admin.get(f"{HOOKS}?limit=100")["results"] if row["target_url"].endswith("back")
        )
        answer = site.admin(method, f"{HOOKS}{hook['id']}/", hook)
        assert (answer.status_code, answer.json()) == (200, hook), "nothing has changed, its version neither"


def test_a_pull_names_what_it_may_be_asked(site: Site) -> None:
    answer = site.admin("GET", f"{HOOKS}{made(site, 'pulled')['id']}/pull/?after=0&page=2")
    assert (answer.status_code, answer.json()["error"]) == (400, {"page": ["Known are after, limit."]})


def test_the_registry_names_every_event(site: Site) -> None:
    names = {row["event_type"] for row in site.admin.get(f"{HOOKS}registry/")["results"]}
    assert {"order.received", "package.created", "package.status.transitioned", "package.status.packed"} <= names


def test_who_may(site: Site) -> None:
    viewer, support, machine = (site.user(f"hooks-{r}", r) for r in ("viewer", "support", "integration"))
    assert viewer("GET", HOOKS).status_code == 403
    assert support("GET", EVENTS).status_code == 200
    assert support("POST", HOOKS, {}).status_code == 403
    assert machine("POST", HOOKS, {}).status_code == 400


class Receiver:
    """Takes everything, answers `status`."""

    def __init__(self, port: int) -> None:
        self.port, self.status = port, 200
        self.got: list[tuple[dict[str, str], dict[str, Any]]] = []


@contextmanager
def receiving() -> Iterator[Receiver]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.got.append((dict(self.headers), json.loads(body)))
            self.send_response(receiver.status)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver = Receiver(server.server_port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_trial_is_sent_and_its_answer_shown(site: Site) -> None:
    with receiving() as receiver:
        hook = made(site, "", target_url=f"http://127.0.0.1:{receiver.port}/trial", secret_key="secret")
        said = site.admin.post(f"{HOOKS}{hook['id']}/test/", {}, 200)
    assert (said["delivered"], said["response_status"], said["response_content"]) == (True, 200, "ok")
    ((headers, body),) = receiver.got
    assert headers["X-Whisperer-Event"] == body["event"]["type"] == "webhook.test"
    assert headers["X-Whisperer-Signature"].startswith("sha256=")
    unheard = site.admin.post(f"{HOOKS}{made(site, 'unheard')['id']}/test/", {}, 200)
    assert (unheard["delivered"], unheard["response_status"]) == (False, None)


@contextmanager
def fanning_out(site: Site) -> Iterator[None]:
    """Deliveries are written, and sent by nobody."""
    stop = Event()
    thread = Thread(target=FanOut(site.log, replace(SETTINGS, secret_key=SECRET)).run, args=(stop,))
    thread.start()
    try:
        yield
        assert site.log.wait_for([FOLLOWER, "projections"], site.log.head().position, 20)
    finally:
        stop.set()
        thread.join()


def test_the_ledger_and_a_retry_by_hand(site: Site) -> None:
    with receiving() as receiver:
        hook = made(site, "", target_url=f"http://127.0.0.1:{receiver.port}/ledger")
        with fanning_out(site):
            packages = [site.package() for _ in range(3)]
        mine = f"{EVENTS}?webhook={hook['id']}"
        found = site.admin.get(mine)
        assert [row["object_id"] for row in found["results"]] == packages[::-1]
        assert found["count"] == 3
        first = site.admin.get(f"{mine}&limit=2")
        assert len(site.admin.get(first["next"].removeprefix(site.url))["results"]) == 1
        waiting = found["results"][-1]
        assert (waiting["event_type"], waiting["delivered"], waiting["state"]) == ("package.created", False, "pending")
        assert waiting["request_payload"]["payload"]["id"] == packages[0]
        assert site.admin.get(f"{EVENTS}{waiting['id']}/") == waiting
        assert [row["id"] for row in site.admin.get(f"{mine}&uuid={waiting['uuid']}")["results"]] == [waiting["id"]]
        assert site.admin.get(f"{mine}&delivered=true")["count"] == 0

        early = site.admin("POST", f"{EVENTS}{waiting['id']}/retry/", {})
        assert (early.status_code, early.json()["code"]) == (406, "event_100_6")
        said = site.admin.post(f"{EVENTS}{waiting['id']}/retry/", {"force": True}, 200)
        assert set(said) == {"detail", "response_status", "response_content", "delivered", "response_time"}
        assert said["delivered"] is True
        again = site.admin("POST", f"{EVENTS}{waiting['id']}/retry/", {"force": False})
        assert (again.status_code, again.json()["code"]) == (406, "event_100_3")
        site.admin("DELETE", f"{HOOKS}{hook['id']}/")
    ((headers, body),) = receiver.got
    assert body == waiting["request_payload"]
    assert headers["webhook-id"] == waiting["uuid"]
    after = site.admin.get(f"{EVENTS}{waiting['id']}/")
    assert (after["delivered"], after["response_http_status"], len(after["attempts"])) == (True, 200, 1)


@pytest.mark.parametrize(
    "query",
    [
        "colour=red",
        "uuid=x",
        "object_id=x",
        "object_id=999999999999999999999999",
        "delivered=maybe",
        "created_date__gte=yesterday",
        "webhook=1.5",
        "sort=id",
        "page=0",
        "limit=x",
        "page=101&limit=100",
        "event_type=%00",
    ],
)
def test_a_question_to_the_ledger_that_cannot_be_answered(site: Site, query: str) -> None:
    answer = site.admin("GET", f"{EVENTS}?{query}")
    assert answer.status_code == 400, answer.text
    assert query.partition("=")[0] in answer.json()["error"]
