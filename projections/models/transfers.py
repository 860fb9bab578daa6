"""`transfers` and `transfer_items`: what transfer orders are filtered and sorted by."""

from datetime import datetime
from typing import Any

import msgspec

from domain.order import Order
from domain.transfer import Transfer
from projections.model import OfState, cut
from projections.objects.person import Reveal


class TransferRow(msgspec.Struct):
    """`number` begins with its package's number, even when that package has let go of it."""

    id: int
    number: str
    state: str
    source: int
    destination: int
    package_id: int | None
    order_id: int
    order_number: str
    channel: int
    date_placed: datetime | None
    created: datetime | None
    modified: datetime | None
    version: int
    position: int


def _row(order: Order, transfer: Transfer, position: int, _reveal: Reveal) -> list[TransferRow]:
    return [
        TransferRow(
            transfer.id,
            cut(transfer.number),
            transfer.state,
            transfer.source,
            transfer.destination,
            transfer.package,
            order.id,
            cut(order.number),
            order.channel,
            order.date_placed,
            transfer.created,
            transfer.modified,
            transfer.version,
            position,
        )
    ]


def _shown(order: Order) -> Any:
    return order.number, order.channel, order.date_placed


TRANSFERS = OfState(
    "transfers",
    TransferRow,
    "transfer",
    lambda order: order.transfers,
    _row,
    besides=_shown,
    counted=lambda _, transfer: (0, transfer.state.value),
    indexes=(
        "(source, state, id)",
        "(destination, state, id)",
        "(state, id)",
        "(order_id)",
        "(package_id)",
        "(number)",
        "(channel, id)",
        "(date_placed)",
        "(created)",
        "(modified)",
        "(position)",
    ),
)


class TransferItemRow(msgspec.Struct):
    """State and dates are the transfer's."""

    id: int
    transfer_id: int
    order_id: int
    sku: str
    barcode: str | None
    quantity: int


def _item_rows(order: Order, transfer: Transfer, _position: int, _reveal: Reveal) -> list[TransferItemRow]:
    barcodes = {line.sku: line.barcode for line in order.items}
    return [
        TransferItemRow(item.id, transfer.id, order.id, cut(item.sku), cut(barcodes.get(item.sku)), item.quantity)
        for item in transfer.items
    ]


TRANSFER_ITEMS = OfState(
    "transfer_items",
    TransferItemRow,
    "transfer",
    lambda order: order.transfers,
    _item_rows,
    many=True,
    besides=lambda order: order.items,
    indexes=(
        "(transfer_id)",
        "(sku, transfer_id)",
        "(barcode, transfer_id) where barcode is not null",
        "(quantity, id)",
    ),
)
