"""`shipments/` and `inventory-discrepancies/` with their filters (spec 3.2)."""

from domain.discrepancy import DiscrepancyReason
from domain.states import ShipmentStatus
from projections.filters import (
    Filter,
    Settings,
    Wrong,
    among,
    begins,
    code,
    dates,
    equal,
    keys,
    looks,
    named,
    states,
    truth,
    whole,
    word,
)
from projections.listing import List
from projections.lists.shown import objects

_DATED = {"id": "t.id", "created_date": "t.created", "modified_date": "t.modified"}

SHIPMENTS = List(
    "shipments",
    "shipments",
    "t.id, t.order_id",
    {
        **keys(),
        **states("t.state", "shipment", ShipmentStatus),
        **dates("created_date", "t.created"),
        **dates("modified_date", "t.modified"),
        **dates("shipped_date", "t.shipped"),
        **dates("delivered_date", "t.delivered"),
        "cargo_company": equal("t.cargo_company", named("cargo_company")),
        "awb_number": among("t.id", "shipment_awb_numbers", "shipment_id", "x.awb_number = %s", word),
        "package": equal("t.package_id"),
        # What carries a transfer is only recorded with it (T2): no shipment is of one.
        "transfer_order": Filter("t.package_id is null and t.id = %s", whole),
        "package__number": equal("t.package_number", word),
        "order": equal("t.order_id"),
        "order__number": begins("t.package_number"),
        "stock_location__erp_code": equal("t.location", code),
    },
    objects("shipment"),
    scope="t.location = any(%s)",
    sorts=_DATED,
    counted="shipments",
    by={
        "state": "state",
        "state__enum_value": "state",
        "state__enum_value__ne": "state",
        "state__enum_value__in": "state",
    },
)


@looks({"enum": list(DiscrepancyReason)})
def _reason(text: str, _: Settings) -> str:
    if text not in DiscrepancyReason.__members__:
        raise Wrong(f"There is no such reason; known are {', '.join(DiscrepancyReason)}.")
    return text


DISCREPANCIES = List(
    "discrepancies",
    "discrepancies",
    "t.id, t.order_id",
    {
        **keys(),
        **dates("created_date", "t.created"),
        "package": equal("t.package_id"),
        "transfer_order": equal("t.transfer_id"),
        "order": equal("t.order_id"),
        "stock_location": equal("t.location"),
        "erp_code": equal("t.location", code),
        "sku": equal("t.sku", word),
        "reason": equal("t.reason", _reason),
        "open": equal("t.open", truth),
    },
    objects("discrepancy"),
    scope="t.location = any(%s)",
    sorts={"id": "t.id", "created_date": "t.created"},
    counted="discrepancies",
    by={"stock_location": "location", "erp_code": "location", "scope": "location", "reason": "state"},
)
