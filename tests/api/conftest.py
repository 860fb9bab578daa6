"""One site for all tests of the API that bring their own orders; those that need an empty one open their own."""

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
        connection.execute(f"create database test_api template {TEMPLATE} strategy file_copy")
    with serving(postgres.database_url("test_api")) as made:
        made.set_up()
        yield made
    with psycopg.connect(postgres.database_url("postgres"), autocommit=True) as connection:
        connection.execute("drop database test_api with (force)")
