"""`packages/`, `packages/short/` and `packages/package-items/` with their filters (spec 3.2)."""

from dataclasses import replace

from domain.states import PackageStatus
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
    moment,
    named,
    of_day,
    of_type,
    one_of,
    several,
    states,
    truth,
    where,
    whole,
    word,
)
from projections.listing import List
from projections.lists.shown import objects

_ITEM = "t.id " + where("package_items", "package_id", "{}")
_SHIPMENT = "t.id " + where("shipments", "package_id", "{}")
_ORDER = "t.order_id " + where("orders", "id", "{}")
_LINE = "t.order_id " + where("order_items", "order_id", "{}")

FILTERS: dict[str, Filter] = {
    **keys(),
    **states("t.state", "package", PackageStatus),
    **dates("created_date", "t.created"),
    **dates("modified_date", "t.modified"),
    **destination("t.order_id"),
    "number": Filter("t.number like %s", beginning),
    "order": equal("t.order_id"),
    "order__number": Filter("t.order_number like %s", beginning),
    "order__omnitron_id": Filter(_ORDER.format("x.omnitron_id = %s"), digits),
    "order__channel": equal("t.channel", named("channel")),
    **dates("order__date_placed", "t.date_placed"),
    "order__date": of_day("t.date_placed"),
    "order__delivery_type": equal("t.delivery_type", word),
    "is_click_and_collect": Filter("(t.delivery_type = 'store_pickup') = %s", truth),
    "stock_location": equal("t.location"),
    "stock_location__erp_code": equal("t.location", code),
    "stock_location__erp_code__in": one_of("t.location", code),
    "stock_location__stock_location_type": Filter("t.location = any(%s)", of_type),
    "shipment__created_date__gte": Filter(_SHIPMENT.format("x.created >= %s"), moment),
    "shipment__created_date__lte": Filter(_SHIPMENT.format("x.created <= %s"), moment),
    "shipment__cargo_company": Filter(_SHIPMENT.format("x.cargo_company = %s"), named("cargo_company")),
    "shipment__awb_number": Filter(
        _SHIPMENT.format("x.awb_numbers @> %s"), lambda text, settings: [word(text, settings)]
    ),
    "product_sku": Filter(_ITEM.format("x.sku = %s"), word),
    "product_barcode": Filter(_ITEM.format("x.barcode = %s"), word),
    "customer_first_name": customer("first_name", "t.order_id"),
    "customer_last_name": customer("last_name", "t.order_id"),
    "retail_store__erp_code": Filter(_ORDER.format("x.retail_store = %s"), word),
    "location_or_store__erp_code": Filter(
        "t.location = %s or " + _ORDER.format("x.retail_store = %s"),
        lambda text, settings: (code(text, settings), word(text, settings)),
    ),
    "order_item__omnitron_id": Filter(_LINE.format("x.omnitron_id = %s"), digits),
    "order_item__omnitron_id__in": Filter(_LINE.format("x.omnitron_id = any(%s)"), several(digits)),
    # No package carries a failed cancellation yet: none with true, all with false.
    "cancellation_failure": Filter("not %s", truth),
}

PACKAGES = List(
    "packages",
    "packages",
    "t.id, t.order_id",
    FILTERS,
    objects("package"),
    scope="t.location = any(%s)",
    sorts={
        "id": "t.id",
        "created_date": "t.created",
        "modified_date": "t.modified",
        "order__number": "t.order_number",
        "order__date_placed": "t.date_placed",
    },
    counted="packages",
    by={
        "state": "state",
        "state__enum_value": "state",
        "state__enum_value__ne": "state",
        "state__enum_value__in": "state",
        "stock_location": "location",
        "stock_location__erp_code": "location",
        "stock_location__erp_code__in": "location",
        "stock_location__stock_location_type": "location",
        "scope": "location",
    },
)

PACKAGES_SHORT = replace(PACKAGES, name="packages-short", show=objects("package_short"))

_PACKAGE = "t.package_id " + where("packages", "id", "{}")
_STATES = states("x.state", "package", PackageStatus)
_DATES = {**dates("created_date", "x.created"), **dates("modified_date", "x.modified")}

PACKAGE_ITEMS = List(
    "package-items",
    "package_items",
    "t.id, t.order_id",
    {
        **keys(),
        "package": equal("t.package_id"),
        "package__number": Filter(_PACKAGE.format("x.number = %s"), word),
        "order_item": equal("t.order_item"),
        "product_sku": equal("t.sku", word),
        "product_barcode": equal("t.barcode", word),
        **{name: Filter(_PACKAGE.format(f.sql), f.read) for name, f in {**_STATES, **_DATES}.items()},
    },
    objects("package_item"),
    scope=_PACKAGE.format("x.location = any(%s)"),
    counted="package_items",
    cursor=None,
)

__all__ = ["FILTERS", "PACKAGES", "PACKAGES_SHORT", "PACKAGE_ITEMS", "whole"]
