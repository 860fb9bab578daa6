"""Small kinds in memory: loaded by kind, kept fresh over processes, found by id and key, as of a position."""

from unittest.mock import Mock

import psycopg
import pytest

from eventlog.log import EventLog
from eventlog.recorded import Decision
from tests.eventlog.probe import Probe, ProbeCounted, ProbeNamed, counted, deciding
from tests.eventlog.test_follow import until


def named(number: int, name: str) -> Decision:
    return deciding((f"small-{number}", ProbeNamed(probe=number, name=name)))


def test_loaded_found_and_followed(log: EventLog, database_url: str) -> None:
    other = EventLog.open(database_url)
    log.append(counted("probe-1"))
    log.append(named(1, "A"))
    assert other.reference.one("small", 1) == Probe(1, name="A")
    assert other.reference.find("small", "A") == Probe(1, name="A")
    assert other.reference.one("small", 2) is None and other.reference.find("small", "B") is None
    log.append(named(2, "B"))
    assert other.reference.find("small", "B") == Probe(2, name="B")  # on the miss it looked once more
    log.append(named(1, "C"))
    until(lambda: other.reference.one("small", 1) == Probe(1, name="C"))  # by the tail
    assert other.reference.find("small", "A") is None
    assert other.reference.find("small", "C") == Probe(1, name="C")
    assert [state.id for state in other.reference.all("small")] == [1, 2]
    assert other.reference.all("probe") == []
    other.close()


def test_who_writes_it_reads_it_at_once(log: EventLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eventlog.reference.run_tail", lambda *_args, **_more: None)
    for name in ("A", "B"):
        facts = [ProbeNamed(probe=1, name=name)]
        log.decide("small-1", Mock(return_value=facts), actor="t", command="t")
        assert log.reference.one("small", 1) == Probe(1, name=name)


def test_as_of_a_position(log: EventLog) -> None:
    log.append(named(1, "A"))
    log.append(deciding(("small-1", ProbeNamed(probe=1, name="B")), ("small-2", ProbeCounted(probe=2, by=1))))
    then = log.reference.as_of(1)
    assert (then.one("small", 1), then.one("small", 2)) == (Probe(1, name="A"), None)
    assert then.find("small", "B") is None and then.find("small", "A") == Probe(1, name="A")
    now = log.reference.as_of(3)
    assert (now.one("small", 1), now.one("small", 2)) == (Probe(1, name="B"), Probe(2, total=1))


def test_it_survives_a_lost_connection(log: EventLog, database_url: str) -> None:
    log.append(named(1, "A"))
    assert log.reference.one("small", 1) == Probe(1, name="A")
    with psycopg.connect(database_url, autocommit=True) as admin:
        admin.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and application_name like 'daybook%'"
        )
    log.append(named(1, "B"))
    until(lambda: log.reference.one("small", 1) == Probe(1, name="B"))
