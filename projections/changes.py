"""What a batch changes in the tables: rows to put, keys to remove, and how the counts move."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from projections.fold import Step, Touched
from projections.model import Chained, Count, OfEvents, OfState
from projections.objects.person import Reveal

ALL: Count = (0, "")
_NONE: Mapping[int, Any] = {}


@dataclass(slots=True)
class Changes:
    """Of one table. `follows`: rows of `put` that end one which stands (model.Chained)."""

    put: list[msgspec.Struct] = field(default_factory=list)
    removed: list[int | str] = field(default_factory=list)
    counts: Counter[Count] = field(default_factory=Counter)
    follows: list[msgspec.Struct] = field(default_factory=list)


def of_state(model: OfState, touched: Iterable[Touched], reveal: Reveal) -> Changes:
    """Rows of the things that changed: only what an event is about does, unless the rows show something of the order
    itself. With `many` only the rows that differ from those before."""
    changes = Changes()
    put, counts = changes.put, changes.counts
    things, rows, kind, counted, within = model.things, model.rows, model.kind, model.counted, model.within
    for one in touched:
        positions, shown = one.positions.get(kind, _NONE), one.shown.get(model.name, 0)
        if not positions and not shown:
            continue
        before, after = one.before, one.after
        new = things(after)
        old = _NONE if before is None else things(before)
        for id in new if shown else positions:
            thing, was = new.get(id), old.get(id)
            if thing is None or (was is thing and not shown):
                continue
            if within is not None and was is not None and not shown and within(was) == within(thing):
                continue
            position = max(positions.get(id, 0), shown)
            made = rows(after, thing, position, reveal)
            if model.many:
                known = [] if was is None or before is None else rows(before, was, position, reveal)
                _differences(changes, known, made)
                continue
            put.extend(made)
            if counted is None:
                counts[ALL] += was is None
            else:
                is_now = counted(after, thing)
                if was is None or before is None:
                    counts[is_now] += 1
                elif (was_then := counted(before, was)) != is_now:
                    counts[was_then] -= 1
                    counts[is_now] += 1
    return changes


def _differences(changes: Changes, known: Iterable[msgspec.Struct], made: Iterable[msgspec.Struct]) -> None:
    gone = {_key(row): row for row in known}
    for row in made:
        before = gone.pop(_key(row), None)
        if before is None:
            changes.counts[ALL] += 1
        if before != row:
            changes.put.append(row)
    changes.removed += gone
    changes.counts[ALL] -= len(gone)


def _key(row: msgspec.Struct) -> int | str:
    key: int | str = getattr(row, row.__struct_fields__[0])
    return key


def of_events(model: OfEvents, steps: Sequence[Step]) -> Changes:
    rows = model.rows
    put = [row for event, before, after in steps for row in rows(event, before, after)]
    if model.once:
        first: dict[int | str, msgspec.Struct] = {}
        for row in put:
            first.setdefault(_key(row), row)
        return Changes(list(first.values()))
    if isinstance(model, Chained):
        return Changes(put, follows=_chained(model, put))
    return Changes(put, [], Counter({ALL: len(put)}))


def _chained(model: Chained, put: Iterable[msgspec.Struct]) -> list[msgspec.Struct]:
    """Ends each row by the next one of its thing; gives the first ones, which may follow on rows that stand."""
    last: dict[tuple[object, ...], msgspec.Struct] = {}
    first = []
    for row in put:
        thing = tuple(getattr(row, column) for column in model.of)
        before = last.get(thing)
        if before is None:
            first.append(row)
        else:
            for end, start in model.ends:
                setattr(before, end, getattr(row, start))
        last[thing] = row
    return first
