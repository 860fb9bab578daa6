"""A decision as append_v1 takes it (sql/002_append.sql says the fields), checked for what PostgreSQL cannot hold."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from domain.guards import SlotEffect, StockEffect
from eventlog.chain import digest
from eventlog.mapper import encode as encode_fact
from eventlog.recorded import Claim, Decision, Poisoned

# Larger ones are a mistake: events stay small (docs: a few KB), documents are kept elsewhere.
MAX_EVENT_BYTES = 1 << 20
MAX_DECISION_BYTES = 8 << 20


class _Stream(msgspec.Struct):
    s: str
    x: int | None
    n: int
    p: int = 0


class _Event(msgspec.Struct, omit_defaults=True):
    s: str
    i: int
    o: int
    t: str
    h: str
    d: msgspec.Raw | None = None
    x: str | None = None


class _Stock(msgspec.Struct, omit_defaults=True):
    l: int  # noqa: E741 - the field's name in append_v1
    s: str
    r: int = 0
    m: int = 0
    v: Decimal | None = None
    t: datetime | None = None
    g: int = 0
    p: bool = False
    f: int = 0
    c: bool = False
    n: int = 0


class _Slot(msgspec.Struct, omit_defaults=True):
    l: int  # noqa: E741 - the field's name in append_v1
    n: int = 0
    x: bool = False
    q: int | None = None
    c: bool = False


class _Claim(msgspec.Struct):
    k: str
    f: str
    a: str | None
    e: bool


class _Decision(msgspec.Struct, omit_defaults=True):
    c: UUID
    a: str
    k: str
    r: str
    u: str
    n: int
    s: list[_Stream]
    e: list[_Event]
    q: list[_Stock] | None = None
    t: list[_Slot] | None = None
    m: list[_Claim] | None = None


@dataclass(frozen=True, slots=True)
class Encoded:
    """A decision ready to send: its JSON, and what is needed to read the answer. `streams`: (name, events for it)."""

    json: bytes
    streams: tuple[tuple[str, int], ...]
    events: int
    decision: Decision


_json = msgspec.json.Encoder(decimal_format="string").encode


def encode(decision: Decision) -> Encoded:
    """The decision's facts as JSON and its rows; Poisoned where a value cannot be stored."""
    return encode_stored(decision, [(stream, *encode_fact(fact)) for stream, fact in decision.events], as_json=True)


def encode_stored(decision: Decision, stored: Iterable[tuple[str, str, bytes]], *, as_json: bool = False) -> Encoded:
    """The same for facts that are encoded already, as (stream, topic, data); `as_json`: the data is JSON for sure."""
    envelope = (
        decision.actor,
        decision.command,
        str(decision.command_id),
        decision.correlation_id,
        decision.causation_id,
    )
    if len({claim.key for claim in decision.claims}) < len(decision.claims):
        raise Poisoned("a decision claims a key twice")
    rows: dict[str, _Stream] = {}
    order: dict[str, int] = {}
    events: list[_Event] = []
    try:
        for stream, topic, state in stored:
            if len(state) > MAX_EVENT_BYTES:
                raise Poisoned(f"{topic} of {len(state)} bytes")
            row = rows.get(stream)
            if row is None:
                row = rows[stream] = _Stream(stream, decision.expects.get(stream), 0)
                order[stream] = len(order)
            row.n += 1
            row.p = len(events) + 1
            hashed = digest(stream, topic, *envelope, state)
            if as_json:
                events.append(_Event(stream, order[stream], row.n, topic, hashed, msgspec.Raw(state)))
            else:
                events.append(_Event(stream, order[stream], row.n, topic, hashed, None, state.decode()))
        for stream, version in decision.expects.items():
            if stream not in rows:
                rows[stream] = _Stream(stream, version, 0)
        text = _json(_rows(decision, list(rows.values()), events))
    except (TypeError, ValueError, OverflowError) as wrong:
        raise Poisoned(str(wrong)) from wrong
    if b"\\u0000" in text and _holds_nul(decision, rows):
        raise Poisoned("a text holds a NUL")
    if len(text) > MAX_DECISION_BYTES:
        raise Poisoned(f"a decision of {len(text)} bytes")
    return Encoded(text, tuple((row.s, row.n) for row in rows.values()), len(events), decision)


def _rows(decision: Decision, streams: list[_Stream], events: list[_Event]) -> _Decision:
    stock = [_stock(effect) for effect in decision.effects if isinstance(effect, StockEffect)]
    slots = [_slot(effect) for effect in decision.effects if isinstance(effect, SlotEffect)]
    return _Decision(
        decision.command_id,
        decision.actor,
        decision.command,
        decision.correlation_id,
        decision.causation_id,
        len(events),
        streams,
        events,
        stock or None,
        slots or None,
        [_claim(claim) for claim in decision.claims] or None,
    )


def _stock(effect: StockEffect) -> _Stock:
    if effect.asked_at is not None and effect.asked_at.tzinfo is None:
        raise Poisoned(f"a time without a zone: {effect}")
    return _Stock(
        effect.location,
        effect.sku,
        effect.reserve,
        effect.move,
        effect.level,
        effect.asked_at,
        effect.settle,
        effect.push,
        effect.freeze,
        effect.checked,
        effect.margin,
    )


def _slot(effect: SlotEffect) -> _Slot:
    return _Slot(effect.location, effect.slots, effect.set_max, effect.max_quota, effect.checked)


def _claim(claim: Claim) -> _Claim:
    return _Claim(claim.key, claim.fingerprint, None if claim.answer is None else claim.answer.hex(), claim.forever)


def _holds_nul(decision: Decision, rows: dict[str, Any]) -> bool:
    texts = [decision.actor, decision.command, decision.correlation_id, decision.causation_id, *rows]
    texts += [text for claim in decision.claims for text in (claim.key, claim.fingerprint)]
    texts += [effect.sku for effect in decision.effects if isinstance(effect, StockEffect)]
    return any("\0" in text for text in texts)
