"""Channels, carriers, denial reasons, scenarios, users, subscriptions: their own fields and the usual dates."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from domain.settings import Record, Scenario, Subscription, TransferScenario
from domain.webhook_endpoint import FAILING, Endpoint
from projections.objects.wire import moment

_OWN = {"id", "version", "removed", "created", "modified", "trouble"}


def record_object(record: Record) -> dict[str, Any]:
    """A scenario is told as it was written (spec 2.2), with its id and version."""
    shown: dict[str, Any] = {"id": record.id}
    if isinstance(record, Scenario | TransferScenario):
        status = "active" if record.is_active else "passive"
        shown |= {**record.definition, "name": record.name, "status": record.definition.get("status", status)}
        shown["version"] = record.version
    for field in fields(record):
        if field.name not in _OWN and field.name != "definition":
            value = getattr(record, field.name)
            shown[field.name] = list(value) if isinstance(value, tuple) else value
    if isinstance(record, Subscription):
        shown["additional_headers"] = None
    if isinstance(record, Endpoint):
        shown["health"] = endpoint_health(record)
    return shown | {"created_date": moment(record.created), "modified_date": moment(record.modified)}


def endpoint_health(endpoint: Endpoint, newest: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """`{breaker: closed | open, reason, failing_since, failures, status, next_probe_date}` (spec 4.4); `reason`: why it
    is open, or was switched off: failing, gone (410), failed_for_days. `newest`: the sender's figures, where they are
    at hand: failing_since, failures, open, next_probe."""
    trouble = endpoint.trouble
    told: Mapping[str, Any] = {
        "failing_since": trouble.since if trouble else None,
        "failures": None,
        "open": trouble is not None and trouble.reason == FAILING,
        "next_probe": None,
    }
    row = told if newest is None else newest
    return {
        "breaker": "open" if row["open"] and endpoint.is_active else "closed",
        "reason": trouble.reason if trouble else None,
        "failing_since": moment(row["failing_since"]),
        "failures": row["failures"],
        "status": trouble.status if trouble else None,
        "next_probe_date": moment(row["next_probe"]),
    }
