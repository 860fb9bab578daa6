"""`transfer_orders/`, `transfer_orders/short/` and `transfer-items/` with their filters (spec 3.2)."""

from dataclasses import replace

from domain.states import TransferStatus
from projections.filters import (
    Filter,
    beginning,
    code,
    customer,
    dates,
    destination,
    digits,
    equal,
    keys,
    named,
    of_day,
    states,
    where,
    whole,
    word,
)
from projections.listing import List
from projections.lists.shown import objects

_ITEM = "t.id " + where("transfer_items", "transfer_id", "{}")
_SHIPMENT = "t.package_id " + where("shipments", "package_id", "{}")
_ORDER = "t.order_id " + where("orders", "id", "{}")


def _twice(text: str, settings: object) -> tuple[int, int]:
    found = code(text, settings)  # type: ignore[arg-type]  # the settings are only handed on
    return found, found


TRANSFERS = List(
    "transfer_orders",
    "transfers",
    "t.id, t.order_id",
    {
        **keys(),
        **states("t.state", "transferorder", TransferStatus),
        **dates("created_date", "t.created"),
        **dates("modified_date", "t.modified"),
        **destination("t.order_id"),
        "destination__country": Filter(_ORDER.format("x.country = %s"), word),
        "number": Filter("t.number like %s", beginning),
        "order": equal("t.order_id"),
        "order__number": Filter("t.number like %s", beginning),
        "order__omnitron_id": Filter(_ORDER.format("x.omnitron_id = %s"), digits),
        "order__channel": equal("t.channel", named("channel")),
        "order__date_placed": of_day("t.date_placed"),
        **dates("order__date_placed", "t.date_placed"),
        "package": equal("t.package_id"),
        "package_number": Filter("t.number like %s", beginning),
        "product_sku": Filter(_ITEM.format("x.sku = %s"), word),
        "product_barcode": Filter(_ITEM.format("x.barcode = %s"), word),
        "source__erp_code": equal("t.source", code),
        "destination__erp_code": equal("t.destination", code),
        "erp_code": Filter("t.source = %s or t.destination = %s", _twice),
        "order__customer__first_name": customer("first_name", "t.order_id"),
        "order__customer__last_name": customer("last_name", "t.order_id"),
        "retail_store__erp_code": Filter(_ORDER.format("x.retail_store = %s"), word),
        "package__shipment__cargo_company": Filter(_SHIPMENT.format("x.cargo_company = %s"), named("cargo_company")),
        "package__shipment__awb_number": Filter(
            _SHIPMENT.format("x.awb_numbers @> %s"), lambda text, settings: [word(text, settings)]
        ),
    },
    objects("transfer"),
    scope="t.source = any(%s) or t.destination = any(%s)",
    sorts={
        "id": "t.id",
        "created_date": "t.created",
        "modified_date": "t.modified",
        "order__date_placed": "t.date_placed",
        "number": "t.number",
    },
    counted="transfers",
    by={
        "state": "state",
        "state__enum_value": "state",
        "state__enum_value__ne": "state",
        "state__enum_value__in": "state",
    },
)

TRANSFERS_SHORT = replace(TRANSFERS, name="transfer_orders-short", show=objects("transfer_short"))

_TRANSFER = "t.transfer_id " + where("transfers", "id", "{}")
_SCOPE = "x.source = any(%s) or x.destination = any(%s)"

TRANSFER_ITEMS = List(
    "transfer-items",
    "transfer_items",
    "t.id, t.order_id",
    {
        **keys(),
        "transfer_order": equal("t.transfer_id"),
        "product": equal("t.sku", word),
        "product_sku": equal("t.sku", word),
        "product_barcode": equal("t.barcode", word),
        "quantity": equal("t.quantity"),
        "quantity__gt": Filter("t.quantity > %s", whole),
        "quantity__gte": Filter("t.quantity >= %s", whole),
        "quantity__lt": Filter("t.quantity < %s", whole),
        "quantity__lte": Filter("t.quantity <= %s", whole),
    },
    objects("transfer_item"),
    scope=_TRANSFER.format(_SCOPE),
    counted="transfer_items",
    cursor=None,
)
