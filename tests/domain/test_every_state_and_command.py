"""Every command from every state: what the tables of spec 1.2, 1.6 and 1.7 say, and nothing else."""

from collections import Counter
from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from domain.cancelling_commands import DeclineInput
from domain.deciding import command_of, decide
from domain.guards import SlotEffect
from domain.invoicing import InvoiceInput
from domain.kernel import COMMANDS, allowed
from domain.manual_planning import AssignmentGroup, ManualPlanInput
from domain.order import Order
from domain.package import Package
from domain.package_commands import PackInput, ShipmentStatusInput
from domain.package_exceptions import CancelInput, ReasonInput, RefuseInput
from domain.package_missing import MissingInput, MissingItem
from domain.packed_for_refund import RefundInput
from domain.picking import PrepareInput, ReplaceInput, Replacement
from domain.picking_up import PickupInput
from domain.pieces import Piece
from domain.reservations import holdings, slots
from domain.returning import ReturnInput, UnpackInput
from domain.shipping import AdvancedShipmentInput, LabelInput, ShipmentInfoInput
from domain.states import PackageStatus, TransferStatus
from domain.transfer import TransferCancelled
from domain.transfer_commands import CarrierInput, DeliverInput
from domain.transfer_exceptions import MissedInput, MissedItem, OutOfStockInput
from tests.domain import shop
from tests.domain.given import Books, Story

P, T = PackageStatus, TransferStatus

# The tables as the spec has them, by the numbers of the states; "same" is unchanged, "before" the state before,
# "labelled" unchanged but for 450, which becomes 500.
PACKAGE_TABLE: dict[str, tuple[set[int], int | str]] = {
    "deallocate-package-reservations": ({100}, 200),
    "complete-packaging-with-shipment": ({100, 200, 400}, 500),
    "complete-packaging-without-shipment": ({100, 200, 400}, 500),
    "channel-based-complete-packaging-without-shipment": ({100, 200, 400}, 500),
    "package-refuse-with-denial-reason": ({100, 150, 200}, 910),
    "product-not-found": ({100, 150, 200, 400}, 920),
    "product-not-found-advanced": ({100, 150, 200, 400}, "same"),
    "package-packed-for-refund": ({100, 920}, 1100),
    "manual-planning": ({50, 100, 150, 200, 400, 910, 920}, 1000),
    "prepare-package": ({100}, 200),
    "replace-product": ({100, 200}, "same"),
    "reopen-picking": ({400}, 200),
    "ship-without-shipment-integration": ({500}, 600),
    "block-package": ({100, 150, 200, 400}, 300),
    "unblock-package": ({300}, "before"),
    "start-preparing": ({100}, 200),
    "ready-for-packaging": ({100, 200}, 400),
    "remote-action-completed": ({150}, 100),
    "reschedule": ({910, 920}, "same"),
    "ship-package": ({500}, 600),
    "update-shipment-status": ({600, 700, 800}, 900),
    "ready-for-pickup": ({500, 600}, 550),
    "deliver-to-customer": ({550}, 900),
    "update-invoice": ({500, 550, 600, 700, 800, 900, 1200}, "same"),
    "package-advanced-shipment": ({500}, 600),
    "update-shipment-info": ({450, 500, 600, 700, 900}, "labelled"),
    "update-shipment-label": ({200, 450, 500, 600}, "same"),
    "cancel-package": ({50, 100, 150, 200, 300, 400, 450, 910, 920, 930}, 1000),
    "decline-cancellation": ({930}, "before"),
    "unpack-package": ({450, 500, 550}, 400),
    "return-package": ({550, 600, 700, 800, 900}, 1200),
}
TRANSFER_TABLE: dict[str, tuple[set[str], str]] = {
    "transfer-ready-for-dispatch": ({"waiting"}, "ready_to_shipment"),
    "transfer-order-advanced": ({"waiting"}, "ready_to_shipment"),
    "transfer-dispatch": ({"waiting", "ready_to_shipment"}, "in_transit"),
    "transfer-delivered": ({"in_transit"}, "transferred"),
    "product-for-transfer-not-found": ({"waiting"}, "out_of_stock"),  # the only item it has
    "transfer-out-of-stock": ({"waiting"}, "out_of_stock"),
    "cancel-transfer": ({"waiting", "ready_to_shipment"}, "cancelled"),
}
RESERVES = {50, 100, 150, 200, 400}
SLOTS = {50, 100, 150, 200, 300, 930}

