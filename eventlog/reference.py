"""Small kinds (locations, carriers, users, …) folded in memory from the log, followed in every process."""

from collections import defaultdict
from collections.abc import Iterable
from threading import Event, Lock, Thread
from typing import Any

import psycopg

from domain.kinds import KINDS, kind_of, stream_of
from eventlog.follow import Connect, run_tail
from eventlog.read import Reader
from eventlog.recorded import Recorded


class View:
    """States of the reference kinds at one position: `one` by id, `find` by key, `all` by the order of their births."""

    def __init__(self) -> None:
        self._states: dict[str, dict[str, Any]] = defaultdict(dict)
        self._keys: dict[tuple[str, str], str] = {}

    def one(self, kind: str, id: int) -> Any | None:
        return self._states[kind].get(stream_of(kind, id))

    def find(self, kind: str, key: str) -> Any | None:
        stream = self._keys.get((kind, key))
        return None if stream is None else self._states[kind][stream]

    def all(self, kind: str) -> list[Any]:
        return list(self._states[kind].values())

    def fold(self, events: Iterable[Recorded]) -> None:
        """Takes in what happened next to these kinds, in order."""
        for event in events:
            kind = kind_of(event.stream)
            states = self._states[kind.name]
            before = states.get(event.stream)
            after = kind.evolve(before, event.fact, event.at)
            old, new = (set(kind.keys(state)) if state is not None else set() for state in (before, after))
            for key in old - new:
                if self._keys.get((kind.name, key)) == event.stream:
                    del self._keys[kind.name, key]
            for key in new:
                self._keys[kind.name, key] = event.stream
            states[event.stream] = after


def reference_kinds() -> list[str]:
    return [kind.name for kind in KINDS.values() if kind.reference]


REST = 0.02
"""Seconds. Every process has such a tail, and few of the events are for it: looking at each cost more than some of the
decisions. Who writes one sees it at once (`Decider.decide`)."""


class Reference(View):
    """The reference kinds as they stand (domain.kernel.Reference). A background tail keeps them fresh; who misses
    something looks at the log once more before the answer is that it is not there (but for sparse kinds)."""

    def __init__(self, reader: Reader, connect: Connect) -> None:
        super().__init__()
        self._reader, self._connect = reader, connect
        self._lock = Lock()
        self._position = 0
        self._kinds = reference_kinds()
        self._load()
        self._stop = Event()
        self._thread = Thread(target=self._tail, name="reference", daemon=True)
        self._thread.start()

    def one(self, kind: str, id: int) -> Any | None:
        found = super().one(kind, id)
        if found is None and not KINDS[kind].sparse:
            self.refresh()
            found = super().one(kind, id)
        return found

    def find(self, kind: str, key: str) -> Any | None:
        found = super().find(kind, key)
        if found is None and not KINDS[kind].sparse:
            self.refresh()
            found = super().find(kind, key)
        return found

    @property
    def position(self) -> int:
        """Up to which position of the log this has seen."""
        return self._position

    def refresh(self) -> None:
        """Reads what the log has of these kinds and this has not seen."""
        with self._lock:
            while True:
                events, seen = self._reader.of_kinds_after(self._kinds, self._position, 500)
                self.fold(events)
                self._position = seen
                if len(events) < 500:
                    return

    def as_of(self, position: int) -> View:
        """The same as it was at a position of the log."""
        view = View()
        events = [event for kind in self._kinds for event in self._reader.of_kind(kind, position)]
        view.fold(sorted(events, key=lambda event: event.position))
        return view

    def close(self) -> None:
        self._stop.set()
        self._thread.join()

    def _load(self) -> None:
        head = self._reader.head().position
        for kind in self._kinds:
            self.fold(self._reader.of_kind(kind, head))
        self._position = head

    def _tail(self) -> None:
        run_tail(self._connect, self._position, self._take, self._stop, kinds=self._kinds, rest=REST)

    def _take(self, _connection: psycopg.Connection[Any], events: list[Recorded]) -> None:
        with self._lock:
            self.fold(event for event in events if event.position > self._position)
            self._position = max(self._position, events[-1].position)
