"""What openapi.json says of one route: its parameters, its body, what it answers and how it fails."""

import re
from typing import Any

from api.http.object_schemas import page_schema
from api.http.routes import ANYBODY, NOTHING, OMS, Route
from api.http.stock_query import MOST

PATH = re.compile(r"<(?:(\w+):)?(\w+)>")
"""A parameter in a path of Flask's: (converter, name)."""

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
    "422": "The Idempotency-Key was used for another request.",
    "429": "Too many wrong tries.",
    "503": "Try again after `Retry-After` seconds.",
}


def operation(one: Route) -> dict[str, Any]:
    said: dict[str, Any] = {
        "operationId": _operation_id(one),
        "summary": one.sentence,
        "tags": [one.tag],
        "parameters": _parameters(one),
        "responses": _responses(one),
    }
    if one.roles is ANYBODY:
        said["security"] = []
    else:
        said["security"] = [{"token": []}, {"bearer": []}]
        said["description"] = f"Roles: {', '.join(sorted(one.roles))}."
    body = _body(one)
    if body is not None:
        said["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    return said


def _operation_id(one: Route) -> str:
    plain = PATH.sub(r"\2", one.path).replace("/api/v1/oms", "").replace(".", "/")
    return "_".join([one.method.lower(), *(part for part in re.split(r"[/\-]", plain) if part)])


def _parameters(one: Route) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "integer", "minimum": 0} if converter == "int" else {"type": "string"},
        }
        for converter, name in PATH.findall(one.path)
    ]
    found += [
        {
            "name": name,
            "in": "query",
            "required": (one.path.rstrip("/").rpartition("/")[2], name) in _REQUIRED,
            "description": sentence,
            "schema": _query_type(one, name),
        }
        for name, sentence in one.query.items()
    ]
    header = {"in": "header", "schema": {"type": "string"}}
    if one.roles is not ANYBODY and one.method == "GET":
        said = "An X-OMS-Position of an answer: waits until the read models have come to it, at most 2 s."
        found.append({**header, "name": "X-OMS-Min-Position", "description": said, "schema": {"type": "integer"}})
    if one.path.endswith(("/command/", "/commands/")):
        found += [
            {**header, "name": "Idempotency-Key", "description": "The same again is answered, not done, again."},
            {
                "name": "dry_run",
                "in": "query",
                "description": "true: what would be written, nothing written.",
                "schema": {"type": "boolean"},
            },
        ]
    if one.path.endswith("/command/"):
        found.append({**header, "name": "If-Match", "description": 'The version it must be at, like "4".'})
    return found


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


def _query_type(one: Route, name: str) -> dict[str, Any]:
    if name in ("page", "limit", "page_size"):
        return {"type": "integer", "minimum": 1}
    if name == "format":
        return {"enum": ["json", "csv", "xlsx", "xls"]}
    if one.path.endswith("query-stock-availability"):
        return {"type": "array", "items": {"type": "string"}, "maxItems": MOST[name]}
    if name in ("version", "position", "position__gt", "from", "to"):
        return {"type": "integer", "minimum": 0}
    return {"type": "string"}


def _body(one: Route) -> Any:
    if one.body is not None:
        return one.body
    if not one.free_body:
        return None
    return _FREE.get((one.method, one.path), {"type": "object"})


