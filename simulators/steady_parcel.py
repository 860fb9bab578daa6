"""Steady Parcel, a carrier that speaks XML and makes its labels later.

`POST /consignments` <consignment reference=…> → 202 <accepted consignment="SP…"/> · `GET /consignments/<n>/label.pdf`
(.zpl): 202 <pending/> until it is made · `GET /consignments/<n>/status` → <status code="20"/> · `DELETE
/consignments/<n or reference>` · `POST /consignments/<n>/return`. An Idempotency-Key acts once.
"""

import time
from typing import Any
from xml.etree import ElementTree as xml

from flask import Flask, Response, request

from simulators import carriers, papers
from simulators.carriers import Manner, opened

CODES = {
    "announced": "10",
    "picked_up": "20",
    "not_home": "30",
    "given_up": "40",
    "delivered": "50",
    "cancelled": "90",
}
LABEL_SECONDS = 1.0


def told(number: str, status: str) -> bytes:
    root = xml.Element("statuses")
    xml.SubElement(root, "status", {"consignment": number, "code": CODES[status]})
    return xml.tostring(root, "utf-8")


def refused() -> Response:
    return answer(401, "refused", reason="Who are you?")


MANNER = Manner("steady_parcel", "SP", "/consignments", refused, "application/xml", told)


def build(label_after: float = LABEL_SECONDS, **settings: Any) -> Flask:
    """`label_after` seconds a label is made; further settings as of simulators.carriers.opened."""
    carrier = opened(MANNER, **settings)
    app, parcels, done = carrier.app, carrier.parcels, carrier.done

    @app.post("/consignments")
    def announce() -> Response:
        return taken("shipments")

    @app.post("/consignments/<name>/return")
    def bring_back(name: str) -> Response:
        return taken("returns") if parcels.find(name) else unknown()

    def taken(what: str) -> Response:
        asked = read()
        if not asked.get("reference") or not asked["to"].get("line"):
            return answer(422, "refused", reason="reference and receiver/line are needed.")
        number = done.once(what, lambda: parcels.announce(asked["reference"], asked, label_after).number)
        return answer(202, "accepted", consignment=number)

    @app.get("/consignments/<name>/label.<kind>")
    def label(name: str, kind: str) -> Response:
        parcel = parcels.find(name)
        if parcel is None:
            return unknown()
        if parcel.label_at > time.time():
            return answer(202, "pending")
        lines = list(parcel.asked["to"].values())
        made = papers.zpl(parcel.number, *lines) if kind == "zpl" else papers.pdf("Steady", parcel.number, *lines)
        return Response(made, mimetype="application/zpl" if kind == "zpl" else "application/pdf")

    @app.get("/consignments/<name>/status")
    def status(name: str) -> Response:
        parcel = parcels.find(name)
        return unknown() if parcel is None else answer(200, "status", code=CODES[parcel.status])

    @app.delete("/consignments/<name>")
    def cancel(name: str) -> Response:
        parcel = parcels.find(name)
        if parcel is None:
            return unknown()
        if parcel.status not in ("announced", "cancelled"):
            return answer(409, "refused", reason="It is under way.")
        done.once("cancellations", lambda: parcels.move(parcel, "cancelled"))
        return answer(200, "cancelled", consignment=parcel.number)

    return app


def read() -> dict[str, Any]:
    """The body as {reference, parcels, to}; all empty where it is no XML."""
    try:
        root = xml.fromstring(request.get_data())  # noqa: S314 - a simulator on loopback reads what our own side writes
    except xml.ParseError:
        return {"to": {}}
    to = {child.tag: child.text or "" for child in root.find("receiver") or ()}
    weights = [{"weight": parcel.get("kg")} for parcel in root.iter("parcel")]
    return {"reference": root.get("reference"), "parcels": weights, "to": to}


def answer(status: int, tag: str, **attributes: str) -> Response:
    return Response(xml.tostring(xml.Element(tag, attributes), "utf-8"), status, mimetype="application/xml")


def unknown() -> Response:
    return answer(404, "refused", reason="There is no such consignment.")


def main() -> None:
    carriers.main(
        "steady_parcel", "A carrier that speaks XML and makes labels later, simulated.", "Steady Parcel", build
    )


if __name__ == "__main__":
    main()
