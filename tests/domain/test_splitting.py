"""A merged order item in parts (spec 3.2): nothing of its amounts and pieces is lost, its packages follow."""

from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.cancelling import PackageCancellationRequested, PackageRefundAccepted
from domain.kernel import Refusal
from domain.order import Order, OrderItem
from domain.order_laws import reserving, unconserved
from domain.package import NewItem
from domain.reservations import holdings
from domain.splitting import (
    OrderItemSplit,
    PackageItemPart,
    PackageItemSplit,
    Part,
    TransferItemPart,
    TransferItemSplit,
    split,
)
from domain.states import PackageStatus
from tests.domain import shop
from tests.domain.given import Story


def parted(story: Story, *quantities: int, item: int = 1) -> Order:
    before = story.order
    story.when(lambda order, given: split(order, item, [Part(n) for n in quantities], given))
    assert before is not None and story.order is not None
    assert list(unconserved(story.order)) == [] and not story.effects
    assert holdings(story.order) == holdings(before) == reserving(story.order)
    return story.order


def test_without_parts_each_piece_is_one_and_its_package_follows() -> None:
    story = Story(*shop.WAITING)
    order = parted(story)
    assert [(line.id, line.quantity) for line in order.items] == [(1, 1), (101, 1), (102, 1), (2, 2)]
    assert [(i.id, i.item, i.quantity) for i in order.packages[1].items] == [
        (11, 1, 1),
        (101, 101, 1),
        (102, 102, 1),
        (12, 2, 2),
    ]
    assert [type(fact) for fact in story.facts] == [OrderItemSplit, PackageItemSplit]
    assert order.packages[1].version == 2


def test_what_is_in_packages_goes_to_the_first_parts() -> None:
    story = Story(shop.received(), shop.created(items=(NewItem(11, 1, "A", 1), NewItem(12, 2, "B", 2))))
    order = parted(story, 1, 2)
    assert [(i.id, i.item) for i in order.packages[1].items] == [(11, 1), (12, 2)]
    assert order.waiting == {101: 2}
    assert len(story.facts) == 1, "the package is as it was"


def test_transfers_follow() -> None:
    order = parted(Story(*shop.COMING), 2, 1)
    items = order.packages[1].items
    coming = Counter({i.id: i.coming for i in items})
    brought: Counter[int] = Counter()
    for row in order.transfers[1].items:
        brought[row.package_item] += row.quantity
    assert +coming == +brought and sum(brought.values()) == 2


def test_the_facts_of_a_package_item_that_is_cut() -> None:
    story = Story(*shop.COMING)
    parted(story, 1, 2)
    assert story.facts[1:] == [
        PackageItemSplit(package=1, item=11, parts=(PackageItemPart(11, 1, 1), PackageItemPart(101, 101, 2, 2))),
        TransferItemSplit(transfer=1, item=21, parts=(TransferItemPart(21, 101, 2),)),
    ]


def test_open_decisions_and_refunds_follow() -> None:
    asked = PackageCancellationRequested(package=1, items=((11, 2),), reason="changed mind")
    order = parted(Story(*shop.WAITING, asked), 2, 1)
    assert order.packages[1].state is PackageStatus.cancellation_waiting
    assert order.packages[1].cancelling == {11: 1, 101: 1}
    back = PackageRefundAccepted(package=1, items=((11, 1),), reason="too small")
    order = parted(Story(*shop.SHIPPED, back), 2, 1)
    assert order.packages[1].refunds == {101: 1}


@pytest.mark.parametrize(
    ("item", "quantities", "field"),
    [(9, (1, 2), "order_item"), (1, (3,), "parts"), (1, (1, 1), "parts"), (1, (2, 2), "parts")],
)
def test_refused(item: int, quantities: tuple[int, ...], field: str) -> None:
    refusal = Story(*shop.WAITING).refused(
        lambda order, given: split(order, item, [Part(n) for n in quantities], given)
    )
    assert isinstance(refusal, Refusal) and list(refusal.extra["fields"]) == [field]


def test_a_single_piece_is_no_merged_item() -> None:
    story = Story(shop.received(items=(OrderItem(1, "A", 1),)))
    assert list(story.refused(lambda order, given: split(order, 1, [], given)).extra["fields"]) == ["parts"]


MONEY = st.decimals("-100000", "100000", places=2)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 9), min_size=2, max_size=7), MONEY, MONEY, st.sampled_from(["str", "float", "int"]))
def test_amounts_are_divided_to_the_cent_and_nothing_is_lost(
    quantities: list[int], discount: Decimal, net: Decimal, told: str
) -> None:
    pieces = sum(quantities)
    said: Any = {"str": str(net), "float": float(net), "int": int(net)}[told]
    extra = {"net_amount": said, "image": "x.png", "retail_price": "3.00", "tax_amount": "none"}
    line = OrderItem(1, "A", pieces, price=Decimal("2.55"), discount_amount=discount, omnitron_id=7, extra=extra)
    order = parted(Story(shop.received(items=(line,))), *quantities)
    assert [line.quantity for line in order.items] == quantities
    assert sum(line.discount_amount for line in order.items) == discount
    assert sum(Decimal(line.extra["net_amount"]) for line in order.items) == Decimal(str(said))
    for line in order.items:
        assert abs(line.discount_amount - discount * line.quantity / pieces) <= Decimal("0.01")
        assert line.discount_amount.as_tuple().exponent == -2
        assert line.price == Decimal("2.55")
        assert (line.extra["image"], line.extra["retail_price"], line.extra["tax_amount"]) == ("x.png", "3.00", "none")
    assert [line.omnitron_id for line in order.items] == [7] + [None] * (len(quantities) - 1)
    assert {line.extra.get("parent_omnitron_id") for line in order.items[1:]} == {7}
