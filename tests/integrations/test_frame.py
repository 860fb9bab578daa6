"""Calls from the log: each at least once under one key, in the order of its lane, and what fails is listed."""

import json
from collections.abc import Iterator
from dataclasses import replace
from threading import Event
from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.invoicing import invoiced
from domain.kinds import stream_of
from domain.package import PackagePacked, PackagePicked
from integrations import queue
from integrations.desk import Desk
from integrations.following import Follower
from integrations.kinds import CALL_KINDS, CallKind, Caused, Seen, Work, declare
from integrations.outside import Outside, System, posting
from integrations.traffic import figures, lately
from integrations.trouble import Declined
from tests.at_work import LOOPBACK
from tests.integrations.conftest import Bench
from tests.webhooks.lives import SECRET, channel, live, location
from tests.webhooks.receiver import Answer, Receiver, receiving, wait_for

FACTS = (PackagePicked, PackagePacked)


class Notary:
    """A neighbour that gives each package a number, and the kind of call that asks for it."""

    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver
        self.settings: dict[str, Any] = {}

    def causes(self, seen: Seen) -> Iterator[Caused]:
        name = type(seen.fact).__name__
        system = f"notary:{seen.fact.package % 2}"
        yield Caused(f"package-{seen.fact.package}", f"package-{seen.fact.package}", system, {"name": name})

    def run(self, work: Work, desk: Desk) -> str:
        package = int(work.subject.rpartition("-")[2])
        ask = posting(
            f"{self.receiver.url}/{work.subject}", work.kind, dict(work.about), str(work.key), call=work.id,
            lane=work.subject, may_send=work.may_send,
        )  # fmt: skip
        number = desk.call(System.of(work.system, self.settings), ask, lambda said: said.json()["number"])
        desk.decide(
            work,
            lambda order, _: invoiced(order.packages[package], number=number, date=None) if order else [],
            command="number",
        )
        return f"numbered {number}"


def numbers(_path: str, _message: dict[str, Any]) -> Answer:
    return 200, {}, b'{"number": "N1"}'


@pytest.fixture
def notary() -> Iterator[Notary]:
    with receiving(numbers) as receiver:
        made = Notary(receiver)
        declare(CallKind("test.number", "Numbers a package.", FACTS, made.causes, made.run))
        yield made
    del CALL_KINDS["test.number"]


@pytest.fixture
def shop(bench: Bench) -> Bench:
    channel(bench.log)
    location(bench.log)
    return bench


def once(notary: Notary, **changes: Any) -> None:
    CALL_KINDS["test.number"] = replace(CALL_KINDS["test.number"], **changes)


def keys(receiver: Receiver, path: str) -> list[str]:
    return [r.headers["Idempotency-Key"] for r in receiver.got if r.path == path]


def test_a_fact_causes_a_call_whose_answer_is_the_next_event(shop: Bench, notary: Notary) -> None:
    shop.follower()
    shop.runner()
    live(shop.log, shop.keyring, [1])
    calls = shop.until("done", "done")
    events = shop.log.read(limit=100)
    [picked, packed] = [e for e in events if isinstance(e.fact, FACTS)]
    [told] = [e for e in events if e.command == "number"]
    assert told.fact.number == "N1" and told.position > picked.position
    assert told.causation_id == str(picked.event_id) and told.correlation_id == picked.correlation_id
    assert [json.loads(r.body)["name"] for r in notary.receiver.got] == ["PackagePicked", "PackagePacked"]
    assert [c["key"] for c in calls] == [UUID(key) for key in keys(notary.receiver, "/package-1")]
    assert calls[0]["note"] == "numbered N1" and calls[0]["what"] == "Numbers a package."
    assert calls[0]["key"] != calls[1]["key"] and calls[1]["position"] == packed.position


