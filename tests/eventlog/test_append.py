"""Appending: versions, claims, repeated commands, guards, poison; each decision on its own."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import psycopg
import pytest

from domain.guards import SlotEffect, StockEffect
from eventlog.log import EventLog
from eventlog.recorded import (
    Claim,
    ClaimTaken,
    Poisoned,
    Refused,
    ShortOfSlots,
    ShortOfStock,
    VersionClash,
    Written,
    new_command_id,
)
from tests.eventlog.probe import ProbeCounted, ProbeReserved, counted, deciding, quota, stock


def test_events_get_gapless_positions_and_versions(log: EventLog) -> None:
    first = log.append(counted("probe-1", 1, 2, expects={"probe-1": 0}))
    second = log.append(deciding(("probe-2", ProbeCounted(probe=2, by=5)), ("probe-1", ProbeCounted(probe=1, by=3))))
    assert (first.position, first.versions) == (2, {"probe-1": 2})
    assert (second.position, second.versions) == (4, {"probe-2": 1, "probe-1": 3})
    events = log.read(0, 10)
    assert [(e.position, e.stream, e.version, e.fact.by) for e in events] == [
        (1, "probe-1", 1, 1),
        (2, "probe-1", 2, 2),
        (3, "probe-2", 1, 5),
        (4, "probe-1", 3, 3),
    ]
    assert {(e.actor, e.command, e.correlation_id) for e in events} == {("tester", "count", "request-1")}
    assert len({e.event_id for e in events}) == 4
    assert events[0].at == first.at and events[0].at.tzinfo is not None


def test_a_fact_comes_back_as_it_was(log: EventLog) -> None:
    when = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
    fact = ProbeCounted(probe=1, by=1, note='naïve \\u0000 "quoted"\n\x7f🙂', price=Decimal("12.50"), when=when)
    log.append(deciding(("probe-1", fact)))
    assert log.read()[0].fact == fact


def test_an_expected_version_that_moved_on_refuses(log: EventLog) -> None:
    log.append(counted("probe-1"))
    with pytest.raises(VersionClash) as clash:
        log.append(counted("probe-1", expects={"probe-1": 0}))
    assert clash.value.versions == {"probe-1": 1}
    with pytest.raises(VersionClash):
        log.append(counted("probe-2", expects={"probe-1": 2}))  # only read
    assert log.append(counted("probe-2", expects={"probe-1": 1})).versions == {"probe-2": 1}
    assert log.head().position == 2


def test_the_same_command_is_written_once(log: EventLog) -> None:
    once = counted("probe-1", 1, 1)
    first = log.append(once)
    log.append(counted("probe-1"))
    again = log.append(once)
    assert again == replace(first, repeated=True)
    assert log.written(once.command_id) == again
    assert log.head().position == 3


def test_the_same_command_twice_in_one_batch_is_written_once(log: EventLog) -> None:
    once = counted("probe-1")
    results = [future.result() for future in log.append_many([once, once, counted("probe-2")])]
    assert [(r.position, r.repeated) for r in results] == [(1, False), (1, True), (2, False)]


def test_a_taken_claim_refuses_with_what_stands_there(log: EventLog) -> None:
    claim = Claim("order:shop:42", fingerprint="abc", answer=b"\x00\xffhello", forever=True)
    written = log.append(counted("probe-1", claims=(claim,)))
    with pytest.raises(ClaimTaken) as taken:
        log.append(counted("probe-2", claims=(Claim("free"), Claim("order:shop:42", "other"))))
    assert (taken.value.fingerprint, taken.value.answer, taken.value.position) == ("abc", b"\x00\xffhello", 1)
    assert log.claim("free") is None
    held = log.claim("order:shop:42")
    assert held is not None and held.answer == claim.answer and held.at == written.at


def test_one_refused_decision_leaves_its_neighbours_alone(log: EventLog) -> None:
    log.append(counted("probe-1"))
    futures = log.append_many(
        [
            counted("probe-2"),
            counted("probe-1", expects={"probe-1": 0}),
            counted("probe-3", effects=(StockEffect(1, "A", reserve=-1),)),
            counted("probe-4", effects=(StockEffect(1, "A", reserve=10**30),)),
            counted("probe-5", effects=(StockEffect(1, "A", reserve=1, checked=True),)),
            counted("probe-6"),
        ]
    )
    got = [future.exception() or future.result().position for future in futures]
    assert [type(result) for result in got] == [int, VersionClash, Poisoned, Poisoned, ShortOfStock, int]
    assert got[0] == 2 and got[5] == 3
    assert log.head().position == 3


@pytest.mark.parametrize(
    "decision",
    [
        deciding(("probe-1", ProbeCounted(probe=1, by=1, note="a\0b"))),
        deciding(("probe-1", ProbeCounted(probe=1, by=1, note="\ud800"))),
        deciding(("probe-1\0", ProbeCounted(probe=1, by=1))),
        deciding(("probe-1", ProbeCounted(probe=1, by=1, note="x" * (2 << 20)))),
        counted("probe-1", claims=(Claim("a\0"),)),
        counted("probe-1", claims=(Claim("x" * 5000 + str(list(range(5000)))),)),
        counted("probe-1", effects=(StockEffect(2**40, "A", reserve=1),)),
        counted("probe-1", effects=(StockEffect(1, "A\0", reserve=1),)),
        # that the time has no zone is what is wrong
        counted("probe-1", effects=(StockEffect(1, "A", level=Decimal("NaN"), asked_at=datetime(2026, 1, 1)),)),  # noqa: DTZ001
    ],
    ids=["nul", "surrogate", "nul-stream", "huge", "nul-claim", "huge-claim", "location", "nul-sku", "naive-time"],
)
def test_what_cannot_be_stored_is_refused_and_its_neighbours_are_not(log: EventLog, decision: object) -> None:
    def write(one: object) -> object:
        try:
            return log.append(one)  # type: ignore[arg-type]  # parameters have no types
        except Refused as refused:
            return refused

    with ThreadPoolExecutor(3) as pool:
        results = list(pool.map(write, [counted("probe-8"), decision, counted("probe-9")]))
    assert [type(result) for result in results] == [Written, Poisoned, Written]
    assert log.head().position == 2


def test_scarce_stock_is_never_oversold(log: EventLog) -> None:
    log.append(stock(1, "A", 10))

    def reserve(number: int) -> object:
        try:
            return log.decide(
                f"probe-{number}",
                lambda _state, _given: [ProbeReserved(probe=number, location=1, sku="A", pieces=1)],
                actor="me",
                command="reserve",
            )
        except ShortOfStock as short:
            return short

    with ThreadPoolExecutor(50) as pool:
        results = list(pool.map(reserve, range(1, 51)))
    won = [result for result in results if isinstance(result, Written)]
    lost = [result for result in results if isinstance(result, ShortOfStock)]
    assert (len(won), len(lost)) == (10, 40)
    assert {short.available for short in lost} == {Decimal(0)}
    assert log.head().position == 11


def test_scarce_slots_are_never_overfilled(log: EventLog) -> None:
    log.append(quota(7, 3))
    futures = log.append_many([counted(f"probe-{n}", effects=(SlotEffect(7, 1, checked=True),)) for n in range(1, 21)])
    errors = [future.exception() for future in futures]
    assert [type(error) for error in errors] == [type(None)] * 3 + [ShortOfSlots] * 17


def test_more_refusals_than_one_loop_takes(log: EventLog) -> None:
    """A batch with a refusal is taken apart; more than 64 go in several turns, none is lost or doubled."""
    log.append(counted("probe-1"))
    clash = counted("probe-1", expects={"probe-1": 0})
    decisions = [counted(f"probe-{n}") for n in range(2, 202)]
    futures = log.append_many([clash, *decisions])
    assert isinstance(futures[0].exception(), VersionClash)
    assert [future.result().position for future in futures[1:]] == list(range(2, 202))


def test_a_decision_may_claim_without_events(log: EventLog) -> None:
    written = log.append(deciding(claims=(Claim("k"),)))
    assert written.position == 0 and written.versions == {}
    with pytest.raises(ClaimTaken):
        log.append(deciding(claims=(Claim("k"),)))


def test_the_log_goes_on_into_the_next_partition(log: EventLog, database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("update head set partition_size = 20")
        connection.execute("drop table log_from_1")
        connection.execute("select make_partition_v1(1)")
    for _ in range(15):
        log.append(counted("probe-1", *range(7)))
    assert [event.version for event in log.events("probe-1")] == list(range(1, 106))
    with psycopg.connect(database_url) as connection:
        names = connection.execute("select count(*) from pg_inherits where inhparent = 'log'::regclass").fetchone()
    assert names is not None and names[0] >= 6


def test_command_ids_are_unique_and_ordered_by_time() -> None:
    ids = [new_command_id() for _ in range(1000)]
    assert len(set(ids)) == 1000 and {one.version for one in ids} == {7}
    assert (ids[0].int >> 80) <= (ids[-1].int >> 80)


def test_old_idempotency_keys_are_pruned_and_natural_keys_are_not(log: EventLog) -> None:
    old = counted("probe-1", claims=(Claim("header"), Claim("order:1", forever=True)))
    written = log.append(old)
    between = written.at + timedelta(microseconds=1)
    new = counted("probe-1", claims=(Claim("header-2"),))
    log.append(new)
    assert log.prune(between) == 2  # the key and the command id
    assert log.claim("header") is None and log.written(old.command_id) is None
    assert log.claim("order:1") is not None and log.claim("header-2") is not None
    assert log.append(new).repeated
