"""Steady Parcel: XML, and the label is made later: one asks until it is there (docs/integrations/steady-parcel.md)."""

from collections.abc import Iterable, Iterator
from functools import partial
from urllib.parse import quote
from xml.etree import ElementTree as xml

from domain.shipping import Report
from integrations.carriers.adapter import Consigned, Consignment, Party, Reported, Wire, each_told
from integrations.outside import Said
from integrations.trouble import Declined

REPORTS: dict[str, Report] = {
    "20": "shipped",
    "25": "shipped",
    "30": "attempted_delivery",
    "40": "delivery_failed",
    "50": "delivered",
}
"""Its codes for what happened; others (10 announced, 90 cancelled) say nothing that we did not know."""

XML = "application/xml; charset=utf-8"


class SteadyParcel:
    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def create(self, consignment: Consignment, key: str) -> Consigned:
        body = xml.tostring(_element("consignment", consignment), "utf-8")
        awb = self._wire.ask(
            "POST", "/consignments", "announce a shipment", _accepted, body=body, media_type=XML, key=key
        )
        return Consigned(awb)

    def bring_back(self, consignment: Consignment, awb_number: str, key: str) -> Consigned:
        body = xml.tostring(_element("return", consignment), "utf-8")
        path = f"/consignments/{quote(awb_number, safe='')}/return"
        awb = self._wire.ask("POST", path, "order a return", _accepted, body=body, media_type=XML, key=key)
        return Consigned(awb)

    def label(self, awb_number: str, format: str) -> bytes | None:
        path = f"/consignments/{quote(awb_number, safe='')}/label.{format}"
        return self._wire.ask("GET", path, "fetch a label", _label)

    def reports(self, awb_numbers: Iterable[str]) -> Iterator[Reported]:
        """One question each: it has no other."""
        return each_told(partial(self._reports, awb) for awb in awb_numbers)

    def _reports(self, awb_number: str) -> list[Reported]:
        path = f"/consignments/{quote(awb_number, safe='')}/status"
        try:
            return [(awb_number, self._wire.ask("GET", path, "ask for a status", _status, lane=awb_number))]
        except Declined:
            return []  # it does not know it

    def cancel(self, reference: str, awb_number: str | None, key: str) -> None:
        path = f"/consignments/{quote(awb_number or reference, safe='')}"
        try:
            self._wire.ask("DELETE", path, "cancel a shipment", lambda said: _parsed(said.body), key=key)
        except Declined as no:
            if no.status != 404:
                raise

    @staticmethod
    def told(body: bytes) -> list[tuple[str, Report]]:
        root = _parsed(body)
        if root.tag != "statuses":
            raise ValueError("A message is <statuses><status consignment= code=/></statuses>.")
        rows = [(row.get("consignment", ""), row.get("code", "")) for row in root.findall("status")]
        return [(awb, REPORTS[code]) for awb, code in rows if code in REPORTS]


def _element(tag: str, consignment: Consignment) -> xml.Element:
    root = xml.Element(tag, reference=consignment.reference)
    if consignment.origin:
        root.set("origin", consignment.origin)
    for name, party in (("sender", consignment.sender), ("receiver", consignment.receiver)):
        root.append(_party(name, party))
    parcels = xml.SubElement(root, "parcels")
    for weight in consignment.weights:
        xml.SubElement(parcels, "parcel", {"kg": weight} if weight else {})
    for piece in consignment.pieces:
        xml.SubElement(root, "goods", sku=piece.sku, quantity=str(piece.quantity)).text = piece.name
    return root


def _party(tag: str, party: Party) -> xml.Element:
    element = xml.Element(tag)
    for name in Party.__dataclass_fields__:
        xml.SubElement(element, name).text = getattr(party, name)
    return element


def _parsed(body: bytes) -> xml.Element:
    """ValueError for what is no XML, or brings definitions of its own: entities could be made to grow or to read."""
    if b"<!" in body:
        raise ValueError("XML with definitions is not read")
    try:
        return xml.fromstring(body)  # noqa: S314 - without definitions there is nothing to expand
    except xml.ParseError as wrong:
        raise ValueError("not XML") from wrong


def _accepted(said: Said) -> str:
    root = _parsed(said.body)
    number = root.get("consignment", "")
    if root.tag != "accepted" or not 0 < len(number) <= 100:
        raise ValueError("not accepted")
    return number


def _label(said: Said) -> bytes | None:
    """202: it is being made. A page of XML or HTML is no label."""
    if said.status == 202:
        return None
    if not said.body.startswith((b"%PDF-", b"^XA")):
        raise ValueError("not a label")
    return said.body


def _status(said: Said) -> Report | None:
    root = _parsed(said.body)
    if root.tag != "status":
        raise ValueError("not a status")
    return REPORTS.get(root.get("code", ""))
