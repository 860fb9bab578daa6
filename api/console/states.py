"""States as people see them: a name and a colour, the same on every page."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from domain.states import PackageStatus

_COLOURS = {
    "blue": "100 150 300 waiting confirmation_waiting payment_waiting created",
    "amber": "50 200 400 450 550 930 ready_to_shipment in_transit labelled attempted_delivery 700 pending"
    " half_open declined resting",
    "violet": "500 600 shipped",
    "green": "900 transferred delivered completed closed ok done",
    "red": "800 910 920 out_of_stock delivery_failed dead open failed",
    "grey": "1000 1100 1200 cancelled returned dropped",
}
_BY_VALUE = {value: colour for colour, values in _COLOURS.items() for value in values.split()}
_ORDER = {"100": "grey", "200": "blue", "300": "blue", "350": "blue", "400": "blue", "450": "amber", "500": "violet"}
_ORDER |= {"510": "violet", "520": "amber", "540": "amber", "550": "green", "600": "grey", "50": "amber"}

PACKAGE_NAMES = {str(int(one)): one.name.replace("_", " ") for one in PackageStatus}


def colour(value: str, of_order: bool = False) -> str:
    return (_ORDER if of_order else _BY_VALUE).get(value, "grey")


def badge(state: Mapping[str, Any] | str | None) -> Markup:
    """A state object of the API's, or a package's enum value, or a word."""
    if state is None:
        return Markup("")
    if isinstance(state, str):
        return Markup('<span class="badge {}">{}</span>').format(colour(state), named(state))
    of_order = state["enum_class"] in ("OrderStatus", "OrderItemStatus")
    return Markup('<span class="badge {}">{}</span>').format(colour(state["enum_value"], of_order), state["name"])


def named(value: str) -> str:
    """A package's enum value in words; words of transfers and shipments without underscores."""
    return PACKAGE_NAMES.get(value, value.replace("_", " ")).capitalize()
