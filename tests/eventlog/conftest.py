"""What several tests of the log stand on."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from tests.eventlog.test_follow import SEEN


@pytest.fixture
def data_dir() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="daybook-embedded-") as home:
        Path(home).chmod(0o755)
        yield Path(home) / "var"


@pytest.fixture
def seen(database_url: str) -> Iterator[Callable[[], list[int]]]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(SEEN)
        yield lambda: [row[0] for row in connection.execute("select position from seen order by position")]
