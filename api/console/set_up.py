"""Guided set-up and imports of files (spec 5): each step, what brings it, how far it is; what is wrong in which row."""

from typing import Any

from flask import Response, request
from werkzeug.utils import secure_filename

from api.console.frame import NAVIGATION, Link, Visit, back, page, say
from api.console.inside import Refused
from api.http.setup import STEPS

NAVIGATION.append(Link("Set-up", "/console/set-up/", "imports/", 75))

PATH = "/console/set-up/"
TITLES = {
    "channels": "Sales channels",
    "addresses": "Addresses",
    "stock_locations": "Stock locations",
    "cargo_companies": "Carriers",
    "reasons": "Reasons",
    "orders": "Orders still open",
}
SHOWN = 100
"""Rows of a report on the page; all of them are in the API."""


@page(PATH)
def set_up(visit: Visit) -> Response:
    """`?import=7`: with the report of that import."""
    return _page(visit)


@page(f"{PATH}<step>/execute/", methods=("POST",))
def execute(visit: Visit, step: str) -> Response:
    told = visit.api.post(f"setup/{step}/execute/").json
    title = TITLES.get(step, step)
    if told["status"] == "ABORTED":
        return say(visit, back(PATH), f"{title}: {told['message']}", bad=True)
    done = told["status"] == "FINISHED"
    return say(visit, back(PATH), f"{title}: {'all is there' if done else 'they are asked for at the order source'}.")


@page(f"{PATH}imports/", methods=("POST",))
def import_file(visit: Visit) -> Response:
    """The report is shown by the page that is gone back to."""
    file = request.files.get("file")
    kind, dry = request.form.get("kind", ""), "true" if request.form.get("dry_run") else "false"
    sent = {"X_File_Name": secure_filename(file.filename or "")} if file else {}
    data = file.read() if file else b""
    try:
        told = visit.api.ask("POST", "imports/", data, query={"kind": kind, "dry_run": dry}, headers=sent).json
    except Refused as refused:
        if refused.status not in (400, 413):
            raise
        return _page(visit, refused)
    return back(f"{PATH}?import={told['id']}")


@page(f"{PATH}imports/<int:id>/abort/", methods=("POST",))
def abort(visit: Visit, id: int) -> Response:
    visit.api.post(f"imports/{id}/abort/")
    return say(visit, back(f"{PATH}?import={id}"), f"Import {id} ends before its next portion.")


def _page(visit: Visit, refused: Refused | None = None) -> Response:
    return visit.show(
        "set_up.html",
        400 if refused else 200,
        steps=[_step(visit, step) for step in STEPS],
        kinds=visit.api.get("imports/kinds/", limit="100")["results"],
        imports=visit.api.get("imports/", limit="10")["results"],
        report=_report(visit),
        refused=refused,
    )


def _step(visit: Visit, step: str) -> dict[str, Any]:
    told = visit.api.get(f"setup/{step}/get_async_status/")
    needed = visit.api.get(f"setup/{step}/is_required/")["is_required"]
    return {"name": step, "title": TITLES[step], "is_required": needed, "message": None, "task": None, **told}


def _report(visit: Visit) -> dict[str, Any] | None:
    id = visit.query.get("import", "")
    if not id.isascii() or not id.isdigit():
        return None
    task = visit.api.get(f"imports/{id[:18]}/")
    problems = visit.api.get(f"imports/{task['id']}/problems/", limit=str(SHOWN))
    return {"task": task, "problems": problems, "open": task["status"] in ("READY", "WORKING")}
