"""`packages` and `package_items`: what packages are filtered and sorted by."""

from datetime import datetime
from typing import Any

import msgspec

from domain.order import Order
from domain.package import Package, PackageItem
from projections.model import OfState, cut
from projections.objects.named_id import place_id
from projections.objects.person import Reveal
from projections.promised import promised, shipping_option


class PackageRow(msgspec.Struct):
    """Places by id (places.py); when it was promised to come (projections.promised)."""

    id: int
    number: str
    state: int
    location: int
    order_id: int
    order_number: str
    channel: int
    delivery_type: str
    retail_store: str | None
    country: int | None
    city: int | None
    township: int | None
    cargo_company: int | None
    shipment_created: datetime | None
    date_placed: datetime | None
    promised_from: datetime | None
    promised_to: datetime | None
    shipping_option: str | None
    cancellation_failure: bool
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
            place_id("country", to.country),
            place_id("city", to.country, to.city),
            place_id("township", to.country, to.city, to.township),
            None if shipment is None else shipment.cargo_company,
            None if shipment is None else shipment.created,
            order.date_placed,
            *promised(order),
            shipping_option(order),
            package.cancellation_failure is not None,
            package.created,
            package.modified,
            package.version,
            position,
        )
    ]


def _shown(order: Order) -> Any:
    of = order
    come = of.delivery_range, of.extra.get("shipping_option")
    return of.number, of.channel, of.delivery_type, of.retail_store, of.destination, of.date_placed, *come


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
        "(order_id, id)",
        "(order_number)",
        "(number)",
        "(channel, id)",
        "(delivery_type, id)",
        "(retail_store, id) include (location) where retail_store is not null",
        "(country, id)",
        "(city, id)",
        "(township, id) where township is not null",
        "(cargo_company, id) where cargo_company is not null",
        "(shipment_created, id) where shipment_created is not null",
        "(date_placed, id)",
        "(promised_from, id) where promised_from is not null",
        "(promised_to, id) where promised_to is not null",
        "using gist (tstzrange(promised_from, promised_to, '[]')) where promised_from is not null",
        "(shipping_option, id) where shipping_option is not null",
        "(id) where cancellation_failure",
        "(created, id)",
        "(modified, id)",
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
    lines = {line.id: line for line in order.items}

    def barcode(item: PackageItem) -> str | None:
        """Of a product that replaced another one, only what was scanned is known."""
        line = lines[item.item]
        return line.barcode if item.sku == line.sku else item.barcode

    return [
        PackageItemRow(item.id, package.id, order.id, item.item, cut(item.sku), cut(barcode(item)), package.created)
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
    within=lambda package: package.items,
    indexes=(
        "(package_id)",
        "(order_item)",
        "(created)",
        "(sku, package_id)",
        "(barcode, package_id) where barcode is not null",
    ),
)
