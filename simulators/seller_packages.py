"""What a Seller Center knows of packages, by webhooks that are verified: the newest state of each."""

import json
import threading
import time
from collections import Counter
from typing import Any

from flask import Blueprint, Response, jsonify, request

from simulators import signatures

TOLERANCE = 300.0


def packages(secret: str) -> Blueprint:
    """`POST /packages` takes a message {event {uuid, position}, payload}; `GET /packages/states` tells."""
    blueprint = Blueprint("packages", __name__)
    known: dict[int, dict[str, Any]] = {}
    seen: set[str] = set()
    counts: Counter[str] = Counter()
    lock = threading.Lock()

    @blueprint.post("/packages")
    def take() -> tuple[Response, int]:
        body = request.get_data()
        wrong = signatures.wrong(dict(request.headers), body, [secret], time.time(), TOLERANCE)
        if wrong:
            counts["bad signatures"] += 1
            return jsonify(error=wrong), 401
        message = json.loads(body)
        event, package = message["event"], message["payload"]
        with lock:
            counts["repeats" if event["uuid"] in seen else "messages"] += 1
            seen.add(event["uuid"])
            before = known.get(package["id"], {"position": 0})
            if event["position"] >= before["position"]:
                state = {"position": event["position"], "state": package["state"]["enum_value"]}
                known[package["id"]] = {**state, "number": package["number"], "order": package["order_number"]}
        return jsonify(ok=True), 200

    @blueprint.get("/packages/states")
    def states() -> Response:
        with lock:
            return jsonify(packages=list(known.values()), counts=dict(counts))

    return blueprint
