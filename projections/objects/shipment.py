"""Shipment (spec 7)."""

from collections.abc import Mapping
from typing import Any

from domain.kernel import Reference
from domain.order import Order
from domain.shipment import Shipment
from projections.objects.address import address_object
from projections.objects.location import nested_location
from projections.objects.state import state_object
from projections.objects.wire import moment


def label_of(shipment: Shipment | None) -> dict[str, Any] | None:
    """`{format, url}` of its label, None while there is none: the carrier's own, else ours, which is PDF."""
    if shipment is None or (shipment.label is None and shipment.awb_number is None):
        return None
    zpl = shipment.label is not None and shipment.label.media_type == "application/zpl"
    return {"format": "ZPL" if zpl else "PDF", "url": f"/api/v1/oms/shipments/{shipment.id}/label"}


def return_of(shipment: Shipment) -> dict[str, Any] | None:
    """What the carrier was asked to bring back: its number, and where the label for it is."""
    if shipment.return_number is None:
        return None
    url = None if shipment.return_label is None else f"/api/v1/oms/shipments/{shipment.id}/return-label"
    return {"awb_number": shipment.return_number, "label": url and {"url": url}}


def shipment_object(order: Order, shipment: Shipment, reference: Reference, of: Mapping[str, Any]) -> dict[str, Any]:
    """`of`: what is personal of the order: where it goes."""
    company = None if shipment.cargo_company is None else reference.one("cargo_company", shipment.cargo_company)
    sender = nested_location(order.packages[shipment.package].location, reference)
    return {
        "id": shipment.id,
        "state": state_object(shipment.state),
        "package": shipment.package,
        "transfer_order": None,
        "cargo_company": company and {"id": company.id, "name": company.name, "slug": company.slug},
        "awb_number": shipment.awb_number,
        "parcels": [{"awb_number": p.awb_number, "weight": p.weight} for p in shipment.parcels],
        "query_number": shipment.query_number,
        "label": label_of(shipment),
        "return_shipment": return_of(shipment),
        "sender_address": sender and sender["address"],
        "destination": address_object(of.get("shipping_address")),
        "created_date": moment(shipment.created),
        "modified_date": moment(shipment.modified),
        "shipped_date": moment(shipment.shipped_at),
        "delivered_date": moment(shipment.delivered_at),
        "history": [
            {"state": str(state.value), "at": moment(at), "source": source} for state, at, source in shipment.history
        ],
    }
