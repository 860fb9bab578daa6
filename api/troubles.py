"""What goes wrong outside the program `oms` in one sentence: a database that does not answer, a file that cannot be."""

import re

AWAY = frozenset({"08", "28", "3D", "53", "57"})
"""Classes of SQLSTATE: no connection, not let in, no such database, no room, shutting down."""

_QUOTED = re.compile(r'".*"')
"""What of a URL is wrong may be its password."""


def sentence_of(error: Exception) -> str | None:
    """None where the fault is ours: then the traceback is wanted."""
    from psycopg import OperationalError, ProgrammingError
    from psycopg.errors import ReadOnlySqlTransaction

    from eventlog.recorded import Unavailable

    first = str(error).strip().partition("\n")[0]
    if isinstance(error, Unavailable):
        return f"The database does not answer: {first}"
    if isinstance(error, OperationalError) and (error.sqlstate is None or error.sqlstate[:2] in AWAY):
        return f"The database does not answer: {first}"
    if isinstance(error, ReadOnlySqlTransaction):
        return "The database only reads: DATABASE_URL is to lead to the primary, this is a replica."
    if isinstance(error, ProgrammingError) and error.sqlstate is None:  # of the URL, before a server was asked
        return f"That is no database URL: {_QUOTED.sub('…', first)}"
    if isinstance(error, OSError):
        return f"{error.filename}: {error.strerror}" if error.filename and error.strerror else first
    return None
