"""Inputs of commands by chance: of items that are there, in numbers that may be wrong."""

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from domain.cancelling_commands import DeclineInput
from domain.invoicing import InvoiceInput
from domain.manual_planning import AssignmentGroup, ManualPlanInput
from domain.package_commands import PackInput, PackItem, ShipmentStatusInput
from domain.package_exceptions import CancelInput, ReasonInput, RefuseInput
from domain.package_missing import MissingInput, MissingItem
from domain.packed_for_refund import RefundInput
from domain.picking import PrepareInput, ReplaceInput, Replacement, Scanned
from domain.picking_up import PickupInput
from domain.pieces import Piece
from domain.returning import ReturnedRow, ReturnInput, UnpackInput
from domain.shipment import Parcel
from domain.shipping import AdvancedShipmentInput, LabelInput, ShipmentInfoInput
from domain.transfer_commands import CarrierInput, Counted, DeliverInput
from domain.transfer_exceptions import MissedInput, MissedItem, OutOfStockInput

SKUS = ("A", "B")
Draw = Callable[[st.SearchStrategy[Any]], Any]


def random_input(draw: Draw, slug: str, thing: Any) -> Any:
    """An input for the command; for package items that are there, in numbers that may be wrong."""

    def some_of(item: Any) -> int | None:
        return draw(st.sampled_from([None, draw(st.integers(1, item.quantity))]))

    def missing() -> tuple[MissingItem, ...]:
        reasons = st.sampled_from(["not_found", "wrong_product", "defective"])
        return tuple(MissingItem(i.id, some_of(i), draw(reasons)) for i in thing.items if draw(st.booleans()))

    def replacements() -> tuple[Replacement, ...]:
        some = [i for i in thing.items if draw(st.booleans())]
        return tuple(Replacement(i.id, draw(st.sampled_from(SKUS)), some_of(i)) for i in some)

    if "complete-packaging" in slug:
        awb = draw(st.sampled_from([None, "AWB1"]))
        items = tuple(PackItem(i.id, some_of(i), "869") for i in thing.items if draw(st.booleans()))
        return PackInput(items, (Parcel(awb),))
    if slug in ("product-not-found", "product-not-found-advanced"):
        return MissingInput(missing())
    if slug == "package-packed-for-refund":
        return RefundInput(tuple(Piece(i.id, some_of(i)) for i in thing.items if draw(st.booleans())))
    if slug == "replace-product":
        return ReplaceInput(replacements())
    if slug == "prepare-package":
        return PrepareInput(missing(), replacements(), tuple(Scanned("869", i.id) for i in thing.items))
    if slug == "manual-planning":
        groups: dict[int, list[Piece]] = {}
        for item in thing.items:
            first = draw(st.integers(1, item.quantity))
            for n in (first, item.quantity - first):
                if n:
                    groups.setdefault(draw(st.sampled_from([10, 30])), []).append(Piece(item.id, n))
        wanted = tuple(AssignmentGroup(tuple(group), f"S{location}") for location, group in groups.items())
        return ManualPlanInput(wanted, draw(st.booleans()))
    if slug == "transfer-delivered":
        return DeliverInput(tuple(Counted(i.id, draw(st.integers(0, i.quantity))) for i in thing.items))
    if slug == "return-package":
        rows = tuple(ReturnedRow(i.id, draw(st.integers(1, i.quantity))) for i in thing.items if draw(st.booleans()))
        return ReturnInput(rows, condition=draw(st.sampled_from(["sellable", "damaged"])))
    if slug == "product-for-transfer-not-found":
        some = [i for i in thing.items if draw(st.booleans())]
        reasons = st.sampled_from(["not_found", "wrong_product", "defective"])
        pieces = [draw(st.sampled_from([None, *range(1, i.quantity + 1)])) for i in some]
        return MissedInput(tuple(MissedItem(i.id, n, draw(reasons)) for i, n in zip(some, pieces, strict=True)))
    if slug == "transfer-out-of-stock":
        return OutOfStockInput(tuple(i.id for i in thing.items if draw(st.booleans())))
    simple: dict[str, Callable[[], Any]] = {
        "package-refuse-with-denial-reason": lambda: RefuseInput(4),
        "block-package": ReasonInput,
        "cancel-transfer": ReasonInput,
        "decline-cancellation": DeclineInput,
        "unpack-package": UnpackInput,
        "transfer-order-advanced": lambda: CarrierInput(draw(st.sampled_from(["fast", None])), "T1"),
        "cancel-package": lambda: CancelInput(replan=draw(st.sampled_from([True, True, False]))),
        "update-invoice": lambda: InvoiceInput(draw(st.sampled_from(["I1", "I2", None])), None),
        "package-advanced-shipment": lambda: AdvancedShipmentInput(
            "T1", draw(st.sampled_from(["fast", "label", None]))
        ),
        "update-shipment-info": lambda: ShipmentInfoInput(
            draw(st.sampled_from(["fast", "label", None])), draw(st.sampled_from(["T1", "T2", None])), None
        ),
        "update-shipment-label": LabelInput,
        "deliver-to-customer": PickupInput,
        "update-shipment-status": lambda: ShipmentStatusInput(
            draw(st.sampled_from(["delivered", "attempted_delivery", "delivery_failed"]))
        ),
    }
    return simple[slug]() if slug in simple else None
