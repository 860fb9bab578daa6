"""The sender: one thread decides and keeps the tables, many post. Any number of processes; see leases.

Within a lane (an object, of one endpoint) the next delivery sets out only when the mark of the one before is committed.
So a kill -9 at any moment repeats at most what was under way, one a lane, and never sends an older one after a newer.
"""

import logging
import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import Any, Protocol

import psycopg

from domain.kernel import Given
from domain.kinds import stream_of
from domain.settings import Subscription, save
from eventlog.log import EventLog
from eventlog.recorded import Busy, Refused, Unavailable
from webhook_outbox import marks
from webhook_outbox.attempt import Courier, Target
from webhook_outbox.couriers import Couriers
from webhook_outbox.dialing import Dialer
from webhook_outbox.endpoint_queue import EndpointQueue, Job, Result
from webhook_outbox.endpoint_secrets import Secrets, load_secrets, secret_versions
from webhook_outbox.fan_out import keyring_of
from webhook_outbox.lanes import PER_LANE, WINDOW
from webhook_outbox.leases import Leases, shard_of
from webhook_outbox.schedule import pause
from webhook_outbox.sealing import freeze
from webhook_outbox.tables import CHANNEL, Connection, prepare
from webhook_outbox.targets import Network

ACTOR = "webhook-sender"
THREADS = 48
POLL = 1.0
GRACE = 8.0
"""Seconds a stop waits for requests that are under way."""

log_ = logging.getLogger("daybook.webhooks")


class SenderSettings(Protocol):
    """What the sender needs of the settings."""

    @property
    def secret_key(self) -> str | None: ...
    @property
    def webhook_allow(self) -> Sequence[Network]: ...


