"""Transfer orders: the list, and a transfer's page with its past and its commands (spec 6.4)."""

from typing import Any

from flask import Response, request

from api.console.command_forms import Item
from api.console.commanding import commands_of, run
from api.console.frame import NAVIGATION, Link, Visit, page
from api.console.inside import Refused
from api.console.listing import Column, Listing, link
from api.console.rendering import moment
from api.console.states import badge
from domain.states import TransferStatus

NAVIGATION.append(
    Link("Transfers", "/console/transfers/", "transfer_orders/", 30, under=("/console/transfer_orders/",))
)

_PATH = "/console/transfer_orders/<int:id>/"
_STATES = {str(one): str(one).replace("_", " ") for one in TransferStatus}

TRANSFERS = Listing(
    "Transfers",
    "transfer_orders/short/",
    (
        Column("Transfer", lambda row: link(f"/console/transfer_orders/{row['id']}/", row["number"])),
        Column("State", lambda row: badge(row["state"])),
        Column("From", lambda row: row["source_erp_code"]),
        Column("To", lambda row: row["destination_erp_code"]),
        Column("Items", lambda row: row["transferitem_count"], "number wide"),
        Column("Package", lambda row: link(f"/console/packages/{row['package']}/", row["package_number"]), "wide"),
        Column("Changed", lambda row: moment(row["modified_date"]), "", "modified_date"),
    ),
    {
        "state__enum_value": "State",
        "order__number": "Order number begins",
        "erp_code": "Location, either end",
        "product_sku": "SKU",
    },
    {"state__enum_value": _STATES},
    "No transfer is like this.",
)


@page("/console/transfers/")
def transfers(visit: Visit) -> Response:
    return TRANSFERS.page(visit)


@page(_PATH)
@page("/console/transfers/<int:id>/")
def transfer(visit: Visit, id: int) -> Response:
    return _shown(visit, id)


@page(f"{_PATH}command/", methods=("POST",))
def command_transfer(visit: Visit, id: int) -> Response:
    shown = visit.api.get(f"transfer_orders/{id}/")
    done = run(visit, f"transfer_orders/{id}/", _items(shown))
    if isinstance(done, Refused):
        return _shown(visit, id, done.status, refused=done, tried=request.form.get("slug", ""), given=request.form)
    return done


def _shown(visit: Visit, id: int, status: int = 200, **tried: Any) -> Response:
    api = visit.api
    reply = api.ask("GET", f"transfer_orders/{id}/")
    version = reply.headers.get("ETag", "").strip('"')
    may = api.may("GET", f"audit/transfer/{id}/history/")
    return visit.show(
        "transfer.html",
        status,
        transfer=reply.json,
        events=api.get(f"audit/transfer/{id}/history/")["results"] if may else [],
        commands=commands_of(visit, f"transfer_orders/{id}/", reply.json, version, _items(reply.json), **tried),
        may_resend=api.may("POST", "/whisperer/hook_events/1/retry/"),
        here_path=f"/console/transfer_orders/{id}/",
        way=tuple(str(one) for one in TransferStatus),
    )


def _items(shown: dict[str, Any]) -> list[Item]:
    return [
        Item(one["id"], one["product"]["sku"], one["product"]["name"], int(one["quantity"]))
        for one in shown["transferitem_set"]
    ]
