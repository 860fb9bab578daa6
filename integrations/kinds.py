"""The kinds of calls that facts cause, declared once: which facts, what about, and how one runs.

A kind's `causes` is asked by the follower for each of its facts and must be quick and sure; its `run` is called outside
any transaction, at least once, and ends with what came of it in the log. Each system's file declares its own.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

from domain.kernel import Reference
from domain.order import Order
from eventlog.log import EventLog
from eventlog.recorded import Recorded

if TYPE_CHECKING:
    from integrations.desk import Desk

KEYS = UUID("6c0f6f0a-6e0b-4ef6-9d43-0a1e6f1f2a9b")


class Seen:
    """An event as a kind's `causes` sees it: with reference data, and the order right after it where that is asked."""

    def __init__(self, event: Recorded, log: EventLog) -> None:
        self.event, self._log = event, log

    @property
    def fact(self) -> Any:
        return self.event.fact

    @property
    def reference(self) -> Reference:
        return self._log.reference

    @cached_property
    def order(self) -> Order:
        """Folded up to and with this event."""
        found: Order = self._log.state_at(self.event.stream, version=self.event.version).state
        return found

    @cached_property
    def before(self) -> Order:
        """Folded up to the event before this one."""
        found: Order = self._log.state_at(self.event.stream, version=self.event.version - 1).state
        return found


@dataclass(frozen=True, slots=True)
class Caused:
    """A call that a fact causes. `subject`: what it is about (`shipment-12`); `lane`: calls of one lane go one after
    another, in the order of their events; `system`: the neighbour; `about`: what `run` needs, ids and nothing
    personal. `by_command`: all facts of one command cause one call."""

    subject: str
    lane: str
    system: str
    about: Mapping[str, Any] = field(default_factory=dict)
    by_command: bool = False


@dataclass(frozen=True, slots=True)
class Work:
    """A queued call as `run` gets it. `key` is the idempotency key to send; `stream` and `position` the event that
    caused it; `tries` counts this one. `may_send` says, as late as can be, whether the call is still ours."""

    id: int
    kind: str
    key: UUID
    subject: str
    system: str
    about: Mapping[str, Any]
    stream: str
    position: int
    event_id: UUID
    correlation_id: str
    tries: int
    epoch: int
    may_send: Callable[[], bool] = field(default=lambda: True, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class CallKind:
    """`once`: of a subject there is one open call; what asks for another hastens it, under the same key. `tries` and
    `pauses` (seconds, the last goes on): until it is listed for people."""

    name: str
    sentence: str
    facts: tuple[type[Any], ...]
    causes: Callable[[Seen], Iterable[Caused]]
    run: Callable[[Work, "Desk"], str | None]
    once: bool = False
    tries: int = 20
    pauses: tuple[float, ...] = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 3600)

    def pause(self, tries: int) -> float | None:
        """Seconds after so many tries in vain; None: no more."""
        return None if tries >= self.tries else float(self.pauses[min(tries, len(self.pauses)) - 1])


CALL_KINDS: dict[str, CallKind] = {}


def declare(kind: CallKind) -> CallKind:
    if kind.name in CALL_KINDS:
        raise TypeError(f"two kinds of calls named {kind.name}")
    CALL_KINDS[kind.name] = kind
    return kind


def key_of(event: Recorded, kind: str, caused: Caused) -> UUID:
    """The idempotency key of the call that this event causes: the same whenever it is asked for."""
    return uuid5(KEYS, f"{event.command_id if caused.by_command else event.event_id} {kind} {caused.subject}")
