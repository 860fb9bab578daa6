"""A request as `settings/audit_events/` keeps it (spec 3.2, 7): secrets masked, and nothing that is of a person."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import msgspec
from flask import Request, Response

from eventlog.secret_values import MASK, SECRET_FIELDS

SECRETS = SECRET_FIELDS | {"old_password", "new_password", "otp", "key", "additional_headers"}
PERSONAL = frozenset(
    {
        "customer",
        "shipping_address",
        "billing_address",
        "notes",
        "order_notes",
        "gift_box_note",
        "first_name",
        "last_name",
        "email",
        "phone_number",
        "phone",
        "document",
    }
)
"""Fields whose values are a person's, papers among them. They are not kept here: the event has them, sealed with the
customer's key, and forgets them with it (spec 6.2)."""

PERSONAL_MARK = "[personal]"
MOST_BYTES = 16 * 1024
"""Of a longer body only its size is kept: its events say what came of it."""

HEADERS = (
    "User-Agent",
    "Content-Type",
    "Accept-Language",
    "Idempotency-Key",
    "If-Match",
    "X-Request-ID",
    "X-Forwarded-For",
    "Origin",
    "Referer",
)

CONTENT_TYPES = {
    "orders": "order",
    "packages": "package",
    "transfer_orders": "transferorder",
    "shipments": "shipment",
    "stock_locations": "stocklocation",
    "stock": "stock",
    "channels": "channel",
    "cargo-companies": "cargocompany",
    "scenarios": "scenario",
    "transfer-scenarios": "transferscenario",
    "customers": "customer",
    "users": "user",
    "transitions": "transition",
    "application_settings": "applicationsetting",
    "permission_groups": "permissiongroup",
    "hooks": "webhook",
    "hook_events": "webhookevent",
    "inventory-discrepancies": "discrepancy",
}
"""First words of a path → what it is about."""


@dataclass(frozen=True, slots=True)
class AuditRow:
    """As `request_audit` holds it; `data`: JSON of what nobody searches by."""

    at: datetime
    uuid: str
    request_id: str
    user_id: int
    username: str
    remote_addr: str
    method: str
    path: str
    content_type: str
    object_id: str
    status: int
    data: str


def audit_row(asked: Request, answered: Response, path: Mapping[str, Any], user_id: int, username: str) -> AuditRow:
    """`path`: the parameters in the route's path."""
    outcome = _outcome(asked, answered)
    data = {
        "query_params": _masked(asked.args.to_dict()),
        "post_data": _said(asked),
        "headers": _headers(asked),
        "content": {"status_code": answered.status_code, **outcome},
    }
    return AuditRow(
        datetime.now(UTC),
        str(uuid4()),
        asked.environ.get("oms.request_id", ""),
        user_id,
        username,
        asked.remote_addr or "",
        asked.method,
        _text(asked.path)[:1000],
        _content_type(asked.path),
        str(path.get("id", outcome.get("id", "")))[:100],
        answered.status_code,
        msgspec.json.encode(data, enc_hook=str).decode().replace("\\u0000", "?"),
    )


def _said(asked: Request) -> Any:
    said = asked.environ.get("oms.said")
    if said is None:
        return None
    size = asked.environ.get("oms.bytes", 0)
    return {"bytes": size, "kept": False} if size > MOST_BYTES else _masked(said)


def _masked(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _of_field(name, inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_masked(inner) for inner in value]
    return value


def _of_field(name: str, value: Any) -> Any:
    if value in (None, "", [], {}):
        return value
    if name in SECRETS:
        return MASK
    return PERSONAL_MARK if name in PERSONAL else _masked(value)


def _headers(asked: Request) -> dict[str, str]:
    found = {name: _text(asked.headers[name])[:500] for name in HEADERS if name in asked.headers}
    return {**found, "Authorization": MASK} if "Authorization" in asked.headers else found


def _outcome(asked: Request, answered: Response) -> dict[str, Any]:
    """What came of it: the position of what was written, the id of what was made, or the code of the refusal."""
    found: dict[str, Any] = {}
    if "X-OMS-Position" in answered.headers:
        found["position"] = int(answered.headers["X-OMS-Position"])
    if answered.status_code < 400:
        said = asked.environ.get("oms.answer")
        return {**found, "id": said["id"]} if isinstance(said, dict) and isinstance(said.get("id"), int) else found
    if answered.mimetype == "application/json":
        error = json.loads(answered.get_data()).get("error")
        if isinstance(error, dict):
            found["error"] = (
                error["code"] if isinstance(error.get("code"), str) else {"fields": sorted(map(str, error))}
            )
    return found


def _content_type(path: str) -> str:
    for part in path.strip("/").split("/"):
        if part in CONTENT_TYPES:
            return CONTENT_TYPES[part]
    return ""


def _text(value: str) -> str:
    """As PostgreSQL can hold it."""
    return value.encode("utf-8", "replace").decode().replace("\x00", "?")
