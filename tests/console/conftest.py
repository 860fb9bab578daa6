"""One site for all tests of the pages."""

from collections.abc import Iterator

import pytest

from eventlog.embedded import EmbeddedServer
from tests.api.conftest import set_up
from tests.api.site import Site


@pytest.fixture(scope="package")
def site(postgres: EmbeddedServer) -> Iterator[Site]:
    with set_up(postgres, "test_console") as made:
        yield made
