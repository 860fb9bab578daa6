"""A transfer order: goods that must come to a package's location from another one (spec 1.3, 1.7)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from domain.changing import replace
from domain.kernel import Evolver, fact
from domain.package import Package
from domain.package import evolve as evolve_package
from domain.planning_facts import Level
from domain.states import TransferStatus

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
    """`package` is None once its package was cancelled on the way: it then brings free stock. `onward`: where the goods
    go from its destination, a hub, by a second leg that is asked of the hub when they arrive; that leg names the first
    as `after`. `cargo_company` and `tracking_number` are as the source told them."""

    id: int
    number: str
    package: int | None
    source: int
    destination: int
    state: TransferStatus
    items: tuple[TransferItem, ...]
    after: int | None = None
    onward: int | None = None
    cargo_company: int | None = None
    tracking_number: str = ""
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


def _straight(data: dict[str, Any]) -> dict[str, Any]:
    """The first version knew no hubs: every transfer went straight to the package."""
    return data


@fact(
    "TransferCreated",
    on="transfer",
    also=("package",),
    sentence="Transfer {number} was asked of its source.",
    upcasts=(_straight,),
)
class TransferCreated:
    """`levels` is the stock known of the reserved rows at the source; `margin` its safety stock; `onward` as of a
    Transfer."""

    transfer: int
    number: str
    package: int
    source: int
    destination: int
    items: tuple[NewTransferItem, ...]
    after: int | None = None
    levels: tuple[Level, ...] = ()
    margin: int = 0
    onward: int | None = None


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
        onward=fact.onward,
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
