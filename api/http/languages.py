"""`Accept-Language`: names of states in English, the default, or in Turkish; `translations` always has both."""

from collections.abc import Mapping
from typing import Any

from werkzeug.datastructures import LanguageAccept

ENGLISH, TURKISH = "en-us", "tr-tr"
"""Keys of `translations` (spec 7, State)."""

_KNOWN = {"en": ENGLISH, "tr": TURKISH}


def language_of(accepted: LanguageAccept) -> str:
    """The better liked of those we know, whatever its region; English where neither is named."""
    best, liked = ENGLISH, 0.0
    for tag, quality in accepted:
        found = _KNOWN.get(tag.lower().replace("_", "-").partition("-")[0])
        if found is not None and quality > liked:
            best, liked = found, quality
    return best


def told_in(language: str, value: Any) -> Any:
    """The same JSON with the names of its states in this language; objects may be shared, so none is changed."""
    if language == ENGLISH:
        return value
    if isinstance(value, Mapping):
        if "enum_class" in value and language in value.get("translations", ()):
            return {**value, "name": value["translations"][language]["name"]}
        return {name: told_in(language, inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [told_in(language, inner) for inner in value]
    return value
