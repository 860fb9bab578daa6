"""The command tables of spec 1.6 and 1.7 as the specification has them, with an input and what is written for each."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from domain.cancelling_commands import DeclineInput
from domain.invoicing import InvoiceInput
from domain.manual_planning import AssignmentGroup, ManualPlanInput
from domain.package_commands import PackInput, ShipmentStatusInput
from domain.package_exceptions import CancelInput, ReasonInput, RefuseInput
from domain.package_missing import MissingInput, MissingItem
from domain.packed_for_refund import RefundInput
from domain.picking import PrepareInput, ReplaceInput, Replacement
from domain.picking_up import PickupInput
from domain.pieces import Piece
from domain.returning import ReturnInput, UnpackInput
from domain.shipping import AdvancedShipmentInput, LabelInput, ShipmentInfoInput
from domain.states import PackageStatus
from domain.transfer_commands import CarrierInput, DeliverInput
from domain.transfer_exceptions import MissedInput, MissedItem, OutOfStockInput

P = PackageStatus


class Row(NamedTuple):
    """`target`: the state's number or name; "same" is unchanged, "before" the state before, "labelled" unchanged but
    for 450, which becomes 500. `written`: the facts, then ` | ` and the webhooks besides those of the object's states;
    `but`: the same for single states. `left`: pieces that the package has then, of 5. Package 1 has the items 11 and
    12, transfer 1 the item 21; what is new is 101."""

    sources: frozenset[int | str]
    target: int | str
    written: str
    input: Any = None
    left: int = 5
    but: Mapping[int | str, str] = MappingProxyType({})


def row(*sources: int | str, to: int | str, written: str, **rest: Any) -> Row:
    return Row(frozenset(sources), to, written, **rest)


MISSING = MissingInput((MissingItem(11, 1),))
BY_HAND = ManualPlanInput((AssignmentGroup((Piece(11), Piece(12)), "S30"),))
AWB = "| package.shipment.awb_number 1"
TRANSFER_ENDS = "transfer.status.cancelled 1, transfer.status.transitioned 1"
GOES_ON = "| package.status.waiting 1, package.status.transitioned 1"

PACKAGE: dict[str, Row] = {
    "deallocate-package-reservations": row(100, to=200, written="PackageReservationsDeallocated"),
    "complete-packaging-with-shipment": row(
        100, 200, 400, to=500, written="PackagePacked ShipmentCreated | shipment.created 101", input=PackInput()
    ),
    "complete-packaging-without-shipment": row(100, 200, 400, to=500, written="PackagePacked", input=PackInput()),
    "channel-based-complete-packaging-without-shipment": row(
        100, 200, 400, to=500, written="PackagePacked", input=PackInput()
    ),
    "package-refuse-with-denial-reason": row(
        100, 150, 200, to=910, written="PackageRefused | package.refused 1", input=RefuseInput(4)
    ),
    "product-not-found": row(
        100, 150, 200, 400,
        to=920, written="DiscrepancyRecorded PackageNotFound | discrepancy.recorded 101", input=MISSING,
    ),
    "product-not-found-advanced": row(
        100, 150, 200, 400,
        to="same", written="DiscrepancyRecorded PackageItemsMissing | discrepancy.recorded 101", input=MISSING, left=4,
    ),
    "package-packed-for-refund": row(
        100, 920,
        to=1100, written="PackagePackedForRefund", input=RefundInput(),
        but={920: "DiscrepancyRemoved PackagePackedForRefund"},
    ),
    "block-package": row(100, 150, 200, 400, to=300, written="PackageBlocked", input=ReasonInput("why")),
    "unblock-package": row(300, to="before", written="PackageUnblocked"),
    "update-invoice": row(
        500, 550, 600, 700, 800, 900, 1200,
        to="same", written="PackageInvoiced", input=InvoiceInput("INV-1", "2026-11-23"),
    ),
    "manual-planning": row(
        50, 100, 150, 200, 400, 910, 920,
        to=1000, written="PackageLinesReplanned PackageCreated | package.created 101", input=BY_HAND, left=0,
        but={50: f"TransferCancelled PackageLinesReplanned PackageCreated | {TRANSFER_ENDS}, package.created 101"},
    ),
    "prepare-package": row(100, to=200, written="PackagePreparing", input=PrepareInput()),
    "start-preparing": row(100, to=200, written="PackagePreparing"),
    "ready-for-packaging": row(100, 200, to=400, written="PackagePicked"),
    "remote-action-completed": row(150, to=100, written="PackageRemoteActionCompleted"),
    "reschedule": row(910, 920, to="same", written="PackageRescheduleRequested"),
    "ship-package": row(500, to=600, written="PackageShipped ShipmentHandedOver"),
    "package-advanced-shipment": row(
        500,
        to=600, written=f"ShipmentInfoUpdated PackageShipped ShipmentHandedOver {AWB}",
        input=AdvancedShipmentInput("TRK1", "fast"),
    ),
    "ship-without-shipment-integration": row(500, to=600, written="PackageShipped ShipmentHandedOver"),
    "update-shipment-status": row(
        600, 700, 800,
        to=900, written="ShipmentStatusUpdated | shipment.status.updated 1", input=ShipmentStatusInput("delivered"),
    ),
    "update-shipment-info": row(
        450, 500, 600, 700, 900,
        to="labelled", written=f"ShipmentInfoUpdated {AWB}", input=ShipmentInfoInput("fast", "TRK1", "Q1"),
        but={450: f"ShipmentInfoUpdated PackageLabelled {AWB}"},
    ),
    "update-shipment-label": row(
        200, 450, 500, 600,
        to="same", written="ShipmentLabelRequested", input=LabelInput(),
        but={200: "R1P1 has no shipment whose label could be asked for."},
    ),
    "ready-for-pickup": row(500, 600, to=550, written="PackageReadyForPickup"),
    "deliver-to-customer": row(550, to=900, written="PackagePickedUp", input=PickupInput()),
    "cancel-package": row(
        50, 100, 150, 200, 300, 400, 450, 910, 920, 930,
        to=1000, written="PackageCancelled", input=CancelInput(),
        but={
            50: f"TransferCancelled PackageCancelled | {TRANSFER_ENDS}",
            450: "ShipmentCancelled PackageCancelled | shipment.cancelled 1",
        },
    ),
    "replace-product": row(
        100, 200, to="same", written="PackageItemReplaced", input=ReplaceInput((Replacement(11, "C"),))
    ),
    "unpack-package": row(
        450, 500, 550,
        to=400, written="ShipmentCancelled PackageUnpacked | shipment.cancelled 1", input=UnpackInput("wrong size"),
    ),
    "return-package": row(
        550, 600, 700, 800, 900,
        to=1200, written="PackageReturned ShipmentReturned | shipment.status.updated 1", input=ReturnInput(),
    ),
    "reopen-picking": row(400, to=200, written="PackagePickingReopened"),
    "decline-cancellation": row(
        930, to="before", written="PackageCancellationDeclined", input=DeclineInput("sent already")
    ),
}  # fmt: skip
"""C1 to C31."""

TRANSFER: dict[str, Row] = {
    "transfer-ready-for-dispatch": row("waiting", to="ready_to_shipment", written="TransferMadeReady"),
    "transfer-order-advanced": row(
        "waiting",
        to="ready_to_shipment", written="TransferCarrierTold TransferMadeReady", input=CarrierInput("fast", "TRK1"),
    ),
    "transfer-dispatch": row("waiting", "ready_to_shipment", to="in_transit", written="TransferDispatched"),
    "transfer-delivered": row(
        "in_transit",
        to="transferred", written=f"TransferDelivered PackageTransfersArrived {GOES_ON}", input=DeliverInput(),
    ),
    "product-for-transfer-not-found": row(
        "waiting",
        to="out_of_stock",  # it is the only item
        written="DiscrepancyRecorded TransferItemsNotFound TransferLinesReleased PackageTransfersArrived"
        " | discrepancy.recorded 101, package.status.waiting 1, package.status.transitioned 1",
        input=MissedInput((MissedItem(21),)),
    ),
    "transfer-out-of-stock": row(
        "waiting",
        to="out_of_stock",
        written=f"TransferOutOfStock TransferLinesReleased PackageTransfersArrived {GOES_ON}",
        input=OutOfStockInput(),
    ),
    "cancel-transfer": row(
        "waiting", "ready_to_shipment",
        to="cancelled",
        written=f"TransferCancelled TransferLinesReleased PackageTransfersArrived {GOES_ON}",
        input=ReasonInput("why"),
    ),
}  # fmt: skip
"""T1 to T7."""

_PACKED = "complete-packaging-with-shipment"
_SHIPPED = (_PACKED, "ship-package")


def _reported(status: Any) -> tuple[Any, ...]:
    return (*_SHIPPED, ("update-shipment-status", ShipmentStatusInput(status)))


PATHS: dict[PackageStatus, tuple[Any, ...]] = {
    P.waiting: (),
    P.preparing: ("start-preparing",),
    P.blocked: ("start-preparing", "block-package"),
    P.ready_for_packaging: ("ready-for-packaging",),
    P.packed: (_PACKED,),
    P.ready_for_pickup: (_PACKED, "ready-for-pickup"),
    P.shipped: _SHIPPED,
    P.attempted_delivery: _reported("attempted_delivery"),
    P.delivery_failed: _reported("delivery_failed"),
    P.delivered: _reported("delivered"),
    P.needs_rescheduling: ("package-refuse-with-denial-reason",),
    P.out_of_stock: ("product-not-found",),
    P.cancelled: ("cancel-package",),
    P.packed_for_refund: ("package-packed-for-refund",),
    P.returned: (*_SHIPPED, "return-package"),
}
"""Commands that lead from 100 to a state: slugs, or (slug, input). To 50, 150, 450 and 930 lead other roads."""