_HOOK = ["target_url", "event_type"]
_FREE: dict[tuple[str, str], Any] = {
    ("POST", f"{OMS}/packages/<int:id>/command/"): {"$ref": f"{_REF}PackageCommand"},
    ("POST", f"{OMS}/transfer_orders/<int:id>/command/"): {"$ref": f"{_REF}TransferCommand"},
    ("POST", f"{OMS}/packages/commands/"): {
        "type": "object",
        "required": ["commands"],
        "properties": {
            "commands": {
                "type": "array",
                "maxItems": 500,
                "items": {"allOf": [{"$ref": f"{_REF}PackageCommand"}, {"required": ["package"]}]},
            }
        },
    },
    ("POST", f"{OMS}/orders/"): {"anyOf": [{"$ref": f"{_REF}OrderInput"}, {"$ref": f"{_REF}OrdersInput"}]},
    ("PUT", f"{OMS}/stock/"): {"$ref": f"{_REF}StockInput"},
    ("POST", f"{OMS}/scenarios/simulate"): {"$ref": f"{_REF}SimulationInput"},
    ("POST", "/whisperer/hooks/"): {"allOf": [{"$ref": f"{_REF}WebhookInput"}, {"required": _HOOK}]},
    ("PUT", "/whisperer/hooks/<int:id>/"): {"allOf": [{"$ref": f"{_REF}WebhookInput"}, {"required": _HOOK}]},
    ("PATCH", "/whisperer/hooks/<int:id>/"): {"$ref": f"{_REF}WebhookInput"},
}
"""Bodies of routes that take any object, where more can be said of it."""


def _responses(one: Route) -> dict[str, Any]:
    good: dict[str, Any] = {"description": "Done." if one.status == 204 else one.sentence}
    if one.status != 204 and one.answers != NOTHING:
        good["content"] = {_content_type(one): {"schema": _answered(one)}}
        if one.answers.startswith("["):
            good["content"]["text/csv"] = {"schema": {"type": "string"}}
    found = {str(one.status): good}
    if one.path.endswith("/command/"):
        kinds = ["DryRun", *(["Prepared"] if "/packages/" in one.path else [])]
        found["200"] = {
            "description": "A dry run: the events that would be written; or what prepare-package answers.",
            "content": {"application/json": {"schema": {"anyOf": [{"$ref": f"{_REF}{kind}"} for kind in kinds]}}},
        }
    if one.method == "POST" and one.status == 201:
        found["200"] = {"description": "It was there already; or a batch.", "content": dict(good.get("content", {}))}
    for status in _failures(one):
        found[status] = _failure(one, status)
    return found


def _failures(one: Route) -> list[str]:
    writes, asked = one.method != "GET", one.roles is not ANYBODY
    found = ["400"] if writes or one.query or asked else []
    found += ["401", "403"] if asked else []
    found += ["404"] if "<" in one.path or one.path.endswith(("stock/history/", "/simulate")) else []
    found += ["406"] if "format" in one.query or one.path.startswith("/whisperer") else []
    found += ["409", "413", "422"] if writes else []
    found += ["412"] if one.path.endswith("/command/") else []
    found += ["429"] if one.path.endswith("/login/") else []
    return [*found, "503"]


def _failure(one: Route, status: str) -> dict[str, Any]:
    schema: dict[str, Any] = {"$ref": f"{_REF}Error"}
    if status == "406" and one.path.startswith("/whisperer"):
        schema = {"anyOf": [{"$ref": f"{_REF}WebhookError"}, schema]}
    if one.path.endswith("query-stock-availability") and status == "400":
        schema = {"anyOf": [{"$ref": f"{_REF}StockQueryError"}, schema]}
    return {"description": _WHEN[status], "content": {"application/json": {"schema": schema}}}


def _content_type(one: Route) -> str:
    return _OTHER.get(one.path, "application/json")


_OTHER = {
    "/metrics": "text/plain",
    "/docs": "text/html",
    f"{OMS}/packages/<int:id>/document": "*/*",
    f"{OMS}/shipments/<int:id>/label": "*/*",
}


def _answered(one: Route) -> dict[str, Any]:
    if one.path in _OTHER:
        return {"type": "string", **({"format": "binary"} if _OTHER[one.path] == "*/*" else {})}
    if not one.answers:
        return {}
    if (one.method, one.path) == ("POST", f"{OMS}/orders/"):
        return {"anyOf": [{"$ref": f"{_REF}Order"}, {"$ref": f"{_REF}OrdersTaken"}]}
    plain = one.answers.strip("[]")
    return page_schema(plain) if one.answers.startswith("[") else {"$ref": f"{_REF}{plain}"}
