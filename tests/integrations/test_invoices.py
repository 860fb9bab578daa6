"""Invoices and bills from the log: every way to log in, every kind of document, whose settings hold, never twice."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests

from domain.document import ADDRESS
from domain.invoicing import InvoiceInput
from domain.kinds import stream_of
from domain.package_commands import PackInput
from domain.returning import UnpackInput
from domain.settings import Channel
from domain.transition_settings import TransitionSetting
from eventlog.secret_values import sealed
from eventlog.secrets import Secrets
from simulators import invoices, program
from simulators.door import Auth
from tests.integrations.conftest import Bench
from tests.integrations.orders import set_up, waiting
from tests.webhooks.lives import SECRET
from tests.webhooks.receiver import wait_for

PACK, SHIP, BY_CHANNEL = (
    "complete-packaging-without-shipment",
    "ship-package",
    "channel-based-complete-packaging-without-shipment",
)
IDS = {PACK: 32, SHIP: 47}


class Office:
    def __init__(self, bench: Bench, url: str) -> None:
        self.bench, self.url = bench, url

    def set(self, slug: str, kind: str = "remote_invoice_call", path: str = "invoices", **more: Any) -> None:
        """A transition's settings as PATCH transitions/ saves them: secrets under names."""
        id = IDS[slug]
        before = self.bench.log.state(stream_of("transition", id)).state
        settings = {**(before.settings if before else {}), kind: {"remote_url": f"{self.url}/{path}", **more}}
        keep = Secrets(self.bench.log.listening, SECRET).keep
        self.bench.save(TransitionSetting(id, settings=sealed(settings, {}, keep)))

    def knobs(self, **turned: Any) -> None:
        assert requests.patch(f"{self.url}/admin/knobs", json=turned, timeout=10).status_code == 200

    @property
    def report(self) -> dict[str, Any]:
        return dict(requests.get(f"{self.url}/report", timeout=10).json())

    def pack(self, package: int = 1, slug: str = PACK) -> None:
        waiting(self.bench, [package])
        self.bench.command(slug, PackInput(), package=package)


@contextmanager
def office_of(bench: Bench, auth: Auth | None = None) -> Iterator[Office]:
    with program.serving(invoices.build(auth=auth)) as url:
        yield Office(bench, url)


@pytest.fixture
def office(bench: Bench) -> Iterator[Office]:
    set_up(bench)
    bench.follower()
    bench.runner()
    with office_of(bench) as made:
        yield made


AUTHS: dict[str, tuple[Auth, dict[str, Any]]] = {
    "anonymous": (Auth(), {"request_type": "anonymous"}),
    "basic_auth": (
        Auth("basic_auth", "shop", "very secret"),
        {"request_type": "basic_auth", "username": "shop", "password": "very secret"},
    ),
    "token": (Auth("token", token="very-secret"), {"request_type": "token", "token": "very-secret"}),
    "token with another word": (
        Auth("token", token="very-secret"),
        {"request_type": "token", "token": "very-secret", "token_prefix": "Token"},
    ),
    "token that is fetched": (
        Auth("token", "shop", "very secret"),
        {"request_type": "token", "username": "shop", "password": "very secret", "url": "login"},
    ),
}


@pytest.mark.parametrize("kind", AUTHS)
def test_every_way_to_log_in(bench: Bench, kind: str) -> None:
    auth, said = AUTHS[kind]
    set_up(bench)
    bench.follower()
    bench.runner()
    with office_of(bench, auth) as office:
        if "url" in said:
            said = {**said, "url": f"{office.url}/auth/login/"}
        office.set(PACK, auth=said, timeouts={"connect": 2, "read": 20})
        office.pack()
        bench.until("done")
        if "url" in said:  # what was fetched runs out
            requests.delete(f"{office.url}/admin/keys", timeout=5)
        assert office.report["packages"] == 1
    invoice = bench.package().invoice
    assert invoice is not None and invoice.number == "F0000001" and invoice.date
    kept = bench.connection.execute("select count(*) from log where data::text like '%very%secret%'").fetchone()
    tried = bench.connection.execute(
        "select count(*) from integration_attempts where (integration_attempts.*)::text like '%very%secret%'"
    ).fetchone()
    assert kept == (0,) and tried == (0,)


def test_nobody_asks_where_nobody_has_set_it(office: Office) -> None:
    office.pack()
    office.bench.followed()
    assert office.bench.calls() == []


