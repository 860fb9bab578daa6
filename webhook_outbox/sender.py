"""The sender: one thread decides and keeps the tables, many post. Any number of processes; see leases.

Within a lane (an object, of one endpoint) the next delivery sets out only when the mark of the one before is committed.
So a kill -9 at any moment repeats at most what was under way, one a lane, and never sends an older one after a newer.
"""

import logging
import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import Protocol

import psycopg

from domain.webhook_endpoint import FAILED_FOR_DAYS, GONE, Endpoint
from eventlog.log import EventLog
from eventlog.recorded import Unavailable
from webhook_outbox import announcing, marks
from webhook_outbox.attempt import Courier
from webhook_outbox.couriers import Couriers
from webhook_outbox.dialing import Dialer
from webhook_outbox.endpoint_queue import EndpointQueue, Job, Result
from webhook_outbox.endpoints import Endpoints
from webhook_outbox.fan_out import keyring_of
from webhook_outbox.lanes import PER_LANE, WINDOW
from webhook_outbox.leases import Leases
from webhook_outbox.remaking import remade
from webhook_outbox.schedule import pause
from webhook_outbox.sealing import sealed_answer
from webhook_outbox.tables import CHANNEL, Connection, prepare
from webhook_outbox.targets import Network
from webhook_outbox.turns import Turns

THREADS = 48
"""Requests at once to receivers that answer quickly; see turns for the slow."""
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
        self._turns = Turns(threads)
        self._couriers = Couriers(self._courier, self._keyring, self._inbox, self._turns.most, self._remade)
        self._endpoints = Endpoints(log, self._keyring, leases or Leases())
        self._leases = self._endpoints.leases
        self._queues = self._endpoints.queues
        self._under_way: set[Job] = set()
        self._unsettled: list[Result] = []
        self._poll_at = 0.0
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
                    self._endpoints.attach(self._connection)
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
        self._endpoints.keep(self._connection)
        self._load()
        self._dispatch()

    def _take(self, item: Result | None) -> None:
        if item is None:
            self._poll_at = 0.0
            return
        job, outcome = item.job, item.outcome
        queue = job.queue
        queue.in_flight -= 1
        self._under_way.discard(job)
        self._unsettled.append(item)
        if outcome is None or outcome.stale:
            return
        queue.learned(outcome)
        if outcome.delivered:
            queue.breaker.succeeded()
            return
        queue.breaker.failed(job.delivery.lane, self._clock(), outcome.retry_after)
        if outcome.status == 410:
            queue.closing = True  # the receiver wants no more

    def _pause(self) -> float:
        now, monotonic = self._clock(), time.monotonic()
        due = [at - now for q in self._queues.values() if (at := q.wakes_at(now)) is not None]
        waits = [self._endpoints.renew_at - monotonic, self._poll_at - monotonic, *due]
        return min(max(min(waits), 0.0), POLL)

    def _settle(self) -> None:
        """The marks are committed first; only then may the lanes go on."""
        if not self._unsettled:
            return
        tried = [self._tried(result) for result in self._unsettled]
        held = marks.write(self._connection, self._leases.owner, tried, self._slot)
        settled, self._unsettled = self._unsettled, []
        learned: dict[EndpointQueue, Result] = {}
        for result, one in zip(settled, tried, strict=True):
            queue = result.job.queue
            queue.unsettled -= 1
            if one.state == "pending":
                due = self._clock() if one.next_try_at is None else one.next_try_at.timestamp()
                queue.lanes.failed(one.delivery.lane, due)
            else:
                queue.lanes.done(one.delivery.lane)
            if (one.lease.shard, one.lease.epoch) not in held:
                queue.closing = True  # another process has taken it over
            elif result.outcome is not None and not (queue in learned and learned[queue].is_gone):
                learned[queue] = result
        self._endpoints.save_health(self._connection, learned)
        for queue, result in learned.items():
            self._announce(queue, result)

    def _tried(self, result: Result) -> marks.Tried:
        job, outcome = result.job, result.outcome
        delivery = job.delivery
        if outcome is None:
            return marks.Tried(delivery, job.lease, None, "pending", None, None)
        answer = sealed_answer(self._keyring, delivery.key, outcome.answer)
        if outcome.delivered:
            return marks.Tried(delivery, job.lease, outcome, "delivered", None, answer)
        if outcome.stale:
            return marks.Tried(delivery, job.lease, outcome, "pending", None, answer)
        seconds = pause(job.target.subscription.retry_countdown_config, delivery.tries)
        if seconds is None:
            return marks.Tried(delivery, job.lease, outcome, "dead", None, answer)
        seconds = seconds if outcome.retry_after is None else outcome.retry_after
        again = datetime.fromtimestamp(self._clock() + seconds, UTC)
        return marks.Tried(delivery, job.lease, outcome, "pending", again, answer)

    def _announce(self, queue: EndpointQueue, result: Result) -> None:
        """What the last of its results says of an endpoint, where it was not told yet."""
        breaker, outcome = queue.breaker, result.outcome
        endpoint = queue.target.subscription
        told = endpoint.trouble is not None if isinstance(endpoint, Endpoint) else False
        status = outcome.status if outcome is not None else None
        if status == 410:
            announcing.switched_off(self._log, queue.id, GONE, breaker, status)
        elif breaker.is_hopeless(self._clock()):
            queue.closing = True
            announcing.switched_off(self._log, queue.id, FAILED_FOR_DAYS, breaker, status)
        elif breaker.open and not told:
            announcing.opened(self._log, queue.id, breaker, status)
        elif told and breaker.failing_since is None:
            announcing.recovered(self._log, queue.id)

    def _load(self) -> None:
        if time.monotonic() >= self._poll_at:
            self._poll_at = time.monotonic() + POLL
            for queue in self._queues.values():
                queue.more = True
        now = self._clock()
        going = {q.id: q for q in self._queues.values() if q.may_load(now)}
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
                going[id].more = going[id].lanes.add(own) and len(own) == WINDOW
            self._keyring.warm(row.key for row in rows if row.key is not None)

    def _dispatch(self) -> None:
        now, monotonic = self._clock(), time.monotonic()
        self._turns.classify(self._under_way, monotonic)
        for queue in self._turns.next(self._queues.values(), self._under_way, now):
            delivery = queue.lanes.take()
            if delivery is None:
                continue
            queue.sent(now)
            job = Job(queue, delivery, queue.target, queue.lease, monotonic)
            self._under_way.add(job)
            self._couriers.send(job, len(self._under_way))

    def _remade(self, delivery: int) -> bytes:
        """In a courier's thread."""
        with self._log.listening() as connection:
            return remade(self._log, self._keyring, connection, delivery)

    # --- begin and end ------------------------------------------------------------------------------------------

    def _finish(self) -> None:
        """Waits a while for what is under way, writes it, and gives the endpoints to whoever goes on."""
        until = time.monotonic() + GRACE
        for queue in self._queues.values():
            queue.closing = True
        while (self._under_way or self._unsettled) and time.monotonic() < until:
            with suppress(Empty):
                self._take(self._inbox.get(timeout=0.2))
            self._settle()
            if time.monotonic() >= self._endpoints.renew_at:
                self._endpoints.renew(self._connection)
        self._endpoints.leave(self._connection)

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
