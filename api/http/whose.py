"""Which order an object belongs to, as the read models know it: they are waited for, where an answer was quicker."""

from api.http.replica import MISSED
from api.http.routes import Call
from projections import queries
from projections.schema import FOLLOWER

WAIT_SECONDS = 2.0
REMEMBERED = 50_000


def order_of(call: Call, kind: str, id: int) -> int | None:
    """The id of the order that holds the object (a kind of queries.find); None where there is no such object. One that
    was born a moment ago may not be in the read models yet: they are given two seconds to come up."""
    found = _find(call, kind, id)
    if found is None:
        caught_up(call)
        found = _find(call, kind, id)
    return found


def caught_up(call: Call) -> None:
    """Waits until the primary's read models, which are asked from then on, are where the log ends now; two seconds at
    most."""
    call.log.wait_for([FOLLOWER], call.log.head().position, WAIT_SECONDS)
    call.reads.turn_to_primary(MISSED)


def _find(call: Call, kind: str, id: int) -> int | None:
    """What was found once is remembered: no object ever moves to another order."""
    known = call.services.orders
    found = known.get((kind, id))
    if found is None:
        with call.services.pool.connection() as connection:
            found = queries.find(connection, kind, id)
        if found is not None:
            if len(known) >= REMEMBERED:
                known.clear()
            known[kind, id] = found
    return found
