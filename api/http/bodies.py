"""A request's body: JSON objects in UTF-8, checked by the route's schema; whatever else it is, a clear 400."""

import json
import re
from decimal import Decimal
from typing import Any

from flask import Request
from marshmallow import Schema

from api.http.errors import Failure

DEEPEST = 40

_UNKEPT = re.compile("[\x00\ud800-\udfff]")


def read_body(asked: Request, schema: Schema | None, *, free: bool) -> Any:
    """The checked body; None where the route takes none."""
    if schema is None and not free:
        return None
    raw = asked.get_data(cache=False)
    said = parse(raw)
    asked.environ["oms.said"], asked.environ["oms.bytes"] = said, len(raw)  # for the audit of requests
    asked.environ["oms.raw"] = raw
    return schema.load(said) if schema is not None else said


def parse(raw: bytes) -> dict[str, Any]:
    """Bytes → a JSON object. Numbers with a point are Decimal, so that no cent is lost."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Failure(400, "bad_request", f"The body is not UTF-8 (byte {error.start}).") from error
    try:
        said = json.loads(text or "{}", parse_float=Decimal, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Failure(400, "bad_request", f"The body is not JSON: {str(error)[:200]}.") from error
    if not isinstance(said, dict):
        raise Failure(400, "bad_request", "The body is a JSON object, like {…}.")
    check_texts(said)
    return said


def check_texts(said: Any) -> None:
    """Whether JSON that was read can be kept; Failure 400."""
    _check(said, "", 0)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a number here")


def _check(value: Any, where: str, depth: int) -> None:
    """No NUL and no lone surrogate in any text (PostgreSQL and UTF-8 refuse them), nothing absurdly deep."""
    if depth > DEEPEST:
        raise Failure(400, "bad_request", f"The body is nested deeper than {DEEPEST} levels.")
    if isinstance(value, str):
        if _UNKEPT.search(value):
            raise Failure(400, "bad_request", f"{where or 'The body'} holds a character that is not allowed in a text.")
    elif isinstance(value, dict):
        for key, inner in value.items():
            _check(key, where, depth)
            _check(inner, f"{where}.{key}" if where else key, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            _check(inner, where, depth + 1)