INPUTS: dict[str, Any] = {
    "complete-packaging-with-shipment": PackInput(),
    "complete-packaging-without-shipment": PackInput(),
    "package-refuse-with-denial-reason": RefuseInput(4),
    "product-not-found": MissingInput((MissingItem(11, 1),)),
    "channel-based-complete-packaging-without-shipment": PackInput(),
    "product-not-found-advanced": MissingInput((MissingItem(11, 1),)),
    "package-packed-for-refund": RefundInput(),
    "manual-planning": ManualPlanInput((AssignmentGroup((Piece(11), Piece(12)), "S30"),)),
    "prepare-package": PrepareInput(),
    "replace-product": ReplaceInput((Replacement(11, "C"),)),
    "block-package": ReasonInput("why"),
    "update-shipment-status": ShipmentStatusInput("delivered"),
    "cancel-package": CancelInput(),
    "decline-cancellation": DeclineInput("sent already"),
    "unpack-package": UnpackInput("wrong size"),
    "return-package": ReturnInput(),
    "deliver-to-customer": PickupInput(),
    "update-invoice": InvoiceInput("INV-1", "2026-11-23"),
    "package-advanced-shipment": AdvancedShipmentInput("TRK1", "fast"),
    "update-shipment-info": ShipmentInfoInput("fast", "TRK1", "Q1"),
    "update-shipment-label": LabelInput(),
    "transfer-order-advanced": CarrierInput("fast", "TRK1"),
    "transfer-delivered": DeliverInput(),
    "product-for-transfer-not-found": MissedInput((MissedItem(21),)),
    "transfer-out-of-stock": OutOfStockInput(),
    "cancel-transfer": ReasonInput("why"),
}

LEFT = {"product-not-found-advanced": 4, "manual-planning": 0}
"""Pieces that the package has then, of 5."""

BY_FACTS: dict[PackageStatus, tuple[Any, ...]] = {
    P.waiting_for_transfer: shop.COMING,
    P.waiting: shop.WAITING,
    P.waiting_remote_action: (shop.received(), shop.created(P.waiting_remote_action)),
    P.preparing: shop.PREPARING,
    P.blocked: shop.BLOCKED,
    P.ready_for_packaging: shop.PICKED,
    P.waiting_cargo_label: shop.UNLABELLED,
    P.packed: shop.PACKED,
    P.shipped: shop.SHIPPED,
    P.attempted_delivery: shop.ATTEMPTED,
    P.delivery_failed: shop.FAILED,
    P.delivered: shop.DELIVERED,
    P.needs_rescheduling: shop.REFUSED,
    P.out_of_stock: shop.MISSED,
    P.cancellation_waiting: shop.TO_BE_DECIDED,
    P.cancelled: shop.CANCELLED,
}


def order_with_package_in(state: PackageStatus) -> Order:
    """By the facts that lead there; states that no fact of today leads to are set."""
    if state in BY_FACTS:
        order = Story(*BY_FACTS[state], books=shop.BOOKS).order
    else:
        order = Story(*shop.PACKED).order
        assert order is not None
        order = replace(order, packages={1: replace(order.packages[1], state=state)})
    assert order is not None and order.packages[1].state is state
    return order


def order_with_transfer_in(state: TransferStatus) -> Order:
    cancelled = TransferCancelled(transfer=1, package=1)
    given: dict[TransferStatus, tuple[Any, ...]] = {
        T.waiting: shop.COMING,
        T.ready_to_shipment: shop.READY,
        T.in_transit: shop.ON_THE_WAY,
        T.cancelled: (*shop.COMING, cancelled),
    }
    order = Story(*given.get(state, shop.ON_THE_WAY)).order
    assert order is not None
    if order.transfers[1].state is not state:
        order = replace(order, transfers={1: replace(order.transfers[1], state=state)})
    return order


def reserved(package: Package) -> Counter[tuple[int, str]]:
    """What spec 1.2 says it reserves at its own location."""
    standing = package.before or package.state
    if standing not in RESERVES or package.goods_out:
        return Counter()
    total: Counter[tuple[int, str]] = Counter()
    for item in package.items:
        total[package.location, item.sku] += item.quantity - item.coming
    return total


def test_the_tables_name_every_declared_command_and_input() -> None:
    assert {slug for kind, slug in COMMANDS if kind == "package"} == set(PACKAGE_TABLE)
    assert {slug for kind, slug in COMMANDS if kind == "transfer"} == set(TRANSFER_TABLE)
    assert {c.slug for c in COMMANDS.values() if c.input} == set(INPUTS)
    for slug, given_input in INPUTS.items():
        kind = "package" if slug in PACKAGE_TABLE else "transfer"
        assert isinstance(given_input, COMMANDS[kind, slug].input or ())


