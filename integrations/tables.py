"""The tables of this room, and the channel on which its processes wake each other."""

from pathlib import Path
from typing import Any

import psycopg

from eventlog.log import EventLog
from eventlog.migrate import migrate

Connection = psycopg.Connection[Any]

CHANNEL = "integrations"
"""Notified where calls were added or are due at once."""

WAKE = f"notify {CHANNEL}"


def prepare(log: EventLog) -> None:
    """Makes what is missing of the tables; locked, so that processes may start together."""
    migrate(log.direct_url, "integrations", Path(__file__).parent / "sql")
