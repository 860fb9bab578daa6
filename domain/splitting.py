"""Splitting a merged order item of n pieces into parts: amounts divided to the cent, the packages follow (spec 3.2)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any, NamedTuple

from domain.changing import replace
from domain.kernel import Facts, Given, fact, invalid
from domain.order import Order, OrderItem, evolve_order
from domain.package import Package, PackageItem
from domain.package import evolve as evolve_package
from domain.states import OPEN_TRANSFER, PackageStatus
from domain.transfer import Transfer, TransferItem
from domain.transfer import evolve as evolve_transfer

Lines = tuple[tuple[int, int], ...]
"""(order item, pieces)."""

# --- facts


class PackageItemPart(NamedTuple):
    """What a package item is for one part of its order item; `coming`, `cancelling`, `refunds` as they stand there."""

    id: int
    order_item: int
    quantity: int
    coming: int = 0
    cancelling: int = 0
    refunds: int = 0


class TransferItemPart(NamedTuple):
    id: int
    package_item: int
    quantity: int


@fact("OrderItemSplit", on="order", sentence="Item {item} was split into parts.")
class OrderItemSplit:
    """`parts` stand where the item stood, the first keeps its id; `waiting`, `held`, `cancelled`: what each part has
    there of what the item had."""

    order: int
    item: int
    parts: tuple[OrderItem, ...]
    waiting: Lines = ()
    held: Lines = ()
    cancelled: Lines = ()


@fact("PackageItemSplit", on="package", sentence="Item {item} followed its order item into parts.")
class PackageItemSplit:
    """The first of `parts` keeps the id; a single one says only that it is now of another order item."""

    package: int
    item: int
    parts: tuple[PackageItemPart, ...]


@fact("TransferItemSplit", on="transfer", sentence="Item {item} followed its package item into parts.")
class TransferItemSplit:
    transfer: int
    item: int
    parts: tuple[TransferItemPart, ...]


# --- evolve


@evolve_order.on(OrderItemSplit)
def _split(order: Order, fact: OrderItemSplit, _at: datetime) -> Order:
    items: list[OrderItem] = []
    for line in order.items:
        items += fact.parts if line.id == fact.item else [line]

    def now(lines: Mapping[int, int], of_parts: Lines) -> dict[int, int]:
        return {id: pieces for id, pieces in lines.items() if id != fact.item} | dict(of_parts)

    return replace(
        order,
        items=tuple(items),
        waiting=now(order.waiting, fact.waiting),
        held=now(order.held, fact.held),
        cancelled=now(order.cancelled, fact.cancelled),
    )


@evolve_package.on(PackageItemSplit)
def _followed(package: Package, fact: PackageItemSplit, _at: datetime) -> Package:
    items: list[PackageItem] = []
    for item in package.items:
        if item.id == fact.item:
            items += [
                replace(item, id=p.id, item=p.order_item, quantity=p.quantity, coming=p.coming) for p in fact.parts
            ]
        else:
            items.append(item)

    def now(pieces: Mapping[int, int], name: str) -> dict[int, int]:
        told = {part.id: getattr(part, name) for part in fact.parts if getattr(part, name)}
        return {id: n for id, n in pieces.items() if id != fact.item} | told

    return replace(
        package,
        items=tuple(items),
        cancelling=now(package.cancelling, "cancelling"),
        refunds=now(package.refunds, "refunds"),
    )


@evolve_transfer.on(TransferItemSplit)
def _carried(transfer: Transfer, fact: TransferItemSplit, _at: datetime) -> Transfer:
    items: list[TransferItem] = []
    for item in transfer.items:
        same = item.id == fact.item
        items += [replace(item, **part._asdict()) for part in fact.parts] if same else [item]
    return replace(transfer, items=tuple(items))


# --- decisions

DIVIDED = ("net_amount", "tax_amount", "without_net_amount", "installment_interest_amount")
"""Fields of a line, among what came with it, that are of all its pieces together; prices are of one piece and stay."""


@dataclass(frozen=True, slots=True)
class Part:
    """`omnitron_id`: what the order source calls the part, where it has a name for it yet."""

    quantity: int
    omnitron_id: int | None = None


def split(order: Order, item: int, parts: Sequence[Part], given: Given) -> Facts:
    """The facts that make the pieces of an order item lines of their own; `parts` in the order of the lines, none: one
    for each piece. What is in packages goes to the first parts, then what waits, is held, and was cancelled. Refuses an
    item that is not there or has one piece, and parts that are not all its pieces."""
    line = next((line for line in order.items if line.id == item), None)
    if line is None:
        known = [line.id for line in order.items]
        raise invalid(order_item=f"{item} is not an item of {order.number}; it has {known}.")
    parts = parts or [Part(1)] * line.quantity
    if line.quantity < 2 or len(parts) < 2:
        raise invalid(parts=f"There is nothing to split: item {item} has {line.quantity} pieces, {len(parts)} parts.")
    if sum(part.quantity for part in parts) != line.quantity:
        raise invalid(
            parts=f"Together they are {sum(p.quantity for p in parts)} pieces; item {item} has {line.quantity}."
        )
    made = _made(line, parts, given)
    pieces = _Pieces((part.id, part.quantity) for part in made)
    facts: Facts = []
    for package in order.packages.values():
        if package.state is not PackageStatus.cancelled:
            for held in package.items:
                if held.item == item:
                    facts += _package_item(order, package, held, pieces.take(held.quantity), given)
    waiting, held_back, cancelled = (
        pieces.take(of.get(item, 0)) for of in (order.waiting, order.held, order.cancelled)
    )
    told = OrderItemSplit(order=order.id, item=item, parts=made, waiting=waiting, held=held_back, cancelled=cancelled)
    return [told, *facts]


class _Pieces:
    """(id, pieces) of the parts, taken one place after the other."""

    def __init__(self, parts: Iterable[tuple[int, int]]) -> None:
        self._left = [list(part) for part in parts]

    def take(self, quantity: int) -> Lines:
        """(part, pieces) of so many."""
        taken = []
        while quantity:
            part, left = self._left[0]
            n = min(left, quantity)
            taken.append((part, n))
            quantity -= n
            self._left[0][1] -= n
            if n == left:
                self._left.pop(0)
        return tuple(taken)


def _made(line: OrderItem, parts: Sequence[Part], given: Given) -> tuple[OrderItem, ...]:
    """The lines of the parts: each amount is that of all pieces up to here, less that of those before, so that nothing
    is lost. A part without a name of its own names the line it came from."""
    made: list[OrderItem] = []
    before = 0
    for n, part in enumerate(parts):
        upto = before + part.quantity
        extra = dict(line.extra)
        for name in DIVIDED:
            if (amount := _amount(extra.get(name))) is not None:
                extra[name] = format(_share(amount, before, upto, line.quantity), "f")
        if n and line.omnitron_id is not None:
            extra.setdefault("parent_omnitron_id", line.omnitron_id)
        made.append(
            replace(
                line,
                id=line.id if n == 0 else given.ids("order_item"),
                omnitron_id=part.omnitron_id or (line.omnitron_id if n == 0 else None),
                quantity=part.quantity,
                discount_amount=_share(line.discount_amount, before, upto, line.quantity),
                extra=extra,
            )
        )
        before = upto
    return tuple(made)


def _amount(value: Any) -> Decimal | None:
    if value is None or isinstance(value, bool):
        return None
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() else None


def _share(amount: Decimal, before: int, upto: int, pieces: int) -> Decimal:
    """Of `amount` for `pieces`, what falls to those from `before` to `upto`: to the cent, or as fine as it is."""
    exponent = amount.as_tuple().exponent
    cent = Decimal(1).scaleb(min(-2, exponent if isinstance(exponent, int) else -2))
    ends = ((amount * n / pieces).quantize(cent, ROUND_HALF_EVEN) if n < pieces else amount for n in (before, upto))
    first, last = ends
    return last - first


def _package_item(order: Order, package: Package, item: PackageItem, lines: Lines, given: Given) -> Facts:
    """What follows in a package, and in the transfers that still bring some of it."""
    if lines == ((item.item, item.quantity),):
        return []
    coming, cancelling = item.coming, package.cancelling.get(item.id, 0)
    refunds = package.refunds.get(item.id, 0)
    ids = [item.id, *(given.ids("package_item") for _ in lines[1:])]
    parts: list[PackageItemPart] = []
    for id, (line, quantity) in reversed(list(zip(ids, lines, strict=True))):  # what is not there comes to the last
        shares = [min(left, quantity) for left in (coming, cancelling, refunds)]
        coming, cancelling, refunds = coming - shares[0], cancelling - shares[1], refunds - shares[2]
        parts.insert(0, PackageItemPart(id, line, quantity, *shares))
    facts: Facts = [PackageItemSplit(package=package.id, item=item.id, parts=tuple(parts))]
    if len(parts) > 1:
        facts += _transfer_items(order, package, item, parts, given)
    return facts


def _transfer_items(
    order: Order, package: Package, item: PackageItem, followed: Iterable[PackageItemPart], given: Given
) -> Facts:
    pieces = _Pieces((part.id, part.coming) for part in followed if part.coming)
    facts: Facts = []
    for transfer in order.transfers.values():
        if transfer.package != package.id or transfer.state not in OPEN_TRANSFER:
            continue
        for row in transfer.items:
            if row.package_item != item.id:
                continue
            taken = pieces.take(row.quantity)
            if taken != ((item.id, row.quantity),):
                parts = [
                    TransferItemPart(given.ids("transfer_item") if n else row.id, of, quantity)
                    for n, (of, quantity) in enumerate(taken)
                ]
                facts.append(TransferItemSplit(transfer=transfer.id, item=row.id, parts=tuple(parts)))
    return facts
