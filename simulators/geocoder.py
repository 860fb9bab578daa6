"""A provider of coordinates: `GET /search?q=<address>` → {results: [{latitude, longitude}]}. It knows one address in
Leeds and the towns of the United Kingdom, and makes a place of its own out of any other; `Nowhere` is nowhere."""

import zlib

from flask import Flask, Response, jsonify, request

from simulators import data, program
from simulators.knobs import Panel
from simulators.neighbour import BadDays, neighbour

LEEDS = {"latitude": 53.79648, "longitude": -1.54785}


def build(seed: int = 0) -> Flask:
    app = neighbour("geocoder", Panel(BadDays(), seed))
    asked: list[str] = []
    towns = {town.name.casefold(): town for town in reversed(data.towns()[0])}  # of one name, the most populous

    @app.get("/search")
    def search() -> Response:
        address = request.args.get("q", "")
        asked.append(address)
        if "Nowhere" in address or not address:
            return jsonify(results=[])
        if "Leeds" in address:
            return jsonify(results=[LEEDS])
        parts = [part.strip().casefold() for part in address.split(",")]
        known = next((found for part in reversed(parts) if (found := towns.get(part)) is not None), None)
        if known is not None:
            return jsonify(results=[{"latitude": known.latitude, "longitude": known.longitude}])
        number = zlib.crc32(address.encode())
        return jsonify(results=[{"latitude": 50 + number % 800 / 100, "longitude": -5 + number % 600 / 100}])

    @app.get("/report")
    def report() -> Response:
        return jsonify(asked=len(asked), last=asked[-1:])

    return app


def main() -> None:
    given = program.parser("geocoder", "A provider of coordinates, simulated.").parse_args()
    program.main("geocoder", given, lambda: build(given.seed))


if __name__ == "__main__":
    main()
