"""A discrepancy: what was in the books and not on the shelf or in the parcel (spec 1.9)."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from domain.kernel import Evolver, fact

# --- states


class DiscrepancyReason(StrEnum):
    not_found = "not_found"
    wrong_product = "wrong_product"
    defective = "defective"
    lost = "lost"


FREEZE = 30 * 24 * 3600
"""Seconds for which a stock answer does not undo a `not_found` (`discrepancy_days`, spec 1.9)."""


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """`item` is the package item; `removed`: its goods are refunded, it counts no more."""

    id: int
    package: int
    transfer: int | None
    location: int
    sku: str
    quantity: int
    reason: DiscrepancyReason
    item: int = 0
    removed: bool = False
    version: int = 0
    created: datetime | None = None
    modified: datetime | None = None


# --- facts


@fact(
    "DiscrepancyRecorded",
    on="discrepancy",
    also=("package",),
    webhooks=("discrepancy.recorded",),
    sentence="{quantity} of {sku} missing: {reason}.",
)
class DiscrepancyRecorded:
    """`item` is the package item. `not_found` makes the known stock of the SKU at the location 0, `defective` and
    `wrong_product` lower it by the quantity, `lost` (on the way) had left it before."""

    discrepancy: int
    package: int
    transfer: int | None = None
    item: int
    location: int
    sku: str
    quantity: int
    reason: DiscrepancyReason


@fact("DiscrepancyRemoved", on="discrepancy", also=("package",), sentence="It was removed: its goods are refunded.")
class DiscrepancyRemoved:
    """`item` is the package item."""

    discrepancy: int
    package: int
    item: int


# --- evolve

evolve = Evolver()


@evolve.on(DiscrepancyRecorded)
def _recorded(_: None, fact: DiscrepancyRecorded, at: datetime) -> Discrepancy:
    return Discrepancy(
        id=fact.discrepancy,
        package=fact.package,
        transfer=fact.transfer,
        location=fact.location,
        sku=fact.sku,
        quantity=fact.quantity,
        reason=fact.reason,
        item=fact.item,
        created=at,
    )


@evolve.on(DiscrepancyRemoved)
def _removed(discrepancy: Discrepancy, _: DiscrepancyRemoved, _at: datetime) -> Discrepancy:
    return replace(discrepancy, removed=True)
