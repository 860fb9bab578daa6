"""The commands of a transfer that its source cannot send (spec 1.7, T5–T7): brought from elsewhere or planned anew."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from domain.discrepancy import DiscrepancyReason, DiscrepancyRecorded, freeze
from domain.kernel import Facts, Given, command, invalid
from domain.order import Order
from domain.package_exceptions import ReasonInput
from domain.planning import Row, asked_of, record_plan
from domain.states import TransferStatus
from domain.transfer import Transfer, TransferCancelled, TransferItem
from domain.transfer_commands import after, goes_on
from domain.transfer_misses import TransferItemsNotFound, TransferLinesReleased, TransferOutOfStock

S = TransferStatus

PLANNED_AT_ONCE = frozenset({"product-for-transfer-not-found", "transfer-out-of-stock", "cancel-transfer"})
"""The commands here: given somebody to plan (`Given.planning`), they do so in the same decision."""

# --- not on its way


@dataclass(frozen=True, slots=True)
class MissedItem:
    """A transfer item of which `quantity` pieces are missing; all of them where it is not said."""

    id: int
    quantity: int | None = None
    reason: Literal["not_found", "wrong_product", "defective"] = "not_found"


@dataclass(frozen=True, slots=True)
class MissedInput:
    """What the source does not find, has as another product, or broken."""

    transfer_items: tuple[MissedItem, ...]


@command(
    "transfer",
    "product-for-transfer-not-found",
    id=75,
    button="Not found",
    source=(S.waiting,),
    input=MissedInput,
)
def not_found(order: Order, transfer: Transfer, given_input: MissedInput, given: Given) -> Facts:
    """T5: goods are missing at the source; discrepancies are recorded, and they are brought from elsewhere or planned
    again."""
    package = _package_of(transfer)
    if not given_input.transfer_items:
        raise invalid(transfer_items="Name at least one missing item.")
    facts: Facts = []
    missing: Counter[int] = Counter()
    for missed in given_input.transfer_items:
        item = _item_of(transfer, missed.id)
        pieces = item.quantity - missing[item.id] if missed.quantity is None else missed.quantity
        missing[item.id] += pieces
        if pieces < 1 or missing[item.id] > item.quantity:
            raise invalid(transfer_items=f"Item {item.id}: between 1 and {item.quantity} can be missing.")
        facts.append(
            DiscrepancyRecorded(
                discrepancy=given.ids("discrepancy"),
                package=package,
                transfer=transfer.id,
                item=item.package_item,
                location=transfer.source,
                sku=item.sku,
                quantity=pieces,
                reason=DiscrepancyReason(missed.reason),
                freeze=freeze(given.reference),
            )
        )
    emptied = sum(missing.values()) == sum(i.quantity for i in transfer.items)
    gone = frozenset((transfer.source, fact.sku) for fact in facts if fact.reason is DiscrepancyReason.not_found)
    facts.append(
        TransferItemsNotFound(transfer=transfer.id, package=package, items=tuple(missing.items()), emptied=emptied)
    )
    return facts + _planned_again(order, transfer, facts, missing, given, gone)


@dataclass(frozen=True, slots=True)
class OutOfStockInput:
    """The items (ids) that are flagged: their SKUs are never asked of the source again; all where none is named."""

    transfer_items: tuple[int, ...] = ()


@command(
    "transfer",
    "transfer-out-of-stock",
    id=76,
    button="Out of stock",
    source=(S.waiting,),
    target=S.out_of_stock,
    input=OutOfStockInput,
    aliases=("TRANSFER_OUT_OF_STOCK",),
)
def out_of_stock(order: Order, transfer: Transfer, given_input: OutOfStockInput, given: Given) -> Facts:
    """T6: the source cannot send it; all its items are brought from elsewhere or planned again."""
    flagged = [_item_of(transfer, id) for id in given_input.transfer_items] or list(transfer.items)
    fact = TransferOutOfStock(
        transfer=transfer.id,
        package=_package_of(transfer),
        source=transfer.source,
        flagged=tuple(dict.fromkeys(item.sku for item in flagged)),
    )
    return [fact, *_planned_again(order, transfer, [fact], _all_of(transfer), given)]


@command(
    "transfer",
    "cancel-transfer",
    id=77,
    button="Cancel",
    source=(S.waiting, S.ready_to_shipment),
    target=S.cancelled,
    input=ReasonInput,
)
def cancel_transfer(order: Order, transfer: Transfer, given_input: ReasonInput, given: Given) -> Facts:
    """T7: it is not sent; its items are brought from elsewhere or planned again, not from here for now."""
    fact = TransferCancelled(transfer=transfer.id, package=transfer.package, reason=given_input.reason)
    but = frozenset((transfer.source, item.sku) for item in transfer.items)
    return [fact, *_planned_again(order, transfer, [fact], _all_of(transfer), given, but)]


def _all_of(transfer: Transfer) -> Counter[int]:
    return Counter({item.id: item.quantity for item in transfer.items})


def _item_of(transfer: Transfer, id: int) -> TransferItem:
    for item in transfer.items:
        if item.id == id:
            return item
    known = sorted(i.id for i in transfer.items)
    raise invalid(transfer_items=f"{id} is not an item of {transfer.number}; it has {known}.")


def _package_of(transfer: Transfer) -> int:
    """What has not left its source has a package: only goods on their way are left without one."""
    if transfer.package is None:
        raise ValueError(f"{transfer.number} has no package")
    return transfer.package


# --- what follows


def _planned_again(
    order: Order,
    transfer: Transfer,
    facts: Facts,
    missing: Mapping[int, int],
    given: Given,
    but: frozenset[Row] = frozenset(),
) -> Facts:
    """What follows when these pieces (by transfer item) do not come, in the same decision: a new transfer to
    the package where somebody can plan now and finds one; what is left leaves the package (A3), and is planned anew,
    now or by the planner. Nothing is taken from `but` now."""
    package = _package_of(transfer)
    line = {i.id: i.package_item for i in transfer.items}
    left: Counter[int] = Counter()
    for id, pieces in missing.items():
        left[line[id]] += pieces
    now = after(order, facts, given)
    more: Facts = []
    if given.planning is not None:
        legs = given.planning.bring(now, package, dict(left), but)
        more += asked_of(now.packages[package], legs, given)
        for leg in legs:
            left.subtract(dict(leg.lines))
    rest = tuple((id, pieces) for id, pieces in left.items() if pieces > 0)
    if rest:
        more.append(TransferLinesReleased(transfer=transfer.id, package=package, lines=rest))
    now = after(now, more, given)
    more += (last := goes_on(now, package, "nothing of its transfers can come"))
    if rest and given.planning is not None:
        now = after(now, last, given)
        plan = given.planning.plan(now, but)
        more += record_plan(now, plan, given) if plan is not None else []
    return more
