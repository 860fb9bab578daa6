"""What if (spec 2.7, 6.4): a scenario, draft or saved, tried on an order, or on the orders of a period, with charts."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Response, request
from markupsafe import Markup

from api.console.frame import Visit, page
from api.console.inside import Refused
from api.console.scenarios import OURS
from api.http.errors import Failure
from domain.kernel import Refusal
from scenarios.parsing import parse_scenario
from scenarios.simulated import simulate

MOST_EVENTS = 300_000
"""A period is replayed from the first event on: beyond this `oms simulate` does it, where nobody waits."""

_ASKS = "scenarios/simulate"


@page("/console/what-if/", methods=("GET", "POST"))
def what_if(visit: Visit) -> Response:
    """POST tries; nothing is written."""
    if not visit.api.may("POST", _ASKS):
        raise Failure(403, "forbidden", "Scenarios are tried by admins, planners and support.")
    given = {**_usual(visit), **request.form.to_dict()}
    context: dict[str, Any] = {"found": None, "report": None, "charts": (), "refused": None}
    if request.method == "POST":
        try:
            context |= _order(visit, given) if given.get("what") == "order" else _period(visit, given)
        except (Refused, Refusal) as wrong:
            context["refused"] = wrong.message
            if isinstance(wrong, Refusal) and "fields" in wrong.extra:
                context["refused"] = "; ".join(
                    f"{name}: {' '.join(said)}" for name, said in wrong.extra["fields"].items()
                )
    scenarios = visit.api.every("scenarios/")
    return visit.show("what_if.html", 400 if context["refused"] else 200, given=given, scenarios=scenarios, **context)


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


def _period(visit: Visit, given: dict[str, str]) -> dict[str, Any]:
    log = visit.services.log
    if log.head().position > MOST_EVENTS:
        said = (
            f"The log has more than {MOST_EVENTS:,} events; `oms simulate --from … --to …` does it, where nobody waits."
        )
        raise Refused(400, {"code": "too_far", "message": said}, {})
    begin, end = _day(given["from"]), _day(given["to"])
    if begin >= end:
        raise Refused(400, {"code": "bad_request", "message": "The first day is before the last."}, {})
    definition = _definition(visit, given)
    if isinstance(definition, int):
        shown = visit.api.get(f"scenarios/{definition}/")
        definition = {name: value for name, value in shown.items() if name not in OURS}
    if isinstance(definition, dict):
        definition = {"name": "draft", **definition}
    draft = None if definition is None else parse_scenario(definition)
    report = simulate(log, begin, end, draft)
    from api.drawings.period_charts import load_chart, packages_chart  # a large library: only where charts are drawn

    drawn = (packages_chart(report), load_chart(report))
    return {"report": report, "charts": [Markup(one) for one in drawn]}  # noqa: S704 - their texts are escaped


def _day(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        raise Refused(
            400, {"code": "bad_request", "message": f"{text[:30]} is no day, such as 2026-11-01."}, {}
        ) from None
