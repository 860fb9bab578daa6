"""Product (spec 7), as far as the order item that names it tells."""

from typing import Any

from domain.order import OrderItem


def product_object(item: OrderItem) -> dict[str, Any]:
    """There is no catalogue: what an order did not bring along is null."""
    extra = item.extra
    return {
        "id": extra.get("product_id"),
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
