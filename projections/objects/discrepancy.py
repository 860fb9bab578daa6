"""Discrepancy (spec 1.9): what was in the books and not on the shelf or in the parcel."""

from typing import Any

from domain.discrepancy import Discrepancy
from domain.kernel import Reference
from domain.order import Order
from projections.objects.wire import moment


def discrepancy_object(order: Order, discrepancy: Discrepancy, reference: Reference) -> dict[str, Any]:
    location = reference.one("location", discrepancy.location)
    return {
        "id": discrepancy.id,
        "order": order.id,
        "order_number": order.number,
        "package": discrepancy.package,
        "transfer_order": discrepancy.transfer,
        "stock_location": discrepancy.location,
        "erp_code": None if location is None else location.profile.erp_code,
        "sku": discrepancy.sku,
        "quantity": discrepancy.quantity,
        "reason": discrepancy.reason.value,
        "removed": discrepancy.removed,
        "closed_date": moment(discrepancy.closed),
        "counted": discrepancy.counted,
        "created_date": moment(discrepancy.created),
        "modified_date": moment(discrepancy.modified),
    }
