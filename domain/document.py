"""Documents of a package: invoices and labels. A fact holds the digest; the content is kept beside the log, sealed with
the customer's key (eventlog.documents)."""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from typing import Literal, NewType
from urllib.parse import urlsplit

from domain.kernel import invalid

MOST_BYTES = 5 * 1024 * 1024

DocumentText = NewType("DocumentText", str)
"""A document as text of a request: HTML, plain text, base64 or an address. Longer than other texts may be."""

DocumentType = Literal["url", "html", "base64", "text"]

ADDRESS = "text/uri-list"
"""The content is an address under which the document is; a copy of it is fetched."""

_BEGINNINGS = {
    b"%PDF-": "application/pdf",
    b"\x89PNG\r\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"^XA": "application/zpl",
}


@dataclass(frozen=True, slots=True)
class Document:
    """`digest` is the name of the kept content, `size` its bytes."""

    digest: str
    media_type: str
    size: int


@dataclass(frozen=True, slots=True)
class Content:
    media_type: str
    bytes: bytes

    def document(self, customer_key: str) -> Document:
        return Document(digest_of(customer_key, self.bytes), self.media_type, len(self.bytes))


class Carrying:
    """An input that may bring a document, whose content is to be kept before the command is written."""

    __slots__ = ()

    def content(self) -> Content | None:
        """The document's content; refuses what is none."""
        raise NotImplementedError  # each input that carries one says what it is


def digest_of(customer_key: str, content: bytes) -> str:
    """SHA-256 (hex) of the content for one customer: two customers' same document has two digests, for two keys."""
    return hashlib.sha256(customer_key.encode() + b"\0" + content).hexdigest()


def media_type_of(content: bytes) -> str:
    """By the first bytes: PDF, PNG, JPEG, ZPL; else bytes of no known type."""
    return next((kind for start, kind in _BEGINNINGS.items() if content.startswith(start)), "application/octet-stream")


def content_said(kind: DocumentType, text: str) -> Content:
    """What a request's `document` of this `document_type` holds; refuses the field `document`."""
    if kind == "url":
        return Content(ADDRESS, _address(text).encode())
    if kind == "base64":
        plain = _decoded(text)
        return _fitting(Content(media_type_of(plain), plain))
    media_type = "text/html; charset=utf-8" if kind == "html" else "text/plain; charset=utf-8"
    return _fitting(Content(media_type, text.encode()))


def _fitting(content: Content) -> Content:
    if not content.bytes:
        raise invalid(document="It is empty.")
    if len(content.bytes) > MOST_BYTES:
        raise invalid(document=f"It has {len(content.bytes)} bytes; at most {MOST_BYTES} are kept.")
    return content


def _decoded(text: str) -> bytes:
    plain = text.partition(";base64,")[2] if text.startswith("data:") else text
    try:
        return base64.b64decode("".join(plain.split()), validate=True)
    except (binascii.Error, ValueError):
        raise invalid(document="It is not base64.") from None


def _address(text: str) -> str:
    try:
        parts = urlsplit(text)
        right = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        right = False
    if not right or len(text) > 2000 or not text.isprintable() or " " in text:
        raise invalid(document="An address such as https://invoices.example.org/1.pdf, of at most 2000 characters.")
    return text
