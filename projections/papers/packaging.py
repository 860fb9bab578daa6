"""The packaging document (spec 1.6, C2–C4): what is in the package, where from, where to, and codes to scan it by."""

import io
from collections.abc import Mapping
from typing import Any

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, SimpleDocTemplate, Spacer, Table, TableStyle

from projections.papers.drawing import BOLD, HEAD, REGULAR, SMALL, STRONG, address_lines, code128, paragraph, qr, shown

WIDTH = A4[0] - 40 * mm
_COLUMNS = (28 * mm, 72 * mm, 32 * mm, 20 * mm, 18 * mm)


def packaging_document(package: Mapping[str, Any]) -> bytes:
    """PDF of a package as spec 7 shows it; the same package gives the same bytes."""
    made = io.BytesIO()
    number = str(package["number"])
    page = SimpleDocTemplate(
        made,
        pagesize=A4,
        leftMargin=20 * mm,
        rightMargin=20 * mm,
        topMargin=18 * mm,
        bottomMargin=18 * mm,
        title=f"Package {number}",
        invariant=1,
    )
    page.build([*_head(package, number), *_ends(package), _items(package), *_foot(package)])
    return made.getvalue()


def _head(package: Mapping[str, Any], number: str) -> list[Flowable]:
    said = [
        f"Order {package['order_number']}",
        f"Channel {package['channel_name'] or '–'}",
        f"Placed {package['date_placed'] or '–'}",
        f"Payment {package['payment_type'] or '–'}",
    ]
    bars = code128(number, WIDTH - 40 * mm, 16 * mm)
    row = [[[paragraph(f"Package {number}", HEAD), *map(paragraph, said)], qr(number, 32 * mm)]]
    head: list[Flowable] = [
        Table(row, colWidths=(WIDTH - 36 * mm, 36 * mm), style=[("VALIGN", (0, 0), (-1, -1), "TOP")])
    ]
    return [*head, *([bars] if bars is not None else []), Spacer(1, 6 * mm)]


def _ends(package: Mapping[str, Any]) -> list[Flowable]:
    place, order = package["stock_location"] or {}, package["order"]
    customer, shipment = order["customer"], package["shipment"] or {}
    name = " ".join(part for part in (customer["first_name"], customer["last_name"]) if part)
    sender = [f"{place.get('name') or ''} ({place.get('erp_code') or ''})", *address_lines(place.get("address"))]
    to = [name, *address_lines(order["shipping_address"]), customer["phone_number"] or ""]
    company = shipment.get("cargo_company") or {}
    by = [company.get("name") or "–", f"AWB {shipment['awb_number']}" if shipment.get("awb_number") else ""]
    columns = [("From", sender), ("To", to), ("Carrier", by)]
    cells = [[paragraph(title, STRONG), *(paragraph(line) for line in lines if line)] for title, lines in columns]
    table = Table(
        [cells], colWidths=(WIDTH * 0.36, WIDTH * 0.4, WIDTH * 0.24), style=[("VALIGN", (0, 0), (-1, -1), "TOP")]
    )
    return [table, Spacer(1, 6 * mm)]


def _items(package: Mapping[str, Any]) -> Flowable:
    rows: list[list[Any]] = [["SKU", "Product", "Barcode", "Serial", "Pieces"]]
    for item in package["packageitem_set"]:
        product = item["product"]
        barcode = item["selected_barcode"] or product["barcode"] or ""
        rows.append(
            [
                paragraph(product["sku"], SMALL),
                paragraph(product["name"] or "", SMALL),
                paragraph(barcode, SMALL),
                paragraph(item["serial_no"] or "", SMALL),
                shown(item["quantity"]),
            ]
        )
    style = TableStyle(
        [
            ("FONT", (0, 0), (-1, 0), BOLD, 8),
            ("FONT", (0, 1), (-1, -1), REGULAR, 8),
            ("LINEBELOW", (0, 0), (-1, -1), 0.25, colors.grey),
            ("ALIGN", (-1, 0), (-1, -1), "RIGHT"),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ]
    )
    return Table(rows, colWidths=_COLUMNS, style=style, repeatRows=1)


def _foot(package: Mapping[str, Any]) -> list[Flowable]:
    pieces = sum(item["quantity"] for item in package["packageitem_set"])
    parcels = len((package["shipment"] or {}).get("parcels") or []) or 1
    lines = [f"{pieces} pieces in {parcels} parcel{'s' if parcels > 1 else ''}"]
    if package["order_notes"]:
        lines.append(f"Notes: {package['order_notes']}")
    return [Spacer(1, 4 * mm), *map(paragraph, lines)]
