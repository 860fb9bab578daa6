"""The order source asked for what its messages did not tell (spec 5); the job "order-pull" runs it (api.jobs)."""

from collections.abc import Callable, Mapping
from typing import Any

from api.http.bodies import check_texts
from api.http.errors import answer
from api.http.routes import AUDIT, OMS, Call, Services, route
from api.http.source_events import SOURCE, take
from integrations.order_source.connection import connected, is_seller_center, source_of
from integrations.order_source.pulling import Memory, NotTaken, Pulled, pull

JOB = "order-pull"

KEPT = "select memory from jobs where name = %s"


def pull_all(
    services: Services, kept: Mapping[str, Any], keep: Callable[[Mapping[str, Any]], None], run: str
) -> Pulled | None:
    """Takes in all that is new; None where no source is connected. `kept`: what the last run kept; `keep` is called on
    the way. `run` begins the chain of what it causes. Raises integrations.trouble.Trouble."""
    services.log.reference.refresh()
    if connected(services.log.reference) is None:
        return None
    desk = services.desk

    def taken(type: str, row: dict[str, Any]) -> Mapping[str, Any]:
        call = Call(services, SOURCE, run, None, {}, {}, f"{OMS}/order_source/")
        try:
            check_texts(row)
            found: Mapping[str, Any] = take(call, type, row, {"type": type}, asked=True).json
        except Exception as error:
            status, body, _ = answer(error)
            if status >= 500:
                raise
            raise NotTaken(_sentence(body["error"])) from error
        return found

    return pull(desk, source_of(desk), Memory.of(kept), taken, lambda memory: keep(memory.kept()))


def _sentence(error: Any) -> str:
    return str(error.get("message") if isinstance(error, dict) and "message" in error else error)


@route("GET", f"{OMS}/order_source/", roles=AUDIT, tag="order_source", answers="OrderSourceStatus")
def order_source(call: Call) -> dict[str, Any]:
    """Whether an order source is connected, as of when it was asked, and what of it could not be taken in."""
    call.log.reference.refresh()
    settings = connected(call.log.reference)
    with call.services.pool.connection() as connection:
        row = connection.execute(KEPT, (JOB,)).fetchone()
    memory = Memory.of(row[0] if row and row[0] else {})
    return {
        "connected": settings is not None,
        "seller_center": settings is not None and is_seller_center(settings),
        "cursors": memory.cursors,
        "refused": [
            {"endpoint": endpoint, "pk": pk, "reason": why}
            for endpoint, rows in sorted(memory.refused.items())
            for pk, why in sorted(rows.items())
        ],
    }
