"""Scenarios (spec 2, 6.4): the list, editing with what is wrong told at its line, versions, compared and restored."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Response, request

from api.console.frame import NAVIGATION, Link, Visit, back, page, say
from api.console.inside import Refused
from api.console.json_editing import Edited, as_text, marked, parsed

UNDER = ("/console/transfer-scenarios/", "/console/what-if/", "/console/simulations/")
NAVIGATION.append(Link("Scenarios", "/console/scenarios/", "scenarios/", 60, under=UNDER))

OURS = ("id", "version", "warnings", "is_active", "created_date", "modified_date")
START = {
    "name": "",
    "status": "passive",
    "priority": 10,
    "default_stock_location": "",
    "rules": [{"name": "nearest with everything", "order_by": [{"by": "distance"}], "coverage": "whole_order"}],
}


@dataclass(frozen=True)
class Kind:
    """Distribution or transfer scenarios: the same pages."""

    path: str
    title: str


DISTRIBUTION, TRANSFER = Kind("scenarios", "Scenario"), Kind("transfer-scenarios", "Transfer scenario")
KINDS = (DISTRIBUTION, TRANSFER)


@page("/console/scenarios/")
def scenarios(visit: Visit) -> Response:
    found = [(kind, visit.api.every(f"{kind.path}/")) for kind in KINDS]
    return visit.show("scenarios.html", kinds=found, may=visit.api.may("POST", "scenarios/"))


def _new(visit: Visit, kind: Kind) -> Response:
    edited = None
    if request.method == "POST":
        done = _save(visit, "POST", f"{kind.path}/")
        if not isinstance(done, Edited):
            return say(visit, back(f"/console/{kind.path}/{done['id']}/"), "It is saved as version 1.")
        edited = done
    text = edited.text if edited else as_text(START)
    may = visit.api.may("POST", f"{kind.path}/")
    return visit.show(
        "scenario.html",
        400 if edited else 200,
        kind=kind,
        scenario=None,
        text=text,
        edited=edited,
        versions=[],
        may=may,
    )


def _one(visit: Visit, id: int, kind: Kind) -> Response:
    edited, path = None, f"{kind.path}/{id}/"
    if request.method == "POST":
        done = _save(visit, "PUT", path, request.form.get("version", ""))
        if not isinstance(done, Edited):
            return say(visit, back(f"/console/{path}"), f"It is saved as version {done['version']}.")
        edited = done
    shown = visit.api.get(path)
    versions = visit.api.every(f"{path}versions/")
    wanted = visit.query.get("version", "")
    old = next((one for one in versions if str(one["version"]) == wanted), None)
    definition = old["definition"] if old else {k: v for k, v in shown.items() if k not in OURS}
    return visit.show(
        "scenario.html",
        400 if edited else 200,
        kind=kind,
        scenario=shown,
        text=edited.text if edited else as_text(definition),
        edited=edited,
        versions=versions,
        old=old,
        may=visit.api.may("PUT", path),
    )


def _restore(visit: Visit, id: int, n: int, kind: Kind) -> Response:
    shown = visit.api.post(f"{kind.path}/{id}/versions/{n}/restore/").json
    return say(
        visit, back(f"/console/{kind.path}/{id}/"), f"Version {n} is in force again, as version {shown['version']}."
    )


def _compare(visit: Visit, id: int, kind: Kind) -> Response:
    one, other = visit.query.get("from", ""), visit.query.get("to", "")
    found = visit.api.get(f"{kind.path}/{id}/diff/", **{"from": one, "to": other})
    shown = visit.api.get(f"{kind.path}/{id}/")
    return visit.show("scenario_diff.html", kind=kind, scenario=shown, changes=found["changes"], versions=(one, other))


def _save(visit: Visit, method: str, path: str, version: str = "") -> dict[str, Any] | Edited:
    text = request.form.get("definition", "").replace("\r\n", "\n")
    said = parsed(text)
    if isinstance(said, Edited):
        return said
    if not isinstance(said, dict):
        return Edited(text, "A scenario is an object: {…}.", [(1, "", "It begins with something else.")])
    headers = {"If-Match": f'"{version[:18]}"'} if version else {}
    try:
        saved: dict[str, Any] = visit.api.ask(method, path, said, headers=headers).json
    except Refused as refused:
        if refused.status not in (400, 412):
            raise
        return marked(text, refused.message, refused.fields.items())
    return saved


def _declare(kind: Kind) -> None:
    """The same pages for each kind, under its own path."""
    whole = f"/console/{kind.path}/<int:id>/"
    declared: tuple[tuple[str, Callable[..., Response], tuple[str, ...]], ...] = (
        (f"/console/{kind.path}/new/", lambda visit: _new(visit, kind), ("GET", "POST")),
        (whole, lambda visit, id: _one(visit, id, kind), ("GET", "POST")),
        (f"{whole}versions/<int:n>/restore/", lambda visit, id, n: _restore(visit, id, n, kind), ("POST",)),
        (f"{whole}compare/", lambda visit, id: _compare(visit, id, kind), ("GET",)),
    )
    for path, function, methods in declared:
        page(path, methods=methods)(function)


for _kind in KINDS:
    _declare(_kind)
