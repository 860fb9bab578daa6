"""Verification names the first event that is not as it was written; guards are compared with the log and rebuilt."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from domain.guards import Effect, SlotEffect, StockEffect, StockRow
from domain.kernel import fact
from domain.kinds import Kind, register
from eventlog import guard_rebuild
from eventlog.heads import signed_head
from eventlog.log import EventLog
from eventlog.verify import verify
from tests.eventlog.probe import counted, deciding


@pytest.fixture
def written(log: EventLog, database_url: str) -> str:
    for n in range(1, 11):
        log.append(counted(f"probe-{n % 3}", 1, 1))
    return database_url


def tamper(database_url: str, statement: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute(statement.encode())


def test_an_untouched_log_is_right(written: str, log: EventLog) -> None:
    verified = verify(written)
    assert (verified.events, verified.position, verified.wrong) == (20, 20, None)
    assert verified.hash == log.head().hash
    assert verify(written, after=7, until=12).wrong is None


@pytest.mark.parametrize(
    ("statement", "position", "said"),
    [
        ("update log set data = replace(data, '1', '2') where position = 7", 7, "hash"),
        ("update log set data = data || ' ' where position = 7", 7, "hash"),
        ("update log set actor = 'somebody' where position = 7", 7, "hash"),
        ("update log set command_id = gen_random_uuid() where position = 7", 7, "hash"),
        ("update log set at = at + interval '1 microsecond' where position = 20", 20, "hash"),
        ("update log set at = at - interval '1 hour' where position = 7", 7, "time"),
        ("update log set hash = sha256(hash) where position = 7", 7, "hash"),
        ("delete from log where position = 7", 8, "position 7 is missing"),
        ("delete from log where position = 20", 19, "position 20 is missing"),
        ("update log set version = 9 where position = 7", 7, "version"),
        (
            "update log set position = 1006 where position = 6; update log set position = 6 where position = 8;"
            " update log set position = 8 where position = 1006",
            6,
            "position 6",
        ),
        ("update streams set version = 3 where stream = 'probe-1'", 20, "head of stream probe-1"),
        ("update head set hash = sha256('')", 20, "head of the log"),
        (
            "insert into log select 21, at, version + 1, stream, topic, actor, command, command_id, correlation_id,"
            " causation_id, data, hash from log where position = 20; update head set position = 21",
            21,
            "hash",
        ),
    ],
)
def test_the_first_wrong_event_is_named(written: str, statement: str, position: int, said: str) -> None:
    tamper(written, statement)
    verified = verify(written)
    assert verified.wrong is not None and said in verified.wrong
    assert verified.position == position


@fact("ShelfMoved", on="shelf", sentence="moved")
class ShelfMoved:
    shelf: int
    stock: int = 0
    reserve: int = 0
    slots: int = 0


def _shelf(_before: Any, fact: ShelfMoved, _after: Any) -> Iterable[Effect]:
    if fact.stock:
        yield StockEffect(fact.shelf, "A", level=Decimal(fact.stock), push=True)
    if fact.reserve:
        yield StockEffect(fact.shelf, "A", reserve=fact.reserve, checked=True)
    if fact.slots:
        yield SlotEffect(fact.shelf, fact.slots)


register(Kind("shelf", lambda state, fact, _at: (state or 0) + fact.reserve, _shelf))


def test_guards_are_what_the_log_makes_them(log: EventLog, database_url: str) -> None:
    def move(number: int, **what: int) -> None:
        log.decide(
            f"shelf-{number}", lambda _s, _g: [ShelfMoved(shelf=number, **what)], actor="me", command="move"
        )  # fmt: skip

    for number in (1, 2, 3):
        move(number, stock=10, slots=2)
        move(number, reserve=3)
    assert guard_rebuild.compare(database_url) == []
    tamper(database_url, "update availability set reserved = 4 where location = 2")
    tamper(database_url, "delete from capacity where location = 3")
    tamper(database_url, "insert into availability values (9, 'GHOST', 1, 1, null, 0, null, 0, null)")
    found = guard_rebuild.compare(database_url)
    assert [(one.guard, one.key) for one in found] == [
        ("availability", (2, "A")),
        ("availability", (9, "GHOST")),
        ("capacity", 3),
    ]
    assert found[0].stands.reserved == 4 and found[0].should.reserved == 3 and isinstance(found[0].should, StockRow)
    assert guard_rebuild.rebuild(database_url) == found
    assert guard_rebuild.compare(database_url) == []
    move(2, reserve=7)  # 10 known, 3 reserved: exactly what is left
    assert guard_rebuild.compare(database_url) == []


def test_a_log_that_others_wrote_to_meanwhile_compares_equal(log: EventLog, database_url: str) -> None:
    futures = log.append_many([deciding((f"shelf-{n}", ShelfMoved(shelf=n))) for n in range(1, 50)])
    assert guard_rebuild.compare(database_url) == []
    assert all(future.result() for future in futures)


def test_partitions_dropped_at_a_signed_head(log: EventLog, database_url: str) -> None:
    """What is left is checked from the head that stands for them; what is wrong there is still named."""
    for _ in range(12):
        log.append(counted("probe-1", 1, 1))
    with psycopg.connect(database_url, autocommit=True) as connection:
        begins = signed_head(connection, "secret", 10)
        connection.execute("delete from log where position <= 10")
        assert verify(database_url).wrong is not None
        whole = verify(database_url, begins=begins)
        assert (whole.wrong, whole.events) == (None, log.head().position - 10)
        connection.execute("update log set actor = 'x' where position = 15")
        assert "position 15" in str(verify(database_url, begins=begins).wrong)
        connection.execute("delete from log where position = 11")
        assert "position 11 is missing" in str(verify(database_url, begins=begins).wrong)
