"""Calls to other systems (spec 5, 6.4): how each fares, what waits for people, tried again or given up."""

import re
from collections.abc import Collection
from typing import Any

from flask import Response, request

from api.console.frame import NAVIGATION, Link, Visit, back, own_path, page, say
from api.console.inside import Refused
from api.console.listing import Column, Listing, link
from api.console.rendering import breakable, moment
from api.console.states import badge

HERE = "/console/calls/"
API = "integrations/calls/"
NAVIGATION.append(Link("Calls", HERE, API, 44))

AT_ONCE = 100
"""Calls that one press tries again: as many as nobody has to wait long for."""
_SUBJECT = re.compile(r"(order|package)-(\d+)$")


def about(row: dict[str, Any]) -> Any:
    """What a call is about, as a link where it has a page."""
    found = _SUBJECT.match(row["subject"])
    if found is not None:
        return link(f"/console/{found[1]}s/{found[2]}/", row["subject"])
    return row["subject"] if row["order"] is None else link(f"/console/orders/{row['order']}/", row["subject"])


CALLS = Listing(
    "Calls to other systems",
    API,
    (
        Column("Call", lambda row: link(f"{HERE}{row['id']}/", breakable(row["kind"]))),
        Column("To", lambda row: row["system"], "wide"),
        Column("About", about),
        Column("State", lambda row: badge(row["state"])),
        Column("Tries", lambda row: row["tries"], "number wide"),
        Column("What was said", lambda row: row["note"] or ""),
        Column("Next try", lambda row: moment(row["due_date"]) if row["due_date"] else "", "wide"),
        Column("Caused", lambda row: moment(row["created_date"]), "wide"),
    ),
    {"state": "State", "system": "System", "kind": "Kind", "subject": "About", "order": "Order (id)"},
    {
        "state": {
            "failed": "failed: waits for people",
            "waiting": "waits or is tried again",
            "done": "done",
            "dropped": "given up",
        }
    },
    "No call is like this.",
)


def calls_about(visit: Visit, order: int, package: int, shipments: Collection[int]) -> list[dict[str, Any]]:
    """The newest calls about a package and its shipments, what waits for people first; none for who may not see any."""
    if not visit.api.may("GET", API):
        return []
    own = (f"package-{package}", *(f"shipment-{id}@" for id in shipments))
    found = visit.api.get(API, order=order, limit="100")["results"]
    rows = [row for row in found if row["subject"] == own[0] or row["subject"].startswith(own[1:])]
    return sorted(rows, key=lambda row: row["state"] != "failed")


@page(HERE)
def calls(visit: Visit) -> Response:
    """With a button for all failed ones of what is shown, where some failed."""
    failed = visit.query.get("state") == "failed"
    return CALLS.page(visit, template="calls.html", may=may_retry(visit), failed=failed, at_once=AT_ONCE)


@page(f"{HERE}<int:id>/")
def call(visit: Visit, id: int) -> Response:
    shown = visit.api.get(f"{API}{id}/")
    open_ = shown["state"] in ("failed", "waiting")
    return visit.show("call.html", call=shown, about=about(shown), may=may_retry(visit) and open_)


@page(f"{HERE}<int:id>/retry/", methods=("POST",))
def retry_call(visit: Visit, id: int) -> Response:
    where = own_path(request.form.get("next", ""), f"{HERE}{id}/")
    try:
        visit.api.post(f"{API}{id}/retry/")
    except Refused as refused:
        if refused.status != 400:
            raise
        return say(visit, back(where), refused.message, bad=True)
    return say(visit, back(where), f"Call {id} is made again, with all its tries before it.")


@page(f"{HERE}retry/", methods=("POST",))
def retry_all(visit: Visit) -> Response:
    """The failed ones of a system, kind or subject: after a night in which it was away."""
    where = own_path(request.form.get("next", ""), HERE)
    wanted = {name: request.form.get(name, "") for name in ("system", "kind", "subject")}
    found = visit.api.get(API, **wanted, state="failed", limit=str(AT_ONCE))
    again = sum(_again(visit, row["id"]) for row in found["results"])
    left = found["count"] - len(found["results"])
    more = f" {left} failed ones are left: press again." if left else ""
    return say(visit, back(where), f"{again} {'call is' if again == 1 else 'calls are'} made again.{more}")


@page(f"{HERE}<int:id>/drop/", methods=("POST",))
def drop_call(visit: Visit, id: int) -> Response:
    """Somebody has dealt with it in another way."""
    try:
        visit.api.post(f"{API}{id}/drop/", {"reason": request.form.get("reason", "")})
    except Refused as refused:
        if refused.status != 400:
            raise
        return say(visit, back(f"{HERE}{id}/"), f"It was not given up. {refused.message}", bad=True)
    return say(visit, back(f"{HERE}{id}/"), "It is given up.")


def _again(visit: Visit, id: int) -> bool:
    """False where it is over or under way meanwhile."""
    try:
        visit.api.post(f"{API}{id}/retry/")
    except Refused as refused:
        if refused.status != 400:
            raise
        return False
    return True


def may_retry(visit: Visit) -> bool:
    return visit.api.may("POST", f"{API}1/retry/")