@pytest.mark.parametrize(("state", "slug"), list(product(P, PACKAGE_TABLE)), ids=str)
def test_package(state: PackageStatus, slug: str) -> None:
    order = order_with_package_in(state)
    sources, target = PACKAGE_TABLE[slug]
    story = Story(order=order, books=shop.BOOKS)
    if state.value not in sources:
        refusal = story.refused(lambda o, given: decide(o, "package", 1, slug, INPUTS.get(slug), given))
        assert refusal.code == "state_conflict"
        assert refusal.message.startswith(f"Package R1P1 is {state.name} ({state.value}); {slug} runs from ")
        assert all(f"({source})" in refusal.message for source in sources)
        can = [s for s, (from_states, _) in PACKAGE_TABLE.items() if state.value in from_states]
        assert refusal.extra["state"] == str(state.value) and sorted(refusal.extra["allowed"]) == sorted(can)
        return
    assert slug in [c.slug for c in allowed("package", state)]
    if slug == "update-shipment-label" and order.packages[1].shipment is None:
        refusal = story.refused(lambda o, given: decide(o, "package", 1, slug, INPUTS.get(slug), given))
        assert refusal.extra == {"fields": {"package": ["R1P1 has no shipment whose label could be asked for."]}}
        return
    before = order.packages[1]
    story.command("package", 1, slug, INPUTS.get(slug))
    assert story.order is not None
    after = story.order.packages[1]
    labelled = P.packed if state is P.waiting_cargo_label else state
    expected = {"same": state, "before": before.before, "labelled": labelled}.get(str(target)) or P(int(target))
    assert after.state is expected
    assert after.quantity == LEFT.get(slug, 5)

    change = reserved(after)
    change.subtract(reserved(before))
    at_own_location: Counter[tuple[int, str]] = Counter()
    slot = 0
    for effect in story.effects:
        if isinstance(effect, SlotEffect):
            slot += effect.slots * (effect.location == 10)
        elif effect.location == 10:
            at_own_location[effect.location, effect.sku] += effect.reserve
    assert at_own_location == change
    assert slot == (after.state.value in SLOTS) - (before.state.value in SLOTS)
    assert slots(story.order)[10] == (after.state.value in SLOTS)

    states = [m for m in story.messages if m.startswith("package.status.") and m.endswith(" 1")]
    changed = [f"package.status.{after.state.name} 1", "package.status.transitioned 1"]
    assert states == (changed if after.state is not before.state else [])


@pytest.mark.parametrize(("state", "slug"), list(product(T, TRANSFER_TABLE)), ids=str)
def test_transfer(state: TransferStatus, slug: str) -> None:
    order = order_with_transfer_in(state)
    sources, target = TRANSFER_TABLE[slug]
    story = Story(order=order, books=shop.BOOKS)
    if state.value not in sources:
        refusal = story.refused(lambda o, given: decide(o, "transfer", 1, slug, INPUTS.get(slug), given))
        assert refusal.code == "state_conflict" and refusal.extra["state"] == state.value
        assert refusal.message.startswith(f"Transfer R1P1T1 is {state.value}; {slug} runs from ")
        assert refusal.extra["allowed"] == [s for s, (f, _) in TRANSFER_TABLE.items() if state.value in f]
        return
    story.command("transfer", 1, slug, INPUTS.get(slug))
    assert story.order is not None and story.order.transfers[1].state.value == target
    assert holdings(story.order)[20, "A"] == (2 if target in ("waiting", "ready_to_shipment") else 0)
    changed = [f"transfer.status.{target} 1", "transfer.status.transitioned 1"]
    assert [m for m in story.messages if m.startswith("transfer.status.")] == changed


# --- the ways to name a command and a thing


@pytest.mark.parametrize("kind", ["package", "transfer"])
def test_commands_by_slug_alias_and_number(kind: Any) -> None:
    for command in (c for c in COMMANDS.values() if c.object == kind):
        for name in (command.slug, str(command.id), *command.aliases):
            assert command_of(kind, name, Books()) is command


ALLOWED_IN_500 = [c.slug for c in allowed("package", P.packed)]


def test_the_message_of_the_examples() -> None:
    story = Story(shop.received(number="R1000001"), shop.created(number="R1000001P1"), *shop.PACKED[2:])
    refusal = story.refused(lambda order, given: decide(order, "package", 1, "start-preparing", None, given))
    assert refusal.message == "Package R1000001P1 is packed (500); start-preparing runs from waiting (100)."
    assert refusal.extra == {"state": "500", "allowed": ALLOWED_IN_500}


@pytest.mark.parametrize(
    ("kind", "id", "name", "code"),
    [
        ("package", 2, "start-preparing", "not_found"),
        ("transfer", 1, "transfer-dispatch", "not_found"),
        ("package", 1, "transfer-dispatch", "unknown_command"),
        ("package", 1, "make-tea", "unknown_command"),
        ("package", 1, "71", "unknown_command"),
    ],
)
def test_unknown_things_and_commands(kind: Any, id: int, name: str, code: str) -> None:
    story = Story(*shop.WAITING)
    assert story.refused(lambda order, given: decide(order, kind, id, name, None, given)).code == code
    assert Story().refused(lambda _, given: decide(None, kind, id, name, None, given)).code == "not_found"


def test_an_input_of_another_class_is_our_own_mistake() -> None:
    with pytest.raises(TypeError):
        Story(*shop.WAITING).command("package", 1, "cancel-package", ReasonInput())
