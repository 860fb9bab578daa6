"""A real PostgreSQL for every test that asks: one embedded server a run, a fresh database a test."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
import pytest

from api.http import passwords
from api.http.users import install as users
from api.jobs.runs import prepare as jobs
from api.setup.tasks import prepare as setup
from eventlog.embedded import EmbeddedServer
from eventlog.log import EventLog
from integrations.tables import prepare as integrations
from projections.schema import install as projections
from scenarios.keeping import prepare as planner
from webhook_outbox.tables import prepare as webhooks

TEMPLATE = "template_daybook"
LONG = ("stories", "webhooks", "browser", "eventlog", "setup", "jobs", "integrations")
"""Folders whose files take long, mostly waiting for processes and pages: begun first, so that no test process is left
alone with them in the end."""
HERE = Path(__file__).parent
MEMORY = Path("/dev/shm")  # noqa: S108 - made for this, by the system; each test's own folder has a random name
ROOM = 4 * 2**30
_numbers = count(1)


passwords.WORK = 2**4
"""Passwords of tests are worth no guess. What tests start as a process sets the usual ones."""


def pytest_configure() -> None:
    """Databases and other passing files stand in memory where there is room: the tests kill processes, not machines.
    A database of 600 files is copied there in a tenth of the time. For the programs they start, too."""
    if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM and "TMPDIR" not in os.environ:
        os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    order = {name: n for n, name in enumerate(LONG)}
    items.sort(key=lambda item: order.get(Path(item.path).relative_to(HERE).parts[0], len(LONG)))


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedServer]:
    """The run's own server, in a directory of its own, so that several runs do not meet. A test run need not survive a
    power cut, so it does not wait for the disk; all else is as in production."""
    home = Path(tempfile.mkdtemp(prefix="daybook-test-"))
    home.chmod(0o755)  # the server's unprivileged user passes through it
    server = EmbeddedServer(home, {"fsync": "off", "full_page_writes": "off"}).start()
    with psycopg.connect(server.database_url("postgres"), autocommit=True) as connection:
        connection.execute(f"create database {TEMPLATE}")
    _prepared(server.database_url(TEMPLATE))
    yield server
    server.stop()
    shutil.rmtree(home, ignore_errors=True)


def _prepared(database_url: str) -> None:
    """The tables of every room, as `oms init` makes them: a test's own `install` finds them and does nothing."""
    log = EventLog.open(database_url)
    for room in (users, planner, projections, webhooks, integrations, jobs, setup):
        room(log)
    log.close()


@contextmanager
def database(postgres: EmbeddedServer, name: str) -> Iterator[str]:
    """The address of a fresh database with everybody's tables, until the end of the block. Copied as files: a fifth of
    the time that copying by way of the write-ahead log takes."""
    with psycopg.connect(postgres.database_url("postgres"), autocommit=True) as connection:
        connection.execute(f"create database {name} template {TEMPLATE} strategy file_copy")
    yield postgres.database_url(name)
    with psycopg.connect(postgres.database_url("postgres"), autocommit=True) as connection:
        connection.execute(f"drop database {name} with (force)")


@pytest.fixture
def database_url(postgres: EmbeddedServer) -> Iterator[str]:
    """A database of the test's own."""
    with database(postgres, f"test_{next(_numbers)}") as url:
        yield url


@pytest.fixture
def log(database_url: str) -> Iterator[EventLog]:
    """The log, open on a fresh database."""
    opened = EventLog.open(database_url)
    yield opened
    opened.close()
