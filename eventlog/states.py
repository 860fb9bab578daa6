"""Folded states, kept and caught up: a stream is folded once, later only what is new."""

from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime
from threading import Lock
from typing import Any

from domain.kinds import kind_of
from eventlog.read import Reader
from eventlog.recorded import Held, Recorded

NOTHING = Held(None, 0, 0)


def fold(stream: str, held: Held, events: Iterable[Recorded]) -> Held:
    """The state after more events of its stream."""
    evolve = kind_of(stream).evolve
    state, version, position = held.state, held.version, held.position
    for event in events:
        state, version, position = evolve(state, event.fact, event.at), event.version, event.position
    return Held(state, version, position)


class States:
    """An LRU cache of `size` folded streams. The states are immutable, so that sharing them is safe."""

    def __init__(self, reader: Reader, size: int) -> None:
        self._reader, self._size = reader, size
        self._held: OrderedDict[str, Held] = OrderedDict()
        self._lock = Lock()

    def known(self, stream: str) -> Held | None:
        """What is kept of a stream; others may have written since."""
        with self._lock:
            held = self._held.get(stream)
            if held is not None:
                self._held.move_to_end(stream)
            return held

    def now(self, stream: str) -> Held:
        """The stream as it stands, caught up with one query."""
        held = self.known(stream) or NOTHING
        new = self._reader.stream(stream, held.version)
        if not new:
            return held
        held = fold(stream, held, new)
        self.keep(stream, held)
        return held

    def then(self, stream: str, version: int | None, position: int | None, at: datetime | None) -> Held:
        """The stream as it was, folded from its beginning."""
        return fold(stream, NOTHING, self._reader.stream(stream, version=version, position=position, at=at))

    def keep(self, stream: str, held: Held) -> None:
        with self._lock:
            known = self._held.get(stream)
            if known is None or known.version < held.version:
                self._held[stream] = held
            self._held.move_to_end(stream)
            if len(self._held) > self._size:
                self._held.popitem(last=False)

    def moved(self, stream: str, before: Held, facts: Iterable[Any], at: datetime, position: int, version: int) -> None:
        """Keeps the state after facts that this process has just written."""
        evolve = kind_of(stream).evolve
        state = before.state
        for fact in facts:
            state = evolve(state, fact, at)
        self.keep(stream, Held(state, version, position))
