"""Deciding on a stream: loaded, decided, appended; again on a clash; the same command once."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from domain.kernel import Given, Refusal
from eventlog.log import EventLog
from eventlog.recorded import Claim, ClaimTaken, ShortOfStock, VersionClash, new_command_id
from tests.eventlog.probe import Probe, ProbeCounted, ProbeNamed, ProbeReserved, counted, stock

ME: dict[str, Any] = {"actor": "me", "command": "count"}


def count_one(state: Probe | None, _given: Given) -> Iterable[Any]:
    return [ProbeCounted(probe=1, by=1)]


def count_once(state: Probe | None, _given: Given) -> Iterable[Any]:
    if state is not None and state.total > 0:
        raise Refusal("state_conflict", "counted already")
    yield ProbeCounted(probe=1, by=1)


def test_each_of_many_writers_sees_the_others(log: EventLog, database_url: str) -> None:
    """Two processes' worth of caches, 16 threads: no count is lost, whatever clashed."""
    other = EventLog.open(database_url)

    def count(n: int) -> None:
        (log if n % 2 else other).decide("probe-1", count_one, attempts=1000, **ME)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(count, range(100)))
    assert log.state("probe-1").state == Probe(1, total=100)
    assert log.state("probe-1").version == 100
    other.close()


def test_a_stale_cache_refuses_nothing_and_allows_nothing(log: EventLog, database_url: str) -> None:
    other = EventLog.open(database_url)
    assert log.state("probe-1").state is None
    other.decide("probe-1", count_once, **ME)
    with pytest.raises(Refusal):  # the cached state would have allowed it: found at the append
        log.decide("probe-1", count_once, **ME)

    def only_when_named(state: Probe | None, _given: Given) -> Iterable[Any]:
        if state is None or not state.name:
            raise Refusal("state_conflict", "not named yet")
        return [ProbeCounted(probe=1, by=1)]

    log.state("probe-1")
    other.decide("probe-1", lambda _s, _g: [ProbeNamed(probe=1, name="N")], **ME)
    log.decide("probe-1", only_when_named, **ME)  # the cached state would have refused it
    other.close()


def test_no_facts_write_nothing(log: EventLog) -> None:
    log.append(counted("probe-1"))
    written = log.decide("probe-1", lambda _state, _given: [], **ME)
    assert (written.position, written.versions) == (1, {"probe-1": 1})
    assert log.head().position == 1


def test_the_same_command_id_acts_once_though_it_would_now_be_refused(log: EventLog) -> None:
    command_id = new_command_id()
    first = log.decide("probe-1", count_once, command_id=command_id, **ME)
    again = log.decide("probe-1", count_once, command_id=command_id, **ME)
    assert (again.position, again.versions, again.repeated) == (first.position, first.versions, True)
    with pytest.raises(Refusal):
        log.decide("probe-1", count_once, **ME)


def test_a_repeated_command_that_would_be_allowed_acts_once_too(log: EventLog) -> None:
    command_id = new_command_id()
    log.decide("probe-1", count_one, command_id=command_id, **ME)
    again = log.decide("probe-1", count_one, command_id=command_id, **ME)
    assert again.repeated and log.state("probe-1").state == Probe(1, total=1)


def test_a_taken_claim_is_found_though_the_command_would_now_be_refused(log: EventLog) -> None:
    log.decide("probe-1", count_once, claims=(Claim("key", answer=b"204"),), **ME)
    with pytest.raises(ClaimTaken) as taken:
        log.decide("probe-1", count_once, claims=(Claim("key"),), **ME)
    assert taken.value.answer == b"204"


def test_check_sees_the_fresh_version(log: EventLog, database_url: str) -> None:
    other = EventLog.open(database_url)
    log.decide("probe-1", count_one, **ME)
    other.decide("probe-1", count_one, **ME)

    def is_two(_state: Any, version: int) -> None:
        if version != 2:
            raise ValueError(version)

    log.decide("probe-1", count_one, check=is_two, **ME)
    with pytest.raises(ValueError, match="3"):
        log.decide("probe-1", count_one, check=is_two, **ME)
    other.close()


def test_effects_of_the_kind_guard_the_decision_unless_forced(log: EventLog) -> None:
    log.append(stock(1, "A", 2))

    def reserve(_state: Any, _given: Given) -> Iterable[Any]:
        return [ProbeReserved(probe=1, location=1, sku="A", pieces=3)]

    with pytest.raises(ShortOfStock) as short:
        log.decide("probe-1", reserve, **ME)
    assert short.value.available == 2
    log.decide("probe-1", reserve, checked=False, **ME)
    assert log.state("probe-1").state == Probe(1, reserved=3)


def test_prepare_writes_nothing(log: EventLog) -> None:
    log.append(counted("probe-1"))
    prepared = log.prepare("probe-1", count_one, **ME)
    assert prepared.facts == (ProbeCounted(probe=1, by=1),)
    assert (prepared.before.version, prepared.after) == (1, Probe(1, total=2))
    assert log.head().position == 1
    assert log.append(prepared.decision).position == 2


def test_other_streams_may_be_expected(log: EventLog) -> None:
    log.append(counted("probe-2"))
    log.decide("probe-1", count_one, expects={"probe-2": 1}, **ME)
    with pytest.raises(VersionClash):
        log.decide("probe-1", count_one, expects={"probe-2": 0}, attempts=2, **ME)


def test_the_state_as_it_was(log: EventLog) -> None:
    times = [log.decide("probe-1", count_one, **ME).at for _ in range(3)]
    log.append(counted("probe-2"))
    assert log.state_at("probe-1", version=2).state == Probe(1, total=2)
    assert log.state_at("probe-1", position=1).state == Probe(1, total=1)
    assert log.state_at("probe-1", at=times[1]).state == Probe(1, total=2)
    assert log.state_at("probe-1").version == 3
    assert log.state_at("probe-9").state is None


def test_the_answer_can_be_made_without_another_query(log: EventLog) -> None:
    written = log.decide("probe-1", count_one, **ME)
    held = log.state("probe-1", at_least=written.versions["probe-1"])
    assert (held.state, held.version, held.position) == (Probe(1, total=1), 1, written.position)
