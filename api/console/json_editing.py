"""JSON that people edit: what is wrong with it is told at its line, and what was typed is not lost."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from api.console.json_places import line_of

WIDTH = 90
"""Characters of a line."""


@dataclass(frozen=True)
class Edited:
    """A text that was sent and refused: `wrong` [(line, field, text)]."""

    text: str
    message: str
    wrong: list[tuple[int, str, str]]


def parsed(text: str) -> Any | Edited:
    """The value, or at which line it is no JSON."""
    try:
        return json.loads(text)
    except ValueError as wrong:
        line = getattr(wrong, "lineno", 1)
        return Edited(text, "This is no JSON.", [(line, "", str(wrong))])


def marked(text: str, message: str, fields: Iterable[tuple[str, str]]) -> Edited:
    """`fields`: (where, what is wrong there), such as `rules[0].coverage`; without any, the message says it."""
    places = sorted((line_of(text, field), field, told) for field, told in fields)
    return Edited(text, "It was not saved." if places else message, places)


def as_text(value: Any, indent: int = 0) -> str:
    """As it is edited: what fits a line stands on one."""
    flat = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, Mapping | list) or indent + len(flat) <= WIDTH:
        return flat
    pad = " " * (indent + 2)
    if isinstance(value, Mapping):
        rows = [f"{pad}{json.dumps(name, ensure_ascii=False)}: {as_text(value[name], indent + 2)}" for name in value]
    else:
        rows = [pad + as_text(one, indent + 2) for one in value]
    begin, end = "{}" if isinstance(value, Mapping) else "[]"
    return "\n".join([begin, ",\n".join(rows), " " * indent + end])
