"""`setup/…` (spec 3.2, 5): what an installation must have before orders come, step by step, and whether it has it.

Nothing is fetched by a step: addresses become known as orders and locations name them, all else is told by its own
route. So a step is done as soon as there is something of its kind.
"""

from collections.abc import Callable
from typing import Any

from api.http.records import named
from api.http.routes import OMS, READ, WRITE, Answer, Call, route
from projections.fetching import fetch

READY, FINISHED, ABORTED = "READY", "FINISHED", "ABORTED"


def _any(kind: str) -> Callable[[Call], bool]:
    return lambda call: any(not getattr(one, "removed", False) for one in call.log.reference.all(kind))


def _any_address(call: Call) -> bool:
    if any(one.profile.address.country for one in call.log.reference.all("location")):
        return True
    with call.services.pool.connection() as connection:
        return bool(fetch(connection, "select 1 from places limit 1"))


STEPS: dict[str, tuple[Callable[[Call], bool], str]] = {
    "channels": (_any("channel"), "POST channels/"),
    "addresses": (_any_address, "POST stock_locations/ with an address"),
    "stock_locations": (_any("location"), "POST stock_locations/"),
    "cargo_companies": (_any("cargo_company"), "POST cargo-companies/"),
    "reasons": (_any("denial_reason"), "POST packages/package_denial_reason/"),
    "orders": (lambda _: True, "POST orders/"),
}
"""Step → (whether there is something of it, what brings it). Open orders are never required."""


def _declare(step: str) -> None:
    there, brought = STEPS[step]

    def done(call: Call) -> bool:
        call.log.reference.refresh()
        return there(call)

    def is_required(call: Call) -> dict[str, Any]:
        return {"step": step, "is_required": not done(call)}

    def execute(call: Call) -> Answer:
        if done(call):
            return Answer({"step": step, "status": FINISHED})
        return Answer({"step": step, "status": ABORTED, "message": f"There is none yet; {brought} brings them."})

    def status(call: Call) -> dict[str, Any]:
        return {"step": step, "status": FINISHED if done(call) else READY}

    words = step.replace("_", " ")
    for method, below, function, sentence, answers in (
        ("GET", "is_required", is_required, f"Whether {words} must still be set up.", "SetupNeed"),
        ("POST", "execute", execute, f"Looks whether there are {words}, and says what brings them.", "SetupStatus"),
        ("GET", "get_async_status", status, f"How far {words} are set up.", "SetupStatus"),
    ):
        roles = READ if method == "GET" else WRITE
        made = route(method, f"{OMS}/setup/{step}/{below}/", roles=roles, tag="setup", answers=answers)
        made(named(function, f"{method} setup {step} {below}", sentence))


for _step in STEPS:
    _declare(_step)
