"""One site for all tests of the API that bring their own orders; those that need an empty one open their own."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from eventlog.embedded import EmbeddedServer
from tests.api.site import Site, serving
from tests.conftest import TEMPLATE


@contextmanager
def set_up(postgres: EmbeddedServer, name: str) -> Iterator[Site]:
    """Set up, with the projector running and no planner: tests plan their orders themselves."""
    with psycopg.connect(postgres.database_url("postgres"), autocommit=True) as connection:
        connection.execute(f"create database {name} template {TEMPLATE} strategy file_copy")
    with serving(postgres.database_url(name)) as made:
        made.set_up()
        yield made
    with psycopg.connect(postgres.database_url("postgres"), autocommit=True) as connection:
        connection.execute(f"drop database {name} with (force)")


@pytest.fixture(scope="package")
def site(postgres: EmbeddedServer) -> Iterator[Site]:
    with set_up(postgres, "test_api") as made:
        yield made