def test_the_same_events_again_cause_nothing(shop: Bench, notary: Notary) -> None:
    live(shop.log, shop.keyring, [1, 2])
    follower = Follower(shop.log)
    for _ in range(2):
        follower.handle(shop.connection, shop.log.read(limit=100))
    assert len(shop.calls()) == 4


def test_what_fails_is_tried_again_under_the_same_key(shop: Bench, notary: Notary) -> None:
    def bad(path: str, message: dict[str, Any]) -> Answer | None:
        came = len(notary.receiver.got)
        return [(500, {}, b"no"), (200, {}, b'["?"]'), None, (200, {}, b"{"), numbers(path, message)][min(came, 4)]

    notary.receiver.behave = bad
    once(notary, facts=(PackagePacked,))
    shop.follower()
    shop.runner()
    live(shop.log, shop.keyring, [1])
    [call] = shop.until("done")
    assert call["tries"] == 5
    assert len(set(keys(notary.receiver, "/package-1"))) == 1 and len(notary.receiver.got) == 5
    shown = queue.shown(shop.connection, call["id"])
    assert shown and [a["outcome"] for a in shown["attempts"]] == ["ok", *["failed"] * 4]
    assert len([e for e in shop.log.read(limit=100) if e.command == "number"]) == 1


@pytest.mark.parametrize("answer", [(422, {}, b'{"error": "No such shop."}'), (500, {}, b"no")])
def test_what_cannot_be_done_is_listed_and_retried_by_people(shop: Bench, notary: Notary, answer: Answer) -> None:
    notary.receiver.behave = lambda _path, _message: answer
    once(notary, facts=(PackagePacked,), tries=3)
    shop.follower()
    shop.runner()
    live(shop.log, shop.keyring, [1])
    [call] = shop.until("failed")
    assert "422: No such shop." in call["note"] if answer[0] == 422 else "tried 3 times" in call["note"]
    assert len(notary.receiver.got) == (1 if answer[0] == 422 else 3)
    assert not queue.retry(shop.connection, call["id"] + 1)
    notary.receiver.behave = numbers
    assert queue.retry(shop.connection, call["id"])
    shop.until("done")
    assert not queue.retry(shop.connection, call["id"])  # it is over
    assert len(set(keys(notary.receiver, "/package-1"))) == 1


def test_one_lane_waits_for_itself_and_no_other_for_it(shop: Bench, notary: Notary) -> None:
    """Package 1 fails at first; its second call comes after its first, and package 2 waits for neither."""
    good = Event()
    notary.receiver.behave = lambda path, message: (
        numbers(path, message) if good.is_set() or path == "/package-2" else (503, {"Retry-After": "1"}, b"")
    )
    shop.follower()
    shop.runner()
    live(shop.log, shop.keyring, [1, 2])
    wait_for(lambda: [c["state"] for c in shop.calls() if c["subject"] == "package-2"] == ["done", "done"])
    waits = [c for c in shop.calls() if c["subject"] == "package-1"]
    assert [(c["state"], c["tries"] > 0) for c in waits] == [("waiting", True), ("waiting", False)]
    good.set()
    shop.until(*["done"] * 4)
    done = [json.loads(r.body)["name"] for r in notary.receiver.got if r.path == "/package-1" and r.status == 200]
    assert done == ["PackagePicked", "PackagePacked"]


def test_one_open_call_of_a_subject_where_that_is_enough(shop: Bench, notary: Notary) -> None:
    once(notary, once=True)
    live(shop.log, shop.keyring, [1])
    Follower(shop.log).handle(shop.connection, shop.log.read(limit=100))
    [call] = shop.calls()
    assert queue.take(shop.connection, uuid4(), 60, ()).about == {"name": "PackagePacked"}  # type: ignore[union-attr]  # fails the test
    assert call["position"] < shop.log.head().position


