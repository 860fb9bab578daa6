"""Discrepancies (spec 1.9, 6.4): what was in the books and not on the shelf, closed with what was counted."""

from typing import Any

from flask import Response, request
from markupsafe import Markup

from api.console.frame import NAVIGATION, Link, Visit, back, own_path, page, say
from api.console.inside import Refused
from api.console.listing import Column, Listing, link
from api.console.rendering import moment
from api.console.states import badge
from domain.discrepancy import DiscrepancyReason

HERE = "/console/discrepancies/"
NAVIGATION.append(Link("Discrepancies", HERE, "inventory-discrepancies/", 32))


def _about(row: dict[str, Any]) -> Markup:
    order = link(f"/console/orders/{row['order']}/", row["order_number"])
    if row["transfer_order"] is not None:
        return Markup("{}, {}").format(order, link(f"/console/transfers/{row['transfer_order']}/", "its transfer"))
    return Markup("{}, {}").format(order, link(f"/console/packages/{row['package']}/", "its package"))


def state_of(row: dict[str, Any]) -> Markup:
    """Whether somebody still has to look, else what came of it."""
    if row["removed"]:
        return Markup('<span class="badge grey">refunded</span>')
    if row["closed_date"] is None:
        return badge("open")
    counted = "nobody counted" if row["counted"] is None else f"{row['counted']} counted"
    return Markup("{} {}").format(badge("closed"), counted)


DISCREPANCIES = Listing(
    "Discrepancies",
    "inventory-discrepancies/",
    (
        Column("SKU", lambda row: row["sku"]),
        Column("Pieces", lambda row: row["quantity"], "number"),
        Column("Why", lambda row: row["reason"].replace("_", " "), "wide"),
        Column("Location", lambda row: link(f"/console/locations/{row['stock_location']}/", row["erp_code"])),
        Column("Of", _about, "wide"),
        Column("Noticed", lambda row: moment(row["created_date"]), "wide"),
    ),
    {"open": "Open", "erp_code": "Location (erp code)", "sku": "SKU", "reason": "Why"},
    {"reason": {str(one): str(one).replace("_", " ") for one in DiscrepancyReason}},
    "No discrepancy is like this.",
)


@page(HERE)
def discrepancies(visit: Visit) -> Response:
    may = visit.api.may("POST", "inventory-discrepancies/1/close/")
    return DISCREPANCIES.page(visit, template="discrepancies.html", may=may, state_of=state_of)


@page(f"{HERE}<int:id>/close/", methods=("POST",))
def close(visit: Visit, id: int) -> Response:
    """With what was counted, which is the known stock from then on; without a count the stock stays."""
    where = own_path(request.form.get("next", ""), HERE)
    text = request.form.get("counted", "").strip()
    counted: Any = int(text[:18]) if text.isascii() and text.isdigit() else text or None
    try:
        closed = visit.api.post(f"inventory-discrepancies/{id}/close/", {"counted": counted}).json
    except Refused as refused:
        if refused.status != 400:
            raise
        return say(visit, back(where), f"It was not closed. {refused.message}", bad=True)
    known = "the known stock stays" if counted is None else f"{counted} are known there now"
    return say(visit, back(where), f"Closed: {closed['sku']} at {closed['erp_code']}; {known}.")
