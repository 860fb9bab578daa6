"""Steps set up from the order source (spec 5): all that it has, page by page, taken in as its messages are. Asked
again, what is known already is no news."""

from collections.abc import Iterator, Mapping

from api.http.bodies import check_texts
from api.http.errors import answer
from api.http.routes import OMS, Call, Services
from api.http.source_events import SOURCE, take
from api.setup.kinds import CREATED, REJECTED, THERE, Came, NotNow
from domain.kernel import Reference
from integrations.order_source.asking import Object, changed
from integrations.order_source.connection import connected, source_of
from integrations.order_source.pulling import KINDS
from integrations.trouble import Declined, Trouble

ORDER_SOURCE = "order_source"
ENDPOINTS: Mapping[str, str] = {"stock_locations": "retail_stores", "orders": "orders"}
"""Step → what the order source calls it."""


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
            yield [_taken(services, KINDS[endpoint], said, row + n, run) for n, said in enumerate(page, 1)]
            row += len(page)
    except Declined as no:
        raise LookupError(f"The order source declines: {no}.") from no
    except Trouble as trouble:
        raise NotNow(f"the order source cannot be asked: {trouble}") from trouble


def _taken(services: Services, type: str, said: Object, row: int, run: str) -> Came:
    call = Call(services, SOURCE, run, None, {}, {}, f"{OMS}/order_source/")
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
