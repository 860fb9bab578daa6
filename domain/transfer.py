"""A transfer order: goods that must come to a package's location from another one (spec 1.3, 1.7)."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from domain.discrepancy import DiscrepancyReason, DiscrepancyRecorded
from domain.kernel import Evolver, Facts, Given, command, fact, invalid
from domain.package import Package, PackageCancelled, PackageTransfersArrived
from domain.package import evolve as evolve_package
from domain.planning_facts import Level
from domain.states import OPEN_TRANSFER, TransferStatus

if TYPE_CHECKING:
    from domain.order import Order

S = TransferStatus

# --- states


@dataclass(frozen=True, slots=True)
class TransferItem:
    """`quantity` of a package item on its way; `arrived` as counted at the destination."""

    id: int
    package_item: int
    sku: str
    quantity: int
    arrived: int | None = None


@dataclass(frozen=True, slots=True)
class Transfer:
    """`package` is None once its package was cancelled on the way: it then brings free stock."""

    id: int
    number: str
    package: int | None
    source: int
    destination: int
    state: TransferStatus
    items: tuple[TransferItem, ...]
    after: int | None = None
    version: int = 0
    created: datetime | None = None
    modified: datetime | None = None


# --- facts


class NewTransferItem(NamedTuple):
    """A transfer item as it is born."""

    id: int
    package_item: int
    sku: str
    quantity: int


@fact("TransferCreated", on="transfer", also=("package",), sentence="Transfer {number} was asked of its source.")
class TransferCreated:
    """`levels` is the stock known of the reserved rows at the source; `margin` its safety stock."""

    transfer: int
    number: str
    package: int
    source: int
    destination: int
    items: tuple[NewTransferItem, ...]
    after: int | None = None
    levels: tuple[Level, ...] = ()
    margin: int = 0


@fact("TransferMadeReady", on="transfer", sentence="The transfer is ready for dispatch.")
class TransferMadeReady:
    transfer: int


@fact("TransferDispatched", on="transfer", sentence="The goods left the source.")
class TransferDispatched:
    transfer: int


class Arrival(NamedTuple):
    """Of transfer item `item` (for `package_item`) `sent` pieces left the source and `arrived` came."""

    item: int
    package_item: int
    sku: str
    sent: int
    arrived: int


@fact("TransferDelivered", on="transfer", also=("package",), sentence="The goods arrived and were counted.")
class TransferDelivered:
    """What is missing leaves the package, to a plan of its own."""

    transfer: int
    package: int | None
    counted: tuple[Arrival, ...]


@fact("TransferCancelled", on="transfer", also=("package",), sentence="The transfer was cancelled: {reason}.")
class TransferCancelled:
    transfer: int
    package: int | None
    reason: str = ""


@fact("TransferDetached", on="transfer", also=("package",), sentence="Its package was cancelled on the way.")
class TransferDetached:
    transfer: int
    package: int


# --- evolve

evolve = Evolver()


@evolve.on(TransferCreated)
def _created(_: None, fact: TransferCreated, at: datetime) -> Transfer:
    return Transfer(
        id=fact.transfer,
        number=fact.number,
        package=fact.package,
        source=fact.source,
        destination=fact.destination,
        state=S.waiting,
        items=tuple(TransferItem(*i) for i in fact.items),
        after=fact.after,
        created=at,
    )


@evolve.on(TransferMadeReady)
def _ready(transfer: Transfer, _: TransferMadeReady, _at: datetime) -> Transfer:
    return replace(transfer, state=S.ready_to_shipment)


@evolve.on(TransferDispatched)
def _dispatched(transfer: Transfer, _: TransferDispatched, _at: datetime) -> Transfer:
    return replace(transfer, state=S.in_transit)


@evolve.on(TransferDelivered)
def _delivered(transfer: Transfer, fact: TransferDelivered, _at: datetime) -> Transfer:
    arrived = {c.item: c.arrived for c in fact.counted}
    items = tuple(replace(i, arrived=arrived[i.id]) for i in transfer.items)
    return replace(transfer, state=S.transferred, items=items)


@evolve.on(TransferCancelled)
def _cancelled(transfer: Transfer, _: TransferCancelled, _at: datetime) -> Transfer:
    return replace(transfer, state=S.cancelled)


@evolve.on(TransferDetached)
def _detached(transfer: Transfer, _: TransferDetached, _at: datetime) -> Transfer:
    return replace(transfer, package=None)


@evolve_package.on(TransferCreated)
def _of_package(package: Package, fact: TransferCreated, _at: datetime) -> Package:
    return replace(package, transfers=(*package.transfers, fact.transfer))


@evolve_package.on(TransferDelivered)
def _came(package: Package, fact: TransferDelivered, _at: datetime) -> Package:
    """What arrived is reserved here from now on; what is missing has left the package."""
    items = []
    for item in package.items:
        came = next((c for c in fact.counted if c.package_item == item.id), None)
        if came is not None:
            item = replace(item, coming=item.coming - came.sent, quantity=item.quantity - came.sent + came.arrived)
        if item.quantity:
            items.append(item)
    return replace(package, items=tuple(items))


@evolve_package.on(TransferCancelled, TransferDetached)
def _no_more(package: Package, _fact: TransferCancelled | TransferDetached, _at: datetime) -> Package:
    return package


# --- commands


@dataclass(frozen=True, slots=True)
class Counted:
    """A transfer item as counted at the destination; 0: lost."""

    id: int
    quantity: int


@dataclass(frozen=True, slots=True)
class DeliverInput:
    """Items that are not named arrived in full."""

    transfer_items: tuple[Counted, ...] = ()


@command(
    "transfer",
    "transfer-ready-for-dispatch",
    id=71,
    button="Ready for dispatch",
    source=(S.waiting,),
    target=S.ready_to_shipment,
)
def make_ready(_order: "Order", transfer: Transfer, _input: None, _given: Given) -> Facts:
    """T1: picked and ready to leave; from here nothing can be reported missing."""
    return [TransferMadeReady(transfer=transfer.id)]


@command(
    "transfer",
    "transfer-dispatch",
    id=73,
    button="Dispatch",
    source=(S.waiting, S.ready_to_shipment),
    target=S.in_transit,
)
def dispatch(_order: "Order", transfer: Transfer, _input: None, _given: Given) -> Facts:
    """T3: the goods, and their reservation, leave the source."""
    return [TransferDispatched(transfer=transfer.id)]


@command(
    "transfer",
    "transfer-delivered",
    id=74,
    button="Received",
    source=(S.in_transit,),
    target=S.transferred,
    input=DeliverInput,
)
def deliver(order: "Order", transfer: Transfer, given_input: DeliverInput, given: Given) -> Facts:
    """T4: the goods arrived; what is missing is a discrepancy and is planned on its own."""
    known = {i.id: i for i in transfer.items}
    for count in given_input.transfer_items:
        item = known.get(count.id)
        if item is None:
            raise invalid(transfer_items=f"{count.id} is not an item of {transfer.number}; it has {sorted(known)}.")
        if not 0 <= count.quantity <= item.quantity:
            raise invalid(transfer_items=f"Item {count.id}: between 0 and {item.quantity} can have arrived.")
    arrived = {i.id: i.quantity for i in transfer.items} | {c.id: c.quantity for c in given_input.transfer_items}
    counted = tuple(Arrival(i.id, i.package_item, i.sku, i.quantity, arrived[i.id]) for i in transfer.items)
    facts: Facts = [TransferDelivered(transfer=transfer.id, package=transfer.package, counted=counted)]
    if transfer.package is None:
        return facts
    facts += [
        DiscrepancyRecorded(
            discrepancy=given.ids("discrepancy"),
            package=transfer.package,
            transfer=transfer.id,
            item=item.package_item,
            location=transfer.source,
            sku=item.sku,
            quantity=item.quantity - arrived[item.id],
            reason=DiscrepancyReason.lost,
        )
        for item in transfer.items
        if arrived[item.id] < item.quantity
    ]
    return facts + _when_last_has_come(order, transfer, arrived)


def _when_last_has_come(order: "Order", transfer: Transfer, arrived: dict[int, int]) -> Facts:
    """A3: no open transfer left: the package goes on with what came, or ends where nothing did."""
    others = (t for t in order.transfers.values() if t.package == transfer.package and t.id != transfer.id)
    if transfer.package is None or any(t.state in OPEN_TRANSFER for t in others):
        return []
    package = order.packages[transfer.package]
    missing = sum(i.quantity - arrived[i.id] for i in transfer.items if i.package_item in {p.id for p in package.items})
    if package.quantity > missing:
        return [PackageTransfersArrived(package=package.id, state=package.born)]
    return [PackageCancelled(package=package.id, reason="nothing of its transfers arrived")]
