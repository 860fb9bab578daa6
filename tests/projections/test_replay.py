"""A replayed installation is what the original was at that position: chain, guards, states, lists; nothing is sent."""

from collections.abc import Iterator

import psycopg
import pytest

from api.replaying import replay_installation
from eventlog import guard_rebuild
from eventlog.embedded import EmbeddedServer
from eventlog.log import EventLog
from eventlog.replay import NotEmpty
from eventlog.verify import verify
from projections import queries
from projections.history import as_of
from projections.objects import render
from scenarios.keeping import prepare as prepare_planner
from tests.projections.stories import Story, folded, reveal
from webhook_outbox.tables import prepare as prepare_webhooks


@pytest.fixture(scope="module")
def log(kept_log: EventLog) -> EventLog:
    from api.http.users import install

    install(kept_log)
    prepare_planner(kept_log)
    prepare_webhooks(kept_log)
    story = Story(kept_log, seed=5)
    story.settings()
    story.orders(40)
    story.steps(300)
    return kept_log


@pytest.fixture
def empty(postgres: EmbeddedServer) -> Iterator[str]:
    with psycopg.connect(postgres.database_url("postgres"), autocommit=True) as connection:
        connection.execute("create database replayed")
    yield postgres.database_url("replayed")
    with psycopg.connect(postgres.database_url("postgres"), autocommit=True) as connection:
        connection.execute("drop database replayed with (force)")


@pytest.mark.parametrize("share", [0.0, 0.37, 1.0])
def test_as_of_a_position(log: EventLog, empty: str, share: float) -> None:
    until = int(log.head().position * share)
    assert replay_installation(log, empty, until, reveal) == until
    replayed = EventLog.open(empty)
    try:
        assert replayed.head().position == until
        assert replayed.read(0, 10**6) == log.read(0, until) if until else replayed.read(0, 1) == []
        assert verify(empty).wrong is None
        assert guard_rebuild.compare(empty) == []
        checked = 0
        for order in folded(replayed).values():
            for kind, things in (("order", {order.id: order}), ("package", order.packages)):
                for id in things:
                    then = as_of(log, kind, id, reveal, order.id, position=until)
                    now = replayed.state(f"order-{order.id}").state
                    assert render(kind, id, now, replayed.reference, reveal) == then
                    checked += 1
        assert (checked > 20) == (share > 0)
        with replayed.listening() as connection:
            page = queries.select(connection, "orders", {}, replayed.reference, limit=100)
            assert {row[0] for row in page.rows} == set(folded(replayed))
            assert connection.execute("select count(*) from webhook_deliveries").fetchone() == (0,)
        assert replayed.positions()["webhooks"] == until
    finally:
        replayed.close()


def test_only_into_an_empty_database(log: EventLog, empty: str) -> None:
    replay_installation(log, empty, 10, reveal)
    with pytest.raises(NotEmpty):
        replay_installation(log, empty, 20, reveal)


def test_what_is_written_there_goes_on_from_there(log: EventLog, empty: str) -> None:
    """Ids are not given out twice, the chain goes on, and the original is untouched."""
    head, taken = log.head(), log.ids("order")
    replay_installation(log, empty, head.position, reveal)
    replayed = EventLog.open(empty)
    try:
        assert replayed.ids("order") > taken
    finally:
        replayed.close()
    assert log.head() == head
