"""A package's page (spec 6.4): where it is and was, why it is there, what was told to whom, and what may be done now.
With `?version=` all of it stands as it was right after that event."""

from collections.abc import Mapping
from typing import Any

from flask import Response, request

from api.console.calls import calls_about, may_retry
from api.console.command_forms import Item
from api.console.commanding import commands_of, run
from api.console.frame import Visit, page
from api.console.inside import Refused, passed_on
from api.console.rendering import moment_text
from api.console.sla import spent_by
from api.console.state_diagram import Been, state_diagram
from api.console.why import Why, why_of
from domain.states import PackageStatus

_PATH = "/console/packages/<int:id>/"


@page(_PATH)
def package(visit: Visit, id: int) -> Response:
    return _shown(visit, id)


@page(f"{_PATH}command/", methods=("POST",))
def command_package(visit: Visit, id: int) -> Response:
    shown = visit.api.get(f"packages/{id}/")
    done = run(visit, f"packages/{id}/", _items(shown))
    if isinstance(done, Refused):
        return _shown(visit, id, done.status, refused=done, tried=request.form.get("slug", ""), given=request.form)
    return done


@page(f"{_PATH}document")
def document(visit: Visit, id: int) -> Response:
    return passed_on(visit.api.ask("GET", f"packages/{id}/document"))


@page("/console/shipments/<int:id>/label")
def label(visit: Visit, id: int) -> Response:
    return passed_on(visit.api.ask("GET", f"shipments/{id}/label"))


def _shown(visit: Visit, id: int, status: int = 200, **tried: Any) -> Response:
    api = visit.api
    reply = api.ask("GET", f"packages/{id}/")
    now, version = reply.json, reply.headers.get("ETag", "").strip('"')
    events = (
        api.get(f"audit/package/{id}/history/")["results"] if api.may("GET", f"audit/package/{id}/history/") else []
    )
    wanted = _version(visit.query, events)
    then = now if wanted is None else api.get(f"audit/package/{id}/", version=wanted)
    event = next((one for one in events if one["version"] == wanted), None)
    been = _been_by_events(events, wanted) if events else _been_by_logs(visit, now)
    context: dict[str, Any] = {
        "package": then,
        "now": now,
        "event": event,
        "events": events,
        "version": wanted,
        "diagram": state_diagram(been),
    }
    if visit.query.get("part") == "then" and status == 200:
        return visit.show("package_part.html", **context)
    context["siblings"] = api.get("packages/short/", order=now["order_id"], limit="100", sort="id")["results"]
    context["transfers"] = api.get("transfer_orders/short/", package=id, limit="100")["results"]
    context["why"] = _why(visit, now)
    context["spent"] = spent_by(visit, id)
    shipments = [now["shipment"]["id"]] if now["shipment"] else []
    context["calls"] = calls_about(visit, now["order_id"], id, shipments)
    context["may_retry"] = may_retry(visit)
    context["commands"] = commands_of(visit, f"packages/{id}/", now, version, _items(now), **tried)
    context["may_resend"] = api.may("POST", "/whisperer/hook_events/1/retry/")
    context["here_path"] = f"/console/packages/{id}/"
    return visit.show("package.html", status, **context)


def _version(query: Mapping[str, str], events: list[dict[str, Any]]) -> int | None:
    """The version that is asked for; None: as it is now."""
    text = query.get("version", "")
    if not text.isascii() or not text.isdigit() or not events:
        return None
    wanted = int(text[:9])
    return None if wanted >= events[-1]["version"] else max(wanted, events[0]["version"])


def _been_by_events(events: list[dict[str, Any]], until: int | None) -> list[Been]:
    found = []
    for one in events:
        if until is not None and one["version"] > until:
            break
        value = one["data"].get("state") if not one["changes"] else None
        value = next((change["to"] for change in one["changes"] if change["field"] == "state"), value)
        if value is not None:
            found.append(Been(PackageStatus(int(value)), moment_text(one["at"])))
    return found


def _been_by_logs(visit: Visit, now: dict[str, Any]) -> list[Been]:
    """For who may not read the audit: the changes of state alone."""
    rows = visit.api.get("state-transition-logs/", content_type="package", object_id=now["id"], limit="100")["results"]
    rows = sorted(rows, key=lambda row: row["id"])
    found = [Been(PackageStatus(int(row["new_state"]["enum_value"])), moment_text(row["created_date"])) for row in rows]
    if rows and rows[0]["old_state"] is not None:
        born = PackageStatus(int(rows[0]["old_state"]["enum_value"]))
        return [Been(born, moment_text(now["created_date"])), *found]
    return found or [Been(PackageStatus(int(now["state"]["enum_value"])), moment_text(now["created_date"]))]


def _why(visit: Visit, now: dict[str, Any]) -> Why | None:
    path = f"orderexecutionplans/{now['plan']}/"
    if now["plan"] is None or not visit.api.may("GET", path):
        return None
    return why_of(visit.api.get(path), now["id"])


def _items(shown: dict[str, Any]) -> list[Item]:
    return [
        Item(one["id"], one["product"]["sku"], one["product"]["name"], int(one["quantity"]))
        for one in shown["packageitem_set"]
    ]
