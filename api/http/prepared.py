"""What C13 answers (spec 1.6): the package as picking begins."""

from typing import Any

from domain.order import Order
from domain.package import Package
from projections.objects.package_item import package_items


def prepared(order: Order, package: Package) -> dict[str, Any]:
    """{package, number, stock_location, package_items}: the ids of the package and its location, and what is left."""
    return {
        "package": package.id,
        "number": package.number,
        "stock_location": package.location,
        "package_items": package_items(order, package),
    }


ANSWERED = {"prepare-package": prepared}
"""Slug → the answer with 200; all others are answered 204."""
