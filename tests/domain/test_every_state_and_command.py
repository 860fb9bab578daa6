"""Every command from every state: what the tables of spec 1.2, 1.6 and 1.7 say, and nothing else."""

from collections import Counter
from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from domain.deciding import Commanded, command_of, decide
from domain.guards import SlotEffect
from domain.kernel import COMMANDS, allowed, info
from domain.order import Order
from domain.package import Package
from domain.package_exceptions import ReasonInput
from domain.reservations import holdings, slots
from domain.states import PackageStatus, TransferStatus
from domain.transfer import TransferCancelled
from tests.domain import shop
from tests.domain.given import Books, Story
from tests.domain.spec_tables import PACKAGE, PATHS, TRANSFER, Row

P, T = PackageStatus, TransferStatus
RESERVES = {50, 100, 150, 200, 400}
SLOTS = {50, 100, 150, 200, 300, 930}

BY_FACTS: dict[PackageStatus, tuple[Any, ...]] = {
    P.waiting_for_transfer: shop.COMING,
    P.waiting_remote_action: (shop.received(), shop.created(P.waiting_remote_action)),
    P.waiting_cargo_label: shop.UNLABELLED,
    P.cancellation_waiting: shop.TO_BE_DECIDED,
}


def order_with_package_in(state: PackageStatus) -> Order:
    story = Story(*BY_FACTS.get(state, shop.WAITING), books=shop.BOOKS)
    for step in PATHS.get(state, ()):
        slug, given_input = step if isinstance(step, tuple) else (step, PACKAGE[step].input)
        story.command("package", 1, slug, given_input)
    assert story.order is not None and story.order.packages[1].state is state
    return _with_first_ids(story.order)


def _with_first_ids(order: Order) -> Order:
    """The shipment and the discrepancy on the way here are 1, so that what comes next is 101."""
    package = replace(order.packages[1], shipment=1 if order.packages[1].shipment else None)
    return replace(
        order,
        packages={1: package},
        shipments={n: replace(s, id=n) for n, s in enumerate(order.shipments.values(), 1)},
        discrepancies={n: replace(d, id=n) for n, d in enumerate(order.discrepancies.values(), 1)},
    )


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


PAIRS: list[tuple[Commanded, Any, str]] = [
    *(("package", state, slug) for state, slug in product(P, PACKAGE)),
    *(("transfer", state, slug) for state, slug in product(T, TRANSFER)),
]


def row_of(kind: Commanded, slug: str) -> Row:
    return (PACKAGE if kind == "package" else TRANSFER)[slug]


def test_the_tables_name_every_declared_command_and_input() -> None:
    assert {slug for kind, slug in COMMANDS if kind == "package"} == set(PACKAGE)
    assert {slug for kind, slug in COMMANDS if kind == "transfer"} == set(TRANSFER)
    assert [COMMANDS["package", slug].id for slug in PACKAGE] == list(range(30, 61))
    assert [COMMANDS["transfer", slug].id for slug in TRANSFER] == list(range(71, 78))
    for (kind, slug), command in COMMANDS.items():
        given_input = (PACKAGE if kind == "package" else TRANSFER)[slug].input
        assert given_input is None if command.input is None else isinstance(given_input, command.input)
    allow = sum(state.value in row_of(kind, slug).sources for kind, state, slug in PAIRS)
    print(f"{len(PAIRS)} pairs of state and command: {allow} allowed, {len(PAIRS) - allow} refused")


@pytest.mark.parametrize(("kind", "state", "slug"), PAIRS, ids=str)
def test_pair(kind: Commanded, state: Any, slug: str) -> None:
    order = order_with_package_in(state) if kind == "package" else order_with_transfer_in(state)
    row = row_of(kind, slug)
    story = Story(order=order, books=shop.BOOKS)
    if state.value not in row.sources:
        refused(story, kind, state, slug, row)
        return
    assert slug in [c.slug for c in allowed(kind, state)]
    written = row.but.get(state.value, row.written)
    if written.endswith("."):
        refusal = story.refused(lambda o, given: decide(o, kind, 1, slug, row.input, given))
        assert (refusal.code, refusal.message) == ("invalid", written)
        return
    story.command(kind, 1, slug, row.input)
    assert story.order is not None
    facts, _, webhooks = written.partition(" | ")
    assert [info(fact).name for fact in story.facts] == facts.split()
    own = f"{kind}.status."
    assert [m for m in story.messages if not (m.startswith(own) and m.endswith(" 1"))] == [
        name for name in webhooks.split(", ") if name
    ]
    if kind == "package":
        assert story.order.packages[1].quantity == row.left
        package_became(story, order.packages[1], state, row)
    else:
        transfer_became(story, str(row.target))


def refused(story: Story, kind: Commanded, state: Any, slug: str, row: Row) -> None:
    before = story.order
    refusal = story.refused(lambda o, given: decide(o, kind, 1, slug, row.input, given))
    named = f"{state.name} ({state.value})" if kind == "package" else state.value
    number = "R1P1" if kind == "package" else "R1P1T1"
    assert refusal.code == "state_conflict"
    assert refusal.message.startswith(f"{kind.capitalize()} {number} is {named}; {slug} runs from ")
    assert all(str(source) in refusal.message for source in row.sources)
    table = PACKAGE if kind == "package" else TRANSFER
    can = {other for other, one in table.items() if state.value in one.sources}
    assert refusal.extra["state"] == str(state.value) and set(refusal.extra["allowed"]) == can
    assert story.order is before and not (story.facts or story.effects or story.messages)


def package_became(story: Story, before: Package, state: PackageStatus, row: Row) -> None:
    """Its state, reservations, quota slot and the webhooks of its states, as spec 1.2 and 1.6 have them."""
    assert story.order is not None
    after = story.order.packages[1]
    labelled = P.packed if state is P.waiting_cargo_label else state
    expected = {"same": state, "before": before.before, "labelled": labelled}.get(str(row.target))
    assert after.state is (expected or P(int(row.target)))
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


def transfer_became(story: Story, target: str) -> None:
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
