"""JSON that people edit: what is wrong with it is told at its line, and what was typed is not lost."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from api.console.json_places import line_of


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


def as_text(value: Any) -> str:
    """As it is edited."""
    return json.dumps(value, indent=2, ensure_ascii=False)
