"""Two versions of a scenario compared field by field; rules are told by their names, wherever they stand (spec 2.2)."""

from collections.abc import Iterator, Mapping
from typing import Any


def compared(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[dict[str, Any]]:
    """[{field, from, to}] of two definitions as they were written: `rules[near].coverage`; a rule that came or went by
    the whole of it; `rules` with the names in their order where that changed."""
    return [{"field": field, "from": was, "to": now} for field, was, now in _object("", old, new)]


Row = tuple[str, Any, Any]


def _object(prefix: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Row]:
    for name in dict.fromkeys((*old, *new)):
        was, now, field = old.get(name), new.get(name), f"{prefix}{name}"
        if was == now:
            continue
        before, after = (_by_name(was), _by_name(now)) if name == "rules" else (None, None)
        if before is not None and after is not None:
            yield from _rules(field, before, after)
        elif isinstance(was, Mapping) and isinstance(now, Mapping):
            yield from _object(f"{field}.", was, now)
        else:
            yield field, was, now


def _rules(field: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Row]:
    if [name for name in old if name in new] != [name for name in new if name in old]:
        yield field, list(old), list(new)
    for name in dict.fromkeys((*old, *new)):
        if name in old and name in new:
            yield from _object(f"{field}[{name}].", old[name], new[name])
        else:
            yield f"{field}[{name}]", old.get(name), new.get(name)


def _by_name(rules: Any) -> dict[str, Any] | None:
    """None where they are no rules with names of their own."""
    if not isinstance(rules, list) or not all(isinstance(rule, Mapping) for rule in rules):
        return None
    found = {str(rule.get("name") or f"rule {n}"): rule for n, rule in enumerate(rules, 1)}
    return found if len(found) == len(rules) else None
