"""The parameters of a route as openapi.json tells them: in its path, its query, and the headers it keeps to."""

import re
from typing import Any

from api.http.routes import ANYBODY, KEPT_BY_WRITES, Parameter, Route
from api.http.stock_query import LONGEST, MOST

PATH = re.compile(r"<(?:(\w+):)?(\w+)>")
"""A parameter in a path of Flask's: (converter, name)."""

BIGGEST = 2**63 - 1
WITHOUT_NUL = "^[^\\u0000]*$"

_MIN_POSITION = {
    "name": "X-OMS-Min-Position",
    "in": "header",
    "description": "An X-OMS-Position of an answer: waits until the read models have come to it, at most 2 s.",
    "schema": {"type": "integer", "minimum": 0, "maximum": 10**18 - 1},
}
_KEPT: dict[str, dict[str, Any]] = {
    "Idempotency-Key": {
        "in": "header",
        "description": "Up to 255 characters of your own: the same request under it is answered again, not done.",
        "schema": {"type": "string"},
    },
    "If-Match": {
        "in": "header",
        "description": 'The version it must be at, like "4": the ETag of an answer.',
        "schema": {"type": "string", "pattern": '^((W/)?"?[0-9]{1,18}"?|[*])$'},
    },
    "dry_run": {
        "in": "query",
        "description": "true: what would be written is answered, and nothing written.",
        "schema": {"enum": ["true", "false", "1", "0"]},
    },
}


def parameters(one: Route) -> list[dict[str, Any]]:
    """Those of the path, of the query, then the headers."""
    found: list[dict[str, Any]] = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "integer", "minimum": 0, "maximum": BIGGEST}
            if converter == "int"
            else {"type": "string", "minLength": 1},
        }
        for converter, name in PATH.findall(one.path)
    ]
    found += [_query(one, name, said) for name, said in one.query.items()]
    if one.method != "GET":
        born = "<" not in one.path  # what is made by it has no version before
        kept = (name for name in KEPT_BY_WRITES if name not in one.unkept and not (born and name == "If-Match"))
        found += [{"name": name, **_KEPT[name]} for name in kept]
    elif one.roles is not ANYBODY:
        found.append(_MIN_POSITION)
    return found


def _query(one: Route, name: str, said: str | Parameter) -> dict[str, Any]:
    told = said if isinstance(said, Parameter) else Parameter(said, _schema(one, name))
    required = told.required or (one.path.rstrip("/").rpartition("/")[2], name) in _REQUIRED
    schema = {**told.schema, "minLength": 1} if required and told.schema.get("type") == "string" else told.schema
    if schema.get("type") == "string" and not schema.keys() & {"enum", "format", "pattern"}:
        schema = {**schema, "pattern": WITHOUT_NUL}
    made = {"name": name, "in": "query", "required": required, "description": told.sentence, "schema": dict(schema)}
    if schema.get("type") == "array":
        made |= {"style": "form", "explode": one.path.endswith("query-stock-availability")}
    return made


_REQUIRED = frozenset(
    {
        ("order-stock-info", "order_number"),
        ("history", "erp_code"),
        ("query-stock-availability", "sku"),
        ("diff", "from"),
        ("diff", "to"),
        ("search", "q"),
    }
)
"""(end of the path, query parameter) where it cannot be answered without."""


_NUMBERS = frozenset({"id__lt", "id__gt", "id__lte", "id__gte", "status_code", "webhook", "order"})
"""Filters of records beside the read models that are numbers."""


def _schema(one: Route, name: str) -> dict[str, Any]:
    if one.path.endswith("query-stock-availability"):
        item = {"type": "string", "minLength": 1, "maxLength": LONGEST, "pattern": "^[^\\u0000]*$"}
        return {"type": "array", "items": item, "maxItems": MOST[name], "minItems": 1 if name == "sku" else 0}
    if name == "after" and one.path.endswith("/pull/"):
        return {"type": "integer", "minimum": 0, "maximum": 2**62}
    if name in ("version", "position", "from", "to", "after", "until"):
        return {"type": "integer", "minimum": 0, "maximum": 10**18 - 1}
    if name == "limit":
        return {"type": "integer", "minimum": 1, "maximum": 2**62}
    if name in _NUMBERS:
        return {"type": "integer", **({} if name == "order" else {"minimum": 0, "maximum": BIGGEST})}
    if name in ("at", "timestamp__gte", "timestamp__lte"):
        return {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "string", "maxLength": 0}]}
    return {"type": "string"}
