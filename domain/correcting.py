"""`correct-state` (spec 1.8): a person sets right what is recorded of a package, with its shipment, or of a transfer.
An event like any other, with its reason, and never one that breaks a law: what is reserved, who holds a slot and where
the pieces are follow from it."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Literal

from domain.changing import replace
from domain.kernel import Command, Facts, Given, fact, invalid
from domain.order import Order
from domain.order_lines import evolve_lines, more
from domain.package import ENDED, Package
from domain.package import evolve as evolve_package
from domain.reservations import CHECKED, MOVES, Row
from domain.shipment import Shipment, becomes, live
from domain.shipment import evolve as evolve_shipment
from domain.states import OPEN_TRANSFER, RESERVES, UNPLANNED, PackageStatus, ShipmentStatus, TransferStatus
from domain.transfer import Transfer
from domain.transfer import evolve as evolve_transfer

P, S, T = PackageStatus, ShipmentStatus, TransferStatus
SLUG = "correct-state"

GOODS_OUT = frozenset(
    {
        *(P.waiting_cargo_label, P.packed, P.ready_for_pickup, P.shipped),
        *(P.attempted_delivery, P.delivery_failed, P.delivered),
    }
)
"""Package states in which the goods have left the known stock (spec 1.9)."""
GOODS_IN = RESERVES | UNPLANNED
"""Package states in which they have not. In 1000 and 1100 they are where they were."""
HERE = RESERVES | {P.waiting_cargo_label, P.packed}
"""Package states in which no carrier has it yet."""
WITH_CARRIER = {
    P.shipped: S.shipped,
    P.attempted_delivery: S.attempted_delivery,
    P.delivery_failed: S.delivery_failed,
    P.delivered: S.delivered,
}
"""Package state → that of its shipment. In the states that are neither here nor in HERE the shipment stays as it is."""

# --- facts


@fact("PackageStateCorrected", on="package", sentence="Set right by hand, from {before} to {state}: {reason}.")
class PackageStateCorrected:
    """`before` is the state that was wrong. Pieces of a package that becomes cancelled by it are held."""

    package: int
    before: PackageStatus
    state: PackageStatus
    reason: str


@fact("TransferStateCorrected", on="transfer", sentence="Set right by hand, from {before} to {state}: {reason}.")
class TransferStateCorrected:
    transfer: int
    before: TransferStatus
    state: TransferStatus
    reason: str


@fact(
    "ShipmentStateCorrected",
    on="shipment",
    also=("package",),
    webhooks=("shipment.status.updated",),
    sentence="The shipment was set right with its package, from {before} to {state}: {reason}.",
)
class ShipmentStateCorrected:
    shipment: int
    package: int
    before: ShipmentStatus
    state: ShipmentStatus
    reason: str


CORRECTIONS = frozenset({PackageStateCorrected, ShipmentStateCorrected, TransferStateCorrected})

# --- evolve


@evolve_package.on(PackageStateCorrected)
def _package(package: Package, fact: PackageStateCorrected, _at: datetime) -> Package:
    if fact.state is P.cancelled:
        return replace(package, state=fact.state, **ENDED)
    out = fact.state in GOODS_OUT or (fact.state not in GOODS_IN and package.goods_out)
    return replace(package, state=fact.state, before=None, blocked=False, cancelling={}, goods_out=out)


@evolve_transfer.on(TransferStateCorrected)
def _transfer(transfer: Transfer, fact: TransferStateCorrected, _at: datetime) -> Transfer:
    return replace(transfer, state=fact.state)


@evolve_shipment.on(ShipmentStateCorrected)
def _shipment(shipment: Shipment, fact: ShipmentStateCorrected, at: datetime) -> Shipment:
    gone, there = fact.state not in (S.created, S.labelled), fact.state is S.delivered
    shipped, delivered = shipment.shipped_at or at if gone else None, shipment.delivered_at or at if there else None
    return becomes(shipment, fact.state, at, shipped_at=shipped, delivered_at=delivered)


@evolve_package.on(ShipmentStateCorrected)
def _with_it(package: Package, _: ShipmentStateCorrected, _at: datetime) -> Package:
    return package


@evolve_lines.on(PackageStateCorrected)
def _held(order: Order, fact: PackageStateCorrected, _at: datetime) -> dict[str, Any]:
    if fact.state is not P.cancelled:
        return {}
    return {"held": more(order.held, ((i.item, i.quantity) for i in order.packages[fact.package].items))}


def _package_goods(order: Order, fact: PackageStateCorrected) -> list[tuple[Row, int]]:
    """Goods said to be still here are stock again; those said to be gone are stock no more."""
    package = order.packages[fact.package]
    if fact.state in GOODS_OUT and not package.goods_out:
        sign = -1
    elif fact.state in GOODS_IN and package.goods_out:
        sign = 1
    else:
        return []
    return [((package.location, item.sku), sign * item.quantity) for item in package.items]


def _transfer_goods(order: Order, fact: TransferStateCorrected) -> list[tuple[Row, int]]:
    transfer = order.transfers[fact.transfer]
    sign = (transfer.state is T.in_transit) - (fact.state is T.in_transit)
    return [((transfer.source, item.sku), sign * item.quantity) for item in transfer.items if sign]


MOVES[PackageStateCorrected] = _package_goods
MOVES[TransferStateCorrected] = _transfer_goods
CHECKED.update(CORRECTIONS)

# --- commands


@dataclass(frozen=True, slots=True)
class CorrectInput:
    """`state`: its number or name; `reason`: why the recorded one is wrong, read in every history."""

    state: str
    reason: str


def correct_package(order: Order, package: Package, given_input: CorrectInput, _given: Given) -> Facts:
    """A person sets right what state a package is in, and with it how far its shipment has come."""
    reason, state = _reason(given_input), _state(PackageStatus, given_input.state)
    if package.state is P.cancelled:
        raise invalid(state=f"{package.number} is cancelled: its pieces are elsewhere by now, it stays so.")
    if any(item.returned for item in package.items):
        raise invalid(state=f"Goods of {package.number} came back and were counted; it stays {package.state.name}.")
    if state is P.returned:
        raise invalid(state="return-package leads there: it says where the goods are.")
    if state in (P.blocked, P.cancellation_waiting):
        raise invalid(state=f"{state.name} remembers what was before; block-package or a cancellation leads there.")
    comes = any(t.package == package.id and t.state in OPEN_TRANSFER for t in order.transfers.values())
    if comes and state is not P.waiting_for_transfer:
        raise invalid(state=f"{package.number} has an open transfer: it is waiting_for_transfer (50) until that ends.")
    if not comes and state is P.waiting_for_transfer:
        raise invalid(state=f"{package.number} has no open transfer to wait for.")
    if state is package.state:
        return []
    right = PackageStateCorrected(package=package.id, before=package.state, state=state, reason=reason)
    return [right, *_shipment_with(order, package, state, reason)]


def _shipment_with(order: Order, package: Package, state: PackageStatus, reason: str) -> Facts:
    """Its shipment is where the package is: still here, or as far as the carrier has brought it."""
    shipment = live(order.shipments, package.shipment)
    if shipment is None:
        return []
    at = WITH_CARRIER.get(state, shipment.state)
    if state in HERE:
        at = S.labelled if shipment.awb_number is not None else S.created
    if at is shipment.state:
        return []
    return [
        ShipmentStateCorrected(shipment=shipment.id, package=package.id, before=shipment.state, state=at, reason=reason)
    ]


_AT_WORK = (T.waiting, T.ready_to_shipment, T.in_transit)


def correct_transfer(_order: Order, transfer: Transfer, given_input: CorrectInput, _given: Given) -> Facts:
    """A person sets right how far a transfer has come; how it ended, its own commands say."""
    reason, state = _reason(given_input), _state(TransferStatus, given_input.state)
    allowed = ", ".join(_AT_WORK)
    if transfer.state not in _AT_WORK:
        raise invalid(state=f"{transfer.number} has ended ({transfer.state}); only {allowed} are set right.")
    if state not in _AT_WORK:
        raise invalid(state=f"Allowed are {allowed}; transfer-delivered and cancel-transfer end it.")
    if state is transfer.state:
        return []
    return [TransferStateCorrected(transfer=transfer.id, before=transfer.state, state=state, reason=reason)]


def _reason(given_input: CorrectInput) -> str:
    reason = given_input.reason.strip()
    if not reason:
        raise invalid(reason="A reason is required: it is read in every history.")
    return reason


def _state(states: type[Any], said: str) -> Any:
    word = said.strip()
    found: Enum | None = next((s for s in states if word in (str(s.value), s.name)), None)
    if found is None:
        raise invalid(state=f"There is no state {word[:50]!r}; there are {', '.join(str(s.value) for s in states)}.")
    return found


CORRECT: dict[Literal["package", "transfer"], Command] = {
    "package": Command(
        "package", SLUG, 61, "Set state right", tuple(PackageStatus), None, CorrectInput, correct_package
    ),
    "transfer": Command(
        "transfer", SLUG, 78, "Set state right", tuple(TransferStatus), None, CorrectInput, correct_transfer
    ),
}
"""Not among the commands of the tables: it is nobody's button and runs from every state, for admins alone."""
