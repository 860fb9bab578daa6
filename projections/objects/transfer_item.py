"""Transfer item (spec 7)."""

from typing import Any

from domain.order import Order
from domain.transfer import Transfer, TransferItem
from projections.objects.package_item import package_item_object
from projections.objects.product import product_object
from projections.objects.state import state_object
from projections.objects.wire import moment


def transfer_item_object(order: Order, transfer: Transfer, item: TransferItem) -> dict[str, Any]:
    """`package_item` is null once the package lost it (nothing arrived, or its package was cancelled on the way)."""
    package = None if transfer.package is None else order.packages[transfer.package]
    held = next((i for i in package.items if i.id == item.package_item), None) if package else None
    line = next(i for i in order.items if (i.id == held.item if held else i.sku == item.sku))
    return {
        "id": item.id,
        "state": state_object(transfer.state, "transferitem"),
        "transfer_order": transfer.id,
        "package_item": package_item_object(order, package, held, line) if package and held else None,
        "product": product_object(line),
        "name": line.name,
        "stock_code": item.sku,
        "barcode": line.barcode,
        "quantity": item.quantity,
        "arrived": item.arrived,
        "unit_type": "quantity",
        "created_date": moment(transfer.created),
        "modified_date": moment(transfer.modified),
    }
