"""From what somebody has in hand to what it is about; one hit leads straight there (spec 6.1)."""

from collections.abc import Mapping
from typing import Any

from flask import Response

from api.console.frame import Visit, page
from api.console.inside import Refused

PAGES: Mapping[str, str] = {
    "order": "/console/orders/{id}/",
    "package": "/console/packages/{id}/",
    "transfer": "/console/transfer_orders/{id}/",
    "shipment": "/console/orders/{order}/",
    "discrepancy": "/console/discrepancies/?id={id}",
    "location": "/console/locations/{id}/",
    "scenario": "/console/scenarios/{id}/",
    "transfer_scenario": "/console/transfer-scenarios/{id}/",
    "webhook": "/console/webhooks/{id}/",
    "user": "/console/users/",
}


def page_of(kind: str, id: int, order: int | None) -> str | None:
    """The page about an object, if there is one."""
    known = PAGES.get(kind)
    return None if known is None or ("{order}" in known and order is None) else known.format(id=id, order=order)


@page("/console/search/")
def search(visit: Visit) -> Response:
    text = visit.query.get("q", "").strip()
    if not text:
        return visit.show("search.html", text="", found=[], refused=None)
    try:
        rows: list[dict[str, Any]] = visit.api.get("audit/search/", q=text)["results"]
        if not rows and text != text.upper():  # numbers and codes are mostly written large, and seldom typed so
            rows = visit.api.get("audit/search/", q=text.upper())["results"]
    except Refused as refused:
        if refused.status != 400:
            raise
        return visit.show("search.html", 400, text=text, found=[], refused=refused)
    if len(rows) == 1 and (only := page_of(rows[0]["kind"], rows[0]["id"], rows[0]["order"])):
        return Response(status=302, headers={"Location": only})
    found = [(one, page_of(one["kind"], one["id"], one["order"])) for one in _told(visit, rows)]
    return visit.show("search.html", text=text, found=found, refused=None)


def _told(visit: Visit, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """With number and state of orders and packages, asked all at once."""
    known: dict[tuple[str, int], dict[str, Any]] = {}
    for kind, path in (("package", "packages/short/"), ("order", "orders/")):
        ids = ",".join(str(one["id"]) for one in rows if one["kind"] == kind)
        if ids:
            known.update({(kind, one["id"]): one for one in visit.api.get(path, pk__in=ids, limit="100")["results"]})
    return [{**one, "shown": known.get((one["kind"], one["id"]))} for one in rows]


@page("/console/chain/<id>/")
def chain(visit: Visit, id: str) -> Response:
    """All that one request or job began."""
    found = visit.api.get(f"audit/correlation/{id}/", after=visit.query.get("after", ""))
    rows = [(one, page_of(one["kind"], one["id"], one.get("order"))) for one in found["results"]]
    return visit.show("chain.html", id=id, rows=rows, next_after=found["next_after"])


@page("/console/plans/<int:id>/")
def plan(visit: Visit, id: int) -> Response:
    """A plan with every rule's candidates; and why it was not another location, where one is named."""
    about = visit.query.get("why_not", "").strip()
    try:
        shown, refused = visit.api.get(f"orderexecutionplans/{id}/", why_not=about), None
    except Refused as wrong:
        if not about:
            raise
        shown, refused = visit.api.get(f"orderexecutionplans/{id}/"), wrong
    return visit.show("plan.html", plan=shown, rules=shown["rules"], about=about, refused=refused)
