"""The endpoints that this process sends for: which they are, by leases on their shards, and their settings as they are
now. Used by the sender's thread alone."""

import time
from collections.abc import Iterable

from domain.settings import Subscription
from eventlog.keyring import Keyring
from eventlog.log import EventLog
from webhook_outbox import marks
from webhook_outbox.attempt import Target
from webhook_outbox.breaker import Breaker
from webhook_outbox.endpoint_queue import EndpointQueue
from webhook_outbox.endpoint_secrets import Secrets, load_secrets, secret_versions
from webhook_outbox.health import Health, health_of, load_breakers, save_health
from webhook_outbox.leases import Leases, shard_of
from webhook_outbox.tables import Connection


class Endpoints:
    """`queues`: by endpoint. A connection is given to each call: it may have been lost since."""

    def __init__(self, log: EventLog, keyring: Keyring, leases: Leases) -> None:
        self._log, self._keyring, self.leases = log, keyring, leases
        self.queues: dict[int, EndpointQueue] = {}
        self.renew_at = 0.0
        self._leaving: set[int] = set()
        self._known: frozenset[int] = frozenset()

    def attach(self, connection: Connection) -> None:
        """To a new connection."""
        self.leases.attach(connection)
        self.renew_at = 0.0

    def keep(self, connection: Connection) -> None:
        """Renews the leases when it is time, or when something was saved; gives away what others are to have."""
        if time.monotonic() >= self.renew_at or self._somebody_new():
            self.renew(connection)
        self._release(connection)

    def renew(self, connection: Connection) -> None:
        self.renew_at = time.monotonic() + self.leases.seconds / 4
        active = self._active()
        self._known = frozenset(active)
        wanted = {shard_of(id) for id in active}
        lost = self.leases.renew(connection, wanted)
        self._leaving -= lost
        leaving = self._leaving & wanted
        if self.leases.surplus > len(leaving):
            more = self.leases.surplus - len(leaving)
            self._leaving.update(sorted((self.leases.held.keys() & wanted) - leaving)[-more:])
        self._leaving |= self.leases.held.keys() - wanted
        for id, queue in list(self.queues.items()):
            lease = self.leases.held.get(shard_of(id))
            if id not in active or lease is not queue.lease or lease.shard in self._leaving:
                queue.closing = True
            if queue.closing and not queue.unsettled:
                del self.queues[id]
        mine = [id for id in active if shard_of(id) in self.leases.held.keys() - self._leaving]
        self._refresh(connection, mine, active)

    def save_health(self, connection: Connection, touched: Iterable[EndpointQueue]) -> None:
        """Writes of those what differs from what stands there."""
        changed: dict[int, Health | None] = {}
        for queue in touched:
            health = health_of(queue.breaker)
            if health != queue.saved and not queue.closing:
                changed[queue.id] = queue.saved = health
        if changed:
            save_health(connection, changed)

    def leave(self, connection: Connection) -> None:
        self.leases.leave(connection)

    def _active(self) -> dict[int, Subscription]:
        found = self._log.reference.all("webhook")
        return {s.id: s for s in found if s.is_active and not s.removed}

    def _somebody_new(self) -> bool:
        """Whether something is to be done about endpoints before the next renewal: a saved subscription."""
        active = self._active()
        held = self.leases.held.keys() - self._leaving
        for id, subscription in active.items():
            queue = self.queues.get(id)
            if queue is None and (shard_of(id) in held or id not in self._known):
                return True
            if queue is not None and not queue.closing and queue.target.subscription is not subscription:
                return True
        return any(id not in active and not queue.closing for id, queue in self.queues.items())

    def _refresh(self, connection: Connection, mine: list[int], active: dict[int, Subscription]) -> None:
        versions = secret_versions(connection, mine)
        stale = [id for id in mine if _is_stale(self.queues.get(id), active[id], versions.get(id, 0))]
        secrets = load_secrets(connection, self._keyring, stale)
        fresh = []
        for id in stale:
            version, secret = secrets.get(id, (0, Secrets()))
            target = Target(active[id], secret)
            queue = self.queues.get(id)
            if queue is None:
                fresh.append(id)
                self.queues[id] = EndpointQueue(id, self.leases.held[shard_of(id)], target, version)
                continue
            if queue.secrets_version != version or _changed(queue.target.subscription, active[id]):
                queue.breaker = Breaker()  # a person has seen to it
            queue.target, queue.secrets_version = target, version
        if fresh:
            for id, lane, at in marks.read_waiting(connection, fresh):
                self.queues[id].lanes.block(lane, 0.0 if at is None else at.timestamp())
            for id, breaker in load_breakers(connection, fresh).items():
                self.queues[id].breaker = breaker
                self.queues[id].saved = health_of(breaker)

    def _release(self, connection: Connection) -> None:
        """As soon as nothing of it is under way."""
        for shard in list(self._leaving):
            queues = [q for q in self.queues.values() if shard_of(q.id) == shard]
            if not any(q.unsettled for q in queues):
                for queue in queues:
                    del self.queues[queue.id]
                self.leases.release(connection, [shard])
                self._leaving.discard(shard)


def _is_stale(queue: EndpointQueue | None, subscription: Subscription, version: int) -> bool:
    if queue is None:
        return True
    return not queue.closing and (queue.target.subscription is not subscription or queue.secrets_version != version)


def _changed(one: Subscription, other: Subscription) -> bool:
    """Whether a person saved it, not only the sender told how it fares."""

    def said(s: Subscription) -> tuple[object, ...]:
        return s.target_url, s.event_type, s.config, s.retry_countdown_config

    return said(one) != said(other)
