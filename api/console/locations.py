"""Stock locations with their load and quota, on a map and as a table (spec 6.4)."""

from collections.abc import Mapping
from typing import Any

from flask import Response, request

from api.console.frame import NAVIGATION, Link, Visit, back, page, say
from api.console.inside import Refused
from api.console.states import PACKAGE_NAMES

NAVIGATION.append(Link("Locations", "/console/locations/", "stock_locations/", 50))

_FILTERS = ("erp_code", "stock_location_type", "city", "tag", "is_active")


def load_of(row: Mapping[str, Any]) -> float | None:
    """Slots held as a part of the quota; None where there is no quota."""
    return None if not row["max_quota"] else (row["quota"] or 0) / row["max_quota"]


@page("/console/locations/")
def locations(visit: Visit) -> Response:
    given = {name: text for name in _FILTERS if (text := visit.query.get(name, "").strip())}
    refused = None
    try:
        rows = visit.api.every("stock_locations/", **given)
    except Refused as wrong:
        if wrong.status != 400:
            raise
        rows, refused = [], wrong
    from api.drawings.location_map import location_map  # a large library: only where a map is drawn

    rows.sort(key=lambda row: (-(load_of(row) or 0), row["erp_code"]))
    return visit.show(
        "locations.html",
        400 if refused else 200,
        rows=[(row, load_of(row)) for row in rows],
        map=location_map(rows),
        given=given,
        refused=refused,
    )


@page("/console/locations/<int:id>/", methods=("GET", "POST"))
def location(visit: Visit, id: int) -> Response:
    """POST sets the quota, or takes the location out of planning and in again."""
    api, path = visit.api, f"stock_locations/{id}/"
    refused = None
    if request.method == "POST":
        text = request.form.get("max_quota", "").strip()
        quota: Any = int(text) if text.isascii() and text.isdigit() else (text or None)
        try:
            api.ask("PATCH", path, {"max_quota": quota, "is_active": request.form.get("is_active") == "on"})
            return say(visit, back(f"/console/locations/{id}/"), "It is saved.")
        except Refused as wrong:
            refused = wrong
    shown = api.get(path)
    found = api.get("reports/package-location-movements/", id=id, limit="1")["results"]
    states = found[0]["states"] if found else {}
    events = (
        api.get(f"audit/location/{id}/history/")["results"] if api.may("GET", f"audit/location/{id}/history/") else []
    )
    return visit.show(
        "location.html",
        refused.status if refused else 200,
        location=shown,
        load=load_of(shown),
        states=[(value, PACKAGE_NAMES[value], n) for value, n in sorted(states.items(), key=lambda one: int(one[0]))],
        events=events,
        may=api.may("PATCH", path),
        refused=refused,
    )
