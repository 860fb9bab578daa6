"""Invoicing: the number, the date and the document that replaces the packaging document (C11)."""

from dataclasses import dataclass
from datetime import date, datetime

from domain.changing import replace
from domain.document import Carrying, Content, Document, DocumentText, DocumentType, content_said
from domain.invoice import Invoice, PackageBilled, PackageInvoiceCopied, PackageInvoiced, after
from domain.kernel import Facts, Given, command, invalid
from domain.order import Order
from domain.package import Package, evolve
from domain.states import PackageStatus

S = PackageStatus

# --- evolve


@evolve.on(PackageInvoiced, PackageInvoiceCopied)
def _invoice(package: Package, fact: PackageInvoiced | PackageInvoiceCopied, _at: datetime) -> Package:
    return replace(package, invoice=after(package.invoice, fact))


@evolve.on(PackageBilled)
def _bill(package: Package, fact: PackageBilled, _at: datetime) -> Package:
    return replace(package, bill=after(package.bill, fact))


# --- decisions


def invoiced(
    package: Package,
    *,
    number: str | None,
    date: str | None,
    document_type: str | None = None,
    document: Document | None = None,
    source: str = "command",
) -> Facts:
    """What is new of the invoice; what is not said stays as it was. The same again gives no facts."""
    return _recorded(PackageInvoiced, package.id, package.invoice, number, date, document_type, document, source)


def billed(
    package: Package,
    *,
    number: str | None,
    date: str | None,
    document_type: str | None = None,
    document: Document | None = None,
    source: str = "call",
) -> Facts:
    """The same of its bill."""
    return _recorded(PackageBilled, package.id, package.bill, number, date, document_type, document, source)


def _recorded(
    fact: type[PackageInvoiced] | type[PackageBilled],
    package: int,
    known: Invoice | None,
    number: str | None,
    date: str | None,
    document_type: str | None,
    document: Document | None,
    source: str,
) -> Facts:
    before = known or Invoice()
    now = replace(before, number=number or before.number, date=date or before.date)
    if document is not None:
        copy = before.copy if document == before.document else None
        now = replace(now, document_type=document_type, document=document, copy=copy)
    if now == before:
        return []
    return [
        fact(
            package=package,
            number=now.number,
            date=now.date,
            document_type=now.document_type,
            document=now.document,
            source=source,
        )
    ]


# --- commands


@dataclass(frozen=True, slots=True)
class InvoiceInput(Carrying):
    """`invoice_date` as in RFC 3339, with or without a time; `document` as `document_type` says."""

    invoice_number: str | None = None
    invoice_date: str | None = None
    document_type: DocumentType | None = None
    document: DocumentText | None = None

    def content(self) -> Content | None:
        if (self.document is None) != (self.document_type is None):
            missing = "document" if self.document is None else "document_type"
            raise invalid(**{missing: "document and document_type are said together."})
        if self.document is None or self.document_type is None:
            return None
        return content_said(self.document_type, self.document)


@command(
    "package",
    "update-invoice",
    id=40,
    button="Invoice",
    source=(
        S.packed,
        S.ready_for_pickup,
        S.shipped,
        S.attempted_delivery,
        S.delivery_failed,
        S.delivered,
        S.returned,
    ),
    input=InvoiceInput,
)
def update_invoice(order: Order, package: Package, given_input: InvoiceInput, _given: Given) -> Facts:
    """C11: the invoice's number, date and document, which replaces the packaging document."""
    content = given_input.content()
    number, on = given_input.invoice_number, given_input.invoice_date
    if not number and not on and content is None:
        raise invalid(invoice_number="Say at least one of invoice_number, invoice_date and document.")
    if on:
        _dated(on)
    return invoiced(
        package,
        number=number,
        date=on,
        document_type=given_input.document_type,
        document=None if content is None else content.document(order.personal.key),
    )


def _dated(text: str) -> None:
    for read in (date.fromisoformat, datetime.fromisoformat):
        try:
            read(text)
        except ValueError:
            continue
        return
    raise invalid(invoice_date="A date such as 2026-11-23, or a time such as 2026-11-23T10:00:00Z.")


# --- the copy of a document that was told by its address


def copied(package: Package | None, address: Document, copy: Document) -> Facts:
    """A copy of the document at the invoice's address is kept; not written where the invoice has changed since."""
    if package is None or package.invoice is None or package.invoice.document != address:
        return []
    if package.invoice.copy == copy:
        return []
    return [PackageInvoiceCopied(package=package.id, address=address, copy=copy)]
