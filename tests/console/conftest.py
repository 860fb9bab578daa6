"""One site for all tests of the pages."""

from collections.abc import Iterator

import psycopg
import pytest

from eventlog.embedded import EmbeddedServer
from tests.api.site import Site, serving
from tests.conftest import TEMPLATE


@pytest.fixture(scope="package")
def site(postgres: EmbeddedServer) -> Iterator[Site]:
    """Set up, with the projector running and no planner: tests plan their orders themselves."""
    with psycopg.connect(postgres.database_url("postgres"), autocommit=True) as connection:
        connection.execute(f"create database test_console template {TEMPLATE}")
    with serving(postgres.database_url("test_console")) as made:
        made.set_up()
        yield made
    with psycopg.connect(postgres.database_url("postgres"), autocommit=True) as connection:
        connection.execute("drop database test_console with (force)")
