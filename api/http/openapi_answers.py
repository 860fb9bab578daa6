"""What a route answers as openapi.json tells it: the good answer, a dry run, and every way it fails."""

from typing import Any

from api.http.object_schemas import page_schema
from api.http.routes import ANYBODY, NOTHING, OMS, Route
from api.http.tables import KINDS

_REF = "#/components/schemas/"
_WHEN = {
    "400": "The input is wrong, by field; or the state does not allow it.",
    "401": "No key, or one that is not known any more.",
    "403": "Another role is needed.",
    "404": "It is not there, or stands at another location.",
    "406": "There is no such format; or a refusal of the webhooks.",
    "409": "It is taken, or there is not enough.",
    "412": "The object has moved on since `If-Match`.",
    "413": "The body is too large.",
    "414": "The address is longer than 8,190 bytes.",
    "422": "The Idempotency-Key was used for another request.",
    "429": "Too many wrong tries.",
    "503": "Try again after `Retry-After` seconds.",
}

_TABLES = {kind: {"schema": {"type": "string"}} for kind in KINDS.values()}
_WRITTEN = {
    "ETag": {"description": "The version it has now, for If-Match.", "schema": {"type": "string"}},
    "X-OMS-Position": {
        "description": "The position of what was written; for X-OMS-Min-Position of a read.",
        "schema": {"type": "string"},
    },
}
_NAMING = ("stock/history/", "/audit/export/", "/simulate", "/simulations/", "/cancellation_plan/")
"""Ends of paths that name something elsewhere, which may not be there."""


def _said(code: str, message: str, status: int, **more: Any) -> dict[str, Any]:
    return {"value": {"error": {"code": code, "message": message, **more}, "status_code": status}}


_EXAMPLES: dict[str, dict[str, Any]] = {
    "400": {
        "field": {
            "value": {"error": {"denial_reason": ["Missing data for required field."]}, "status_code": 400},
        },
        "state_conflict": _said(
            "state_conflict",
            "Package R1000001P1 is packed (500); start-preparing runs from waiting (100).",
            400,
            state="500",
            allowed=["ship-package", "update-invoice"],
        ),
        "unknown_command": _said("unknown_command", "There is no package command “fly”.", 400),
    },
    "401": {
        "no key": _said(
            "unauthorized", "Send `Authorization: Token <key>` with a key of POST /api/i1/auth/login/.", 401
        )
    },
    "403": {"role": _said("forbidden", "This needs one of the roles admin, integration, store.", 403)},
    "404": {"not there": _said("not_found", "There is no package 987654321.", 404)},
    "406": {"format": _said("not_acceptable", "There is no format pdf; there are json, csv, xlsx, xls.", 406)},
    "412": {"moved on": _said("precondition_failed", "It is at version 5, not 4.", 412)},
    "422": {"another body": _said("idempotency_key_reused", "This Idempotency-Key was used for another request.", 422)},
    "429": {"too many": _said("too_many_requests", "Too many tries; wait a little.", 429)},
    "503": {"busy": _said("unavailable", "The log cannot be written now; try again.", 503)},
}


def answers(one: Route) -> dict[str, Any]:
    good: dict[str, Any] = {"description": "Done." if one.status == 204 else one.sentence}
    if one.status != 204 and one.answers != NOTHING:
        good["content"] = {_content_type(one): {"schema": _answered(one)}}
        if "format" in one.query:
            good["content"] |= _TABLES
    if one.method != "GET":
        good["headers"] = _WRITTEN
    found = {str(one.status): good}
    if one.method != "GET" and "dry_run" not in one.unkept:
        found["200"] = _ok_or_dry(one, good)
    for status in _failures(one):
        found[status] = _failure(one, status)
    return found


def _ok_or_dry(one: Route, good: dict[str, Any]) -> dict[str, Any]:
    """200 where a dry run is asked for, besides what else 200 may be."""
    kinds = [{"$ref": f"{_REF}DryRun"}]
    words = ["A dry run: the events that would be written."]
    schema = good.get("content", {}).get("application/json", {}).get("schema")
    if one.path.endswith("/packages/<int:id>/command/"):
        kinds.append({"$ref": f"{_REF}Prepared"})
        words.append("Or what prepare-package answers.")
    elif one.status == 200 and one.answers != NOTHING:
        if schema in (None, {}):
            return good
        words.insert(0, one.sentence)
        kinds.insert(0, schema)
    elif one.status == 201 and one.method == "POST":
        words.insert(0, "It was there already; or a batch.")
        kinds += [schema] if schema else []
    made = {"description": " ".join(words), "content": {"application/json": {"schema": {"anyOf": kinds}}}}
    return {**made, "headers": _WRITTEN}


_SIGNED = ("/webhook/", "/status/")
"""Where other systems send, by signature in place of a log-in."""


def _failures(one: Route) -> list[str]:
    writes, asked = one.method != "GET", one.roles is not ANYBODY
    found = ["400"] if writes or one.query or asked else []
    found += ["401", "403"] if asked else []
    found += ["401"] if not asked and one.path.endswith(_SIGNED) else []
    found += ["404"] if "<" in one.path or one.path.endswith(_NAMING) else []
    found += ["406"] if "format" in one.query or one.path.startswith("/whisperer") else []
    found += ["409", "413", "422"] if writes else []
    found += ["414"] if one.query and not writes else []
    found += ["412"] if writes and "<" in one.path and "If-Match" not in one.unkept else []
    found += ["429"] if one.path.endswith(("/login/", "/password/")) else []
    return [*found, "503"]


def _failure(one: Route, status: str) -> dict[str, Any]:
    schema: dict[str, Any] = {"$ref": f"{_REF}Error"}
    if status == "406" and one.path.startswith("/whisperer"):
        schema = {"anyOf": [{"$ref": f"{_REF}WebhookError"}, schema]}
    if one.path.endswith("query-stock-availability") and status == "400":
        schema = {"anyOf": [{"$ref": f"{_REF}StockQueryError"}, schema]}
    made: dict[str, Any] = {"description": _WHEN[status], "content": {"application/json": {"schema": schema}}}
    if status in _EXAMPLES and schema == {"$ref": f"{_REF}Error"}:
        made["content"]["application/json"]["examples"] = _EXAMPLES[status]
    if status in ("429", "503"):
        made["headers"] = {"Retry-After": {"description": "Seconds.", "schema": {"type": "string"}}}
    return made


def _content_type(one: Route) -> str:
    return _OTHER.get(one.path, "application/json")


_OTHER = {
    "/metrics": "text/plain",
    "/docs": "text/html",
    f"{OMS}/packages/<int:id>/document": "*/*",
    f"{OMS}/shipments/<int:id>/label": "*/*",
    f"{OMS}/audit/export/": "application/zip",
}


def _answered(one: Route) -> dict[str, Any]:
    if one.path in _OTHER:
        return {"type": "string", **({} if _OTHER[one.path].startswith("text/") else {"format": "binary"})}
    if not one.answers:
        return {}
    if (one.method, one.path) == ("POST", f"{OMS}/orders/"):
        return {"anyOf": [{"$ref": f"{_REF}Order"}, {"$ref": f"{_REF}OrdersTaken"}]}
    plain = one.answers.strip("[]")
    return page_schema(plain) if one.answers.startswith("[") else {"$ref": f"{_REF}{plain}"}
