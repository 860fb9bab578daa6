"""Runs the queued calls: one thread takes and renews, some work. Any number of processes share one queue.

A call belongs to who took it while the lease lasts, which is renewed all along; who slept past it may send no more
(`may_send`) and finish no more (the epoch). What a call came to is in the log before the queue knows of it.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence
from threading import Event, Lock, Thread
from typing import Protocol
from uuid import uuid4

import psycopg
from psycopg_pool import ConnectionPool, PoolTimeout

from eventlog.log import EventLog
from eventlog.recorded import Busy, Unavailable
from integrations import queue
from integrations.desk import Desk
from integrations.every_system import CALL_KINDS
from integrations.kinds import Work
from integrations.outside import Outside
from integrations.tables import CHANNEL, Connection, prepare
from integrations.traffic import Traffic
from integrations.trouble import Declined, Moot, NotYet, Resting, Unanswered
from webhook_outbox.targets import Network

THREADS = 12
PER_SYSTEM = 4
"""Calls at once to one system: a slow one holds no more of the threads."""

LEASE = 20.0
TRUSTED = 0.75
"""The part of a lease in which its holder sends."""

POLL = 1.0
GRACE = 5.0
"""Seconds a stop waits for calls that are under way."""

log_ = logging.getLogger("daybook.integrations")


class RunnerSettings(Protocol):
    """What the runner needs of the settings."""

    @property
    def secret_key(self) -> str | None: ...
    @property
    def webhook_allow(self) -> Sequence[Network]: ...


class Runner:
    """`run` until stopped."""

    def __init__(
        self,
        log: EventLog,
        settings: RunnerSettings,
        *,
        threads: int = THREADS,
        lease: float = LEASE,
        clock: Callable[[], float] = time.monotonic,
        hasten: float = 1.0,
    ) -> None:
        """`hasten`: by how much pauses are shortened, for tests and demos."""
        self._log, self._settings, self._clock = log, settings, clock
        self._threads, self._lease, self._hasten = threads, lease, hasten
        self._me = uuid4()
        self._held: dict[int, str] = {}  # call → system
        self._good_until = 0.0
        self._lock = Lock()
        self._ended = Event()

    def run(self, stop: Event) -> None:
        """Through lost connections; what was under way then goes on, and is run again where it could not be told."""
        if self._settings.secret_key is None:
            raise ValueError("integrations need OMS_SECRET_KEY: secrets and personal values are sealed")
        prepare(self._log)
        pool: ConnectionPool[Connection] = ConnectionPool(
            self._log.database_url, min_size=1, max_size=self._threads, open=True, kwargs={"autocommit": True}
        )
        outside = Outside(self._settings.webhook_allow, Traffic(pool.connection))
        self._pool, self._outside = pool, outside
        self._desk = Desk.of(self._log, self._settings.secret_key, outside)
        try:
            while not stop.is_set():
                try:
                    with self._log.listening() as connection:
                        connection.execute(f"listen {CHANNEL}")
                        self._work(connection, stop)
                except (psycopg.OperationalError, psycopg.InterfaceError) as lost:
                    log_.warning("integrations begin again: %s", str(lost).strip().split("\n")[0])
                    stop.wait(0.2)
            self._wind_up()
        finally:
            outside.close()
            pool.close()

    def _wind_up(self) -> None:
        """What is under way may end; what does not is run again by whoever comes when its lease is over."""
        until = self._clock() + GRACE
        while self._held and self._clock() < until:
            time.sleep(0.02)

    def _work(self, connection: Connection, stop: Event) -> None:
        renewed = 0.0
        while not stop.is_set():
            now = self._clock()
            if now >= renewed + self._lease / 4:
                renewed = now
                with self._lock:
                    ids = list(self._held)
                if ids:
                    queue.renew(connection, self._me, self._lease, ids)
                self._good_until = now + self._lease * TRUSTED
            if self._take(connection):
                continue
            self._ended.clear()
            due = queue.next_due(connection)
            seconds = POLL if due is None or due <= 0 else min(due, POLL)
            self._wait(connection, seconds, stop)

    def _take(self, connection: Connection) -> bool:
        with self._lock:
            if len(self._held) >= self._threads:
                return False
            full = {system for system, count in Counter(self._held.values()).items() if count >= PER_SYSTEM}
        work = queue.take(connection, self._me, self._lease, full | self._outside.resting())
        if work is None:
            return False
        with self._lock:
            self._held[work.id] = work.system
        mine = queue.as_ours(work, self._may_send)
        Thread(target=self._one, args=(mine,), name=f"call {work.id}", daemon=True).start()
        return True

    def _may_send(self) -> bool:
        return self._clock() < self._good_until

    def _wait(self, connection: Connection, seconds: float, stop: Event) -> None:
        until = self._clock() + seconds
        while not stop.is_set() and not self._ended.is_set() and (left := until - self._clock()) > 0:
            for _ in connection.notifies(timeout=min(left, 0.1), stop_after=1):
                return

    def _one(self, work: Work) -> None:
        try:
            self._run(work)
        except (psycopg.Error, PoolTimeout, Unavailable, Busy) as lost:
            log_.warning("call %s is run again: %s", work.id, str(lost).strip().split("\n")[0])  # when its lease ends
        except Exception:
            log_.exception("call %s was not finished", work.id)
        finally:
            with self._lock:
                self._held.pop(work.id, None)
            self._ended.set()

    def _run(self, work: Work) -> None:
        kind = CALL_KINDS[work.kind]
        try:
            note = kind.run(work, self._desk)
        except Moot as moot:
            self._finish(work, "dropped", str(moot))
        except Resting as resting:
            self._postpone(work, resting.seconds or 1.0, str(resting), counts=False)
        except Declined as no:
            self._failed(work, str(no))
        except (Unanswered, NotYet) as trouble:
            self._again(work, str(trouble), trouble.seconds)
        except (psycopg.Error, Unavailable, Busy):
            raise
        except Exception as wrong:  # a fault of ours: tried again as theirs are, and told
            log_.exception("%s %s", work.kind, work.subject)
            self._again(work, f"it could not be made ({type(wrong).__name__})", None)
        else:
            self._finish(work, "done", note)

    def _again(self, work: Work, why: str, seconds: float | None) -> None:
        pause = CALL_KINDS[work.kind].pause(work.tries)
        if pause is None:
            self._failed(work, f"{why}; tried {work.tries} times")
        else:
            self._postpone(work, max(pause, seconds or 0.0), why)

    def _failed(self, work: Work, why: str) -> None:
        log_.warning("%s %s waits for people: %s", work.kind, work.subject, why)
        self._finish(work, "failed", why)

    def _finish(self, work: Work, state: str, note: str | None) -> None:
        with self._pool.connection() as connection:
            queue.finish(connection, work, state, note)

    def _postpone(self, work: Work, seconds: float, why: str, *, counts: bool = True) -> None:
        with self._pool.connection() as connection:
            queue.postpone(connection, work, seconds * self._hasten, why, counts=counts)