@pytest.mark.parametrize(
    ("kind", "media_type"), list(enumerate(("application/pdf", "text/html", ADDRESS, "text/plain", "")))
)
def test_every_kind_of_document_is_kept(office: Office, kind: int, media_type: str) -> None:
    office.knobs(document=kind)
    office.set(PACK)
    office.pack()
    wait_for(lambda: office.bench.package().invoice is not None)
    invoice = office.bench.package().invoice
    assert invoice is not None
    if not media_type:
        assert invoice.document is None
        return
    assert invoice.document is not None and invoice.document.media_type.startswith(media_type)
    documents = office.bench.log.documents(office.bench.keyring)
    if media_type == ADDRESS:  # a copy of it is fetched
        wait_for(lambda: office.bench.package().invoice.copy is not None)  # type: ignore[union-attr]  # it is there
        copy = office.bench.package().invoice.copy  # type: ignore[union-attr]  # as above
        assert copy is not None and copy.media_type == "application/pdf"
        assert (documents.read(copy.digest) or b"").startswith(b"%PDF-")
    assert b"F0000001" in (documents.read(invoice.document.digest) or b"") or kind == 0


def test_what_is_sent_is_the_package_and_its_order_as_they_were(office: Office) -> None:
    office.set(PACK, generate_invoice_number=True, generate_invoice_url=True)
    office.pack()
    office.bench.until("done")
    invoice = office.bench.package().invoice
    assert invoice is not None and invoice.number == "INV-R1P1" and invoice.document is None


def test_the_channels_settings_hold_where_the_command_says_so(office: Office) -> None:
    """C4: what follows is set by the order's channel, not by the transition."""
    office.set(PACK, path="nothing-is-there")
    call = {"remote_invoice_call": {"remote_url": f"{office.url}/invoices"}}
    office.bench.save(Channel(1, "web", "web", settings=call))
    office.pack(slug=BY_CHANNEL)
    office.bench.until("done")
    assert office.report["packages"] == 1


def test_two_commands_that_ask_have_it_invoiced_once(office: Office) -> None:
    """Packing asks, and so does shipping, while the first is not answered yet."""
    office.knobs(lost_answer_rate=1.0)
    office.set(PACK)
    office.set(SHIP)
    office.pack()
    wait_for(lambda: office.report["packages"] == 1)
    office.bench.command(SHIP)
    office.bench.followed()
    office.knobs(lost_answer_rate=0.0)
    office.bench.until("done")
    assert office.report["packages"] == 1 and office.report["doubled"] == 0
    invoice = office.bench.package().invoice
    assert invoice is not None and invoice.number == "F0000001"


def test_answers_lost_again_and_again_invoice_nobody_twice(office: Office) -> None:
    office.knobs(lost_answers=3, wrong_answer_rate=0.5)
    office.set(PACK)
    office.set(PACK, "remote_bill_fulfillment_call", "bills")
    for package in range(1, 6):
        office.pack(package)
    office.bench.until(*["done"] * 10)
    report = office.report
    assert (report["invoices"], report["bills"], report["doubled"]) == (5, 5, 0) and report["repeats"] >= 3
    for package in range(1, 6):
        found = office.bench.package(package)
        assert found.invoice and found.bill and found.invoice.number and found.bill.number


def test_one_that_has_an_invoice_by_hand_is_not_asked_for(office: Office) -> None:
    office.set(SHIP)
    office.pack()
    office.bench.command("update-invoice", InvoiceInput("BY-HAND"))
    office.bench.command(SHIP)
    [call] = office.bench.until("dropped")
    assert call["note"] == "it has BY-HAND" and office.report["packages"] == 0


def test_one_that_was_unpacked_meanwhile_is_not_invoiced(bench: Bench) -> None:
    set_up(bench)
    with office_of(bench) as office:
        office.set(PACK)
        office.pack()
        bench.command("unpack-package", UnpackInput())
        bench.follower()
        bench.runner()
        bench.until("dropped")
        assert office.report["packages"] == 0


def test_what_the_service_refuses_is_for_people(office: Office) -> None:
    office.knobs(refuse=True)
    office.set(PACK)
    office.pack()
    [call] = office.bench.until("failed")
    assert call["note"] == "it answered 422: This brand is not known here."


def test_a_replaced_document_stays_replaced(office: Office) -> None:
    office.set(PACK)
    office.pack()
    office.bench.until("done")
    given = InvoiceInput("F0000001", None, "text", "corrected")  # type: ignore[arg-type]  # a text of a request
    office.bench.command("update-invoice", given)
    invoice = office.bench.package().invoice
    assert invoice is not None and invoice.document is not None and invoice.document.media_type.startswith("text/plain")
