"""Webhooks (spec 4, 6.4): endpoints and their health, the ledger of what was sent, sending again."""

from datetime import UTC, datetime
from typing import Any

from flask import Response, request

from api.console.frame import NAVIGATION, Link, Visit, back, own_path, page, say
from api.console.inside import Refused
from api.console.listing import Column, Listing, link
from api.console.rendering import breakable, moment
from api.console.searching import page_of
from api.console.states import badge
from projections.listing import COUNTED_TO

NAVIGATION.append(Link("Webhooks", "/console/webhooks/", "/whisperer/hooks/", 40))

HOOKS = "/whisperer/hooks"
EVENTS = "/whisperer/hook_events"
_KINDS = {"transferorder": "transfer"}


def _about(row: dict[str, Any]) -> Any:
    kind = _KINDS.get(row["content_type"], row["content_type"])
    payload = row["request_payload"]
    number = payload["payload"].get("number") if payload else None
    path = page_of(kind, row["object_id"], None)
    text = number or f"{kind} {row['object_id']}"
    return link(path, text) if path else text


def _answered(row: dict[str, Any]) -> str:
    tries = len(row["attempts"])
    status = row["response_http_status"]
    return f"{tries} {'try' if tries == 1 else 'tries'}" + (f", {status}" if status else "")


LEDGER = Listing(
    "What was sent",
    f"{EVENTS}/",
    (
        Column("Event", lambda row: link(f"/console/webhooks/events/{row['id']}/", breakable(row["event_type"]))),
        Column("Outcome", lambda row: badge(row["state"])),
        Column("Answer", _answered),
        Column("About", _about),
        Column("Endpoint", lambda row: link(f"/console/webhooks/{row['webhook']}/", row["webhook"]), "wide"),
        Column("Event of", lambda row: moment(row["created_date"]), "wide"),
    ),
    {"state": "Outcome", "event_type": "Event type", "webhook": "Endpoint (id)", "order_number": "Order number"},
    {"state": {"pending": "waits or is retried", "delivered": "delivered", "dead": "given up", "dropped": "dropped"}},
    "Nothing was sent that is like this.",
)


@page("/console/webhooks/")
def webhooks(visit: Visit) -> Response:
    rows = visit.api.get(f"{HOOKS}/", limit="100")["results"]
    counts = {row["id"]: _waiting(visit, row["id"]) for row in rows}
    return visit.show("webhooks.html", hooks=rows, counts=counts)


def _waiting(visit: Visit, id: int) -> dict[str, int]:
    """Of an endpoint: how many deliveries are in each state that somebody may have to do something about."""
    return {
        state: visit.api.get(f"{EVENTS}/", webhook=id, state=state, limit="1")["count"]
        for state in ("pending", "dead", "delivered")
    }


@page("/console/webhooks/events/")
def ledger(visit: Visit) -> Response:
    return LEDGER.page(visit)


@page("/console/webhooks/<int:id>/")
def endpoint(visit: Visit, id: int) -> Response:
    return _endpoint(visit, id)


def _endpoint(visit: Visit, id: int, status: int = 200, **tried: Any) -> Response:
    api = visit.api
    recent = api.get(f"{EVENTS}/", webhook=id, limit="20")["results"]
    counts = _waiting(visit, id)
    context = {"refused": None, "counted": None, "given": _since_it_failed(visit, id, counts["dead"]), **tried}
    return visit.show(
        "webhook.html",
        status,
        hook=api.get(f"{HOOKS}/{id}/"),
        recent=[(row, _about(row)) for row in recent],
        counts=counts,
        may=api.may("POST", f"{HOOKS}/{id}/replay/"),
        **context,
    )


def _since_it_failed(visit: Visit, id: int, dead: int) -> dict[str, str]:
    """What the form for sending again begins with: the time of the first event that was given up."""
    if not dead:
        return {}
    last = str(min(dead, COUNTED_TO))  # they come the newest first, one a page
    rows = visit.api.get(f"{EVENTS}/", webhook=id, state="dead", limit="1", page=last)["results"]
    return {"from_date": rows[0]["created_date"][:19]} if rows else {}


@page("/console/webhooks/<int:id>/replay/", methods=("POST",))
def replay(visit: Visit, id: int) -> Response:
    """Counts first; sends when the count was seen."""
    given = {name: text for name, text in request.form.items() if name.endswith(("_position", "_date")) and text}
    body: dict[str, Any] = {name: _typed(name, text) for name, text in given.items()}
    sure = request.form.get("sure") == "on"
    try:
        found = visit.api.post(f"{HOOKS}/{id}/replay/", {**body, "dry_run": not sure}).json
    except Refused as refused:
        return _endpoint(visit, id, refused.status, refused=refused, given=given)
    if not sure:
        return _endpoint(visit, id, counted=found, given=given)
    return say(visit, back(f"/console/webhooks/{id}/"), f"{found['count']} deliveries are sent again, in their order.")


def _typed(name: str, text: str) -> Any:
    if name.endswith("_position"):
        return int(text) if text.isascii() and text.isdigit() else text
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).isoformat()


@page("/console/webhooks/<int:id>/test/", methods=("POST",))
def test(visit: Visit, id: int) -> Response:
    return _told(visit, visit.api.post(f"{HOOKS}/{id}/test/").json, f"/console/webhooks/{id}/")


@page("/console/webhooks/<int:id>/switch/", methods=("POST",))
def switch(visit: Visit, id: int) -> Response:
    """On or off; switched on, what waited is sent."""
    on = request.form.get("on") == "1"
    visit.api.ask("PATCH", f"{HOOKS}/{id}/", {"is_active": on})
    return say(visit, back(f"/console/webhooks/{id}/"), "It is switched on." if on else "It is switched off.")


@page("/console/webhooks/events/<int:id>/")
def event(visit: Visit, id: int) -> Response:
    row = visit.api.get(f"{EVENTS}/{id}/")
    may = visit.api.may("POST", f"{EVENTS}/{id}/retry/")
    return visit.show("webhook_event.html", event=row, about=_about(row), may=may)


@page("/console/webhooks/events/<int:id>/retry/", methods=("POST",))
def retry(visit: Visit, id: int) -> Response:
    """Sent again now, delivered before or not: whoever presses it has seen which."""
    where = own_path(request.form.get("next", ""), f"/console/webhooks/events/{id}/")
    try:
        found = visit.api.post(f"{EVENTS}/{id}/retry/", {"force": True}).json
    except Refused as refused:
        return say(visit, back(where), refused.message, bad=True)
    return _told(visit, found, where)


def _told(visit: Visit, found: dict[str, Any], where: str) -> Response:
    status = found["response_status"]
    answered = f"answered {status}" if status else found["detail"]
    if found["delivered"]:
        return say(visit, back(where), f"It was sent and {answered}.")
    return say(visit, back(where), f"It was sent, but not taken: {answered}.", bad=True)
