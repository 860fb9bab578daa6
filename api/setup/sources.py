"""Steps set up from the order source (spec 5): all that it has, page by page. Stores and orders are taken in as its
messages are; channels, carriers and reasons as a file of them is. Asked again, what is known already is no news."""

from collections.abc import Iterator, Mapping

from api.http.bodies import check_texts
from api.http.cancellation_reasons import saved
from api.http.errors import answer
from api.http.routes import OMS, Call, Services
from api.http.source_events import SOURCE, take
from api.setup.kinds import CHANGED, CREATED, IMPORTS, REJECTED, THERE, Came, Item, NotNow
from domain.kernel import Reference
from integrations.order_source.asking import Object, changed
from integrations.order_source.connection import connected, source_of
from integrations.order_source.pulling import KINDS
from integrations.trouble import Declined, Trouble

ORDER_SOURCE = "order_source"
ENDPOINTS: Mapping[str, str] = {
    "channels": "channels",
    "cargo_companies": "cargo_companies",
    "reasons": "cancellation_reasons",
    "stock_locations": "retail_stores",
    "orders": "orders",
}
"""Step → what the order source calls it."""

_TOLD: Mapping[str, tuple[str, ...]] = {
    "channels": ("name", "slug", "channel_type", "is_active"),
    "cargo_companies": ("name", "slug", "is_active"),
}
"""What of a record the source tells; how these work here (`conf`, labels) is not its to say."""

_RESULTS = {"created": CREATED, "updated": CHANGED, "unchanged": THERE}


def source_for(reference: Reference, step: str) -> str | None:
    """Which system a step can be set up from now; None: from files alone."""
    return ORDER_SOURCE if step in ENDPOINTS and connected(reference) is not None else None


def brought(services: Services, step: str, run: str) -> Iterator[list[Came]]:
    """What came of each object, a page at a time. Raises NotNow where the source does not answer, LookupError where it
    says no."""
    endpoint = ENDPOINTS[step]
    desk, row = services.desk, 0
    try:
        for page in changed(desk, source_of(desk), endpoint, None):
            yield [_came(services, step, said, row + n, run) for n, said in enumerate(page, 1)]
            row += len(page)
    except Declined as no:
        raise LookupError(f"The order source declines: {no}.") from no
    except Trouble as trouble:
        raise NotNow(f"the order source cannot be asked: {trouble}") from trouble


def _came(services: Services, step: str, said: Object, row: int, run: str) -> Came:
    call = Call(services, SOURCE, run, None, {}, {}, f"{OMS}/order_source/")
    if step in _TOLD:
        body = {name: said[name] for name in _TOLD[step] if said.get(name) is not None}
        return IMPORTS[step].write(call, [Item(row, row, body)])[0]
    if step == "reasons":
        told = saved(call, said)
        if told["result"] in _RESULTS:
            return Came(_RESULTS[told["result"]])
        return Came(REJECTED, ((row, str(told["remote_id"]), str(told["message"])),))
    return _taken(call, KINDS[ENDPOINTS[step]], said, row)


def _taken(call: Call, type: str, said: Object, row: int) -> Came:
    try:
        check_texts(said)
        found = take(call, type, said, {"type": type}, asked=True).json
    except Exception as error:
        status, body, _ = answer(error)
        if status == 503:
            raise NotNow(str(error)) from error
        if status >= 500:
            raise
        why = body["error"]
        return Came(REJECTED, ((row, str(said.get("pk", "")), str(why.get("message", why))),))
    return Came(CREATED if found.get("acted") else THERE)
