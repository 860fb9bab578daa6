"""What differs between two objects, field by field, in the words of the objects themselves."""

from collections.abc import Iterator, Mapping
from typing import Any

DERIVED = frozenset({"commands", "modified_date"})
"""Follow from the state and from the time of the event; they would stand beside every change."""


def differences(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """[{field, from, to}]: `packageitem_set[7].quantity`, `stock_location.name`; a state is told by its enum value, a
    thing that came or went by the whole of it. An object that is not there has null in every field."""
    return [{"field": field, "from": old, "to": new} for field, old, new in _walk("", before or {}, after or {})]


def _walk(prefix: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    for name in dict.fromkeys((*old, *new)):
        if name not in DERIVED:
            yield from _compare(f"{prefix}{name}", _plain(old.get(name)), _plain(new.get(name)))


def _compare(field: str, old: Any, new: Any) -> Iterator[tuple[str, Any, Any]]:
    if old == new:
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        yield from _walk(f"{field}.", old, new)
    elif _with_ids(old) and _with_ids(new) and (old or new):
        was, now = ({one["id"]: one for one in some} for some in (old, new))
        for id in dict.fromkeys((*was, *now)):
            yield from _compare(f"{field}[{id}]", was.get(id), now.get(id))
    else:
        yield field, old, new


def _plain(value: Any) -> Any:
    return value["enum_value"] if isinstance(value, Mapping) and "enum_value" in value else value


def _with_ids(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, Mapping) and "id" in one for one in value)
