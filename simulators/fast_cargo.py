"""Fast Cargo, a carrier that speaks JSON and answers with the label at once.

`POST /v1/shipments` {reference, parcels, contents, from, to, label: pdf|zpl} → {awb, parcels, tracking_id, label {type,
content}} · `GET /v1/shipments/<awb>/label?type=` · `GET /v1/tracking?awb=…` → {results: [{awb, status}]} ·
`POST /v1/shipments/<awb or reference>/cancel` · `POST /v1/returns`. An Idempotency-Key acts once. `GET /report` counts.
"""

import base64
import json
from typing import Any

from flask import Flask, Response, jsonify, request

from simulators import carriers, papers
from simulators.carriers import Manner, opened
from simulators.neighbour import refusal
from simulators.parcels import Parcel

WORDS = {
    "announced": "ANNOUNCED",
    "picked_up": "PICKED_UP",
    "not_home": "NOT_HOME",
    "given_up": "GIVEN_UP",
    "delivered": "DELIVERED",
    "cancelled": "CANCELLED",
}


def told(number: str, status: str) -> bytes:
    return json.dumps({"events": [{"awb": number, "status": WORDS[status]}]}).encode()


def refused() -> Response:
    return refusal("Who are you?", 401)


MANNER = Manner("fast_cargo", "FC", "/v1/", refused, "application/json", told)


def build(**settings: Any) -> Flask:
    """Settings as of simulators.carriers.opened."""
    carrier = opened(MANNER, **settings)
    app, parcels, done = carrier.app, carrier.parcels, carrier.done

    @app.post("/v1/shipments")
    def ship() -> Any:
        return announce("shipments")

    @app.post("/v1/returns")
    def bring_back() -> Any:
        return announce("returns")

    def announce(what: str) -> Any:
        asked = request.get_json(silent=True)
        if not isinstance(asked, dict) or not asked.get("reference") or not (asked.get("to") or {}).get("line"):
            return refusal("reference and to.line are needed.", 422)
        return jsonify(done.once(what, lambda: answered(parcels.announce(str(asked["reference"]), asked)))), 201

    @app.get("/v1/shipments/<name>/label")
    def label(name: str) -> Any:
        parcel = parcels.find(name)
        if parcel is None:
            return refusal("There is no such shipment.", 404)
        return jsonify(label=paper(parcel, request.args.get("type", "pdf")))

    @app.get("/v1/tracking")
    def tracking() -> Any:
        found = [parcel for name in request.args.getlist("awb") if (parcel := parcels.find(name)) is not None]
        return jsonify(results=[{"awb": parcel.number, "status": WORDS[parcel.status]} for parcel in found])

    @app.post("/v1/shipments/<name>/cancel")
    def cancel(name: str) -> Any:
        parcel = parcels.find(name)
        if parcel is None:
            return refusal("There is no such shipment.", 404)
        if parcel.status not in ("announced", "cancelled"):
            return refusal("It is under way.", 409)
        done.once("cancellations", lambda: parcels.move(parcel, "cancelled"))
        return jsonify(awb=parcel.number, status="CANCELLED")

    return app


def answered(parcel: Parcel) -> dict[str, Any]:
    count = max(len(parcel.asked.get("parcels") or ()), 1)
    numbers = [parcel.number, *(f"{parcel.number}-{n}" for n in range(2, count + 1))]
    return {
        "awb": parcel.number,
        "parcels": [{"awb": number} for number in numbers],
        "tracking_id": f"T{parcel.number}",
        "label": paper(parcel, str(parcel.asked.get("label") or "pdf")),
    }


def paper(parcel: Parcel, kind: str) -> dict[str, str]:
    to = parcel.asked.get("to") or {}
    lines = [str(to.get(name) or "") for name in ("name", "line", "postcode", "city", "country")]
    made = papers.zpl(parcel.number, *lines) if kind == "zpl" else papers.pdf("Fast Cargo", parcel.number, *lines)
    return {"type": kind, "content": base64.b64encode(made).decode()}


def main() -> None:
    carriers.main("fast_cargo", "A carrier that speaks JSON, simulated.", "Fast Cargo", build)


if __name__ == "__main__":
    main()