def test_a_call_is_of_one_process_at_a_time(shop: Bench, notary: Notary) -> None:
    once(notary, facts=(PackagePacked,))
    live(shop.log, shop.keyring, [1])
    Follower(shop.log).handle(shop.connection, shop.log.read(limit=100))
    slept = queue.take(shop.connection, uuid4(), 0.0, ())
    other = queue.take(shop.connection, uuid4(), 60.0, ())
    assert slept is not None and other is not None and (slept.id, slept.epoch + 1) == (other.id, other.epoch)
    assert queue.take(shop.connection, uuid4(), 60.0, ()) is None
    assert not queue.finish(shop.connection, slept, "failed", "too late")
    assert not queue.postpone(shop.connection, slept, 5, "too late")
    assert not queue.drop(shop.connection, other.id, "under way")
    assert queue.finish(shop.connection, other, "done", None)
    assert shop.calls()[0]["state"] == "done"


def test_a_system_that_fails_is_left_alone_and_no_other(shop: Bench, notary: Notary) -> None:
    """Odd packages are of a system that is down: it is asked a few times, not once for each of them."""
    notary.receiver.behave = lambda path, message: numbers(path, message) if int(path[-1]) % 2 == 0 else (500, {}, b"")
    once(notary, facts=(PackagePacked,))
    shop.follower()
    shop.runner(hasten=1.0)
    live(shop.log, shop.keyring, range(1, 41))
    wait_for(lambda: sum(c["state"] == "done" for c in shop.calls()) >= 20)
    down = [r for r in notary.receiver.got if r.status == 500]
    assert 5 <= len(down) <= 15
    told = figures(shop.connection)
    assert {row[0]: row[1] for row in told["calls"]} == {"test.number": "waiting"}
    assert {row[:2] for row in told["requests"]} == {("notary:0", "ok"), ("notary:1", "failed")}


def test_nothing_of_what_was_said_is_kept(shop: Bench, notary: Notary) -> None:
    notary.settings = {"auth": {"request_type": "token", "token": "very-secret"}}
    once(notary, facts=(PackagePacked,))
    shop.follower()
    shop.runner()
    live(shop.log, shop.keyring, [1])
    shop.until("done")
    assert notary.receiver.got[0].headers["Authorization"] == "Bearer very-secret"
    [row] = lately(shop.connection)
    assert row["place"].endswith("/package-1") and row["status"] == 200 and row["outcome"] == "ok"
    assert "very-secret" not in str(row) and "very-secret" not in str(shop.calls())


def test_what_a_dead_process_held_is_run_by_another(shop: Bench, notary: Notary) -> None:
    """The first says nothing of it any more when its lease is over; its answer was written all the same."""
    once(notary, facts=(PackagePacked,))
    live(shop.log, shop.keyring, [1])
    Follower(shop.log).handle(shop.connection, shop.log.read(limit=100))
    dead = queue.take(shop.connection, uuid4(), 0.2, ())
    assert dead is not None
    shop.runner()
    [call] = shop.until("done")
    assert call["tries"] == 2
    assert len([e for e in shop.log.read(limit=100) if e.command == "number"]) == 1


def test_who_lost_the_lease_sends_no_more(shop: Bench, notary: Notary) -> None:
    desk = _desk(shop)
    work = Work(1, "test.number", uuid4(), "package-1", "x", {}, stream_of("order", 1), 1, uuid4(), "", 1, 1)
    with pytest.raises(Exception, match="taken the call over"):
        notary.run(replace(work, may_send=lambda: False), desk)
    assert notary.receiver.got == []


def _desk(bench: Bench, allowed: Any = None) -> Desk:
    return Desk.of(bench.log, SECRET, Outside(LOOPBACK if allowed is None else allowed))


def test_an_address_that_is_not_allowed_is_for_people_at_once(shop: Bench, notary: Notary) -> None:
    work = Work(1, "test.number", uuid4(), "package-1", "x", {}, stream_of("order", 1), 1, uuid4(), "", 1, 1)
    with pytest.raises(Declined, match="cannot be called"):
        notary.run(work, _desk(shop, ()))
