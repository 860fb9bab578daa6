"""The contract of each adapter, against the simulator, or against a real system by setting its address:

    FAST_CARGO_URL=https://api.fastcargo.example FAST_CARGO_TOKEN=… pytest tests/integrations/test_contracts.py

`<NAME>_URL` of fast_cargo, steady_parcel, invoices, text_messages, geocoder, stock_service (for the last two the whole
address that is asked); `<NAME>_TOKEN`, or `<NAME>_USERNAME` and `<NAME>_PASSWORD`, where it wants a log-in. Against a
real system shipments are made and cancelled, an invoice and a text message (to CONTRACT_PHONE) are really made: use its
test account. A real stock service is asked for CONTRACT_SKU, as STOCK_SERVICE_TYPE says.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_network
from uuid import uuid4

import pytest
import requests
from flask import Flask

from integrations.authorization import Auth
from integrations.carriers.adapter import Carrier, Consignment, Party, Piece, Wire
from integrations.carriers.adapters import ADAPTERS
from integrations.geocoding import point, question
from integrations.invoices import read
from integrations.outside import Outside, System, posting
from integrations.stock_services import AskedServices
from integrations.trouble import Declined, Unanswered
from scenarios.stock_service import Engine
from simulators import fast_cargo, geocoder, invoices, program, steady_parcel, stock_service, text_messages

SIMULATED = {
    "fast_cargo": fast_cargo.build,
    "steady_parcel": lambda: steady_parcel.build(label_after=0.1),
    "invoices": invoices.build,
    "text_messages": text_messages.build,
    "geocoder": geocoder.build,
    "stock_service": stock_service.build,
}
LEEDS = Party("Leeds Briggate", "1 Briggate", "LS1 6AA", "Leeds", "GB", "+441130000000")
ADA = Party("Ada Byron", "2 High St", "LS1 2AB", "Leeds", "GB", os.environ.get("CONTRACT_PHONE", "+447700900123"))
PATIENCE = 60.0
ON_SIMULATORS = "STOCK_SERVICE_URL" not in os.environ


@contextmanager
def system(name: str) -> Iterator[tuple[Outside, System, str]]:
    """The system of this name, real where its address is set, else simulated."""
    said = {part: os.environ.get(f"{name.upper()}_{part}", "") for part in ("URL", "TOKEN", "USERNAME", "PASSWORD")}
    auth = Auth("token", token=said["TOKEN"]) if said["TOKEN"] else Auth()
    if said["USERNAME"]:
        auth = Auth("basic_auth", said["USERNAME"], said["PASSWORD"])
    outside = Outside([ip_network("127.0.0.0/8")])
    try:
        if said["URL"]:
            yield outside, System(name, auth), said["URL"]
        else:
            app: Flask = SIMULATED[name]()
            with program.serving(app) as url:
                yield outside, System(name, auth), url
    finally:
        outside.close()


@pytest.fixture(params=sorted(ADAPTERS))
def carrier(request: pytest.FixtureRequest) -> Iterator[Carrier]:
    with system(request.param) as (outside, named, url):
        yield ADAPTERS[request.param](Wire(outside, named, url))


def consignment(**changes: str) -> Consignment:
    reference = changes.get("reference", f"CONTRACT-{uuid4().hex[:12]}")
    return Consignment(
        reference, ("1.5",), (Piece("85123A", "T-LIGHT & HOLDER", 2),), LEEDS, ADA, "LEEDS-7",
        changes.get("format", "pdf"),
    )  # fmt: skip


def label_of(carrier: Carrier, number: str, format: str, there: bytes | None) -> bytes:
    until = time.monotonic() + PATIENCE
    while there is None:
        assert time.monotonic() < until, "no label came"
        there = carrier.label(number, format)
    return there


@pytest.mark.parametrize(("format", "beginning"), [("pdf", b"%PDF-"), ("zpl", b"^XA")])
def test_a_shipment_gets_a_number_and_a_label_in_the_end(carrier: Carrier, format: str, beginning: bytes) -> None:
    said = carrier.create(consignment(format=format), str(uuid4()))
    assert said.awb_number
    assert label_of(carrier, said.awb_number, format, said.label).startswith(beginning)
    assert dict(carrier.reports([said.awb_number])).get(said.awb_number) is None, "nothing has happened to it yet"
    carrier.cancel("unused", said.awb_number, str(uuid4()))


def test_the_same_key_is_the_same_shipment(carrier: Carrier) -> None:
    wanted, key = consignment(), str(uuid4())
    first, second = carrier.create(wanted, key), carrier.create(wanted, key)
    assert first.awb_number == second.awb_number
    assert carrier.create(consignment(), str(uuid4())).awb_number != first.awb_number
    carrier.cancel(wanted.reference, None, str(uuid4()))  # by our name of it


def test_cancelled_twice_or_never_there_is_cancelled(carrier: Carrier) -> None:
    said = carrier.create(consignment(), str(uuid4()))
    for _ in range(2):
        carrier.cancel("unused", said.awb_number, str(uuid4()))
    carrier.cancel(f"NEVER-{uuid4().hex}", None, str(uuid4()))


def test_a_return_has_a_number_of_its_own(carrier: Carrier) -> None:
    said = carrier.create(consignment(), str(uuid4()))
    back = carrier.bring_back(consignment(), said.awb_number, str(uuid4()))
    assert back.awb_number not in ("", said.awb_number)


def test_what_cannot_be_carried_is_a_clear_no(carrier: Carrier) -> None:
    nowhere = Consignment(f"N-{uuid4().hex}", ("",), (), LEEDS, Party("Nobody"))
    with pytest.raises(Declined):
        carrier.create(nowhere, str(uuid4()))


def test_an_unknown_number_is_nothing_known(carrier: Carrier) -> None:
    number = f"NEVER{uuid4().hex[:8]}"
    assert dict(carrier.reports([number])).get(number) is None


@pytest.mark.parametrize("path", ["invoices", "bills"])
def test_an_invoice_has_a_number_and_is_made_once(path: str) -> None:
    package = {"number": f"CONTRACT-{uuid4().hex[:12]}P1", "packageitem_set": []}
    body = {"event": {"type": "package.invoice", "uuid": "u"}, "payload": {"package": package, "order": {}}}
    with system("invoices") as (outside, named, url):
        key = str(uuid4())
        answers = [outside.call(named, posting(f"{url}/{path}", "x", body, key), lambda s: read(s, None)) for _ in "ab"]
    assert answers[0][0] and answers[0] == answers[1]


def test_a_text_message_is_taken_and_taken_once() -> None:
    body = {"to": ADA.phone, "from": "Daybook", "text": "A trial of the contract.", "reference": "r"}
    with system("text_messages") as (outside, named, url):
        key = str(uuid4())
        ids = [outside.call(named, posting(f"{url}/messages", "x", body, key), lambda s: s.json()["id"]) for _ in "ab"]
    assert ids[0] and ids[0] == ids[1]


def test_coordinates_of_an_address_and_none_of_nowhere() -> None:
    with system("geocoder") as (outside, named, url):
        settings = {"url": url if "GEOCODER_URL" in os.environ else f"{url}/search"}
        leeds = {"line": "1 Briggate", "city": "Leeds", "country": "United Kingdom"}
        found = outside.call(named, question(settings, leeds), point)
        assert found is not None and abs(found[0] - 53.8) < 0.2 and abs(found[1] + 1.55) < 0.2
        assert outside.call(named, question(settings, {"line": f"Nowhere {uuid4().hex}"}), point) is None


@pytest.mark.parametrize("type", [os.environ.get("STOCK_SERVICE_TYPE", "multiple"), "single"][: 1 + ON_SIMULATORS])
def test_a_stock_service_tells_what_it_has_and_nothing_of_what_it_has_not(type: str) -> None:
    sku, unknown = os.environ.get("CONTRACT_SKU", "85123A"), f"NEVER-{uuid4().hex}"
    with system("stock_service") as (_, named, url):
        if ON_SIMULATORS:
            levels = {"stock": [{"erp_code": "ST-001", "sku": sku, "quantity": 6}]}
            requests.put(f"{url}/admin/levels", json=levels, timeout=5).raise_for_status()
            url = f"{url}/{type}"
        auth = named.auth
        engine = Engine(url, type, auth_type=auth.type, username=auth.username, password="kept")
        asked = AskedServices([ip_network("127.0.0.0/8")], lambda _name: auth.password)
        found = asked.inquire(engine, [sku, unknown], time.monotonic() + 10)
        asked.close()
    assert found[sku] and all(quantity >= 0 for quantity in found[sku].values())
    assert not any(found.get(unknown, {}).values())


def test_who_is_not_let_in_is_tried_again_later() -> None:
    """401 may be another answer tomorrow: a log-in is renewed."""
    from simulators.door import Auth as DoorAuth

    outside = Outside([ip_network("127.0.0.0/8")])
    with program.serving(invoices.build(auth=DoorAuth("token", token="right"))) as url:
        ask = posting(f"{url}/invoices", "x", {}, "k")
        with pytest.raises(Unanswered, match="401"):
            outside.call(System("invoices", Auth("token", token="wrong")), ask, lambda s: s)
    outside.close()
