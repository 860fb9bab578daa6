"""`audit/as-of/orders|packages|transfers/`: the list as it was at a time or a position (spec 6.1)."""

from typing import Any

from api.http.audit_points import AT, point
from api.http.errors import Failure, WrongInput
from api.http.paging import PARAMETERS, asked_of, page_of
from api.http.routes import AUDIT, OMS, Answer, Call, Parameter, route
from projections import as_of, listing
from projections.filters import looks_of
from projections.schema import FOLLOWER, projected

QUERY = {
    **{name: AT[name] for name in ("at", "position")},
    **{name: PARAMETERS[name] for name in ("page", "limit", "page_size", "format")},
    **{
        name: Parameter(f"Only with this `{name.replace('__', ' ')}` then.", looks_of(one.read))
        for name, one in as_of.FILTERS.items()
    },
}


@route("GET", f"{OMS}/audit/as-of/<what>/", roles=AUDIT, tag="audit", query=QUERY, answers="AsOfPage")
def as_of_list(call: Call, what: str) -> Answer:
    """What the list was like at a time or position, each object as it was; without either, as it is now."""
    if what not in as_of.KINDS:
        raise Failure(404, "not_found", f"There is no past of {what[:50]}; there is of {', '.join(as_of.KINDS)}.")
    asked = asked_of(call)
    if asked.sort not in (None, "id", "-id"):
        raise WrongInput(sort=["Known are id, -id."])
    filters = dict(asked.filters)
    when = point(call, {name: filters.pop(name) for name in ("at", "position") if name in filters})
    position = _position(call, when)
    past = as_of.listed(call.log, what, position)
    with call.reads.connection() as connection:
        page = listing.select(
            connection, past, filters, call.log.reference, page=asked.page, limit=asked.limit, sort=asked.sort
        )
        results = past.show(connection, page.rows, call.log.reference, call.services.reveal)
    return page_of(asked, results, page.count, page.count_exact)


def _position(call: Call, when: dict[str, Any]) -> int:
    """The point's position, by the primary: a replica may not know yet what was until a time. The read models must have
    come to it."""
    with call.services.pool.connection() as connection:
        if "at" in when:
            position = as_of.position_at(connection, when["at"])
        else:
            position = when.get("position", projected(connection))
    least = min(position, call.log.head().position)
    if not call.log.wait_for([FOLLOWER], least, 2.0):
        raise Failure(503, "lagging", "The read models have not come to this position yet.", {"Retry-After": "1"})
    call.reads.come_to(least)
    return int(position)
