"""Papers of packages and shipments (spec 3.2): the packaging document or what replaced it, and the label."""

import re
from typing import Any

from flask import Response

from api.http.details import not_found, seen
from api.http.errors import Failure
from api.http.routes import OMS, OWN, READ, Answer, Call, route
from domain.document import ADDRESS, Document
from domain.invoice import Invoice
from domain.kinds import stream_of
from domain.order import Order
from projections.objects import render

PDF = "application/pdf"
SHOWN = frozenset({PDF, "image/png", "image/jpeg"})
"""What a browser may show by itself; all else is downloaded, so that nobody's HTML runs under our name."""

_ENDINGS = {
    PDF: "pdf",
    "image/png": "png",
    "image/jpeg": "jpg",
    "application/zpl": "zpl",
    "text/html": "html",
    "text/plain": "txt",
}
_SAFE = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox"}


@route("GET", f"{OMS}/packages/<int:id>/document", roles=READ, tag="packages", reach=OWN)
def package_document(call: Call, id: int) -> Answer:
    """The packaging document as PDF, as the package was when packed; or the document that replaced it."""
    order = _order(call, "packages", id)
    package = order.packages[id]
    if package.invoice is not None and package.invoice.document is not None:
        return _invoice(call, package.number, package.invoice, package.invoice.document)
    if package.packed_at is None:
        raise Failure(404, "not_found", f"Package {package.number} has no packaging document before it is packed.")
    then = call.log.state_at(stream_of("order", order.id), at=package.packed_at).state
    shown = render("package", id, then, call.log.reference, call.services.reveal)
    if shown is None:
        raise not_found("package", id)
    from projections.papers.packaging import packaging_document  # fonts and all: only where paper is wanted

    return _file(packaging_document(shown), PDF, f"{package.number}-packaging")


@route("GET", f"{OMS}/shipments/<int:id>/label", roles=READ, tag="shipments", reach=OWN)
def shipment_label(call: Call, id: int) -> Answer:
    """The carrier's label; where it gave a number only, a label of ours that bears it."""
    order = _order(call, "shipments", id)
    shipment = order.shipments[id]
    package = order.packages[shipment.package]
    if shipment.label is not None:
        return _kept(call, shipment.label, f"{package.number}-label")
    if shipment.awb_number is None:
        raise Failure(404, "not_found", f"Shipment {id} has no label yet.")
    shown = render("shipment", id, order, call.log.reference, call.services.reveal)
    owner = (call.services.reveal(order.personal) or {}).get("customer") or {}
    receiver = " ".join(part for part in (owner.get("first_name"), owner.get("last_name")) if part)
    from projections.papers.label import shipping_label  # as above

    return _file(shipping_label(shown or {}, package.number, receiver), PDF, f"{package.number}-label")


@route("GET", f"{OMS}/shipments/<int:id>/return-label", roles=READ, tag="shipments", reach=OWN)
def return_label(call: Call, id: int) -> Answer:
    """The label for what the carrier was asked to bring back."""
    order = _order(call, "shipments", id)
    shipment = order.shipments[id]
    if shipment.return_label is None:
        raise Failure(404, "not_found", f"Shipment {id} has no label for a return.")
    return _kept(call, shipment.return_label, f"{order.packages[shipment.package].number}-return")


@route("GET", f"{OMS}/packages/<int:id>/bill", roles=READ, tag="packages", reach=OWN)
def package_bill(call: Call, id: int) -> Answer:
    """The bill that the service of bill fulfilment answered with."""
    package = _order(call, "packages", id).packages[id]
    if package.bill is None or package.bill.document is None:
        raise Failure(404, "not_found", f"Package {package.number} has no bill.")
    return _invoice(call, package.number, package.bill, package.bill.document)


def _order(call: Call, name: str, id: int) -> Order:
    """The order of a package or shipment that the caller may see, as it stands in the log."""
    page = seen(call, name, id)
    order: Order = call.log.state(stream_of("order", page.rows[0][1])).state
    return order


def _invoice(call: Call, number: str, invoice: Invoice, document: Document) -> Answer:
    if document.media_type != ADDRESS:
        return _kept(call, document, f"{number}-invoice")
    if invoice.copy is not None:
        return _kept(call, invoice.copy, f"{number}-invoice")
    address = (call.services.documents.read(document.digest) or b"").decode()
    raise Failure(
        404,
        "not_copied",
        "The document is told by its address, of which no copy is kept yet.",
        {"Retry-After": "5"},
        url=address,
    )


def _kept(call: Call, document: Document, name: str) -> Answer:
    content = call.services.documents.read(document.digest)
    if content is None:
        raise Failure(404, "not_found", "The document is kept no more: its customer was forgotten.")
    return _file(content, document.media_type, name)


def _file(content: bytes, media_type: str, name: str) -> Answer:
    kind = media_type.partition(";")[0]
    safe = re.sub(r"[^A-Za-z0-9._-]", "_", name)[:100]
    how = "inline" if kind in SHOWN else "attachment"
    headers: dict[str, Any] = {
        "Content-Disposition": f'{how}; filename="{safe}.{_ENDINGS.get(kind, "bin")}"',
        "Content-Length": str(len(content)),
        **_SAFE,
    }
    return Answer(headers=headers, raw=Response(content, content_type=media_type))
