"""The list of packages, with every filter that the API knows (spec 3.2)."""

from typing import Any

from flask import Response

from api.console.frame import NAVIGATION, Link, Visit, page
from api.console.listing import Column, Listing, link
from api.console.rendering import moment
from api.console.states import PACKAGE_NAMES, badge

NAVIGATION.append(Link("Packages", "/console/packages/", "packages/", 20))

_STATES = {value: f"{name} ({value})" for value, name in PACKAGE_NAMES.items()}


def _number(row: dict[str, Any]) -> Any:
    return link(f"/console/packages/{row['id']}/", row["number"])


PACKAGES = Listing(
    "Packages",
    "packages/short/",
    (
        Column("Package", _number),
        Column("State", lambda row: badge(row["state"])),
        Column("Location", lambda row: row["stock_location_erp_code"]),
        Column("Items", lambda row: row["packageitem_count"], "number wide"),
        Column("Rule", lambda row: row["scenario"]["rule"], "wide"),
        Column("City", lambda row: row["city"] or "", "wide"),
        Column("Placed", lambda row: moment(row["date_placed"], False), "wide", "order__date_placed"),
        Column("Changed", lambda row: moment(row["modified_date"]), "", "modified_date"),
    ),
    {
        "state__enum_value": "State",
        "order__number": "Order number begins",
        "stock_location__erp_code": "Location (erp code)",
        "product_sku": "SKU",
    },
    {"state__enum_value": _STATES, "stock_location__stock_location_type": {"store": "store", "warehouse": "warehouse"}},
    "No package is like this.",
)


@page("/console/packages/")
def packages(visit: Visit) -> Response:
    return PACKAGES.page(visit)
