"""Product (spec 7), as far as the order item that names it tells."""

from dataclasses import replace
from typing import Any

from domain.order import OrderItem
from projections.objects.named_id import named_id


def product_id(item: OrderItem) -> int:
    """As the channel numbers it, else made of the SKU."""
    said = item.extra.get("product_id")
    return said if isinstance(said, int) and 0 < said < 2**53 else named_id("product", item.sku)


def product_object(item: OrderItem) -> dict[str, Any]:
    """There is no catalogue: what an order did not bring along is null."""
    extra = item.extra
    return {
        "id": product_id(item),
        "omnitron_id": extra.get("product_omnitron_id"),
        "name": item.name,
        "base_code": extra.get("base_code"),
        "sku": item.sku,
        "barcode": item.barcode,
        "attributes": item.attributes,
        "attributes_kwargs": extra.get("attributes_kwargs") or {},
        "extra_attributes": {},
        "productimage_set": [],
        "created_date": None,
        "modified_date": None,
        "remote_modified_date": None,
    }


def replacement(item: OrderItem, sku: str) -> OrderItem:
    """The order item as if it were of a product that stands in for it, of which only the SKU is known."""
    return replace(item, sku=sku, name="", barcode=None, attributes={}, extra={})
