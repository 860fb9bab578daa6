"""Following the log: batches by position, woken by NOTIFY with a poll behind it, through lost connections.

A follower does its work and saves its position in one transaction, on the connection that holds its advisory lock:
there is one owner over all processes, and an owner that lost its connection cannot commit. The epoch beside the
position says the same once more, for a lock that was lost while its holder slept.
"""

import logging
import zlib
from collections.abc import Callable, Iterable
from threading import Event
from time import monotonic
from typing import Any

import psycopg

from eventlog.connect import only_row
from eventlog.read import read_all, read_kinds
from eventlog.recorded import Recorded, Unavailable
from eventlog.recorder import CHANNEL

logger = logging.getLogger(__name__)

Handle = Callable[[psycopg.Connection[Any], list[Recorded]], None]
Connect = Callable[[], psycopg.Connection[Any]]

FOLLOWER_LOCKS = 7102
STANDBY_SECONDS = 0.3
ASLEEP_SECONDS = 15.0
"""An owner that says nothing for so long was stopped without its connection being closed: the server ends its session,
and with it its lock. One that works or waits speaks every second."""
# How long a stop may go unnoticed while nothing happens.
_STOP_SECONDS = 0.2

# Takes a follower over: whoever had it before can save no more.
TAKE = """
insert into followers (application_name, notification_id, epoch) values (%s, %s, 1)
    on conflict (application_name) do update set epoch = followers.epoch + 1
returning notification_id, epoch
"""
HOLD = "select 1 from followers where application_name = %s and epoch = %s for update"
SAVE = "update followers set notification_id = %s, saved_at = now() where application_name = %s"


class Lost(Exception):
    """Another process has taken the follower over."""


def run_follower(
    connect: Connect, name: str, handle: Handle, stop: Event, batch: int = 500, poll: float = 1.0, start: int = 0
) -> None:
    """Runs until `stop`: `handle(connection, events)` in the transaction that saves the position. Waits as a standby
    while another process owns `name`. What `handle` raises ends it, but for a lost connection or a deadlock. A follower
    seen for the first time begins after position `start`."""

    def owned(connection: psycopg.Connection[Any]) -> None:
        if not _own(connection, name, stop):
            return
        for state in ("idle_session_timeout", "idle_in_transaction_session_timeout"):
            connection.execute("select set_config(%s, %s, false)", (state, f"{ASLEEP_SECONDS * 1000:.0f}ms"))
        position, epoch = only_row(connection.execute(TAKE, (name, start)))
        logger.info("%s follows from position %s (epoch %s)", name, position, epoch)
        while not stop.is_set():
            events = read_all(connection, position, batch)
            if not events:
                _wait(connection, stop, poll)
                continue
            with connection.transaction():
                if connection.execute(HOLD, (name, epoch)).fetchone() is None:
                    raise Lost(name)
                handle(connection, events)
                connection.execute(SAVE, (events[-1].position, name))
            position = events[-1].position

    _persist(connect, owned, stop, name)


def run_tail(
    connect: Connect,
    after: int,
    handle: Handle,
    stop: Event,
    batch: int = 500,
    poll: float = 1.0,
    kinds: Iterable[str] | None = None,
    rest: float = 0.0,
) -> None:
    """The same without a stored position or an owner, for what is kept in memory; only `kinds`, where given. `rest`:
    seconds between one look and the next, however much is written."""
    position = after
    wanted = None if kinds is None else tuple(kinds)

    def tailed(connection: psycopg.Connection[Any]) -> None:
        nonlocal position
        while not stop.is_set():
            if wanted is None:
                events = read_all(connection, position, batch)
                seen = events[-1].position if events else position
            else:
                events, seen = read_kinds(connection, wanted, position, batch)
            if events:
                handle(connection, events)
            position = seen
            if len(events) < batch:
                stop.wait(rest)
                _wait(connection, stop, poll)

    _persist(connect, tailed, stop, "a tail")


def _persist(connect: Connect, run: Callable[[psycopg.Connection[Any]], None], stop: Event, name: str) -> None:
    """Runs with a listening connection, and with a new one where it is lost, until `stop`."""
    said = ""
    while not stop.is_set():
        try:
            with connect() as connection:
                connection.execute(f"listen {CHANNEL}")
                if said:
                    logger.warning("%s goes on", name)
                    said = ""
                run(connection)
        except (psycopg.OperationalError, psycopg.InterfaceError, Unavailable, Lost) as lost:
            why = str(lost).strip().split("\n")[0]
            if why != said:  # a database that is away for a minute is told once, not ten times a second
                logger.warning("%s begins again: %s", name, why)
                said = why
            stop.wait(0.1)


def _own(connection: psycopg.Connection[Any], name: str, stop: Event) -> bool:
    key = zlib.crc32(name.encode()) - 2**31
    while not stop.is_set():
        if only_row(connection.execute("select pg_try_advisory_lock(%s, %s)", (FOLLOWER_LOCKS, key)))[0]:
            return True
        stop.wait(STANDBY_SECONDS)
    return False


def _wait(connection: psycopg.Connection[Any], stop: Event, poll: float) -> None:
    """Until the log is said to have grown, `poll` seconds are over, or `stop`."""
    until = monotonic() + poll
    while not stop.is_set() and (left := until - monotonic()) > 0:
        for _ in connection.notifies(timeout=min(left, _STOP_SECONDS), stop_after=1):
            return
