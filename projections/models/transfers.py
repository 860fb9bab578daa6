"""`transfers` and `transfer_items`: what transfer orders are filtered and sorted by."""

from datetime import datetime
from typing import Any

import msgspec

from domain.order import Order
from domain.transfer import Transfer
from projections.model import OfState, cut
from projections.objects.named_id import place_id
from projections.objects.person import Reveal
from projections.objects.product import product_id


class TransferRow(msgspec.Struct):
    """`number` begins with its package's number, even when that package has let go of it. Places: where the order goes,
    by id (places.py)."""

    id: int
    number: str
    state: str
    source: int
    destination: int
    package_id: int | None
    order_id: int
    order_number: str
    channel: int
    retail_store: str | None
    country: int | None
    city: int | None
    township: int | None
    date_placed: datetime | None
    created: datetime | None
    modified: datetime | None
    version: int
    position: int


def _row(order: Order, transfer: Transfer, position: int, _reveal: Reveal) -> list[TransferRow]:
    to = order.destination
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
            cut(order.retail_store),
            place_id("country", to.country),
            place_id("city", to.country, to.city),
            place_id("township", to.country, to.city, to.township),
            order.date_placed,
            transfer.created,
            transfer.modified,
            transfer.version,
            position,
        )
    ]


def _shown(order: Order) -> Any:
    return order.number, order.channel, order.retail_store, order.destination, order.date_placed


TRANSFERS = OfState(
    "transfers",
    TransferRow,
    "transfer",
    lambda order: order.transfers,
    _row,
    besides=_shown,
    counted=lambda _, transfer: (transfer.source, transfer.state.value),
    revision="2",
    indexes=(
        "(source, state, id)",
        "(destination, state, id)",
        "(state, id)",
        "(order_id)",
        "(package_id)",
        "(number)",
        "(channel, id)",
        "(retail_store, id) where retail_store is not null",
        "(country, id)",
        "(city, id)",
        "(township, id) where township is not null",
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
    product: int
    sku: str
    barcode: str | None
    quantity: int


def _item_rows(order: Order, transfer: Transfer, _position: int, _reveal: Reveal) -> list[TransferItemRow]:
    barcodes = {line.sku: line.barcode for line in order.items}
    products = {line.sku: product_id(line) for line in order.items}
    return [
        TransferItemRow(
            item.id,
            transfer.id,
            order.id,
            products.get(item.sku, 0),
            cut(item.sku),
            cut(barcodes.get(item.sku)),
            item.quantity,
        )
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
    within=lambda transfer: transfer.items,
    indexes=(
        "(transfer_id)",
        "(product, id)",
        "(sku, id)",
        "(sku, transfer_id)",
        "(barcode, transfer_id) where barcode is not null",
        "(quantity, id)",
    ),
)
