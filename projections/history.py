"""What happened to an object, and what it was like at any version, position or time (spec 6.1): its stream folded."""

from collections.abc import Iterator, Sequence
from dataclasses import fields
from datetime import datetime
from enum import Enum
from string import Formatter
from typing import Any

import msgspec

from domain.kernel import info
from domain.kinds import kind_of, stream_of
from domain.order import Order
from domain.personal import Personal
from eventlog.log import EventLog
from eventlog.recorded import Recorded
from projections.differences import differences
from projections.objects import render
from projections.objects.person import Reveal
from projections.objects.wire import moment

COLLECTIONS = {
    "package": "packages",
    "transfer": "transfers",
    "shipment": "shipments",
    "discrepancy": "discrepancies",
}
"""Objects with versions of their own inside an order's stream."""

Step = tuple[Recorded, Any, Any]
"""An event with the state of its stream before and after it."""


def history(log: EventLog, kind: str, id: int, order: int | None = None) -> dict[str, Any]:
    """{"results": [{position, version, at, event, sentence, actor, command, correlation, causation, data, changes, …}]}
    of an order, package, transfer, shipment, discrepancy, or of a kind with streams of its own. `order`: the order
    that holds it (queries.find). `changes` is empty for a birth, whose `data` says it all; an order's tell those of
    its packages, transfers and shipments too. Personal values are not shown."""
    results = []
    for event, before, after in _about(log, kind, id, order):
        was, now = (render(kind, id, state, log.reference, _hidden) for state in (before, after))
        thing = _thing(kind, id, after)
        results.append(
            {
                "position": event.position,
                "version": thing.version,
                "at": moment(event.at),
                "event": info(event.fact).name,
                "sentence": sentence(event.fact, thing),
                "actor": event.actor,
                "command": event.command,
                "correlation": event.correlation_id,
                "causation": event.causation_id,
                "data": shown_data(event.fact),
                "changes": [] if was is None else differences(was, now) + _inside(log, kind, event.fact, before, after),
                "event_id": str(event.event_id),
                "command_id": str(event.command_id),
            }
        )
    return {"results": results}


def _inside(log: EventLog, kind: str, fact: Any, before: Any, after: Any) -> list[dict[str, Any]]:
    """In an order's history: what changed of the package, transfer, shipment or discrepancy that the event is about,
    as `package[501].state`."""
    if kind != "order":
        return []
    found = []
    for inner in (info(fact).on, *info(fact).also):
        id = getattr(fact, inner, None) if inner in COLLECTIONS else None
        if id is not None:
            was, now = (render(inner, id, state, log.reference, _hidden) for state in (before, after))
            if was is not None:
                found += [{**one, "field": f"{inner}[{id}].{one['field']}"} for one in differences(was, now)]
    return found


def as_of(
    log: EventLog,
    kind: str,
    id: int,
    reveal: Reveal,
    order: int | None = None,
    *,
    version: int | None = None,
    position: int | None = None,
    at: datetime | None = None,
) -> dict[str, Any] | None:
    """The object as it was: at a version of its own (right after the event that made it), up to a position or to a
    time, each included; what it names (locations, channels, …) as of then too. None where it was not there."""
    stream = _stream(kind, id, order)
    if version is not None and kind in COLLECTIONS:
        found = next(
            (step for step in _about(log, kind, id, order) if _thing(kind, id, step[2]).version == version), None
        )
        if found is None:
            return None
        event, _, state = found
        return render(kind, id, state, Past(log, event.at, position=event.position), reveal)
    held = log.state_at(stream, version=version, position=position, at=at)
    if held.state is None or (version is not None and held.version != version):
        return None
    until = held.position if position is None and at is None else position
    return render(kind, id, held.state, Past(log, held.state.modified, position=until, at=at), reveal)


def diff(
    log: EventLog, kind: str, id: int, from_version: int, to_version: int, reveal: Reveal, order: int | None = None
) -> dict[str, Any] | None:
    """{"changes": [{field, from, to}]} between two versions of an object, version 0 being before its birth. None where
    there is no such version."""
    shown = []
    for version in (from_version, to_version):
        one = None if version == 0 else as_of(log, kind, id, reveal, order, version=version)
        if one is None and version != 0:
            return None
        shown.append(one)
    return {"changes": differences(*shown)}


class Past:
    """A domain.kernel.Reference as of a position or time. `known`: a time not after it: what was not changed since is
    taken as it stands now, the rest is folded from its own stream."""

    def __init__(
        self, log: EventLog, known: datetime | None, *, position: int | None = None, at: datetime | None = None
    ) -> None:
        self._log, self._known, self._position, self._at = log, at or known, position, at

    def one(self, kind: str, id: int) -> Any | None:
        now = self._log.reference.one(kind, id)
        if now is None or (self._known is not None and now.modified < self._known):
            return now
        return self._log.state_at(stream_of(kind, id), position=self._position, at=self._at).state

    def find(self, kind: str, key: str) -> Any | None:
        """By the key it has now: codes of locations stay."""
        now = self._log.reference.find(kind, key)
        return None if now is None else self.one(kind, now.id)


class _Sentence(Formatter):
    """Fields of the fact, then of the object; what neither has is a question mark."""

    def get_value(self, key: int | str, args: Sequence[Any], kwargs: Any) -> Any:
        for source in args:
            if hasattr(source, str(key)):
                return getattr(source, str(key))
        return "?"

    def format_field(self, value: Any, format_spec: str) -> str:
        if isinstance(value, Enum):
            return value.name.replace("_", " ")
        if isinstance(value, tuple | list):
            return ", ".join(str(one) for one in value)
        return format(value, format_spec)


_sentence = _Sentence()


def sentence(fact: Any, thing: Any) -> str:
    """What support reads of an event."""
    return _sentence.vformat(info(fact).sentence, (fact, thing), {})


def shown_data(fact: Any) -> dict[str, Any]:
    """The fact as JSON. What is personal stays sealed and is only said to be there."""
    data: dict[str, Any] = msgspec.to_builtins(fact)
    for field in fields(fact):
        if isinstance(getattr(fact, field.name), Personal):
            data[field.name] = "sealed"
    return data


def _stream(kind: str, id: int, order: int | None) -> str:
    if kind == "order":
        return stream_of("order", id)
    if kind not in COLLECTIONS:
        return stream_of(kind, id)
    if order is None:
        raise ValueError(f"the order of {kind} {id} is needed")
    return stream_of("order", order)


def _about(log: EventLog, kind: str, id: int, order: int | None) -> Iterator[Step]:
    """The events about an object, each with the state of its stream around it."""
    stream = _stream(kind, id, order)
    evolve = kind_of(stream).evolve
    before: Any = None
    for event in log.events(stream):
        after = evolve(before, event.fact, event.at)
        thing = _thing(kind, id, after)
        if thing is not None and (before is None or thing is not _thing(kind, id, before)):
            yield event, before, after
        before = after


def _thing(kind: str, id: int, state: Any) -> Any:
    return getattr(state, COLLECTIONS[kind]).get(id) if isinstance(state, Order) and kind in COLLECTIONS else state


def _hidden(_: Personal) -> None:
    return None
