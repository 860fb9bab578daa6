"""`discrepancies`: what was in the books and not on the shelf."""

from datetime import datetime

import msgspec

from domain.discrepancy import Discrepancy
from domain.order import Order
from projections.model import OfState, cut
from projections.objects.person import Reveal


class DiscrepancyRow(msgspec.Struct):
    """`open`: somebody still has to look, and count."""

    id: int
    order_id: int
    package_id: int
    transfer_id: int | None
    location: int
    sku: str
    reason: str
    open: bool
    created: datetime | None
    modified: datetime | None
    version: int
    position: int


def _row(order: Order, found: Discrepancy, position: int, _reveal: Reveal) -> list[DiscrepancyRow]:
    return [
        DiscrepancyRow(
            found.id,
            order.id,
            found.package,
            found.transfer,
            found.location,
            cut(found.sku),
            found.reason,
            found.closed is None and not found.removed,
            found.created,
            found.modified,
            found.version,
            position,
        )
    ]


DISCREPANCIES = OfState(
    "discrepancies",
    DiscrepancyRow,
    "discrepancy",
    lambda order: order.discrepancies,
    _row,
    counted=lambda _, found: (found.location, found.reason.value),
    indexes=("(location, id)", "(sku, id)", "(package_id)", "(reason, id)", "(open, id)", "(created)", "(position)"),
)
