"""Channels, carriers, denial reasons, scenarios, users, subscriptions: their own fields and the usual dates."""

from dataclasses import fields
from typing import Any

from domain.settings import Record, Scenario, Subscription, TransferScenario
from projections.objects.wire import moment

_OWN = {"id", "version", "removed", "created", "modified"}


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
    return shown | {"created_date": moment(record.created), "modified_date": moment(record.modified)}
