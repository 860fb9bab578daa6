"""One-time passwords that have expired are let go of: nothing of them is kept in what an order is now."""

from typing import Any

from api.jobs.turn import Outcome, Turn
from domain.kernel import Facts, Given
from domain.kinds import stream_of
from domain.picking_up import expired
from domain.states import PackageStatus
from eventlog.log import EventLog

WAITING = """
select order_id, array_agg(id order by id) from packages where state = %s group by order_id order by order_id
"""


def pickup_codes(turn: Turn) -> Outcome:
    """How many codes went. Who comes with one afterwards is told that it has expired, and a new one is sent."""
    with turn.log.listening() as connection:
        waiting = connection.execute(WAITING, (PackageStatus.ready_for_pickup.value,)).fetchall()
    gone = 0
    for order, packages in waiting:
        turn.check()
        gone += _let_go(turn.log, order, packages, turn.correlation)
    return {"orders waiting": len(waiting), "codes gone": gone}


def _let_go(log: EventLog, order: int, packages: list[int], correlation: str) -> int:
    went = 0

    def decided(state: object, given: Given) -> Facts:
        nonlocal went
        facts = expired(state, packages, given)  # type: ignore[arg-type]  # an order's stream holds an order
        went = len(facts)
        return facts

    causes: dict[str, Any] = {"correlation_id": correlation, "causation_id": correlation}
    log.decide(stream_of("order", order), decided, actor="jobs", command="expire-pickup-codes", **causes)
    return went
