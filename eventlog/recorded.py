"""What goes into the log and what comes out of it: decisions, recorded events, and why a decision was refused."""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from domain.guards import Effect


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event as it stands in the log (spec 1.1). `at` is UTC and never goes backwards along `position`."""

    position: int
    stream: str
    version: int
    at: datetime
    fact: Any
    actor: str
    command: str
    command_id: UUID
    correlation_id: str
    causation_id: str

    @property
    def event_id(self) -> UUID:
        """Made from its command's, so that the same command gives the same ids."""
        return uuid5(self.command_id, f"{self.stream}/{self.version}")


@dataclass(frozen=True, slots=True)
class Claim:
    """A key that can be taken once, in the same transaction as the events. `forever` for natural keys (an order's
    number); others are idempotency keys, pruned by age. `answer` is given back to whoever claims it again."""

    key: str
    fingerprint: str = ""
    answer: bytes | None = None
    forever: bool = False


@dataclass(frozen=True, slots=True)
class Claimed:
    """A claim as it stands: what was claimed, and the position of the last event written with it."""

    key: str
    fingerprint: str
    answer: bytes | None
    position: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """All or nothing: `events` as (stream, fact) in order; `expects` stream → version that must still hold (0: must
    not exist yet; may name streams that were only read; a written stream that is not named is written at any version);
    `effects` on the guards; `claims`. The command id is claimed too: the same again is answered as written before."""

    command_id: UUID
    events: tuple[tuple[str, Any], ...]
    actor: str
    command: str
    correlation_id: str
    causation_id: str
    expects: Mapping[str, int] = field(default_factory=dict)
    effects: tuple[Effect, ...] = ()
    claims: tuple[Claim, ...] = ()


@dataclass(frozen=True, slots=True)
class Written:
    """An accepted decision: `position` of its last event, the new `versions` of the streams it wrote, when, and
    whether it had been written before (`repeated`)."""

    position: int
    versions: dict[str, int]
    at: datetime
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Held:
    """A stream's folded state (None where it has no events), its version and the position of its last event."""

    state: Any
    version: int
    position: int


@dataclass(frozen=True, slots=True)
class Head:
    """Where the log ends."""

    position: int
    at: datetime
    hash: bytes


class Refused(Exception):
    """A decision was not written, and nothing of it was."""


class VersionClash(Refused):
    """A stream has moved on; `versions` are those that stand now."""

    def __init__(self, versions: dict[str, int]) -> None:
        super().__init__(f"streams moved on: {versions}")
        self.versions = versions


class ClaimTaken(Refused):
    """A claimed key is taken: what stands there."""

    def __init__(self, key: str, fingerprint: str, answer: bytes | None, position: int) -> None:
        super().__init__(f"{key} is taken since position {position}")
        self.key, self.fingerprint, self.answer, self.position = key, fingerprint, answer, position


class ShortOfGuard(Refused):
    """A checked effect found too little: the effect and what was available."""

    def __init__(self, effect: Effect, available: Any) -> None:
        super().__init__(f"{effect} but {available} available")
        self.effect, self.available = effect, available


class ShortOfStock(ShortOfGuard):
    """A checked reservation found too little stock."""


class ShortOfSlots(ShortOfGuard):
    """A checked quota slot was not free."""


class Poisoned(Refused):
    """The decision holds a value that cannot be stored."""


class Busy(Refused):
    """Too many decisions wait (503 with Retry-After)."""


class Unavailable(Exception):
    """The log cannot be written now. Whether the decision was written is not known: the same command id may be sent
    again (503 with Retry-After)."""


class UnknownFact(Exception):
    """The log holds an event this process does not know; it must stop rather than go on without it (spec 8)."""


def new_command_id() -> UUID:
    """A version 7 UUID: unique, and new ones stand side by side in the index."""
    value = int.from_bytes(os.urandom(16), "big")
    value = (value & ~(0xFFFF << 112) & ~(0xFFFFFFFF << 80)) | ((time.time_ns() // 1_000_000) << 80)
    return UUID(int=(value & ~(0xF000 << 64) & ~(0xC000 << 48)) | (0x7000 << 64) | (0x8000 << 48))
