"""`audit/search/` and `audit/correlation/`: from what somebody has in hand to the objects it is about (spec 6.1)."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from api.histories import add_requests
from api.http.audit_points import whole
from api.http.errors import Failure, WrongInput, known_only
from api.http.routes import AUDIT, OMS, Call, route
from domain.kernel import info
from domain.kinds import KINDS
from eventlog.recorded import Recorded
from projections import queries
from projections.chain import chain
from projections.history import COLLECTIONS
from webhook_outbox.caused import caused

MOST = 50
CHAIN = 500
LONGEST = 255


@route(
    "GET",
    f"{OMS}/audit/search/",
    roles=AUDIT,
    tag="audit",
    query={"q": "A number, AWB number, SKU, e-mail, last name, erp code, user name, command id or request id."},
    answers="AuditSearch",
)
def search(call: Call) -> Any:
    """The objects that what was typed may mean, at most 50."""
    known_only(call.query, {"q"})
    text = call.query.get("q", "").strip()
    if not text:
        raise WrongInput(q=["Missing data for required field."])
    if len(text) > LONGEST or "\0" in text:
        raise WrongInput(q=[f"At most {LONGEST} characters."])
    with call.reads.connection() as connection:
        found = queries.search(connection, text, MOST)
    found += _records(call, text)
    found += _of_events(_events_of_command(call, text))
    found += _of_events(call.log.correlated(text, limit=MOST))
    return {"results": _once(found)[:MOST]}


@route(
    "GET",
    f"{OMS}/audit/correlation/<id>/",
    roles=AUDIT,
    tag="audit",
    query={"after": "Events after this position of the log; 0 is the beginning."},
    answers="Chain",
)
def correlation(call: Call, id: str) -> Any:
    """All that one request (its X-Request-ID) or job began: request, events, plans, commands and webhooks, in order."""
    known_only(call.query, {"after"})
    after = (whole(call, "after") or 0) if call.query.get("after") else 0
    rows = [] if "\0" in id or len(id) > LONGEST else chain(call.log, id, after, CHAIN)
    if not rows and not after:
        raise Failure(404, "not_found", f"Nothing was begun by {id[:100]}.")
    with call.services.pool.connection() as connection:
        add_requests(connection, rows)
        _add_webhooks(connection, rows)
    return {"results": rows, "next_after": rows[-1]["position"] if len(rows) == CHAIN else None}


def _add_webhooks(connection: Any, rows: list[dict[str, Any]]) -> None:
    told = {key: caused(connection, *key) for key in {(row["kind"], row["id"]) for row in rows}}
    for row in rows:
        row["webhooks"] = told[row["kind"], row["id"]].get(row["position"], [])


def _records(call: Call, text: str) -> list[dict[str, Any]]:
    """Locations, users, carriers and whatever else is found by a key of its own."""
    return [
        {"kind": kind.name, "id": record.id, "order": None}
        for kind in KINDS.values()
        if kind.reference and (record := call.log.reference.find(kind.name, text)) is not None
    ]


def _events_of_command(call: Call, text: str) -> list[Recorded]:
    try:
        command_id = UUID(text)
    except ValueError:
        return []
    written = call.log.written(command_id)
    return [] if written is None else [e for e in _up_to(call, written.position) if e.command_id == command_id]


def _up_to(call: Call, position: int) -> list[Recorded]:
    """The last events up to a position: a command's stand together."""
    return call.log.read(max(0, position - CHAIN), min(CHAIN, position))


def _of_events(events: Iterable[Recorded]) -> list[dict[str, Any]]:
    found = []
    for event in events:
        kind = info(event.fact).on
        id = int(event.stream.rpartition("-")[2])
        inside = kind in COLLECTIONS
        order = id if event.stream.startswith("order-") else None
        found.append({"kind": kind, "id": getattr(event.fact, kind) if inside else id, "order": order})
    return found


def _once(found: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return list({(one["kind"], one["id"]): one for one in found}.values())
