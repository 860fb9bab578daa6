"""Reads JSON objects field by field and collects what is wrong, each with its place and what is allowed there."""

from collections.abc import Collection, Mapping
from typing import Any

from domain.kernel import Refusal, invalid

LARGEST = 2**31 - 1


class Errors:
    """What is wrong so far: the path of a field (`rules[0].coverage`) and one text."""

    def __init__(self) -> None:
        self.found: dict[str, str] = {}

    def refusal(self) -> Refusal:
        return invalid(**self.found)


class Fields:
    """A JSON object at `path`. With `known`, any other key is an error: a misspelt condition must not be dropped."""

    def __init__(self, data: Any, path: str, errors: Errors, known: Collection[str] | None = None) -> None:
        self.path, self.errors, self.data = path, errors, {}
        if not isinstance(data, Mapping):
            self.wrong("", "Must be an object.")
            return
        self.data = dict(data)
        if known is not None:
            for key in self.data.keys() - set(known):
                self.wrong(str(key), f"Unknown. Allowed: {', '.join(sorted(known))}.")

    def wrong(self, key: str, text: str) -> None:
        path = f"{self.path}.{key}" if self.path and key else self.path or key or "_schema"
        self.errors.found.setdefault(path, text)

    def within(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def has(self, key: str) -> bool:
        """Whether it is there and says something."""
        return self.data.get(key) not in (None, "", [], {}, False)

    def text(self, key: str, default: str = "", required: bool = False) -> str:
        value = self.data.get(key)
        if value is None and not required:
            return default
        if not isinstance(value, str) or (required and not value.strip()):
            self.wrong(key, "Must be a text." if not required else "Required, a text that is not empty.")
            return default
        return value

    def choice(self, key: str, allowed: Collection[str], default: str) -> str:
        value = self.data.get(key)
        if value is None or value == "":
            return default
        if not isinstance(value, str) or value not in allowed:
            self.wrong(key, f"{value!r} is not one of {', '.join(allowed)}.")
            return default
        return value

    def flag(self, key: str, default: bool = False) -> bool:
        value = self.data.get(key, default)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.wrong(key, "Must be true or false.")
            return default
        return value

    def whole(self, key: str, least: int | None = None) -> int | None:
        value = self.data.get(key)
        if value is None:
            return None
        low = -LARGEST if least is None else least
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= LARGEST:
            self.wrong(key, f"Must be a whole number from {low} to {LARGEST}.")
            return None
        return value

    def number(self, key: str, least: float, most: float, of: str = "") -> float | None:
        value = self.data.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            self.wrong(key, f"Must be a number{of} from {least:g} to {most:.0f}.")
            return None
        return float(value)

    def texts(self, key: str, allowed: Collection[str] | None = None) -> tuple[str, ...]:
        """A list of texts; null is an empty one. Doubles are dropped, the order stays."""
        value = self.data.get(key)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            self.wrong(key, "Must be a list of texts.")
            return ()
        for one in value:
            if allowed is not None and one not in allowed:
                self.wrong(key, f"{one!r} is not one of {', '.join(allowed)}.")
        return tuple(dict.fromkeys(value))

    def child(self, key: str, known: Collection[str] | None = None) -> "Fields":
        """The object under the key; null is an empty one."""
        value = self.data.get(key)
        return Fields({} if value is None else value, self.within(key), self.errors, known)

    def children(self, key: str, known: Collection[str]) -> "list[Fields]":
        value = self.data.get(key)
        if value is None:
            return []
        if not isinstance(value, list):
            self.wrong(key, "Must be a list of objects.")
            return []
        return [Fields(one, f"{self.within(key)}[{i}]", self.errors, known) for i, one in enumerate(value)]
