"""`packages/`, `packages/short/` and `packages/package-items/` with their filters (spec 3.2)."""

from dataclasses import replace

from domain.states import PackageStatus
from projections.filters import (
    Filter,
    Settings,
    among,
    any_of,
    begins,
    code,
    customer,
    dates,
    day,
    digits,
    equal,
    keys,
    last_moment,
    looks,
    moment,
    named,
    of_day,
    of_type,
    one_of,
    places,
    several,
    states,
    truth,
    word,
)
from projections.listing import List
from projections.lists.shown import objects


@looks({"enum": ["true", "false", "1", "0"]})
def _collected(text: str, settings: Settings) -> list[str]:
    """Delivery types of click and collect, or the others (spec 3.3)."""
    return ["store_pickup"] if truth(text, settings) else ["home"]


_ON_DAY = (
    "select x.id from packages x"
    " where x.promised_from is not null and tstzrange(x.promised_from, x.promised_to, '[]') && tstzrange(%s, %s, '[)')"
)

FILTERS: dict[str, Filter] = {
    **keys(),
    **states("t.state", "package", PackageStatus),
    **dates("created_date", "t.created"),
    **dates("modified_date", "t.modified"),
    **places(),
    "number": begins("t.number"),
    "order": equal("t.order_id"),
    "order__number": begins("t.order_number"),
    "order__omnitron_id": among("t.order_id", "orders", "id", "x.omnitron_id = %s", digits),
    "order__channel": equal("t.channel", named("channel")),
    **dates("order__date_placed", "t.date_placed"),
    "order__date": of_day("t.date_placed"),
    "order__delivery_type": equal("t.delivery_type", word),
    "is_click_and_collect": any_of("t.delivery_type", _collected),
    "stock_location": equal("t.location"),
    "stock_location__erp_code": equal("t.location", code),
    "stock_location__erp_code__in": one_of("t.location", code),
    "stock_location__stock_location_type": any_of("t.location", of_type),
    **dates("shipment__created_date", "t.shipment_created"),
    "shipment__cargo_company": equal("t.cargo_company", named("cargo_company")),
    "shipment__awb_number": among("t.id", "shipment_awb_numbers", "package_id", "x.awb_number = %s", word),
    "product_sku": among("t.id", "package_items", "package_id", "x.sku = %s", word),
    "product_barcode": among("t.id", "package_items", "package_id", "x.barcode = %s", word),
    "customer_first_name": customer("first_name", "t.order_id"),
    "customer_last_name": customer("last_name", "t.order_id"),
    "retail_store__erp_code": equal("t.retail_store", word),
    "location_or_store__erp_code": Filter(
        "t.location = %s or t.retail_store = %s",
        lambda text, settings: (code(text, settings), word(text, settings)),
        apart=lambda both: (
            ("t.location = %s", both[:1]),
            ("t.retail_store = %s and t.location <> %s", both[::-1]),
        ),
    ),
    "order_item__omnitron_id": among("t.order_id", "order_items", "order_id", "x.omnitron_id = %s", digits),
    "order_item__omnitron_id__in": among(
        "t.order_id", "order_items", "order_id", "x.omnitron_id = any(%s)", several(digits)
    ),
    "delivery_range__lower": Filter("t.promised_from >= %s", moment, "t.promised_from desc"),
    "delivery_range__upper": Filter("t.promised_to <= %s", last_moment, "t.promised_to desc"),
    # As an array, so that they are found by the index of ranges, however many PostgreSQL thinks they are.
    "delivery_range__date": Filter(f"t.id = any(array({_ON_DAY}))", day, column="t.id", inner=_ON_DAY),
    "shipping_option__in": one_of("t.shipping_option", word),
    "shipping_option__not_in": Filter("t.shipping_option <> all(%s) or t.shipping_option is null", several(word)),
    "cancellation_failure": equal("t.cancellation_failure", truth),
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

_STATES = states("x.state", "package", PackageStatus)
_DATES = dates("modified_date", "x.modified")


def _of_package(condition: Filter) -> Filter:
    return among("t.package_id", "packages", "id", condition.sql, condition.read)


PACKAGE_ITEMS = List(
    "package-items",
    "package_items",
    "t.id, t.order_id",
    {
        **keys(),
        "package": equal("t.package_id"),
        "package__number": _of_package(equal("x.number", word)),
        **dates("created_date", "t.created"),
        "order_item": equal("t.order_item"),
        "product_sku": equal("t.sku", word),
        "product_barcode": equal("t.barcode", word),
        **{name: _of_package(f) for name, f in {**_STATES, **_DATES}.items()},
    },
    objects("package_item"),
    sorts={"id": "t.id", "created_date": "t.created"},
    scope="t.package_id in (select x.id from packages x where x.location = any(%s))",
    counted="package_items",
    cursor=None,
)
