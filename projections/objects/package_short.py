"""Package short (spec 7): keys in place of nested objects."""

from collections.abc import Mapping
from typing import Any

from domain.kernel import Reference
from domain.order import Order
from domain.package import Package
from projections.objects.allowed import command_list
from projections.objects.order import channel_name
from projections.objects.package import invoice_of, scenario_of
from projections.objects.shipment import label_of
from projections.objects.wire import moment


def package_short(order: Order, package: Package, reference: Reference, of: Mapping[str, Any]) -> dict[str, Any]:
    """`state` is the enum value, `commands` are slugs."""
    location = reference.one("location", package.location)
    shipment = None if package.shipment is None else order.shipments[package.shipment]
    return {
        "id": package.id,
        "number": package.number,
        "state": str(package.state.value),
        "commands": [c["slug"] for c in command_list("package", package.state, reference)],
        "order": order.id,
        "order_id": order.id,
        "order_number": order.number,
        "channel_name": channel_name(order, reference),
        "remote_id": None,
        "date_placed": moment(order.date_placed),
        "order_notes": of.get("notes"),
        "payment_type": order.payment_type,
        "city": order.destination.city,
        "delivery_range": order.delivery_range,
        "stock_location": package.location,
        "stock_location_erp_code": None if location is None else location.profile.erp_code,
        "shipment": package.shipment,
        "shipment_date": None if shipment is None else moment(shipment.shipped_at),
        "shipping_label": label_of(shipment),
        "invoice_number": None if package.invoice is None else package.invoice.number,
        "invoice": invoice_of(package),
        "cancellation_failure": package.cancellation_failure is not None,
        "packageitem_count": len(package.items),
        "packageitem_set": [item.id for item in package.items],
        "transfer_orders": list(package.transfers),
        "scenario": scenario_of(package),
        "plan": package.plan,
        "created_date": moment(package.created),
        "modified_date": moment(package.modified),
    }
