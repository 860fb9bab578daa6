"""`transfer_orders/`, `transfer_orders/short/` and `transfer-items/` with their filters (spec 3.2)."""

from dataclasses import replace

from domain.states import TransferStatus
from projections.filters import (
    Filter,
    among,
    any_of,
    begins,
    code,
    customer,
    dates,
    digits,
    equal,
    id_or_word,
    in_country,
    keys,
    named,
    of_day,
    places,
    states,
    whole,
    word,
)
from projections.listing import List
from projections.lists.shown import objects


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
        **places(),
        "destination__country": any_of("t.destination", in_country),
        "number": begins("t.number"),
        "order": equal("t.order_id"),
        "order__number": begins("t.number"),
        "order__omnitron_id": among("t.order_id", "orders", "id", "x.omnitron_id = %s", digits),
        "order__channel": equal("t.channel", named("channel")),
        "order__date_placed": of_day("t.date_placed"),
        **dates("order__date_placed", "t.date_placed"),
        "package": equal("t.package_id"),
        "package_number": begins("t.number"),
        "product_sku": among("t.id", "transfer_items", "transfer_id", "x.sku = %s", word),
        "product_barcode": among("t.id", "transfer_items", "transfer_id", "x.barcode = %s", word),
        "source__erp_code": equal("t.source", code),
        "destination__erp_code": equal("t.destination", code),
        "erp_code": Filter("t.source = %s or t.destination = %s", _twice),
        "order__customer__first_name": customer("first_name", "t.order_id"),
        "order__customer__last_name": customer("last_name", "t.order_id"),
        "retail_store__erp_code": equal("t.retail_store", word),
        "package__shipment__cargo_company": among(
            "t.package_id", "shipments", "package_id", "x.cargo_company = %s", named("cargo_company")
        ),
        "package__shipment__awb_number": among(
            "t.package_id", "shipment_awb_numbers", "package_id", "x.awb_number = %s", word
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

TRANSFER_ITEMS = List(
    "transfer-items",
    "transfer_items",
    "t.id, t.order_id",
    {
        **keys(),
        "transfer_order": equal("t.transfer_id"),
        "product": Filter("t.product = %s or t.sku = %s", id_or_word),
        "product_sku": equal("t.sku", word),
        "product_barcode": equal("t.barcode", word),
        "quantity": equal("t.quantity"),
        "quantity__gt": Filter("t.quantity > %s", whole),
        "quantity__gte": Filter("t.quantity >= %s", whole),
        "quantity__lt": Filter("t.quantity < %s", whole),
        "quantity__lte": Filter("t.quantity <= %s", whole),
    },
    objects("transfer_item"),
    scope="t.transfer_id in (select x.id from transfers x where x.source = any(%s) or x.destination = any(%s))",
    counted="transfer_items",
    cursor=None,
)
