"""A package: lines of an order assigned to one location, from its birth to the customer (spec 1.2)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from domain.changing import replace
from domain.discrepancy import DiscrepancyClosed, DiscrepancyReason, DiscrepancyRecorded
from domain.invoice import Invoice
from domain.kernel import Evolver, fact
from domain.pickup import Pickup
from domain.planning_facts import Level
from domain.shipment import (
    ShipmentCancelled,
    ShipmentCreated,
    ShipmentHandedOver,
    ShipmentInfoUpdated,
    ShipmentLabelled,
    ShipmentLabelRequested,
    ShipmentReturnBooked,
    ShipmentStatusUpdated,
)
from domain.states import RESERVES, PackageStatus

S = PackageStatus

# --- states


@dataclass(frozen=True, slots=True)
class PackageItem:
    """`quantity` pieces of the order item `item`; `coming` of them still have to arrive by transfer."""

    id: int
    item: int
    sku: str
    quantity: int
    coming: int = 0
    barcode: str | None = None
    serial_no: str | None = None
    weight: str | None = None
    discrepancy_reason: DiscrepancyReason | None = None
    denial_reason: int | None = None
    returned: bool = False
    packed: bool = False


@dataclass(frozen=True, slots=True)
class Package:
    """`before` is the state that a blocked package came from; `born` the one it starts in when its transfers have
    come; `goods_out`: they left the known stock (packed, or de-allocated), so nothing is reserved. `cancelling`: pieces
    per package item that a person must decide on (930), `blocked`: it was blocked then; `refunds`: pieces that come
    back; `cancellation_failure`: why a cancellation was declined."""

    id: int
    number: str
    state: PackageStatus
    born: PackageStatus
    location: int
    items: tuple[PackageItem, ...]
    scenario: int | None
    scenario_version: int | None
    rule: str
    plan: int | None
    before: PackageStatus | None = None
    goods_out: bool = False
    shipment: int | None = None
    transfers: tuple[int, ...] = ()
    packed_at: datetime | None = None
    cancelling: Mapping[int, int] = field(default_factory=dict)
    blocked: bool = False
    refunds: Mapping[int, int] = field(default_factory=dict)
    cancellation_failure: str | None = None
    invoice: Invoice | None = None
    bill: Invoice | None = None
    pickup: Pickup | None = None
    version: int = 0
    created: datetime | None = None
    modified: datetime | None = None

    @property
    def quantity(self) -> int:
        return sum(i.quantity for i in self.items)

    @property
    def standing(self) -> PackageStatus:
        """The state that counts for reservations: of a frozen package the one it came from."""
        return self.before if self.before is not None else self.state

    @property
    def reserves(self) -> bool:
        return self.standing in RESERVES and not self.goods_out


# --- facts


class NewItem(NamedTuple):
    """A package item as it is born; a tuple, since plans hold most of the log's bytes."""

    id: int
    item: int
    sku: str
    quantity: int
    coming: int = 0


@fact(
    "PackageCreated",
    on="package",
    webhooks=("package.created",),
    sentence="{number} was planned by the rule “{rule}”.",
)
class PackageCreated:
    """`levels` is the stock known of the reserved rows, `margin` the location's safety stock, `by_quota`: the rule
    chose it under SELECT_BY_QUOTA; `forced`: short stock does not refuse it; `of` the plan and scenario."""

    package: int
    number: str
    state: PackageStatus
    born: PackageStatus
    location: int
    items: tuple[NewItem, ...]
    scenario: int | None = None
    scenario_version: int | None = None
    rule: str = ""
    plan: int | None = None
    levels: tuple[Level, ...] = ()
    margin: int = 0
    by_quota: bool = False
    forced: bool = False


@fact("PackageTransfersArrived", on="package", sentence="All its transfers have come.")
class PackageTransfersArrived:
    package: int
    state: PackageStatus


@fact("PackageReservationsDeallocated", on="package", sentence="Another system took over its goods.")
class PackageReservationsDeallocated:
    package: int


@fact("PackagePreparing", on="package", sentence="Picking began.")
class PackagePreparing:
    package: int


@fact("PackagePicked", on="package", sentence="It is picked and ready for packaging.")
class PackagePicked:
    package: int


@dataclass(frozen=True, slots=True)
class PackedItem:
    """What packing said of one package item."""

    id: int
    barcode: str | None = None
    serial_no: str | None = None
    weight: str | None = None


@fact("PackagePacked", on="package", sentence="It was packed.")
class PackagePacked:
    """`state` is 500, or 450 where the carrier's label must come first. The goods leave the known stock."""

    package: int
    state: PackageStatus
    items: tuple[PackedItem, ...] = ()


@fact("PackageLabelled", on="package", sentence="Its label is there.")
class PackageLabelled:
    package: int


@fact("PackageShipped", on="package", sentence="It was handed to the carrier.")
class PackageShipped:
    package: int


@fact("PackageRefused", on="package", webhooks=("package.refused",), sentence="The location refused it: {reason}.")
class PackageRefused:
    """The location is left out for these SKUs until `exclude_until`; `denial_reason` None: it did not begin in time."""

    package: int
    denial_reason: int | None
    reason: str
    exclude_until: datetime


@fact("PackageNotFound", on="package", sentence="Goods were not found in the shop.")
class PackageNotFound:
    package: int


