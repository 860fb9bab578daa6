"""Orders: the list, and an order's page: into which packages it went, and why (spec 6.4)."""

from typing import Any

from flask import Response

from api.console.frame import NAVIGATION, Link, Visit, page
from api.console.inside import passed_on
from api.console.listing import Column, Listing, link
from api.console.rendering import moment
from api.console.states import badge
from api.console.why import placed_in, sentence_of
from domain.states import OrderStatus, PackageStatus

NAVIGATION.append(Link("Orders", "/console/orders/", "orders/", 10, under=("/console/plans/", "/console/chain/")))

CANCELLED = str(int(PackageStatus.cancelled))
_STATES = {str(int(one)): f"{one.name.replace('_', ' ')} ({int(one)})" for one in OrderStatus}


def _customer(row: dict[str, Any]) -> str:
    who = row["customer"] or {}
    return " ".join(part for part in (who.get("first_name"), who.get("last_name")) if part)


ORDERS = Listing(
    "Orders",
    "orders/",
    (
        Column("Order", lambda row: link(f"/console/orders/{row['id']}/", row["number"])),
        Column("State", lambda row: badge(row["state"])),
        Column("Packages", lambda row: len(row["package_set"]), "number"),
        Column("Items", lambda row: len(row["orderitem_set"]), "number wide"),
        Column("Customer", _customer, "wide"),
        Column("Channel", lambda row: row["channel_name"], "wide"),
        Column("Amount", lambda row: f"{row['amount']} {row['currency']}", "number wide"),
        Column("Placed", lambda row: moment(row["date_placed"], False), "", "date_placed"),
        Column("Changed", lambda row: moment(row["modified_date"]), "wide", "modified_date"),
    ),
    {
        "number": "Number begins",
        "state__enum_value": "State",
        "customer_last_name": "Last name",
        "unplanned": "Unplanned",
    },
    {"state__enum_value": _STATES},
    "No order is like this.",
)


@page("/console/orders/")
def orders(visit: Visit) -> Response:
    return ORDERS.page(visit)


@page("/console/orders/<int:id>/")
def order(visit: Visit, id: int) -> Response:
    api = visit.api
    shown = api.get(f"orders/{id}/")
    packages = api.get("packages/short/", order=id, limit="100", sort="id")["results"]
    transfers = api.get("transfer_orders/short/", order=id, limit="100")["results"]
    plans = _plans(visit, packages)
    events = api.get(f"audit/order/{id}/history/")["results"] if api.may("GET", f"audit/order/{id}/history/") else []
    return visit.show(
        "order.html",
        order=shown,
        packages=[(one, _because(one, plans)) for one in packages],
        live=sum(one["state"] != CANCELLED for one in packages),
        transfers=transfers,
        plans=list(plans.values()),
        open_lines=_open(plans),
        events=[(one, _whose(one, packages)) for one in events],
        version=None,
        customer=_customer(shown),
    )


@page("/console/orders/<int:id>/case")
def case(visit: Visit, id: int) -> Response:
    """All that is known of it as a file, to hand to somebody without access; without personal data unless `whole`."""
    masked = "false" if visit.query.get("whole") == "1" else "true"
    return passed_on(visit.api.ask("GET", "audit/export/", query={"order": str(id), "masked": masked}))


def _plans(visit: Visit, packages: list[dict[str, Any]]) -> dict[int, dict[str, Any]]:
    """The plans that made these packages, by id, the first one first; none where the visitor may not see them."""
    wanted = sorted({one["plan"] for one in packages if one["plan"] is not None})[:20]
    return {
        id: visit.api.get(f"orderexecutionplans/{id}/")
        for id in wanted
        if visit.api.may("GET", f"orderexecutionplans/{id}/")
    }


def _because(package: dict[str, Any], plans: dict[int, dict[str, Any]]) -> str:
    plan = plans.get(package["plan"])
    return "" if plan is None else sentence_of(plan, package["id"]).partition(": ")[2]


def _whose(event: dict[str, Any], packages: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The package that an event of the order is about, where its sentence does not name it."""
    found = next((one for one in packages if one["id"] == event["data"].get("package")), None)
    return None if found is None or found["number"] in event["sentence"] else found


def _open(plans: dict[int, dict[str, Any]]) -> list[str]:
    """Sentences about lines that no location could supply, of the last plan."""
    if not plans:
        return []
    last = plans[max(plans)]
    return last["explanation"][len(placed_in(last)) :]
