"""State (spec 3.2, 7), wherever it stands in an object."""

from enum import Enum
from functools import lru_cache
from typing import Any

from domain.states import TURKISH, OrderStatus, PackageStatus, ShipmentStatus, TransferStatus

CONTENT_TYPES: dict[str, tuple[str, type[Enum]]] = {
    "package": ("PackageStatus", PackageStatus),
    "packageitem": ("PackageItemStatus", PackageStatus),
    "order": ("OrderStatus", OrderStatus),
    "orderitem": ("OrderStatus", OrderStatus),
    "transferorder": ("TransferStatus", TransferStatus),
    "transferitem": ("TransferStatus", TransferStatus),
    "shipment": ("ShipmentStatus", ShipmentStatus),
}
"""What has a state: its `content_type` → (`enum_class`, its values)."""

_OF_ENUM: dict[type[Enum], str] = {
    PackageStatus: "package",
    OrderStatus: "order",
    TransferStatus: "transferorder",
    ShipmentStatus: "shipment",
}
_FIRST_ID = {content_type: 10_000 * (n + 1) for n, content_type in enumerate(CONTENT_TYPES)}


def state_id(member: Enum, content_type: str) -> int:
    """The id of a state: above all enum values, so that one is never taken for the other."""
    return _FIRST_ID[content_type] + list(type(member)).index(member) + 1


@lru_cache(maxsize=None, typed=True)  # typed: 500 of a package and 500 of an order are equal keys
def state_object(member: Enum, content_type: str = "") -> dict[str, Any]:
    """`content_type`: of the object in that state, where it is not the enum's own. One shared dict per state, not to
    be changed."""
    of = content_type or _OF_ENUM[type(member)]
    english = member.name.replace("_", " ").capitalize()
    names: Any = TURKISH[type(member).__name__]
    return {
        "id": state_id(member, of),
        "name": english,
        "translations": {"en-us": {"name": english}, "tr-tr": {"name": names[member.value]}},
        "config": {},
        "enum_class": CONTENT_TYPES[of][0],
        "enum_value": str(member.value),
        "content_type": of,
        "created_date": None,
        "modified_date": None,
    }
