"""How this room reaches PostgreSQL: connection settings in one place, and the pool the library's recorders use."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar, cast

import psycopg
from eventsourcing.persistence import InterfaceError, OperationalError
from eventsourcing.postgres import ConnectionPool, PostgresDatastore
from eventsourcing.utils import retry
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import DictRow, dict_row

from eventlog.recorded import Unavailable

P = ParamSpec("P")
R = TypeVar("R")

# A machine that vanished is noticed within seconds; its locks go with its connection.
_ALIVE = {
    "connect_timeout": "5",
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "10000",
}


def conninfo(database_url: str, name: str, more: str = "") -> str:
    """libpq settings: UTC, keepalives, `name` as application_name; what the URL says itself wins. `more`: server
    settings of the session."""
    said = conninfo_to_dict(database_url)
    options = f"{said.pop('options', None) or ''} -c timezone=UTC {more}".strip()
    settings: dict[str, Any] = {**_ALIVE, "application_name": name, **said, "options": options}
    return make_conninfo(**settings)


def connect(database_url: str, name: str, *, pooled: bool = False) -> psycopg.Connection[Any]:
    """A connection in autocommit. `pooled`: a transaction pooler stands before the server, so nothing is prepared."""
    connection = psycopg.connect(conninfo(database_url, name), autocommit=True)
    if pooled:
        connection.prepare_threshold = None
    return connection


class Away(Unavailable, OperationalError):
    """The database does not answer now: the library's error and ours, so that both are understood."""


class Datastore(PostgresDatastore):
    """The library's datastore on a whole database URL (sockets, TLS and options included), text stream names."""

    def __init__(self, database_url: str, *, size: int = 20, pooled: bool = False) -> None:
        said = conninfo_to_dict(database_url)
        super().__init__(
            dbname=str(said.get("dbname", "")),
            host=str(said.get("host", "")),
            port=str(said.get("port", "")),
            user=str(said.get("user", "")),
            password="",
            originator_id_type="text",
        )

        def prepare_nothing(connection: psycopg.Connection[Any]) -> None:
            if pooled:
                connection.prepare_threshold = None

        self.pool = ConnectionPool(
            # All statements here look up by index; a plan made while a table was empty must not scan millions later.
            conninfo(database_url, "daybook", "-c enable_seqscan=off"),
            connection_class=psycopg.Connection[DictRow],
            kwargs={"row_factory": dict_row, "autocommit": True},
            configure=prepare_nothing,
            min_size=1,
            max_size=size,
            open=False,
            timeout=10.0,
        )

    @contextmanager
    def get_connection(self) -> Iterator[psycopg.Connection[DictRow]]:
        """As the library's; a connection that was lost, or not to be had, is Away."""
        try:
            with super().get_connection() as connection:
                yield connection
        except (OperationalError, InterfaceError) as lost:
            raise Away(str(lost)) from lost


def patiently(function: Callable[P, R]) -> Callable[P, R]:
    """Reads again, for some two seconds, what failed because its connection was lost."""
    return cast(Callable[P, R], retry((InterfaceError, OperationalError), max_attempts=8, wait=0.25)(function))


def only_row(cursor: psycopg.Cursor[Any]) -> Any:
    """The row of a statement that always gives one."""
    row = cursor.fetchone()
    if row is None:
        raise LookupError("a statement that always gives a row gave none")
    return row
