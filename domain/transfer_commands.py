"""The commands of a transfer on its way (spec 1.7, T1–T4), and A3: the package goes on when none is open any more."""

from collections import Counter
from dataclasses import dataclass

from domain.discrepancy import DiscrepancyReason, DiscrepancyRecorded
from domain.kernel import Facts, Given, command, invalid
from domain.order import Order, evolve
from domain.package import PackageCancelled, PackageTransfersArrived
from domain.shipping import carrier_named
from domain.states import OPEN_TRANSFER, PackageStatus, TransferStatus
from domain.transfer import (
    Arrival,
    NewTransferItem,
    Transfer,
    TransferCreated,
    TransferDelivered,
    TransferDispatched,
    TransferMadeReady,
)
from domain.transfer_misses import TransferCarrierTold, TransferLinesReleased

S = TransferStatus

# --- on its way


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
def make_ready(_order: Order, transfer: Transfer, _input: None, _given: Given) -> Facts:
    """T1: picked and ready to leave; from here nothing can be reported missing."""
    return [TransferMadeReady(transfer=transfer.id)]


@dataclass(frozen=True, slots=True)
class CarrierInput:
    """`cargo_company` by id, slug or name."""

    cargo_company: str | None = None
    tracking_number: str | None = None


@command(
    "transfer",
    "transfer-order-advanced",
    id=72,
    button="Ready with carrier",
    source=(S.waiting,),
    target=S.ready_to_shipment,
    input=CarrierInput,
)
def ready_with_carrier(_order: Order, transfer: Transfer, given_input: CarrierInput, given: Given) -> Facts:
    """T2: picked and ready to leave with a carrier, whose number is recorded only."""
    name, number = given_input.cargo_company, (given_input.tracking_number or "").strip()
    carrier = carrier_named(given.reference, name).id if name else None
    facts: Facts = []
    if carrier is not None or number:
        facts.append(TransferCarrierTold(transfer=transfer.id, cargo_company=carrier, tracking_number=number))
    return [*facts, TransferMadeReady(transfer=transfer.id)]


@command(
    "transfer",
    "transfer-dispatch",
    id=73,
    button="Dispatch",
    source=(S.waiting, S.ready_to_shipment),
    target=S.in_transit,
)
def dispatch(_order: Order, transfer: Transfer, _input: None, _given: Given) -> Facts:
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
def deliver(order: Order, transfer: Transfer, given_input: DeliverInput, given: Given) -> Facts:
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
    # At a hub nothing has come to the package yet: the goods are the hub's until the second leg brings them.
    for_package = transfer.package if transfer.onward is None else None
    facts: Facts = [TransferDelivered(transfer=transfer.id, package=for_package, counted=counted)]
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
    if transfer.onward is not None:
        facts += _onward(order, transfer, transfer.package, counted, given)
    return facts + goes_on(after(order, facts, given), transfer.package, "nothing of its transfers arrived")


# --- what follows


def _onward(order: Order, transfer: Transfer, package: int, counted: tuple[Arrival, ...], given: Given) -> Facts:
    """The second leg, of what has come to the hub; what was lost on the way leaves the package, to a plan of its own.
    Pieces that are no package's any more stay at the hub."""
    lost = Counter[int]()
    for c in counted:
        if c.package_item and c.arrived < c.sent:
            lost[c.package_item] += c.sent - c.arrived
    facts: Facts = []
    if lost:
        facts.append(TransferLinesReleased(transfer=transfer.id, package=package, lines=tuple(lost.items())))
    goods = tuple(
        NewTransferItem(given.ids("transfer_item"), c.package_item, c.sku, c.arrived)
        for c in counted
        if c.package_item and c.arrived
    )
    if goods and transfer.onward is not None:
        there = order.packages[package]
        facts.append(
            TransferCreated(
                transfer=given.ids("transfer"),
                number=f"{there.number}T{len(there.transfers) + 1}",
                package=package,
                source=transfer.destination,
                destination=transfer.onward,
                items=goods,
                after=transfer.id,
            )
        )
    return facts


def goes_on(order: Order, package_id: int, reason: str) -> Facts:
    """A3: no open transfer left: the package goes on with what there is, or ends where there is nothing."""
    package = order.packages[package_id]
    opened = any(t.package == package_id and t.state in OPEN_TRANSFER for t in order.transfers.values())
    if opened or package.standing is not PackageStatus.waiting_for_transfer:
        return []
    if package.quantity:
        return [PackageTransfersArrived(package=package_id, state=package.born)]
    return [PackageCancelled(package=package_id, reason=reason)]


def after(order: Order, facts: Facts, given: Given) -> Order:
    for fact in facts:
        order = evolve(order, fact, given.now)
    return order
