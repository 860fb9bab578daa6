"""What if (spec 2.7, 6.4): a scenario, draft or saved, tried on an order, or asked for on the orders of a period."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Response, request

from api.console.frame import Visit, back, page
from api.console.inside import Refused
from api.console.periods import PERIOD, PERIODS
from api.http.errors import Failure

_ASKS = "scenarios/simulate"
LAST = 10


@page("/console/what-if/", methods=("GET", "POST"))
def what_if(visit: Visit) -> Response:
    """POST tries an order, or has a period replayed; no event is written."""
    if not visit.api.may("POST", _ASKS):
        raise Failure(403, "forbidden", "Scenarios are tried by admins, planners and support.")
    given = {**_usual(visit), **request.form.to_dict()}
    found: dict[str, Any] = {"found": None, "refused": None}
    if request.method == "POST":
        try:
            if given.get("what") != "order":
                return _period(visit, given)
            found |= _order(visit, given)
        except Refused as wrong:
            found["refused"] = wrong.message
    return visit.show(
        "what_if.html",
        400 if found["refused"] else 200,
        given=given,
        scenarios=visit.api.every("scenarios/"),
        may_replay=visit.api.may("POST", PERIODS),
        periods=visit.api.get(PERIODS, limit=str(LAST))["results"],
        **found,
    )


def _usual(visit: Visit) -> dict[str, str]:
    """Yesterday's month, and the scenario that the visitor came from."""
    today = visit.services.log.now().date()
    return {
        "scenario": visit.query.get("scenario", ""),
        "order": visit.query.get("order", ""),
        "draft": "",
        "why_not": "",
        "from": (today - timedelta(days=30)).isoformat(),
        "to": (today + timedelta(days=1)).isoformat(),
    }


def _definition(visit: Visit, given: dict[str, str]) -> Any:
    """The draft that was typed, else the saved one's id; None: what is active."""
    if given["draft"].strip():
        try:
            said = json.loads(given["draft"])
        except ValueError as wrong:
            raise Refused(400, {"code": "bad_request", "message": f"The draft is no JSON: {wrong}"}, {}) from None
        return said
    chosen = given["scenario"]
    return int(chosen) if chosen.isascii() and chosen.isdigit() else None


def _order(visit: Visit, given: dict[str, str]) -> dict[str, Any]:
    text = given["order"].strip()
    rows = visit.api.get("orders/", number=text, limit="20")["results"] if text else []
    exact = next((row for row in rows if row["number"] == text), None)
    if exact is None:
        raise Refused(
            404, {"code": "not_found", "message": f"There is no order {text[:50] or 'without a number'}."}, {}
        )
    body = {"order": exact["id"], "lines": "all", "why_not": given["why_not"].strip() or None}
    definition = _definition(visit, given)
    if definition is not None:
        body["scenario"] = definition
    if body["why_not"] is None:
        del body["why_not"]
    return {"found": visit.api.post(_ASKS, body).json, "order": exact}


def _period(visit: Visit, given: dict[str, str]) -> Response:
    """Asked for: a job does it, and its page says how far it is."""
    body = {"from": _day(given["from"]), "to": _day(given["to"]), "scenario": _definition(visit, given)}
    return back(PERIOD.format(visit.api.post(PERIODS, body).json["id"]))


def _day(text: str) -> str:
    """Where a day begins, as the API is told."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC).isoformat()
    except ValueError:
        raise Refused(
            400, {"code": "bad_request", "message": f"{text[:30]} is no day, such as 2026-11-01."}, {}
        ) from None
