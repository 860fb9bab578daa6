"""Read models at the head of a log, for the tests that only read them."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from eventlog.embedded import EmbeddedServer
from eventlog.log import EventLog
from projections.projection import Projection
from projections.queries import select
from projections.schema import TABLES, install
from tests.projections.stories import Story, folded, reveal


class World:
    """Read models at the head of a log, and the same orders folded apart."""

    def __init__(self, log: EventLog) -> None:
        story = Story(log, seed=41)
        story.settings()
        story.orders(60)
        story.steps(500)
        story.rare()
        install(log)
        self.log, self.orders = log, folded(log)
        self.connection: psycopg.Connection[Any] = log.listening()
        events = log.read(0, 10**6)
        with self.connection.transaction():
            Projection({name: name for name in TABLES}, reveal).apply(self.connection, events)

    def ids(self, name: str, params: dict[str, str], **more: Any) -> list[int]:
        page = select(self.connection, name, params, self.log.reference, limit=100, **more)
        assert page.count == len(page.rows) or page.count > 100
        return [row[0] for row in page.rows]

    def all_ids(self, name: str, params: dict[str, str], **more: Any) -> list[int]:
        found: list[int] = []
        number = 1
        while True:
            page = select(self.connection, name, params, self.log.reference, limit=100, page=number, **more)
            found += [row[0] for row in page.rows]
            if len(page.rows) < 100:
                assert page.count == len(found) and page.count_exact
                return found
            number += 1


@pytest.fixture(scope="module")
def kept_log(postgres: EmbeddedServer, request: pytest.FixtureRequest) -> Iterator[EventLog]:
    """A log that the tests of a file share: they only read it."""
    name = f"kept_{request.module.__name__.rpartition('.')[2]}"
    with psycopg.connect(postgres.database_url("postgres"), autocommit=True) as connection:
        connection.execute(f"create database {name} template template_daybook strategy file_copy".encode())
    log = EventLog.open(postgres.database_url(name))
    yield log
    log.close()
    with psycopg.connect(postgres.database_url("postgres"), autocommit=True) as connection:
        connection.execute(f"drop database {name} with (force)".encode())


@pytest.fixture(scope="module")
def world(kept_log: EventLog) -> Iterator[World]:
    world = World(kept_log)
    yield world
    world.connection.close()
