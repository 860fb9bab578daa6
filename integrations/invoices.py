"""Invoice and bill fulfilment of a package: one POST each where a command's settings say so (spec 5, C2–C4, C18–C20).

A package is invoiced once. One call of it is open at a time, under one key, however many commands ask; what has an
invoice, by a call or by hand, is asked no more. So a service that keeps its keys never invoices twice.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import Any, Literal
from urllib.parse import urlsplit

from domain.document import ADDRESS, MOST_BYTES, Content, content_said, media_type_of
from domain.invoice import PackageInvoiced
from domain.invoicing import billed, copied, invoiced
from domain.kernel import COMMANDS, FACTS, Refusal, info
from domain.order import Order
from domain.package import Package
from domain.states import PackageStatus
from domain.transition_settings import calls_of
from integrations.desk import Desk
from integrations.kinds import CallKind, Caused, Seen, Work, declare
from integrations.outside import Ask, Said, System, posting
from integrations.trouble import Declined, Misconfigured, Moot
from projections.objects import render

Paper = Literal["invoice", "bill"]
SETTING: Mapping[Paper, str] = {"invoice": "remote_invoice_call", "bill": "remote_bill_fulfillment_call"}
BY_CHANNEL = "channel-based-complete-packaging-without-shipment"
CONNECT, READ = 60.0, 10.0  # seconds, where the settings say nothing
P = PackageStatus
PACKED = frozenset(
    {
        P.waiting_cargo_label, P.packed, P.ready_for_pickup, P.shipped, P.attempted_delivery, P.delivery_failed,
        P.delivered, P.returned,
    }
)  # fmt: skip


# --- what commands cause


def settings_of(seen_reference: Any, slug: str, order: Callable[[], Order]) -> Mapping[str, Any]:
    """What follows a command: by its transition's settings, or by those of the order's channel (C4)."""
    command = COMMANDS.get(("package", slug))
    if command is None:
        return {}
    if slug != BY_CHANNEL:
        return calls_of(seen_reference, command)
    channel = seen_reference.one("channel", order().channel)
    return calls_of(seen_reference, command, channel.settings if channel is not None else {})


def _causes(paper: Paper) -> Callable[[Seen], Iterator[Caused]]:
    def causes(seen: Seen) -> Iterator[Caused]:
        slug = seen.event.command
        call = settings_of(seen.reference, slug, lambda: seen.order).get(SETTING[paper])
        if call and seen.fact.package is not None:
            subject = f"package-{seen.fact.package}"
            about = {"package": seen.fact.package, "command": slug}
            yield Caused(subject, f"{paper}-{subject}", system_of(paper, call), about, by_command=True)

    return causes


def system_of(paper: Paper, call: Mapping[str, Any]) -> str:
    return f"{paper}:{urlsplit(str(call.get('remote_url') or '')).hostname or '?'}"


# --- how they run


def _runs(paper: Paper) -> Callable[[Work, Desk], str]:
    def run(work: Work, desk: Desk) -> str:
        order = desk.order(work)
        package = order.packages[work.about["package"]]
        known = package.invoice if paper == "invoice" else package.bill
        if known is not None and known.number:
            raise Moot(f"it has {known.number}")
        if package.state not in PACKED and work.tries == 1:  # later tries go on: the service may have acted
            raise Moot(f"it is not packed any more, but {package.state.name}")
        call = settings_of(desk.log.reference, work.about["command"], lambda: order).get(SETTING[paper])
        if not call:
            raise Moot("nobody wants it any more: the settings say no call")
        return _asked(paper, work, desk, package, desk.opened(call))

    return run


def _asked(paper: Paper, work: Work, desk: Desk, package: Package, call: Mapping[str, Any]) -> str:
    url = str(call.get("remote_url") or "")
    if not url.startswith(("http://", "https://")):
        raise Misconfigured(f"{SETTING[paper]}.remote_url says where it is")
    timeouts = {"connect": CONNECT, "read": READ} | {n: s for n, s in (call.get("timeouts") or {}).items() if s}
    system = System.of(work.system, {**call, "timeouts": timeouts})
    number = f"INV-{package.number}" if call.get("generate_invoice_number") else None
    where = f"/api/v1/oms/packages/{package.id}/document" if call.get("generate_invoice_url") else None
    body = _body(paper, work, desk, package, number, where)
    ask = posting(url, paper, body, str(work.key), lane=work.subject, call=work.id, may_send=work.may_send)
    answer = desk.call(system, ask, lambda said: read(said, number))
    return _written(paper, work, desk, package, answer)


def _body(
    paper: Paper, work: Work, desk: Desk, package: Package, number: str | None, where: str | None
) -> dict[str, Any]:
    """As a webhook is: {event, payload}; the package and its order as they were right after the command."""
    then, reveal = desk.then(work), desk.keyring.reveal
    event = {"type": f"package.{paper}", "uuid": str(work.key), "command": work.about["command"]}
    payload = {
        "package": render("package", package.id, then, desk.log.reference, reveal),
        "order": render("order", then.id, then, desk.log.reference, reveal),
        "invoice_number": number,
        "invoice_url": where,
    }
    return {"event": event, "payload": payload}


Answer = tuple[str, str | None, str | None, Content | None]
"""Number, date, document type and document."""


def read(said: Said, generated: str | None) -> Answer:
    """`{invoice_number, invoice_date, document_type, document}`, as C11 takes them; ValueError where it is not."""
    body = said.json()
    number = body.get("invoice_number") or (generated if "invoice_date" in body else None)
    if not isinstance(number, str) or not 0 < len(number) <= 100:
        raise ValueError("no number")
    on = body.get("invoice_date")
    if on is not None:
        (date if len(on) == len("2026-11-23") else datetime).fromisoformat(on)
    kind, text = body.get("document_type"), body.get("document")
    if (kind is None) != (text is None):
        raise ValueError("document and document_type come together")
    if kind is None or text is None:
        return number, on, None, None
    if kind not in ("url", "html", "base64", "text"):
        raise ValueError("no such type of document")
    try:
        return number, on, kind, content_said(kind, text)
    except Refusal as refused:
        raise ValueError(refused.message) from None


def _written(paper: Paper, work: Work, desk: Desk, package: Package, answer: Answer) -> str:
    number, on, kind, content = answer
    key = desk.order(work).personal.key
    document = None
    if content is not None:
        try:
            desk.documents.keep(key, content.bytes)
            document = content.document(key)
        except KeyError:
            kind = None  # the customer was forgotten meanwhile: the number stays, no document of theirs does
    record = invoiced if paper == "invoice" else billed

    def told(order: Order | None, _given: object) -> list[Any]:
        if order is None:
            return []
        found = order.packages[package.id]
        return record(found, number=number, date=on, document_type=kind, document=document, source="call")

    desk.decide(work, told, command=f"{paper}-answered", actor=paper)
    return f"number {number}"


# --- a copy of what was told by its address


def _told_by_address(seen: Seen) -> Iterator[Caused]:
    document = seen.fact.document
    if document is not None and document.media_type == ADDRESS:
        subject = f"package-{seen.fact.package}"
        about = {"package": seen.fact.package, "digest": document.digest}
        yield Caused(subject, f"copy-{subject}", "invoice:copies", about)


def _copy(work: Work, desk: Desk) -> str:
    order = desk.order(work)
    package = order.packages[work.about["package"]]
    address = package.invoice.document if package.invoice is not None else None
    if address is None or address.digest != work.about["digest"]:
        raise Moot("the invoice has another document now")
    url = (desk.documents.read(address.digest) or b"").decode()
    if not url:
        raise Declined("the customer was forgotten")
    ask = Ask("GET", url, "copy", lane=work.subject, call=work.id, may_send=work.may_send)
    content = desk.call(System(work.system), ask, _content)
    key = order.personal.key
    desk.documents.keep(key, content.bytes)

    def told(now: Order | None, _given: object) -> list[Any]:
        return copied(None if now is None else now.packages[package.id], address, content.document(key))

    desk.decide(work, told, command="invoice-copied", actor="invoice")
    return f"{content.media_type}, {len(content.bytes)} bytes"


def _content(said: Said) -> Content:
    if not 0 < len(said.body) <= MOST_BYTES:
        raise ValueError("empty, or too large to keep")
    found = media_type_of(said.body)
    kind = said.media_type.partition(";")[0].strip().lower()
    known = found != "application/octet-stream" or kind not in ("text/html", "text/plain")
    return Content(found if known else f"{kind}; charset=utf-8", said.body)


OF_PACKAGES = tuple(cls for cls in FACTS.values() if "package" in (info(cls).on, *info(cls).also))
"""Whatever a package command writes; which commands cause a call, their settings say."""

declare(CallKind("invoice", "Has a package invoiced.", OF_PACKAGES, _causes("invoice"), _runs("invoice"), once=True))
declare(
    CallKind("bill", "Has the bill of a package fulfilled.", OF_PACKAGES, _causes("bill"), _runs("bill"), once=True)
)
declare(CallKind("invoice.copy", "Copies an invoice from its address.", (PackageInvoiced,), _told_by_address, _copy))
