"""The kinds of streams, how each is folded, and what its events do to the guards.

A stream is named `<kind>-<id>`: `order-1`, `location-14`, `stock-14`. Each kind's file registers itself here.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.guards import Effect


def _no_effects(_before: Any, _fact: Any, _after: Any) -> Iterable[Effect]:
    return ()


@dataclass(frozen=True, slots=True)
class Kind:
    """`evolve(state or None, fact, at) -> state`; `effects(before, fact, after)` are the guard rows it changes;
    `reference`: small, looked up by many, held in memory by every process; `keys(state)`: what `find` finds it by;
    `sparse`: mostly there is none and the default holds, so one that is not in memory is not looked up in the log."""

    name: str
    evolve: Callable[[Any, Any, datetime], Any]
    effects: Callable[[Any, Any, Any], Iterable[Effect]] = _no_effects
    reference: bool = False
    keys: Callable[[Any], Iterable[str]] = lambda _state: ()
    sparse: bool = False


KINDS: dict[str, Kind] = {}


def register(kind: Kind) -> Kind:
    if kind.name in KINDS:
        raise TypeError(f"two kinds named {kind.name}")
    KINDS[kind.name] = kind
    return kind


def kind_of(stream: str) -> Kind:
    """The kind of a stream by its name; KeyError where nobody declared it."""
    return KINDS[stream.rpartition("-")[0]]


def stream_of(kind: str, id: int) -> str:
    return f"{kind}-{id}"
