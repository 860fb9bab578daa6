"""Fast Cargo: JSON, and the label comes with the answer (docs/integrations/fast-cargo.md)."""

import base64
import binascii
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from domain.shipping import Report
from integrations.carriers.adapter import Consigned, Consignment, Party, Reported, Wire, each_told
from integrations.outside import Said
from integrations.trouble import Declined

REPORTS: dict[str, Report] = {
    "PICKED_UP": "shipped",
    "ON_THE_WAY": "shipped",
    "DELIVERED": "delivered",
    "NOT_HOME": "attempted_delivery",
    "GIVEN_UP": "delivery_failed",
}
"""Its words for what happened; others (ANNOUNCED, CANCELLED, …) say nothing that we did not know."""

MOST_ASKED = 50


class FastCargo:
    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def create(self, consignment: Consignment, key: str) -> Consigned:
        return self._announce("/v1/shipments", "announce a shipment", _body(consignment), key)

    def bring_back(self, consignment: Consignment, awb_number: str, key: str) -> Consigned:
        body = {**_body(consignment), "of": awb_number}
        return self._announce("/v1/returns", "order a return", body, key)

    def _announce(self, path: str, what: str, body: dict[str, Any], key: str) -> Consigned:
        return self._wire.ask("POST", path, what, _consigned, body=msgspec.json.encode(body), key=key)

    def label(self, awb_number: str, format: str) -> bytes | None:
        path = f"/v1/shipments/{quote(awb_number, safe='')}/label?{urlencode({'type': format})}"
        return self._wire.ask("GET", path, "fetch a label", lambda said: _paper(said.json()))

    def reports(self, awb_numbers: Iterable[str]) -> Iterator[Reported]:
        wanted = list(awb_numbers)
        parts = (wanted[start : start + MOST_ASKED] for start in range(0, len(wanted), MOST_ASKED))
        return each_told(partial(self._reports, part) for part in parts)

    def _reports(self, part: list[str]) -> list[Reported]:
        query = urlencode([("awb", number) for number in part])
        rows = self._wire.ask("GET", f"/v1/tracking?{query}", "ask for statuses", _statuses, lane=part[0])
        return [(awb, REPORTS.get(status)) for awb, status in rows]

    def cancel(self, reference: str, awb_number: str | None, key: str) -> None:
        path = f"/v1/shipments/{quote(awb_number or reference, safe='')}/cancel"
        try:
            self._wire.ask("POST", path, "cancel a shipment", Said.json, body=b"{}", key=key)
        except Declined as no:
            if no.status != 404:
                raise

    @staticmethod
    def told(body: bytes) -> list[tuple[str, Report]]:
        try:
            rows = [(str(row["awb"]), str(row["status"])) for row in msgspec.json.decode(body)["events"]]
        except (msgspec.DecodeError, UnicodeDecodeError, KeyError, TypeError) as wrong:
            raise ValueError('A message is {"events": [{"awb", "status"}]}.') from wrong
        return [(awb, REPORTS[status]) for awb, status in rows if status in REPORTS]


def _body(consignment: Consignment) -> dict[str, Any]:
    return {
        "reference": consignment.reference,
        "origin": consignment.origin or None,
        "parcels": [{"weight": weight or None} for weight in consignment.weights],
        "contents": [{"sku": p.sku, "name": p.name, "quantity": p.quantity} for p in consignment.pieces],
        "from": _party(consignment.sender),
        "to": _party(consignment.receiver),
        "label": consignment.format,
    }


def _party(party: Party) -> dict[str, str]:
    return {name: getattr(party, name) for name in Party.__dataclass_fields__}


def _consigned(said: Said) -> Consigned:
    body = said.json()
    awb = body["awb"]
    if not isinstance(awb, str) or not 0 < len(awb) <= 100:
        raise ValueError("no number")
    parcels = tuple(str(parcel["awb"]) for parcel in body.get("parcels") or ())
    return Consigned(awb, parcels, body.get("tracking_id"), _paper(body))


def _paper(body: dict[str, Any]) -> bytes:
    try:
        content = base64.b64decode(body["label"]["content"], validate=True)
    except binascii.Error:
        raise ValueError("the label is not base64") from None
    if not content:
        raise ValueError("the label is empty")
    return content


def _statuses(said: Said) -> list[tuple[str, str]]:
    return [(str(row["awb"]), str(row["status"])) for row in said.json()["results"]]
