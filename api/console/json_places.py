"""Where in a JSON text a field stands: so that what is wrong with it is told at its line."""

import json
import re

_SPACE = re.compile(r"[ \t\n\r]*")
_PART = re.compile(r"[^.\[\]]+|\[\d+\]")

Places = dict[tuple[str | int, ...], int]


def line_of(text: str, path: str) -> int:
    """The line, from 1, of a path such as `rules[0].locations.near`; of the nearest thing around it that is there."""
    try:
        places = _places(text)
    except (ValueError, IndexError, RecursionError):
        return 1
    wanted: list[str | int] = [int(part[1:-1]) if part.startswith("[") else part for part in _PART.findall(path)]
    while wanted and tuple(wanted) not in places:
        wanted.pop()
    return text.count("\n", 0, places.get(tuple(wanted), 0)) + 1


def _places(text: str) -> Places:
    found: Places = {}
    _value(text, _after(text, 0), (), found)
    return found


def _value(text: str, at: int, path: tuple[str | int, ...], found: Places) -> int:
    """Notes where this value and all in it begin; the end of it."""
    found.setdefault(path, at)
    if text[at] == "{":
        return _members(text, at, path, found)
    if text[at] == "[":
        at, n = _after(text, at + 1), 0
        while text[at] != "]":
            at = _comma(text, _value(text, at, (*path, n), found))
            n += 1
        return at + 1
    return json.JSONDecoder().raw_decode(text, at)[1]


def _members(text: str, at: int, path: tuple[str | int, ...], found: Places) -> int:
    at = _after(text, at + 1)
    while text[at] != "}":
        key, end = json.JSONDecoder().raw_decode(text, at)
        found.setdefault((*path, key), at)
        colon = _after(text, end)
        at = _comma(text, _value(text, _after(text, colon + 1), (*path, key), found))
    return at + 1


def _comma(text: str, at: int) -> int:
    at = _after(text, at)
    return _after(text, at + 1) if text[at] == "," else at


def _after(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return at if match is None else match.end()
