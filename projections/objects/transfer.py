"""Transfer order (spec 7), and its short form."""

from typing import Any

from domain.kernel import Reference
from domain.order import Order
from domain.transfer import Transfer
from projections.objects.allowed import command_list
from projections.objects.location import nested_location
from projections.objects.state import state_object
from projections.objects.transfer_item import transfer_item_object
from projections.objects.wire import moment


def transfer_object(order: Order, transfer: Transfer, reference: Reference) -> dict[str, Any]:
    package = None if transfer.package is None else order.packages[transfer.package]
    return {
        "id": transfer.id,
        "number": transfer.number,
        "state": state_object(transfer.state),
        "order": order.id,
        "order_number": order.number,
        "package": transfer.package,
        "package_number": package and package.number,
        "source": nested_location(transfer.source, reference),
        "destination": nested_location(transfer.destination, reference),
        "after": transfer.after,
        "onward": nested_location(transfer.onward, reference) if transfer.onward is not None else None,
        "transferitem_set": [transfer_item_object(order, transfer, item) for item in transfer.items],
        "shipment": None,
        "extra_information": _told(transfer, reference),
        "commands": command_list("transfer", transfer.state, reference),
        "created_date": moment(transfer.created),
        "modified_date": moment(transfer.modified),
    }


def transfer_short(order: Order, transfer: Transfer, reference: Reference) -> dict[str, Any]:
    """`state` is the enum value, `commands` are slugs; keys in place of nested objects."""
    source, destination = (reference.one("location", id) for id in (transfer.source, transfer.destination))
    package = None if transfer.package is None else order.packages[transfer.package]
    return {
        "id": transfer.id,
        "number": transfer.number,
        "state": transfer.state.value,
        "order": order.id,
        "order_number": order.number,
        "package": transfer.package,
        "package_number": package and package.number,
        "source": transfer.source,
        "source_erp_code": None if source is None else source.profile.erp_code,
        "destination": transfer.destination,
        "destination_erp_code": None if destination is None else destination.profile.erp_code,
        "after": transfer.after,
        "onward": transfer.onward,
        "transferitem_count": len(transfer.items),
        "transferitem_set": [item.id for item in transfer.items],
        "shipment": None,
        "extra_information": _told(transfer, reference),
        "commands": [c["slug"] for c in command_list("transfer", transfer.state, reference)],
        "created_date": moment(transfer.created),
        "modified_date": moment(transfer.modified),
    }


def _told(transfer: Transfer, reference: Reference) -> dict[str, Any]:
    """The carrier and number that its source told (T2): recorded only, so there is no shipment of it."""
    carrier = None if transfer.cargo_company is None else reference.one("cargo_company", transfer.cargo_company)
    said = {"cargo_company": carrier and carrier.slug, "tracking_number": transfer.tracking_number}
    return {name: value for name, value in said.items() if value}
