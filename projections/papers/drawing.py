"""What papers are made of: fonts that know European languages, texts made safe, codes that scanners read."""

import unicodedata
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import reportlab
from reportlab.graphics.barcode.code128 import Code128
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Paragraph

REGULAR, BOLD = "Vera", "VeraBd"
_FONTS = Path(reportlab.__file__).parent / "fonts"
for _name in (REGULAR, BOLD):
    pdfmetrics.registerFont(TTFont(_name, str(_FONTS / f"{_name}.ttf")))
_KNOWN: Any = pdfmetrics.getFont(REGULAR).face.charToGlyph  # type: ignore[attr-defined] # of TrueType fonts only

TEXT = ParagraphStyle("text", fontName=REGULAR, fontSize=9, leading=12)
SMALL = ParagraphStyle("small", fontName=REGULAR, fontSize=7, leading=9)
HEAD = ParagraphStyle("head", fontName=BOLD, fontSize=14, leading=18)
STRONG = ParagraphStyle("strong", fontName=BOLD, fontSize=9, leading=12)

LONGEST_CODE = 48
"""Characters that Code 128 still shows wide enough for a scanner on this paper."""


def shown(text: object) -> str:
    """What the font can show of a text: letters it lacks without their accents, else a question mark."""
    made = []
    for letter in str(text):
        plain = letter if ord(letter) in _KNOWN else unicodedata.normalize("NFKD", letter)[0]
        made.append(plain if ord(plain) in _KNOWN or plain == "\n" else "?")
    return "".join(made)


def paragraph(text: object, style: ParagraphStyle = TEXT) -> Paragraph:
    """A text of anybody's, never taken for markup."""
    return Paragraph(escape(shown(text)).replace("\n", "<br/>"), style)


def code128(value: str, width: float, height: float) -> Code128 | None:
    """The value as Code 128 on `width` points; None where it cannot be shown so: then the QR code alone bears it."""
    if not value.isascii() or not value.isprintable() or len(value) > LONGEST_CODE:
        return None
    narrow = Code128(value, barHeight=height, barWidth=1, quiet=1)
    return Code128(value, barHeight=height, barWidth=min(1.4, width / narrow.width), quiet=1, humanReadable=1)


def qr(value: str, size: float) -> Drawing:
    """The value as a QR code of `size` points."""
    widget = QrCodeWidget(value, barLevel="M")
    left, low, right, high = widget.getBounds()
    drawing = Drawing(size, size, transform=[size / (right - left), 0, 0, size / (high - low), 0, 0])
    drawing.add(widget)
    return drawing


def address_lines(address: Any) -> list[str]:
    """An address (spec 7) as lines on an envelope."""
    if not address:
        return []
    place = {name: (address.get(name) or {}).get("name") for name in ("district", "township", "city", "country")}
    town = " ".join(str(part) for part in (address.get("postcode"), place["city"]) if part)
    around = ", ".join(str(part) for part in (place["district"], place["township"]) if part)
    lines = (address.get("title"), address.get("line"), around, town, place["country"])
    return [str(line) for line in lines if line]
