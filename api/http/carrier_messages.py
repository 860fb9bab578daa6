"""What a carrier tells of its parcels by itself, signed (A6, spec 5)."""

import time
from typing import Any

from flask import request

from api.http.errors import Failure
from api.http.routes import ANYBODY, OMS, Call, route
from api.http.users import Caller
from domain.settings import CargoCompany
from eventlog.secrets import Secrets
from integrations.carriers import reports
from integrations.carriers.adapters import adapter_of, is_connected, system_of
from integrations.trouble import Misconfigured
from webhook_outbox.verifying import why_not

UNKEPT = {
    "Idempotency-Key": "what is known, or comes too late, changes nothing",
    "If-Match": "what is known, or comes too late, changes nothing",
    "dry_run": "it is a message of another system",
}


_JSON = """In the words of one that speaks JSON. Fast Cargo: {"events": [{"awb", "status"}]}."""
_XML = """In the words of one that speaks XML. Steady Parcel: <statuses><status consignment="" code=""/></statuses>."""
MESSAGES = {
    "application/json": {"type": "object", "description": _JSON},
    "application/xml": {"type": "string", "description": _XML},
}


@route(
    "POST",
    f"{OMS}/carriers/<slug>/status/",
    roles=ANYBODY,
    tag="integrations",
    answers="CarrierHeard",
    unkept=UNKEPT,
    takes=MESSAGES,
)
def hear_carrier(call: Call, slug: str) -> Any:
    """Takes a carrier's signed message about its parcels, in its own words.

    JSON or XML, as the carrier's adapter reads it, signed as Standard Webhooks are (`webhook-id`, `webhook-timestamp`,
    `webhook-signature`) with `conf.secret_key`. `unknown` numbers are left to the job that asks."""
    company: CargoCompany | None = call.log.reference.find("cargo_company", slug)
    if company is None or company.removed or not company.is_active or not is_connected(company):
        raise Failure(404, "not_found", f"There is no connected carrier {slug[:100]!r}.")
    body = request.get_data(cache=False)
    why = why_not(dict(request.headers), body, _secrets(call, company), time.time())
    if why is not None:
        raise Failure(401, "unauthorized", why)
    request.environ["oms.caller"] = Caller(0, system_of(company), frozenset(), None)  # so it stands in the audit
    try:
        rows = adapter_of(company).told(body)
    except (ValueError, Misconfigured) as wrong:
        raise Failure(400, "bad_request", str(wrong)) from None
    with call.services.pool.connection() as connection:
        unknown = reports.take(call.log, connection, company, rows, call.request_id)
    return {"taken": len(rows) - len(unknown), "unknown": unknown}


def _secrets(call: Call, company: CargoCompany) -> list[str]:
    """`conf.secret_key`; while it is changed, `conf.old.secret_key` holds as well."""
    read = Secrets(call.log.listening, call.services.secret_key).read
    old = company.conf.get("old")
    names = [company.conf.get("secret_key"), old.get("secret_key") if isinstance(old, dict) else None]
    found = [read(name) for name in names if isinstance(name, str) and name]
    if not found:
        raise Failure(401, "unauthorized", "No secret is set for this carrier: conf.secret_key.")
    return found
