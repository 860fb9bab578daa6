"""The pages of docs/integrations: their examples are what is really sent and accepted, their figures are the code's."""

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as xml

import pytest

from api.http.record_kinds import CargoCompanyBody
from api.http.setting_schemas import VALUES, Calls, RemoteAuth
from domain.settings import CargoCompany
from integrations import geocoding
from integrations.authorization import Auth
from integrations.carriers import fast_cargo, steady_parcel
from integrations.carriers.adapter import Consignment, Party, Piece
from integrations.carriers.adapters import ADAPTERS, adapter_of, format_of
from integrations.invoices import CONNECT, READ, SETTING, read
from integrations.kinds import CALL_KINDS
from integrations.outside import LATER, Said
from integrations.runner import PER_SYSTEM
from integrations.text_messages import _id
from webhook_outbox.breaker import FIRST_PAUSE, LONGEST_PAUSE, OPENS_AT

FOLDER = Path(__file__).parents[2] / "docs" / "integrations"
CONSIGNMENT = Consignment(
    reference="R1000001P1-4",
    weights=("1.5",),
    pieces=(Piece("85123A", "T-LIGHT HOLDER", 2),),
    sender=Party("Leeds Briggate", "1 Briggate", "LS1 6AA", "Leeds", "GB", "+441130000000"),
    receiver=Party("Ada Byron", "2 High St", "LS1 2AB", "Leeds", "GB", "+447700900123"),
    origin="LEEDS-7",
)


def page(name: str) -> str:
    return (FOLDER / f"{name}.md").read_text()


def example(name: str, label: str) -> Any:
    """The block of a page that is labelled ```json label or ```xml label."""
    [(kind, text)] = re.findall(rf"```(json|xml) {label}\n(.*?)```", page(name), re.DOTALL)
    return json.loads(text) if kind == "json" else text.strip().encode()


def said(body: Any) -> Said:
    return Said(200, "", body if isinstance(body, bytes) else json.dumps(body).encode())


def test_every_page_is_in_the_table_and_every_adapter_has_one() -> None:
    linked = set(re.findall(r"\]\(([\w-]+\.md)\)", page("README")))
    assert linked == {path.name for path in FOLDER.glob("*.md")} - {"README.md"}
    for name in ADAPTERS:
        assert f"integrations/carriers/{name}.py" in page(name.replace("_", "-"))


@pytest.mark.parametrize("name", ["fast-cargo", "steady-parcel"])
def test_the_settings_of_a_carrier_are_accepted(name: str) -> None:
    conf = CargoCompanyBody(partial=True).load(example(name, "conf"))["conf"]
    company = CargoCompany(1, "x", "x", conf=conf)
    assert adapter_of(company) is ADAPTERS[name.replace("-", "_")] and format_of(conf) == conf["label_format"]
    assert Auth.of(conf["auth"]).type == conf["auth"]["request_type"]


def test_fast_cargo() -> None:
    assert fast_cargo._body(CONSIGNMENT) == example("fast-cargo", "sent")
    answer = fast_cargo._consigned(said(example("fast-cargo", "answered")))
    assert (answer.awb_number, answer.query_number) == ("FC00000001", "TFC00000001")
    assert answer.label is not None and answer.label.startswith(b"%PDF-")
    told = fast_cargo.FastCargo.told(json.dumps(example("fast-cargo", "told")).encode())
    assert told == [("FC00000001", "delivered")]
    for word in fast_cargo.REPORTS:
        assert f"`{word}`" in page("fast-cargo")


def test_steady_parcel() -> None:
    assert xml.tostring(steady_parcel._element("consignment", CONSIGNMENT)) == example("steady-parcel", "sent")
    assert steady_parcel._accepted(said(example("steady-parcel", "answered"))) == "SP00000001"
    assert steady_parcel._status(said(example("steady-parcel", "status"))) == "attempted_delivery"
    assert steady_parcel.SteadyParcel.told(example("steady-parcel", "told")) == [("SP00000001", "delivered")]


def test_invoices() -> None:
    settings = Calls().load(example("invoices", "settings"))
    assert set(settings) == set(SETTING.values())
    assert settings["remote_invoice_call"]["timeouts"] == {"connect": CONNECT, "read": READ}
    number, on, kind, content = read(said(example("invoices", "answered")), None)
    assert (number, on, kind) == ("F0000001", "2026-11-23", "base64")
    assert content is not None and content.media_type == "application/pdf"


def test_text_messages() -> None:
    VALUES["SMS_SETTINGS"].deserialize(example("text-messages", "SMS_SETTINGS"))
    VALUES["SMS_SETTINGS"].deserialize({"provider": "log"})
    assert _id(said(example("text-messages", "answered"))) == "M000001"


def test_geocoding() -> None:
    VALUES["GEOCODE_PROVIDER_SETTINGS"].deserialize(example("geocoding", "GEOCODE_PROVIDER_SETTINGS"))
    assert geocoding.point(said(example("geocoding", "answered"))) == (53.79648, -1.54785)
    assert geocoding.point(said({"results": []})) is None
    assert f"{CALL_KINDS['geocode'].tries} tries" in page("geocoding")
    assert f"some {geocoding.PATIENCE.seconds} seconds" in page("geocoding")


def test_what_holds_for_all_of_them() -> None:
    text = page("README")
    for auth in re.findall(r"```json\n(.*?)```", text, re.DOTALL):
        RemoteAuth().load(json.loads(auth))
    assert all(str(status) in text for status in LATER)
    kind = CALL_KINDS["carrier.shipment"]
    assert "1, 2, 5, 10, 20, 30, 60 s, 2, 5, 10, 20 min, then every hour, 20 times in all" in text
    assert (kind.tries, kind.pauses) == (20, (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 3600))
    assert f"No more than {PER_SYSTEM} calls" in text
    assert (OPENS_AT, FIRST_PAUSE, LONGEST_PAUSE) == (5, 1.0, 60.0) and "five different objects in a row" in text