class Sender:
    """`run` until stopped. `clock`: Unix time, by which retries are due."""

    def __init__(
        self,
        log: EventLog,
        settings: SenderSettings,
        *,
        threads: int = THREADS,
        courier: Courier | None = None,
        clock: Callable[[], float] = time.time,
        leases: Leases | None = None,
    ) -> None:
        self._log, self._clock = log, clock
        self._keyring = keyring_of(log, settings)
        self._courier = courier or Courier(Dialer(settings.webhook_allow))
        self._inbox: SimpleQueue[Result | None] = SimpleQueue()
        self._couriers = Couriers(self._courier, self._keyring, self._inbox, threads)
        self._leases = leases or Leases()
        self._queues: dict[int, EndpointQueue] = {}
        self._leaving: set[int] = set()
        self._unsettled: list[Result] = []
        self._in_flight = 0
        self._renew_at = self._poll_at = 0.0
        self._slot = os.getpid() % 16
        self._connection: Connection

    def run(self, stop: Event) -> None:
        """Sends until `stop`, through lost connections."""
        prepare(self._log)
        listener = Thread(target=self._listen, args=(stop,), name="webhook-wake", daemon=True)
        listener.start()
        while not stop.is_set():
            try:
                with self._log.listening() as self._connection:
                    self._leases.attach(self._connection)
                    self._renew_at = 0.0
                    while not stop.is_set():
                        self._turn(self._pause())
                    self._finish()
            except (psycopg.OperationalError, psycopg.InterfaceError, Unavailable) as lost:
                log_.warning("sending begins again: %s", str(lost).strip().split("\n")[0])
                stop.wait(0.2)
        self._couriers.close()
        self._courier.close()
        listener.join(timeout=2)

    # --- one turn -----------------------------------------------------------------------------------------------

    def _turn(self, timeout: float) -> None:
        """Waits for results or news, writes what became of deliveries, reads more, sends more."""
        with suppress(Empty):
            self._take(self._inbox.get(timeout=timeout))
        while not self._inbox.empty():
            self._take(self._inbox.get())
        self._dispatch()  # what other lanes have goes out while the marks are written
        self._settle()
        if time.monotonic() >= self._renew_at or self._somebody_new():
            self._renew()
        self._release()
        self._load()
        self._dispatch()

    def _take(self, item: Result | None) -> None:
        if item is None:
            self._poll_at = 0.0
            return
        queue = item.job.queue
        queue.in_flight -= 1
        self._in_flight -= 1
        if item.outcome is not None:
            queue.learned(item.outcome)
        self._unsettled.append(item)

    def _pause(self) -> float:
        now = self._clock()
        due = [at - now for q in self._queues.values() if (at := q.lanes.next_due()) is not None]
        waits = [self._renew_at - time.monotonic(), self._poll_at - time.monotonic(), *due]
        return min(max(min(waits), 0.0), POLL)

    def _settle(self) -> None:
        """The marks are committed first; only then may the lanes go on."""
        if not self._unsettled:
            return
        tried = [self._tried(result) for result in self._unsettled]
        held = marks.write(self._connection, self._leases.owner, tried, self._slot)
        settled, self._unsettled = self._unsettled, []
        for result, one in zip(settled, tried, strict=True):
            queue = result.job.queue
            queue.unsettled -= 1
            if (one.lease.shard, one.lease.epoch) not in held:
                queue.closing = True  # another process has taken it over
            if one.state == "pending":
                due = self._clock() if one.next_try_at is None else one.next_try_at.timestamp()
                queue.lanes.failed(one.delivery.lane, due)
            else:
                queue.lanes.done(one.delivery.lane)
            if result.outcome is not None and result.outcome.status == 410:
                self._disable(queue)

    def _tried(self, result: Result) -> marks.Tried:
        job, outcome = result.job, result.outcome
        delivery = job.delivery
        if outcome is None:
            return marks.Tried(delivery, job.lease, None, "dead" if result.gone else "pending", None, None)
        answer = freeze(self._keyring, delivery.key, outcome.answer) if outcome.answer else None
        if outcome.delivered:
            return marks.Tried(delivery, job.lease, outcome, "delivered", None, answer)
        seconds = pause(job.target.subscription.retry_countdown_config, delivery.tries)
        if seconds is None:
            return marks.Tried(delivery, job.lease, outcome, "dead", None, answer)
        seconds = seconds if outcome.retry_after is None else outcome.retry_after
        again = datetime.fromtimestamp(self._clock() + seconds, UTC)
        return marks.Tried(delivery, job.lease, outcome, "pending", again, answer)

    def _load(self) -> None:
        if time.monotonic() >= self._poll_at:
            self._poll_at = time.monotonic() + POLL
            for queue in self._queues.values():
                queue.more = True
        going = {q.id: q for q in self._queues.values() if not q.closing}
        now = self._clock()
        late = [(q.id, lane, q.lanes.cursor) for q in going.values() for lane in q.lanes.due(now)]
        if late:
            rows = marks.read_lanes(self._connection, late, PER_LANE)
            for id, lane, _ in late:
                own = [row for row in rows if row.endpoint == id and row.lane == lane]
                going[id].lanes.refill(lane, own, PER_LANE)
            self._keyring.warm(row.key for row in rows if row.key is not None)
        hungry = {q.id: q.lanes.cursor for q in going.values() if q.more and q.lanes.size < WINDOW // 2}
        if hungry:
            rows = marks.read_next(self._connection, hungry, WINDOW)
            for id in hungry:
                own = [row for row in rows if row.endpoint == id]
                going[id].lanes.add(own)
                going[id].more = len(own) == WINDOW
            self._keyring.warm(row.key for row in rows if row.key is not None)

    def _dispatch(self) -> None:
        """One of each endpoint in turn; the last quarter of the threads is for who has nothing under way."""
        turn = [q for q in self._queues.values() if q.may_send()]
        while turn and self._in_flight < self._couriers.count:
            again = []
            for queue in turn:
                crowded = self._in_flight >= self._couriers.count * 3 // 4
                if self._in_flight >= self._couriers.count or (crowded and queue.in_flight):
                    continue
                delivery = queue.lanes.take()
                if delivery is None:
                    continue
                queue.in_flight += 1
                queue.unsettled += 1
                self._in_flight += 1
                self._couriers.send(Job(queue, delivery, queue.target, queue.lease))
                if queue.may_send():
                    again.append(queue)
            turn = again

    # --- endpoints ----------------------------------------------------------------------------------------------

    def _active(self) -> dict[int, Subscription]:
        found = self._log.reference.all("webhook")
        return {s.id: s for s in found if s.is_active and not s.removed}

    def _somebody_new(self) -> bool:
        """Whether something is to be done about endpoints before the next renewal: a saved subscription."""
        active = self._active()
        held = self._leases.held.keys() - self._leaving
        for id, subscription in active.items():
            queue = self._queues.get(id)
            if queue is None and (shard_of(id) in held or id not in self._known):
                return True
            if queue is not None and not queue.closing and queue.target.subscription is not subscription:
                return True
        return any(id not in active and not queue.closing for id, queue in self._queues.items())

    _known: frozenset[int] = frozenset()

    def _renew(self) -> None:
        self._renew_at = time.monotonic() + self._leases.seconds / 4
        active = self._active()
        self._known = frozenset(active)
        lost = self._leases.renew(self._connection, {shard_of(id) for id in active})
        self._leaving -= lost
        if self._leases.surplus > len(self._leaving):
            more = self._leases.surplus - len(self._leaving)
            self._leaving.update(sorted(self._leases.held.keys() - self._leaving)[-more:])
        for id, queue in list(self._queues.items()):
            lease = self._leases.held.get(shard_of(id))
            if id not in active or lease is not queue.lease or lease.shard in self._leaving:
                queue.closing = True
            if queue.closing and not queue.unsettled:
                del self._queues[id]
        mine = [id for id in active if shard_of(id) in self._leases.held.keys() - self._leaving]
        self._refresh_targets(mine, active)

    def _refresh_targets(self, mine: list[int], active: dict[int, Subscription]) -> None:
        versions = secret_versions(self._connection, mine)
        stale = [id for id in mine if self._is_stale(self._queues.get(id), active[id], versions.get(id, 0))]
        secrets = load_secrets(self._connection, self._keyring, stale)
        fresh = []
        for id in stale:
            version, secret = secrets.get(id, (0, Secrets()))
            target = Target(active[id], secret)
            queue = self._queues.get(id)
            if queue is not None:
                queue.target, queue.secrets_version = target, version
                continue
            fresh.append(id)
            self._queues[id] = EndpointQueue(id, self._leases.held[shard_of(id)], target, version)
        if fresh:
            for id, lane, at in marks.read_waiting(self._connection, fresh):
                self._queues[id].lanes.block(lane, 0.0 if at is None else at.timestamp())

    @staticmethod
    def _is_stale(queue: EndpointQueue | None, subscription: Subscription, version: int) -> bool:
        if queue is None:
            return True
        return not queue.closing and (queue.target.subscription is not subscription or queue.secrets_version != version)

    def _release(self) -> None:
        """Gives away what others are to have, as soon as nothing of it is under way."""
        for shard in list(self._leaving):
            queues = [q for q in self._queues.values() if shard_of(q.id) == shard]
            if not any(q.unsettled for q in queues):
                for queue in queues:
                    del self._queues[queue.id]
                self._leases.release(self._connection, [shard])
                self._leaving.discard(shard)

    def _disable(self, queue: EndpointQueue) -> None:
        """410: the receiver wants no more. It stays off until somebody switches it on."""
        queue.closing = True

        def switch_off(before: Any, _: Given) -> list[Any]:
            return save(before, replace(before, is_active=False)) if before is not None and before.is_active else []

        try:
            self._log.decide(stream_of("webhook", queue.id), switch_off, actor=ACTOR, command="disable-webhook")
            log_.warning("endpoint %s answered 410 and was switched off", queue.id)
        except (Refused, Busy, Unavailable) as wrong:
            log_.warning("endpoint %s answered 410 and could not be switched off: %s", queue.id, wrong)

    # --- begin and end ------------------------------------------------------------------------------------------

    def _finish(self) -> None:
        """Waits a while for what is under way, writes it, and gives the endpoints to whoever goes on."""
        until = time.monotonic() + GRACE
        for queue in self._queues.values():
            queue.closing = True
        while (self._in_flight or self._unsettled) and time.monotonic() < until:
            with suppress(Empty):
                self._take(self._inbox.get(timeout=0.2))
            self._settle()
            if time.monotonic() >= self._renew_at:
                self._renew()
        self._leases.leave(self._connection)

    def _listen(self, stop: Event) -> None:
        while not stop.is_set():
            try:
                with self._log.listening() as connection:
                    connection.execute(f"listen {CHANNEL}")
                    self._inbox.put(None)
                    while not stop.is_set():
                        for _ in connection.notifies(timeout=0.3, stop_after=1):
                            self._inbox.put(None)
            except (psycopg.OperationalError, psycopg.InterfaceError, Unavailable) as lost:
                log_.warning("waking begins again: %s", str(lost).strip().split("\n")[0])
                stop.wait(0.2)
        self._inbox.put(None)