@fact("PackageBlocked", on="package", sentence="It was blocked: {reason}.")
class PackageBlocked:
    package: int
    reason: str = ""


@fact("PackageUnblocked", on="package", sentence="It was unblocked.")
class PackageUnblocked:
    package: int


@fact("PackageRemoteActionCompleted", on="package", sentence="The other system was told.")
class PackageRemoteActionCompleted:
    package: int


@fact("PackageRescheduleRequested", on="package", sentence="It was asked to be planned again.")
class PackageRescheduleRequested:
    package: int


@fact("PackageLinesReplanned", on="package", sentence="Lines of it moved to new packages.")
class PackageLinesReplanned:
    """`moved` is (package item, quantity); `emptied`: nothing is left, it ends."""

    package: int
    moved: tuple[tuple[int, int], ...]
    emptied: bool


@fact("PackageCancelled", on="package", sentence="It was cancelled: {reason}.")
class PackageCancelled:
    """Its live lines wait to be planned again, or are held. `goods_back`: they were out and are stock again."""

    package: int
    reason: str = ""
    held: bool = False
    goods_back: bool = False


# --- evolve

evolve = Evolver()


@evolve.on(PackageCreated)
def _created(_: None, fact: PackageCreated, at: datetime) -> Package:
    return Package(
        id=fact.package,
        number=fact.number,
        state=fact.state,
        born=fact.born,
        location=fact.location,
        items=tuple(PackageItem(*i) for i in fact.items),
        scenario=fact.scenario,
        scenario_version=fact.scenario_version,
        rule=fact.rule,
        plan=fact.plan,
        created=at,
    )


def _to(state: PackageStatus, **changes: Any) -> Any:
    """Most facts only lead to another state."""
    return lambda package, _fact, _at: replace(package, state=state, **changes)


evolve.on(PackagePreparing)(_to(S.preparing))
evolve.on(PackagePicked)(_to(S.ready_for_packaging))
evolve.on(PackageRemoteActionCompleted)(_to(S.waiting))
evolve.on(PackageReservationsDeallocated)(_to(S.preparing, goods_out=True))
evolve.on(PackageLabelled)(_to(S.packed))
evolve.on(PackageShipped)(_to(S.shipped))
evolve.on(PackageNotFound)(_to(S.out_of_stock, goods_out=False))
ENDED: dict[str, Any] = {"before": None, "blocked": False, "cancelling": {}, "goods_out": False}
evolve.on(PackageCancelled)(_to(S.cancelled, **ENDED))


@evolve.on(PackageRescheduleRequested)
def _same(package: Package, _fact: Any, _at: datetime) -> Package:
    return package


@evolve.on(PackageTransfersArrived, ShipmentStatusUpdated)
def _told(package: Package, fact: PackageTransfersArrived | ShipmentStatusUpdated, _at: datetime) -> Package:
    if package.state is S.cancellation_waiting:  # it goes on from there, if the cancellation is declined
        return replace(package, before=fact.state)
    return replace(package, state=fact.state)


@evolve.on(PackagePacked)
def _packed(package: Package, fact: PackagePacked, at: datetime) -> Package:
    """Items that were not named while others were are not packed (C20)."""
    said = {i.id: i for i in fact.items}
    items = []
    for item in package.items:
        if (told := said.get(item.id)) is not None:
            item = replace(item, barcode=told.barcode or item.barcode, serial_no=told.serial_no, weight=told.weight)
        items.append(replace(item, packed=told is not None or not said))
    return replace(package, state=fact.state, items=tuple(items), goods_out=True, packed_at=at)


@evolve.on(PackageRefused)
def _refused(package: Package, fact: PackageRefused, _at: datetime) -> Package:
    items = tuple(replace(i, denial_reason=fact.denial_reason) for i in package.items)
    return replace(package, state=S.needs_rescheduling, items=items, goods_out=False)


@evolve.on(PackageBlocked)
def _blocked(package: Package, _: PackageBlocked, _at: datetime) -> Package:
    return replace(package, state=S.blocked, before=package.state)


@evolve.on(PackageUnblocked)
def _unblocked(package: Package, _: PackageUnblocked, _at: datetime) -> Package:
    return replace(package, state=package.standing, before=None)


@evolve.on(PackageLinesReplanned)
def _replanned(package: Package, fact: PackageLinesReplanned, _at: datetime) -> Package:
    moved = dict(fact.moved)
    items = tuple(
        replace(i, quantity=i.quantity - moved.get(i.id, 0)) for i in package.items if i.quantity > moved.get(i.id, 0)
    )
    return replace(package, items=items, state=S.cancelled if fact.emptied else S.out_of_stock)


@evolve.on(DiscrepancyRecorded)
def _discrepancy(package: Package, fact: DiscrepancyRecorded, _at: datetime) -> Package:
    items = tuple(replace(i, discrepancy_reason=fact.reason) if i.id == fact.item else i for i in package.items)
    return replace(package, items=items)


@evolve.on(ShipmentCreated)
def _shipment(package: Package, fact: ShipmentCreated, _at: datetime) -> Package:
    return replace(package, shipment=fact.shipment)


evolve.on(
    DiscrepancyClosed,
    ShipmentCancelled,
    ShipmentHandedOver,
    ShipmentInfoUpdated,
    ShipmentLabelled,
    ShipmentLabelRequested,
    ShipmentReturnBooked,
)(_same)
