"""A shipping label of ours (A6 paper), for shipments whose carrier gave a number and no label of its own."""

import io
from collections.abc import Mapping
from typing import Any

from reportlab.lib.pagesizes import A6
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, PageBreak, SimpleDocTemplate, Spacer

from projections.papers.drawing import HEAD, SMALL, STRONG, address_lines, code128, paragraph, qr

MARGIN = 8 * mm
WIDTH = A6[0] - 2 * MARGIN


def shipping_label(shipment: Mapping[str, Any], package_number: str, receiver: str) -> bytes:
    """PDF of a shipment (spec 7) that has an AWB number: a page for each parcel; the same shipment, the same bytes."""
    made = io.BytesIO()
    parcels = shipment["parcels"] or [{"awb_number": None, "weight": None}]
    pages: list[Flowable] = []
    for nth, parcel in enumerate(parcels, 1):
        page = _page(shipment, parcel, f"{package_number}  {nth}/{len(parcels)}", receiver)
        pages += [*page, PageBreak()] if nth < len(parcels) else page
    document = SimpleDocTemplate(
        made,
        pagesize=A6,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=MARGIN,
        bottomMargin=MARGIN,
        title=f"Label {package_number}",
        invariant=1,
    )
    document.build(pages)
    return made.getvalue()


def _page(shipment: Mapping[str, Any], parcel: Mapping[str, Any], said: str, receiver: str) -> list[Flowable]:
    number = str(parcel["awb_number"] or shipment["awb_number"])
    company = (shipment["cargo_company"] or {}).get("name") or ""
    bars = code128(number, WIDTH, 18 * mm)
    to = [receiver, *address_lines(shipment["destination"])]
    lines: list[Flowable] = [paragraph(company, HEAD)]
    lines += [bars, Spacer(1, 4 * mm)] if bars is not None else [paragraph(number, STRONG)]
    lines += [paragraph("To", STRONG), *(paragraph(line) for line in to if line), Spacer(1, 2 * mm)]
    lines += [paragraph("From", STRONG), *(paragraph(x, SMALL) for x in address_lines(shipment["sender_address"]))]
    weight = f"  {parcel['weight']} kg" if parcel["weight"] else ""
    return [*lines, Spacer(1, 2 * mm), qr(number, 26 * mm), paragraph(said + weight, SMALL)]
