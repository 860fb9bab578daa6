"""Which carrier takes a package: the first of the conditions people set that holds for it (spec 3.2, 5)."""

from typing import Any, Protocol

from domain.carriers import CargoCompanyCondition
from domain.kernel import Reference
from domain.order import Order
from domain.package import Package
from scenarios.conditions import LOCATION, ORDER, check, holds, of_place
from scenarios.demands import place_of

VARIABLES = (*ORDER, *LOCATION)
"""What a condition may speak of: the order, with lines, pieces, amount and SKUs of this package, and its location."""


class Books(Reference, Protocol):
    def all(self, kind: str) -> list[Any]: ...


def checked(expression: str) -> None:
    """Raises conditions.Wrong for what is no condition of a package; none at all is one."""
    if expression.strip():
        check(expression, VARIABLES)


def chosen(order: Order, package: Package, reference: Books) -> int | None:
    """The carrier's id; None where no condition holds."""
    rows: list[CargoCompanyCondition] = [row for row in reference.all("cargo_company_condition") if row.is_active]
    values: dict[str, Any] | None = None
    for row in sorted(rows, key=lambda row: (row.priority, row.id)):
        company = reference.one("cargo_company", row.cargo_company)
        if row.removed or company is None or not company.is_active:
            continue
        if row.expression.strip():
            values = values or of_package(order, package, reference)
            if not holds(row.expression, values):
                continue
        return row.cargo_company
    return None


def of_package(order: Order, package: Package, reference: Reference) -> dict[str, Any]:
    """The values of VARIABLES."""
    channel = reference.one("channel", order.channel)
    carrier = reference.one("cargo_company", order.cargo_company) if order.cargo_company else None
    location = reference.one("location", package.location)
    lines = {line.id: line for line in order.items}
    where = order.destination
    return {
        "channel": channel.slug if channel else "",
        "cargo_company": carrier.slug if carrier else "",
        "payment_type": order.payment_type or "",
        "customer_type": order.customer_type or "",
        "delivery_type": order.delivery_type,
        "retail_store": order.retail_store or "",
        "ship_complete": order.ship_complete,
        **{name: getattr(where, name) or "" for name in ("country", "city", "township", "district")},
        "lines": len(package.items),
        "pieces": package.quantity,
        "amount": float(sum(lines[item.item].price * item.quantity for item in package.items)),
        "skus": [item.sku for item in package.items],
        **(of_place(place_of(location)) if location is not None else {}),
    }
