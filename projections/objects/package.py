"""Package (spec 7): the object support, staff and receivers of webhooks read most."""

from collections.abc import Mapping
from typing import Any

from domain.kernel import Reference
from domain.order import Order
from domain.package import Package
from projections.objects.allowed import command_list
from projections.objects.location import nested_location
from projections.objects.order import channel_name, order_short
from projections.objects.package_item import package_items
from projections.objects.shipment import label_of, shipment_object
from projections.objects.state import state_object
from projections.objects.wire import moment


def package_object(order: Order, package: Package, reference: Reference, of: Mapping[str, Any]) -> dict[str, Any]:
    """`of`: what is personal of the order (person)."""
    shipment = None if package.shipment is None else order.shipments[package.shipment]
    return {
        "id": package.id,
        "number": package.number,
        "state": state_object(package.state),
        "commands": command_list("package", package.state, reference),
        "order": order_short(order, reference, of),
        "order_id": order.id,
        "order_number": order.number,
        "channel_name": channel_name(order, reference),
        "remote_id": None,
        "date_placed": moment(order.date_placed),
        "order_notes": of.get("notes"),
        "payment_type": order.payment_type,
        "city": order.destination.city,
        "delivery_range": order.delivery_range,
        "stock_location": nested_location(package.location, reference),
        "shipment": None if shipment is None else shipment_object(order, shipment, reference, of),
        "shipment_date": None if shipment is None else moment(shipment.shipped_at),
        "shipping_label": label_of(shipment),
        "invoice_number": None if package.invoice is None else package.invoice.number,
        "invoice": invoice_of(package),
        "bill": bill_of(package),
        "cancellation_failure": package.cancellation_failure is not None,
        "packageitem_set": package_items(order, package),
        "transfer_orders": list(package.transfers),
        "scenario": scenario_of(package),
        "plan": package.plan,
        "created_date": moment(package.created),
        "modified_date": moment(package.modified),
        "cancellation_failure_reason": package.cancellation_failure,
        "cancelling": pieces(package.cancelling),
        "refunds": pieces(package.refunds),
    }


def invoice_of(package: Package) -> dict[str, Any] | None:
    """Number, date and the document that replaced the packaging document, if one did."""
    invoice = package.invoice
    if invoice is None:
        return None
    document = invoice.copy or invoice.document
    return {
        "invoice_number": invoice.number,
        "invoice_date": invoice.date,
        "document_type": invoice.document_type,
        "document": document
        and {
            "url": f"/api/v1/oms/packages/{package.id}/document",
            "media_type": document.media_type,
            "size": document.size,
        },
    }


def bill_of(package: Package) -> dict[str, Any] | None:
    """The same of the bill."""
    bill = package.bill
    if bill is None:
        return None
    return {
        "bill_number": bill.number,
        "bill_date": bill.date,
        "document_type": bill.document_type,
        "document": bill.document
        and {
            "url": f"/api/v1/oms/packages/{package.id}/bill",
            "media_type": bill.document.media_type,
            "size": bill.document.size,
        },
    }


def pieces(of: Mapping[int, int]) -> list[dict[str, int]]:
    """Pieces per package item, as lists of commands name them."""
    return [{"id": item, "quantity": quantity} for item, quantity in of.items()]


def scenario_of(package: Package) -> dict[str, Any]:
    return {"id": package.scenario, "version": package.scenario_version, "rule": package.rule}
