"""Package item (spec 7)."""

from typing import Any

from domain.order import Order, OrderItem
from domain.package import Package, PackageItem
from domain.states import PackageStatus
from projections.objects.product import product_object, replacement
from projections.objects.state import state_object
from projections.objects.wire import moment


def package_item_object(order: Order, package: Package, item: PackageItem, line: OrderItem) -> dict[str, Any]:
    """`line`: the order item it is of; `replaces`: that one's SKU, where another product stands in for it. It has the
    state of its package, but for what came back."""
    transfers = order.transfers
    return {
        "id": item.id,
        "package": package.id,
        "order_item": item.item,
        "state": state_object(PackageStatus.returned if item.returned else package.state, "packageitem"),
        "product": product_object(line if item.sku == line.sku else replacement(line, item.sku)),
        "quantity": item.quantity,
        "unit_type": "quantity",
        "unit_weight": item.weight,
        "discrepancy_reason": item.discrepancy_reason,
        "denial_reason": item.denial_reason,
        "selected_barcode": item.barcode,
        "serial_no": item.serial_no,
        "replaces": None if item.sku == line.sku else line.sku,
        "transfer_orders": [
            id for id in package.transfers if any(t.package_item == item.id for t in transfers[id].items)
        ],
        "projected_departure": None,
        "created_date": moment(package.created),
        "modified_date": moment(package.modified),
    }


def package_items(order: Order, package: Package) -> list[dict[str, Any]]:
    lines = {line.id: line for line in order.items}
    return [package_item_object(order, package, item, lines[item.item]) for item in package.items]
