"""`imports/` (spec 5): open orders, locations, stock and what they name, from CSV and XLSX files; with a dry run, and a
report by row. A file is taken in at once and written by a job: `imports/{id}/` says how far it is."""

from typing import Any

from flask import request

from api.http.details import not_found
from api.http.errors import Failure, WrongInput
from api.http.paging import NEWEST_FIRST, asked_of, page_of
from api.http.routes import KEPT_BY_WRITES, OMS, WRITE, Answer, Call, Parameter, route
from api.jobs import runs
from api.setup import tasks
from api.setup.kinds import IMPORTS
from api.setup.work import JOB
from projections.objects.wire import moment

PATH = f"{OMS}/imports/"
UNKEPT = {
    "Idempotency-Key": "a file that comes twice changes nothing the second time",
    "If-Match": "a file has no version",
}
_CSV = "The first row names the columns (`imports/kinds/`); UTF-8, with commas, semicolons or tabs."
_BYTES = {
    "type": "string",
    "format": "binary",
    "description": "CSV or XLSX: it is told by what it is, not by its type.",
}
FILES: dict[str, dict[str, Any]] = {
    "text/csv": {"type": "string", "minLength": 1, "description": _CSV},
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": {"type": "string", "format": "binary"},
    "application/octet-stream": _BYTES,
}
"""What the body of an import is."""

ENDS = dict.fromkeys(KEPT_BY_WRITES, "a task is no event, and one that is over stays over")


@route("GET", PATH, roles=WRITE, tag="imports", query=NEWEST_FIRST, answers="[Import]")
def list_imports(call: Call) -> Answer:
    """Every import and set-up task, the newest first."""
    asked = asked_of(call)
    _no_filters(asked.filters, asked.sort)
    with call.services.pool.connection() as connection:
        rows = tasks.listed(connection, asked.limit, (asked.page - 1) * asked.limit)
        return page_of(asked, [shown(row) for row in rows], tasks.count(connection))


@route("GET", f"{PATH}kinds/", roles=WRITE, tag="imports", query=NEWEST_FIRST, answers="[ImportKind]")
def import_kinds(call: Call) -> Answer:
    """What can be imported, and the columns of each."""
    asked = asked_of(call)
    _no_filters(asked.filters, asked.sort)
    rows = [
        {"name": kind.name, "description": kind.sentence, "columns": kind.columns.names} for kind in IMPORTS.values()
    ]
    return page_of(asked, rows[(asked.page - 1) * asked.limit :][: asked.limit], len(rows))


@route(
    "POST",
    PATH,
    roles=WRITE,
    tag="imports",
    query={"kind": Parameter("What its rows are.", {"enum": list(IMPORTS)}, required=True)},
    status=202,
    answers="Import",
    unkept=UNKEPT,
    takes=FILES,
)
def import_file(call: Call) -> Answer:
    """Takes in a CSV or XLSX file, the body as it is; `dry_run=true` writes nothing and reports the same."""
    kind = call.query.get("kind", "")
    if kind not in IMPORTS:
        raise WrongInput(kind=[f"One of {', '.join(IMPORTS)}."])
    data = request.get_data(cache=False)
    if not data:
        raise WrongInput(file=["The body is the file, CSV or XLSX."])
    name = request.headers.get("X-File-Name", "")[:255] or None
    if data[:4] != b"PK\x03\x04" and b"\x00" in data:
        raise WrongInput(file=["It is neither CSV in UTF-8 nor XLSX."])
    sealed = tasks.Sealing(call.services.secret_key).seal(data)
    return Answer(begun(call, kind, tasks.FILE, sealed, dry=call.dry, file_name=name), 202)


@route("GET", f"{PATH}<int:id>/", roles=WRITE, tag="imports", answers="Import")
def read_import(call: Call, id: int) -> Any:
    """How far a task is, and what came of it."""
    with call.services.pool.connection() as connection:
        return shown(_there(tasks.one(connection, id), id))


@route("GET", f"{PATH}<int:id>/problems/", roles=WRITE, tag="imports", query=NEWEST_FIRST, answers="[ImportProblem]")
def list_problems(call: Call, id: int) -> Answer:
    """What is wrong with which row, and what is allowed; the rows numbered as a spreadsheet shows them."""
    asked = asked_of(call)
    _no_filters(asked.filters, asked.sort)
    with call.services.pool.connection() as connection:
        _there(tasks.one(connection, id), id)
        rows = tasks.problems(connection, id, asked.limit, (asked.page - 1) * asked.limit)
        return page_of(asked, rows, tasks.count_problems(connection, id))


@route("POST", f"{PATH}<int:id>/abort/", roles=WRITE, tag="imports", answers="Import", unkept=ENDS)
def abort_import(call: Call, id: int) -> Any:
    """Ends a task before its next portion; what was written stays."""
    with call.services.pool.connection() as connection:
        task = _there(tasks.one(connection, id), id)
        if not tasks.end(connection, id, tasks.ABORTED, f"{call.caller.username} ended it."):
            raise Failure(409, "conflict", f"It is over: {task['state']}.")
        return shown(_there(tasks.one(connection, id), id))


def begun(
    call: Call, step: str, source: str, sealed: bytes | None = None, *, dry: bool = False, file_name: str | None = None
) -> dict[str, Any]:
    """A task that the job does at once."""
    said: dict[str, Any] = {"user": call.caller.id, "username": call.caller.username, "file_name": file_name}
    with call.services.pool.connection() as connection, connection.transaction():
        id = tasks.add(connection, sealed, step=step, source=source, dry_run=dry, **said)
        runs.ask(connection, JOB, call.caller.username)
        return shown(_there(tasks.one(connection, id), id))


def shown(task: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": task["id"],
        "kind": task["step"],
        "source": task["source"],
        "file_name": task["file_name"],
        "status": task["state"],
        "dry_run": task["dry_run"],
        "rows": max(task["row_done"] - 1, 0),
        "created": task["created"],
        "changed": task["changed"],
        "unchanged": task["there"],
        "rejected": task["rejected"],
        "message": task["message"],
        "user": task["username"],
        "created_date": moment(task["asked_at"]),
        "started_date": moment(task["started_at"]),
        "ended_date": moment(task["ended_at"]),
    }


def _there(task: dict[str, Any] | None, id: int) -> dict[str, Any]:
    if task is None:
        raise not_found("import", id)
    return task


def _no_filters(filters: Any, sort: str | None) -> None:
    for name in filters:
        raise WrongInput(**{name: [f"There is no filter {name}."]})
    if sort is not None:
        raise WrongInput(sort=["They come in their own order."])
