"""C11: the invoice's number, date and document; what is no document is refused (spec 1.6)."""

import base64
from typing import Any

import pytest

from domain.document import ADDRESS, MOST_BYTES, Document, DocumentText, digest_of
from domain.invoice import Invoice, PackageInvoiceCopied, PackageInvoiced
from domain.invoicing import InvoiceInput, copied
from domain.kernel import Refusal
from tests.domain import shop
from tests.domain.given import Story

PDF = b"%PDF-1.7 ..."


def said(kind: Any, text: str) -> InvoiceInput:
    return InvoiceInput("INV-1", "2026-11-23", kind, DocumentText(text))


def invoiced(given_input: InvoiceInput) -> Story:
    return Story(*shop.PACKED, books=shop.BOOKS).command("package", 1, "update-invoice", given_input)


@pytest.mark.parametrize(
    ("kind", "text", "media_type", "content"),
    [
        ("html", "<p>é</p>", "text/html; charset=utf-8", "<p>é</p>".encode()),
        ("text", "total 1", "text/plain; charset=utf-8", b"total 1"),
        ("base64", base64.b64encode(PDF).decode(), "application/pdf", PDF),
        ("base64", "data:application/pdf;base64," + base64.encodebytes(PDF).decode(), "application/pdf", PDF),
        ("base64", base64.b64encode(b"\x00\x01").decode(), "application/octet-stream", b"\x00\x01"),
        ("url", "https://invoices.example.org/1.pdf?t=x", ADDRESS, b"https://invoices.example.org/1.pdf?t=x"),
    ],
)
def test_documents_of_every_kind(kind: Any, text: str, media_type: str, content: bytes) -> None:
    given_input = said(kind, text)
    document = Document(digest_of("key", content), media_type, len(content))
    [fact] = invoiced(given_input).facts
    assert fact == PackageInvoiced(
        package=1, number="INV-1", date="2026-11-23", document_type=kind, document=document, source="command"
    )
    kept = given_input.content()
    assert kept is not None and kept.bytes == content
    assert text not in repr(fact)


@pytest.mark.parametrize(
    ("given_input", "field"),
    [
        (InvoiceInput(), "invoice_number"),
        (InvoiceInput("1", "yesterday"), "invoice_date"),
        (InvoiceInput("1", None, "html"), "document"),
        (InvoiceInput("1", None, None, DocumentText("x")), "document_type"),
        (said("base64", "not base64!"), "document"),
        (said("base64", ""), "document"),
        (said("text", "x" * (MOST_BYTES + 1)), "document"),
        (said("url", "ftp://x.example.org/1"), "document"),
        (said("url", "javascript:alert(1)"), "document"),
        (said("url", "https://x y/"), "document"),
        (said("url", "https://x.example.org/" + "a" * 2000), "document"),
    ],
)
def test_what_is_none_is_refused_by_its_field(given_input: InvoiceInput, field: str) -> None:
    with pytest.raises(Refusal) as refused:
        invoiced(given_input)
    assert list(refused.value.extra["fields"]) == [field]


def test_what_is_not_said_stays_and_the_same_again_is_nothing() -> None:
    story = invoiced(said("text", "one"))
    story.command("package", 1, "update-invoice", InvoiceInput("INV-2"))
    assert story.order is not None
    invoice = story.order.packages[1].invoice
    assert invoice is not None and invoice.document is not None
    assert (invoice.number, invoice.date, invoice.document_type) == ("INV-2", "2026-11-23", "text")
    before = len(story.facts)
    story.command("package", 1, "update-invoice", InvoiceInput("INV-2", None, "text", DocumentText("one")))
    assert len(story.facts) == before


def test_a_copy_belongs_to_the_address_it_was_found_at() -> None:
    story = invoiced(said("url", "https://x.example.org/1"))
    address, copy = invoice_in(story).document, Document("d", "application/pdf", 3)
    assert address is not None
    fact = PackageInvoiceCopied(package=1, address=address, copy=copy)
    story.when(lambda o, _: copied(o.packages[1], address, copy))
    assert story.facts[-1] == fact and invoice_in(story).copy == copy
    assert story.when(lambda o, _: copied(o.packages[1], address, copy)).facts[-1] == fact
    story.command("package", 1, "update-invoice", said("url", "https://x.example.org/2"))
    assert invoice_in(story).copy is None
    story.facts.clear()
    assert story.when(lambda o, _: copied(o.packages[1], address, copy)).facts == []
    assert copied(None, address, copy) == []


def invoice_in(story: Story) -> Invoice:
    assert story.order is not None
    invoice = story.order.packages[1].invoice
    assert invoice is not None
    return invoice
