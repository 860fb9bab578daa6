"""What of an order a user sees who is limited to locations: it is shown for their packages, and names no others."""

from collections.abc import Sequence
from typing import Any

from api.http.routes import Call
from projections.fetching import fetch

THEIRS = "select id from packages where id = any(%s) and location = any(%s)"


def narrowed(call: Call, connection: Any, orders: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Orders (spec 7) as the caller may see them: others' packages are not in `package_set`, nor is the tracking number
    of an order that has any."""
    locations = call.caller.locations
    if locations is None:
        return list(orders)
    named = [id for order in orders for id in order["package_set"]]
    own = {id for (id,) in fetch(connection, THEIRS, (named, sorted(locations)))}
    return [_narrow(order, [id for id in order["package_set"] if id in own]) for order in orders]


def _narrow(order: dict[str, Any], packages: list[int]) -> dict[str, Any]:
    if len(packages) == len(order["package_set"]):
        return order
    return {**order, "package_set": packages, "tracking_number": None}
