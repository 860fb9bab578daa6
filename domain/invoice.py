"""The invoice of a package: what is known of it, and the facts that say so. Its commands: domain.invoicing."""

from dataclasses import dataclass

from domain.document import Document
from domain.kernel import fact

# --- states


@dataclass(frozen=True, slots=True)
class Invoice:
    """`document` replaces the packaging document; where it is an address, `copy` is what was found there."""

    number: str | None = None
    date: str | None = None
    document_type: str | None = None
    document: Document | None = None
    copy: Document | None = None


# --- facts


@fact("PackageInvoiced", on="package", sentence="Its invoice is {number}.")
class PackageInvoiced:
    """The invoice as it now is, whole. `source`: a command, or the call of an invoice service."""

    package: int
    number: str | None = None
    date: str | None = None
    document_type: str | None = None
    document: Document | None = None
    source: str = "command"


@fact("PackageInvoiceCopied", on="package", sentence="A copy of its invoice is kept.")
class PackageInvoiceCopied:
    """`copy` is what was found at the address that `address` holds."""

    package: int
    address: Document
    copy: Document


@fact("PackageBilled", on="package", sentence="Its bill was fulfilled: {number}.")
class PackageBilled:
    """What the service of bill fulfilment answered, whole; the packaging document stays."""

    package: int
    number: str | None = None
    date: str | None = None
    document_type: str | None = None
    document: Document | None = None
    source: str = "call"


# --- evolve


def after(invoice: Invoice | None, fact: PackageInvoiced | PackageBilled | PackageInvoiceCopied) -> Invoice:
    """The invoice after one of its facts; another document has no copy yet."""
    before = invoice or Invoice()
    if isinstance(fact, PackageInvoiceCopied):
        return Invoice(before.number, before.date, before.document_type, before.document, fact.copy)
    copy = before.copy if fact.document == before.document else None
    return Invoice(fact.number, fact.date, fact.document_type, fact.document, copy)
