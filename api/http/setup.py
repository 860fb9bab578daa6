"""`setup/…` (spec 3.2, 5): what an installation must have before orders come, step by step.

A step that is done says so. One that is not is done by the job that does imports: from a file (`imports/`), or from
the order source where one is connected; `execute` only begins it, so it may be asked for again, and a process that is
killed is followed by one that goes on.
"""

from collections.abc import Callable
from typing import Any

from api.http.imports import begun, shown
from api.http.records import named
from api.http.routes import OMS, READ, WRITE, Answer, Call, route
from api.setup import tasks
from api.setup.sources import source_for
from projections.fetching import fetch

READY, FINISHED, ABORTED = tasks.READY, tasks.FINISHED, tasks.ABORTED
OPEN = (tasks.READY, tasks.WORKING)


def _any(*kinds: str) -> Callable[[Call], bool]:
    return lambda call: any(not getattr(one, "removed", False) for k in kinds for one in call.log.reference.all(k))


def _any_address(call: Call) -> bool:
    if any(one.profile.address.country for one in call.log.reference.all("location")):
        return True
    with call.services.pool.connection() as connection:
        return bool(fetch(connection, "select 1 from places limit 1"))


STEPS: dict[str, tuple[Callable[[Call], bool], str]] = {
    "channels": (_any("channel"), "POST channels/ or imports/?kind=channels"),
    "addresses": (_any_address, "POST stock_locations/ with an address or imports/?kind=stock_locations"),
    "stock_locations": (_any("location"), "POST stock_locations/ or imports/?kind=stock_locations"),
    "cargo_companies": (_any("cargo_company"), "POST cargo-companies/ or imports/?kind=cargo_companies"),
    "reasons": (
        _any("denial_reason", "cancellation_reason"),
        "POST packages/package_denial_reason/, cancellation-reasons/ or imports/?kind=reasons",
    ),
    "orders": (lambda _: True, "POST orders/ or imports/?kind=orders"),
}
"""Step → (whether there is something of it, what brings it). Open orders are never required."""


def _declare(step: str, path: str) -> None:
    there, brought = STEPS[step]

    def done(call: Call) -> bool:
        call.log.reference.refresh()
        return there(call)

    def latest(call: Call) -> dict[str, Any] | None:
        with call.services.pool.connection() as connection:
            return tasks.last(connection, step)

    def is_required(call: Call) -> dict[str, Any]:
        return {"step": step, "is_required": not done(call)}

    def execute(call: Call) -> Answer:
        task = latest(call)
        if task is not None and task["state"] in OPEN:
            return Answer(_status(step, task))
        source = source_for(call.log.reference, step)
        if source is not None and not call.dry:
            return Answer({"step": step, "status": READY, "message": None, "task": begun(call, step, source)})
        if done(call):
            return Answer({"step": step, "status": FINISHED})
        return Answer({"step": step, "status": ABORTED, "message": f"There is none yet; {brought} brings them."})

    def status(call: Call) -> dict[str, Any]:
        task = latest(call)
        if task is not None:
            return _status(step, task)
        return {"step": step, "status": FINISHED if done(call) else READY}

    words = step.replace("_", " ")
    for method, below, function, sentence, answers in (
        ("GET", "is_required", is_required, f"Whether {words} must still be set up.", "SetupNeed"),
        ("POST", "execute", execute, f"Begins to set up {words}, or says what brings them.", "SetupStatus"),
        ("GET", "get_async_status", status, f"How far {words} are set up.", "SetupStatus"),
    ):
        roles = READ if method == "GET" else WRITE
        made = route(method, f"{OMS}/{path}/{below}/", roles=roles, tag="setup", answers=answers)
        made(named(function, f"{method} {path} {below}", sentence))


def _status(step: str, task: dict[str, Any]) -> dict[str, Any]:
    return {"step": step, "status": task["state"], "message": task["message"], "task": shown(task)}


for _step in STEPS:
    _declare(_step, f"setup/{_step}")
_declare("stock_locations", "stock_locations")  # the path that the published contract names
