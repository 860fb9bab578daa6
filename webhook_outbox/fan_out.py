"""The follower "webhooks": events become frozen payloads and queued deliveries, in a transaction with their position.

There is one fan-out at work over all processes (the others stand by), and it goes through the log in the order of
positions. So a payload is the object as it was right after that event, and what is written can be made again.
"""

from dataclasses import dataclass
from threading import Event
from typing import Any, Protocol
from uuid import UUID

from domain.messages import Message, messages
from domain.order import Order
from domain.settings import RecordRemoved, Subscription
from eventlog.keyring import Keyring
from eventlog.log import EventLog
from eventlog.recorded import Recorded
from projections.objects import render
from webhook_outbox.body import message_id, payload_bytes
from webhook_outbox.matching import lane_of, passes
from webhook_outbox.picture import Picture, version_of
from webhook_outbox.queue import Delivery, Payload, drop, enqueue, last_messages, take_ids
from webhook_outbox.sealing import Forgotten, freeze
from webhook_outbox.tables import Connection, prepare

FOLLOWER = "webhooks"


class Secret(Protocol):
    """What the fan-out needs of the settings."""

    @property
    def secret_key(self) -> str | None: ...


def keyring_of(log: EventLog, settings: Secret) -> Keyring:
    if settings.secret_key is None:
        raise ValueError("webhooks need OMS_SECRET_KEY: payloads and secrets are sealed")
    return log.keyring(settings.secret_key)


@dataclass(frozen=True, slots=True)
class Matched:
    """A message of an event with the state it is rendered from, and who gets it."""

    event: Recorded
    message: Message
    state: Any
    to: tuple[Subscription, ...]


@dataclass(frozen=True, slots=True)
class Frozen:
    """A matched message with its payload; messages of one event about one object share the payload."""

    matched: Matched
    key: str | None
    order_number: str | None
    content: bytes


class FanOut:
    """`run` until stopped; may run in any number of processes."""

    def __init__(self, log: EventLog, settings: Secret) -> None:
        self._log = log
        self._keyring = keyring_of(log, settings)
        self._picture: Picture | None = None

    def run(self, stop: Event) -> None:
        prepare(self._log)
        self._log.follow(FOLLOWER, self.handle, stop=stop)

    def handle(self, connection: Connection, events: list[Recorded]) -> None:
        """Queues what a batch causes. Called again with the same batch where its transaction was not committed."""
        picture, self._picture = self._picture, None  # whatever goes wrong, a half folded picture is not used again
        if picture is None or picture.position != events[0].position - 1:
            picture = Picture(self._log, events[0].position - 1)
        frozen: list[Frozen] = []
        matched: list[Matched] = []
        removed: dict[int, int] = {}
        for event in events:
            if matched and picture.changes_reference(event):
                frozen.extend(self._freeze(matched, picture))
                matched = []
            before, after = picture.step(event)
            if isinstance(event.fact, RecordRemoved) and isinstance(after, Subscription):
                removed[after.id] = event.position
            if after is not None and picture.wanted:
                matched.extend(_match(event, before, after, picture))
        frozen.extend(self._freeze(matched, picture))
        if frozen:
            _write(connection, frozen)
        for endpoint, position in removed.items():
            drop(connection, endpoint, position)
        self._picture = picture

    def _freeze(self, matched: list[Matched], picture: Picture) -> list[Frozen]:
        """Rendered with the reference data as it is in the picture now."""
        orders = [m.state for m in matched if isinstance(m.state, Order)]
        self._keyring.warm(order.personal.key for order in orders)
        made: dict[tuple[int, str], Frozen] = {}
        return [self._one(m, picture, made) for m in matched]

    def _one(self, matched: Matched, picture: Picture, made: dict[tuple[int, str], Frozen]) -> Frozen:
        message, state = matched.message, matched.state
        same = made.get((matched.event.position, message.kind))
        if same is not None:
            return Frozen(matched, same.key, same.order_number, same.content)
        shown = render(message.kind, message.id, state, picture.reference, self._keyring.reveal)
        if shown is None:
            raise LookupError(f"{message.event} at {matched.event.position}: there is no {message.kind} {message.id}")
        plain = payload_bytes(shown)
        key, number = (state.personal.key, state.number) if isinstance(state, Order) else (None, None)
        try:
            content = freeze(self._keyring, key, plain)
        except Forgotten:  # what was rendered holds nothing of them
            key, content = None, freeze(self._keyring, None, plain)
        frozen = made[matched.event.position, message.kind] = Frozen(matched, key, number, content)
        return frozen


def _match(event: Recorded, before: Any, after: Any, picture: Picture) -> list[Matched]:
    found = []
    for message in messages(before, event.fact, after):
        asked = picture.wanted.get(message.event, ())
        to = tuple(s for s in asked if passes(s, message, after, picture.reference))
        if to:
            found.append(Matched(event, message, after, to))
    return found


def _write(connection: Connection, frozen: list[Frozen]) -> None:
    """Ids in the order of the messages; `previous` from the message before it of the same endpoint and object."""
    ids = iter(take_ids(connection, sum(len(f.matched.to) for f in frozen)))
    objects = {(s.id, f.matched.message.kind, f.matched.message.id) for f in frozen for s in f.matched.to}
    before = last_messages(connection, objects)
    lasts: dict[tuple[int, str, int], UUID] = {}
    payloads: dict[tuple[int, str], Payload] = {}
    deliveries = []
    for one in frozen:
        event, message = one.matched.event, one.matched.message
        uuid = message_id(event.event_id, message.event)
        sequence = version_of(message.kind, message.id, one.matched.state)
        for subscription in one.matched.to:
            id = next(ids)
            payload = payloads.setdefault(
                (event.position, message.kind), Payload(id, one.key, one.order_number, one.content)
            )
            object = (subscription.id, message.kind, message.id)
            previous = lasts.get(object) or before.get(object)
            lasts[object] = uuid
            deliveries.append(
                Delivery(
                    id,
                    subscription.id,
                    lane_of(subscription, message, id),
                    payload.id,
                    uuid,
                    previous,
                    message.event,
                    message.kind,
                    message.id,
                    sequence,
                    event.position,
                    event.at,
                )
            )
    enqueue(connection, list(payloads.values()), deliveries, lasts)
