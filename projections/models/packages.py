"""`packages` and `package_items`: what packages are filtered and sorted by."""

from datetime import datetime
from typing import Any

import msgspec

from domain.order import Order
from domain.package import Package
from projections.model import OfState, cut
from projections.objects.person import Reveal


class PackageRow(msgspec.Struct):
    id: int
    number: str
    state: int
    location: int
    order_id: int
    order_number: str
    channel: int
    delivery_type: str
    retail_store: str | None
    country: str | None
    city: str | None
    township: str | None
    cargo_company: int | None
    shipment_created: datetime | None
    date_placed: datetime | None
    created: datetime | None
    modified: datetime | None
    version: int
    position: int


def _row(order: Order, package: Package, position: int, _reveal: Reveal) -> list[PackageRow]:
    to = order.destination
    shipment = None if package.shipment is None else order.shipments.get(package.shipment)
    return [
        PackageRow(
            package.id,
            cut(package.number),
            package.state,
            package.location,
            order.id,
            cut(order.number),
            order.channel,
            cut(order.delivery_type),
            cut(order.retail_store),
            cut(to.country),
            cut(to.city),
            cut(to.township),
            None if shipment is None else shipment.cargo_company,
            None if shipment is None else shipment.created,
            order.date_placed,
            package.created,
            package.modified,
            package.version,
            position,
        )
    ]


def _shown(order: Order) -> Any:
    return order.number, order.channel, order.delivery_type, order.retail_store, order.destination, order.date_placed


PACKAGES = OfState(
    "packages",
    PackageRow,
    "package",
    lambda order: order.packages,
    _row,
    besides=_shown,
    counted=lambda _, package: (package.location, str(package.state.value)),
    indexes=(
        "(location, state, id)",
        "(state, id)",
        "(location, id)",
        "(order_id)",
        "(order_number)",
        "(number)",
        "(channel, id)",
        "(delivery_type, id)",
        "(retail_store, id) where retail_store is not null",
        "(country, id)",
        "(city, id)",
        "(township, id) where township is not null",
        "(cargo_company, id) where cargo_company is not null",
        "(shipment_created) where shipment_created is not null",
        "(date_placed)",
        "(created)",
        "(modified)",
        "(position)",
    ),
)


class PackageItemRow(msgspec.Struct):
    """State and dates are the package's."""

    id: int
    package_id: int
    order_id: int
    order_item: int
    sku: str
    barcode: str | None
    created: datetime | None


def _item_rows(order: Order, package: Package, _position: int, _reveal: Reveal) -> list[PackageItemRow]:
    barcodes = {line.id: line.barcode for line in order.items}
    return [
        PackageItemRow(
            item.id, package.id, order.id, item.item, cut(item.sku), cut(barcodes[item.item]), package.created
        )
        for item in package.items
    ]


PACKAGE_ITEMS = OfState(
    "package_items",
    PackageItemRow,
    "package",
    lambda order: order.packages,
    _item_rows,
    many=True,
    besides=lambda order: order.items,
    indexes=(
        "(package_id)",
        "(order_item)",
        "(created)",
        "(sku, package_id)",
        "(barcode, package_id) where barcode is not null",
    ),
)
