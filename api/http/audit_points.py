"""A point of the past as a request names it: a version, a position of the log or a time (spec 6.1)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from api.http.errors import WrongInput, known_only
from api.http.routes import Call
from projections.filters import Wrong, moment

AT = {
    "version": "As it was right after its event of this version.",
    "position": "As it was at this position of the log.",
    "at": "As it was at this time, such as 2026-11-23T10:00:00Z.",
}


def point(call: Call, given: Mapping[str, str] | None = None) -> dict[str, Any]:
    """At most one of AT, as {name: value}. `given`: these parameters, else the whole query."""
    given = call.query if given is None else given
    known_only(given, AT)
    said = {name: text for name, text in given.items() if text != ""}
    if len(said) > 1:
        raise WrongInput(**{name: ["One of version, position and at is enough."] for name in said})
    if "at" in said:
        try:
            return {"at": min(moment(said["at"], call.log.reference), datetime.max.replace(tzinfo=UTC))}
        except Wrong as wrong:
            raise WrongInput(at=[str(wrong)]) from None
    return {name: whole(call, name) for name in said}


def whole(call: Call, name: str, *, required: bool = False) -> int | None:
    text = call.query.get(name, "")
    if text == "" and required:
        raise WrongInput(**{name: ["Missing data for required field."]})
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise WrongInput(**{name: ["A whole number from 0 is needed."]})
    return int(text)
