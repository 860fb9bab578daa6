"""The first page: what waits for a person now, each with the list of it (spec 6.4)."""

from dataclasses import dataclass
from typing import Any

from flask import Response

from api.console.frame import NAVIGATION, Link, Visit, page

NAVIGATION.append(Link("Today", "/console/", "packages/", 0))


@dataclass(frozen=True)
class Heap:
    """Things of a kind that wait: asked of the API, and where their list is. `urgent`: somebody must look."""

    title: str
    asks: str
    query: dict[str, str]
    page: str
    urgent: bool = False


def _packages(title: str, value: str, urgent: bool = False) -> Heap:
    where = f"/console/packages/?state__enum_value={value}"
    return Heap(title, "packages/short/", {"state__enum_value": value}, where, urgent)


HEAPS = (
    Heap("orders that no scenario fits", "orders/", {"unplanned": "true"}, "/console/orders/?unplanned=true", True),
    _packages("packages out of stock", "920", True),
    _packages("packages to be planned again", "910", True),
    _packages("cancellations to decide", "930", True),
    _packages("blocked", "300", True),
    _packages("without their carrier's label", "450", True),
    _packages("deliveries failed", "800", True),
    Heap(
        "webhooks given up", "/whisperer/hook_events/", {"state": "dead"}, "/console/webhooks/events/?state=dead", True
    ),
    Heap(
        "calls to other systems failed",
        "integrations/calls/",
        {"state": "failed"},
        "/console/calls/?state=failed",
        True,
    ),
    Heap(
        "discrepancies to count",
        "inventory-discrepancies/",
        {"open": "true"},
        "/console/discrepancies/?open=true",
        True,
    ),
    _packages("wait for transfers", "50"),
    _packages("wait to be begun", "100"),
    _packages("being picked", "200"),
    _packages("picked", "400"),
    _packages("packed, to be handed over", "500"),
    _packages("ready for pickup", "550"),
    Heap(
        "transfers on the way",
        "transfer_orders/short/",
        {"state__enum_value": "in_transit"},
        "/console/transfers/?state__enum_value=in_transit",
    ),
    Heap(
        "webhooks on their way",
        "/whisperer/hook_events/",
        {"state": "pending"},
        "/console/webhooks/events/?state=pending",
    ),
)


@page("/console/")
def home(visit: Visit) -> Response:
    found = [
        (heap, visit.api.get(heap.asks, **heap.query, limit="1")) for heap in HEAPS if visit.api.may("GET", heap.asks)
    ]
    return visit.show(
        "home.html",
        urgent=[(heap, rows) for heap, rows in found if heap.urgent and rows["count"]],
        usual=[(heap, rows) for heap, rows in found if not heap.urgent],
        sick=_sick(visit),
    )


def _sick(visit: Visit) -> list[dict[str, Any]]:
    """Endpoints that are left alone because they fail."""
    if not visit.api.may("GET", "/whisperer/hooks/"):
        return []
    rows = visit.api.get("/whisperer/hooks/", limit="100")["results"]
    return [row for row in rows if row["is_active"] and row["health"]["breaker"] != "closed"]
