"""The whole of what one request or job began, over all streams (spec 6.1 `audit/correlation/`)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from domain.kernel import info
from domain.kinds import kind_of
from eventlog.log import EventLog
from eventlog.recorded import Recorded
from projections.history import COLLECTIONS, sentence, shown_data
from projections.objects.wire import moment


def chain(log: EventLog, correlation: str, after: int = 0, limit: int = 500) -> list[dict[str, Any]]:
    """Up to `limit` events after a position, each {position, at, kind, id, stream, stream_version, event, sentence,
    actor, command, correlation, causation, data, event_id, command_id}; `kind` and `id` are the object it is about.
    Personal values are not shown."""
    events = log.correlated(correlation, after, limit)
    after_each = _states(log, events)
    return [_row(event, after_each[event.position]) for event in events]


def _states(log: EventLog, events: Iterable[Recorded]) -> Mapping[int, Any]:
    """Position → the state of its stream right after it: each stream is folded once."""
    wanted: dict[str, list[Recorded]] = defaultdict(list)
    for event in events:
        wanted[event.stream].append(event)
    found: dict[int, Any] = {}
    for stream, some in wanted.items():
        held = log.state_at(stream, version=some[0].version - 1)
        state, evolve = held.state, kind_of(stream).evolve
        positions = {event.position for event in some}
        for event in log.events(stream, some[0].version - 1, some[-1].version):
            state = evolve(state, event.fact, event.at)
            if event.position in positions:
                found[event.position] = state
    return found


def _row(event: Recorded, state: Any) -> dict[str, Any]:
    kind = info(event.fact).on
    id = int(event.stream.rpartition("-")[2])
    thing = state
    if kind in COLLECTIONS:
        id = getattr(event.fact, kind)
        thing = getattr(state, COLLECTIONS[kind]).get(id)
    return {
        "position": event.position,
        "at": moment(event.at),
        "kind": kind,
        "id": id,
        "stream": event.stream,
        "stream_version": event.version,
        "event": info(event.fact).name,
        "sentence": sentence(event.fact, thing),
        "actor": event.actor,
        "command": event.command,
        "correlation": event.correlation_id,
        "causation": event.causation_id,
        "data": shown_data(event.fact),
        "event_id": str(event.event_id),
        "command_id": str(event.command_id),
    }
