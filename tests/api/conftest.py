"""One site for all tests of the API that bring their own orders; those that need an empty one open their own."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from eventlog.embedded import EmbeddedServer
from tests.api.site import Site, serving
from tests.conftest import database


@contextmanager
def set_up(postgres: EmbeddedServer, name: str) -> Iterator[Site]:
    """Set up, with the projector running and no planner: tests plan their orders themselves."""
    with database(postgres, name) as url, serving(url) as made:
        made.set_up()
        yield made


@pytest.fixture(scope="package")
def site(postgres: EmbeddedServer) -> Iterator[Site]:
    with set_up(postgres, "test_api") as made:
        yield made
