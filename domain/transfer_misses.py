"""What becomes of a transfer that its source cannot send, or not in full (spec 1.7: T2, T5–T7)."""

from datetime import UTC, datetime
from typing import Any

from domain.changing import replace
from domain.kernel import fact
from domain.order import Order
from domain.order_lines import evolve_lines, less, more
from domain.package import Package
from domain.package import evolve as evolve_package
from domain.states import TransferStatus
from domain.transfer import Transfer
from domain.transfer import evolve as evolve_transfer

NEVER_AGAIN = datetime(9999, 1, 1, tzinfo=UTC)
"""Until when a SKU that was flagged is left out at its source for this order: no rule may choose to overlook it."""

# --- facts


@fact("TransferCarrierTold", on="transfer", sentence="It goes by carrier {cargo_company}, number {tracking_number}.")
class TransferCarrierTold:
    """Recorded only: nobody is asked anything. `cargo_company` None: not said."""

    transfer: int
    cargo_company: int | None = None
    tracking_number: str = ""


@fact("TransferItemsNotFound", on="transfer", also=("package",), sentence="Items of it were not found at the source.")
class TransferItemsNotFound:
    """`items` is (transfer item, pieces); `emptied`: nothing is left, it is out of stock and keeps what it was asked
    for. The package still waits for these pieces, until a new transfer or TransferLinesReleased says otherwise."""

    transfer: int
    package: int
    items: tuple[tuple[int, int], ...]
    emptied: bool


@fact("TransferOutOfStock", on="transfer", also=("package",), sentence="The source does not have {flagged}.")
class TransferOutOfStock:
    """`flagged` are SKUs that are never again asked of `source` for this order."""

    transfer: int
    package: int
    source: int
    flagged: tuple[str, ...]


@fact(
    "TransferLinesReleased",
    on="transfer",
    also=("package",),
    sentence="What it should have brought is planned on its own.",
)
class TransferLinesReleased:
    """`lines` is (package item, pieces) that leave the package and wait to be planned."""

    transfer: int
    package: int
    lines: tuple[tuple[int, int], ...]


# --- evolve


@evolve_transfer.on(TransferCarrierTold)
def _told(transfer: Transfer, fact: TransferCarrierTold, _at: datetime) -> Transfer:
    return replace(transfer, cargo_company=fact.cargo_company, tracking_number=fact.tracking_number)


@evolve_transfer.on(TransferItemsNotFound)
def _not_found(transfer: Transfer, fact: TransferItemsNotFound, _at: datetime) -> Transfer:
    if fact.emptied:
        return replace(transfer, state=TransferStatus.out_of_stock)
    left = less({i.id: i.quantity for i in transfer.items}, fact.items)
    return replace(transfer, items=tuple(replace(i, quantity=left[i.id]) for i in transfer.items if i.id in left))


@evolve_transfer.on(TransferOutOfStock)
def _out(transfer: Transfer, _fact: TransferOutOfStock, _at: datetime) -> Transfer:
    return replace(transfer, state=TransferStatus.out_of_stock)


@evolve_transfer.on(TransferLinesReleased)
def _released(transfer: Transfer, _fact: TransferLinesReleased, _at: datetime) -> Transfer:
    return transfer


@evolve_package.on(TransferItemsNotFound, TransferOutOfStock)
def _still_waits(package: Package, _fact: Any, _at: datetime) -> Package:
    return package


@evolve_package.on(TransferLinesReleased)
def _left_it(package: Package, fact: TransferLinesReleased, _at: datetime) -> Package:
    gone = dict(fact.lines)
    items = tuple(
        replace(i, quantity=i.quantity - gone.get(i.id, 0), coming=i.coming - gone.get(i.id, 0))
        for i in package.items
        if i.quantity > gone.get(i.id, 0)
    )
    cancelling = {i.id: min(i.quantity, package.cancelling[i.id]) for i in items if i.id in package.cancelling}
    return replace(package, items=items, cancelling=cancelling)


@evolve_lines.on(TransferOutOfStock)
def _left_out(order: Order, fact: TransferOutOfStock, at: datetime) -> dict[str, Any]:
    still = tuple(r for r in order.refused if r[2] > at)
    return {"refused": still + tuple((fact.source, sku, NEVER_AGAIN) for sku in fact.flagged)}


@evolve_lines.on(TransferLinesReleased)
def _to_plan(order: Order, fact: TransferLinesReleased, _at: datetime) -> dict[str, Any]:
    """They wait to be planned; pieces whose cancellation was to be decided have nothing left to decide."""
    package = order.packages[fact.package]
    items = {i.id: i for i in package.items}
    waiting, cancelled = [], []
    for id, pieces in fact.lines:
        kept = items[id].quantity - pieces
        undecided = max(0, package.cancelling.get(id, 0) - kept)
        waiting.append((items[id].item, pieces - undecided))
        cancelled.append((items[id].item, undecided))
    return {"waiting": more(order.waiting, waiting), "cancelled": more(order.cancelled, cancelled)}
