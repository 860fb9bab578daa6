"""A discrepancy: what was in the books and not on the shelf or in the parcel (spec 1.9)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.application_settings import value_of
from domain.changing import replace
from domain.kernel import Evolver, Facts, Reference, Refusal, fact

# --- states


class DiscrepancyReason(StrEnum):
    not_found = "not_found"
    wrong_product = "wrong_product"
    defective = "defective"
    lost = "lost"


FREEZE = 7 * 24 * 3600
"""Seconds for which a stock answer does not undo a `not_found`, where nothing else is set."""

ONCE = 30 * 24 * 3600
"""The same, before each discrepancy said it itself."""


def freeze(reference: Reference) -> int:
    """Seconds for which a stock answer does not undo a `not_found` (`discrepancy_days`, spec 1.9)."""
    return int(value_of(reference, "DISCREPANCY_DAYS")) * 24 * 3600


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """`item` is the package item; `removed`: its goods are refunded, it counts no more; `counted`: what was on the
    shelf when it was closed, where somebody counted."""

    id: int
    package: int
    transfer: int | None
    location: int
    sku: str
    quantity: int
    reason: DiscrepancyReason
    item: int = 0
    removed: bool = False
    closed: datetime | None = None
    counted: int | None = None
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
    upcasts=(lambda stored: {**stored, "freeze": ONCE},),
)
class DiscrepancyRecorded:
    """`item` is the package item. `not_found` makes the known stock of the SKU at the location 0 and lets no stock
    answer change that for `freeze` seconds, `defective` and `wrong_product` lower it by the quantity, `lost` (on the
    way) had left it before."""

    discrepancy: int
    package: int
    transfer: int | None = None
    item: int
    location: int
    sku: str
    quantity: int
    reason: DiscrepancyReason
    freeze: int = FREEZE


@fact("DiscrepancyClosed", on="discrepancy", also=("package",), sentence="It was closed; {counted} were counted.")
class DiscrepancyClosed:
    """`counted` pieces of the SKU are at the location, None: nobody counted. A count ends a `not_found`."""

    discrepancy: int
    package: int
    location: int
    sku: str
    counted: int | None = None


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


@evolve.on(DiscrepancyClosed)
def _closed(discrepancy: Discrepancy, fact: DiscrepancyClosed, at: datetime) -> Discrepancy:
    return replace(discrepancy, closed=at, counted=fact.counted)


# --- decisions


def close(discrepancy: Discrepancy, counted: int | None) -> Facts:
    """Settled (`inventory-discrepancies/{id}/close/`), with what was counted; the same again gives no facts."""
    if discrepancy.closed is not None:
        if discrepancy.counted == counted:
            return []
        raise Refusal("conflict", f"Discrepancy {discrepancy.id} was closed with {discrepancy.counted} counted.")
    return [
        DiscrepancyClosed(
            discrepancy=discrepancy.id,
            package=discrepancy.package,
            location=discrepancy.location,
            sku=discrepancy.sku,
            counted=counted,
        )
    ]
