"""A read model built anew while commands go on is swapped in with the digest of the old one."""

import threading
from itertools import count
from typing import Any

import pytest

from eventlog.log import EventLog
from projections.models.order_customers import forget
from projections.objects.person import Reveal
from projections.queries import render_page, select
from projections.rebuild import Underway, digest, rebuild
from projections.schema import TABLES
from projections.writing import write
from tests.projections.stories import Story, caught_up, projecting, reveal
from tests.projections.test_projector import assert_rows_are_true, rows


def test_each_is_rebuilt_during_writes(log: EventLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("projections.rebuild.BATCH", 60)
    monkeypatch.setattr("projections.rebuild.NEAR", 10)
    monkeypatch.setattr("projections.projector.BATCH", 40)
    story = Story(log, seed=21)
    story.orders(30)
    story.steps(150)
    stop = threading.Event()

    def commands() -> None:
        while not stop.is_set():
            story.steps(5)

    reads: list[int] = []
    lost: list[BaseException] = []

    def look() -> None:
        """Reads as the API does, all the while: none fails, and nothing that was there is missed."""
        try:
            with log.listening() as connection:
                while not stop.is_set():
                    for name in ("packages", "orders", "shipments"):
                        page = select(connection, name, {"id__gt": "0"}, log.reference, limit=20)
                        render_page(connection, page, log.reference, reveal)
                    reads.append(select(connection, "orders", {}, log.reference, limit=1).count)
        except BaseException as error:
            lost.append(error)

    with projecting(log):
        caught_up(log)
        writer, reader = threading.Thread(target=commands), threading.Thread(target=look)
        writer.start()
        reader.start()
        swapped_at = []
        try:
            for name in TABLES:
                told: list[tuple[int, int]] = []
                done = rebuild(log, name, reveal, lambda *step, told=told: told.append(step))[name]
                assert done.old == done.new
                assert not done.new.startswith("0:")
                assert told[-1][0] == done.position and told == sorted(told)
                swapped_at.append(done.position)
        finally:
            stop.set()
            writer.join()
            reader.join()
        assert lost == [] and len(reads) > 3 and set(reads) == {30}
        assert swapped_at[-1] > swapped_at[0]
        caught_up(log)
    assert_rows_are_true(log)
    leftovers = rows(log, "select relname from pg_class where relname like '%\\_\\_%' and relkind = 'r'")
    assert leftovers == []
    indexes = {name for (name,) in rows(log, "select indexname from pg_indexes where schemaname = 'public'")}
    for table in TABLES.values():
        assert {f"{table.name}_{n + 1}" for n in range(len(table.indexes))} <= indexes


def test_several_at_once(log: EventLog) -> None:
    story = Story(log, seed=22)
    story.orders(10)
    story.steps(60)
    with projecting(log):
        caught_up(log)
        done = rebuild(log, list(TABLES), reveal)
    assert list(done) == list(TABLES)
    assert all(one.old == one.new for one in done.values())
    assert_rows_are_true(log)


def test_what_was_wrong_is_right_afterwards(log: EventLog) -> None:
    story = Story(log, seed=23)
    story.orders(10)
    story.steps(60)
    with projecting(log):
        caught_up(log)
        rows(log, "with x as (update packages set location = -1 where id % 3 = 0 returning 1) select count(*) from x")
        done = rebuild(log, "packages", reveal)["packages"]
        assert done.old != done.new
    assert_rows_are_true(log)


def test_a_rebuild_that_was_killed_begins_again(log: EventLog, monkeypatch: pytest.MonkeyPatch) -> None:
    story = Story(log, seed=24)
    story.orders(10)
    story.steps(60)
    monkeypatch.setattr("projections.rebuild.BATCH", 20)
    monkeypatch.setattr("projections.rebuild.NEAR", 5)
    with projecting(log):
        caught_up(log)

        class Killed(BaseException):
            pass

        def kill(done: int, _: int) -> None:
            if done > 60:
                raise Killed

        with pytest.raises(Killed):
            rebuild(log, "packages", reveal, kill)
        done = rebuild(log, "packages", reveal)["packages"]
        assert done.old == done.new
    assert_rows_are_true(log)


def test_what_fails_beside_ends_it(log: EventLog, monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches are written in a thread while the next is folded: what goes wrong there is told, nothing is swapped."""
    story = Story(log, seed=28)
    story.orders(10)
    story.steps(60)
    monkeypatch.setattr("projections.rebuild.BATCH", 20)
    monkeypatch.setattr("projections.rebuild.NEAR", 5)
    with projecting(log):
        caught_up(log)
        calls = count()

        def failing(*given: Any) -> None:
            if next(calls) == 2:
                raise OverflowError("of the third batch")
            write(*given)

        with monkeypatch.context() as patched, pytest.raises(OverflowError, match="third batch"):
            patched.setattr("projections.projection.write", failing)
            rebuild(log, "state_transition_logs", reveal)
        done = rebuild(log, "state_transition_logs", reveal)["state_transition_logs"]
        assert done.old == done.new
    assert_rows_are_true(log)


def test_keys_are_fetched_once_for_each_new_order(log: EventLog) -> None:
    story = Story(log, seed=27)
    story.orders(9)
    story.steps(30)
    warmed: list[str] = []
    with projecting(log):
        caught_up(log)
    rebuild(log, "order_customers", reveal, warm=warmed.extend)
    assert sorted(warmed) == sorted(f"key{id}" for id in story.lives.orders)
    rebuild(log, "packages", reveal, warm=warmed.extend)
    assert len(warmed) == 9


def test_one_at_a_time(log: EventLog) -> None:
    story = Story(log, seed=25)
    story.orders(3)
    with projecting(log):
        caught_up(log)

        def again(_done: int, _all: int) -> None:
            with pytest.raises(Underway):
                rebuild(log, "packages", reveal)

        rebuild(log, "packages", reveal, again)
    with pytest.raises(KeyError):
        rebuild(log, "nothing", reveal)


def test_the_forgotten_stay_forgotten(log: EventLog) -> None:
    story = Story(log, seed=26)
    story.orders(12)
    forgotten: set[str] = set()
    opens: Reveal = lambda personal: None if personal.key in forgotten else reveal(personal)  # noqa: E731 - a short one
    with projecting(log):
        caught_up(log)
    forgotten.add("key7")
    with log.listening() as connection:
        assert forget(connection, ["key7"]) == 1
        before = digest(connection, "order_customers")
    done = rebuild(log, "order_customers", opens)["order_customers"]
    assert done.old == done.new == before
    assert rows(log, "select first_name, email from order_customers where order_id = 7") == [(None, None)]
    assert rows(log, "select email from order_customers where order_id = 8") == [("c8@example.org",)]
