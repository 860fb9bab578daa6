"""An ERP that gets the webhooks, believes nothing it cannot verify, and forgets nothing it answered 200 to.

`POST /hooks/<endpoint>` takes a message; any name will do, each has a ledger and, if one is given, secrets of its own
(`PUT /endpoints/<endpoint> {"secrets": [...]}`). Each subscription needs a name of its own: two that share one would
look like repeats. `GET /report` counts what came and what was wrong with it, `GET /problems` names it, `GET /objects`
shows the ledgers. What is sent, and what may be relied on, is the page on webhooks of the specification.
"""

import hashlib
import json
import os
import threading
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Flask, Response, jsonify, request

from simulators import program, signatures
from simulators.journal import Journal
from simulators.knobs import Panel
from simulators.ledger import Ledger
from simulators.neighbour import hang_up


@dataclass(frozen=True)
class BadDays:
    latency: float = 0.0  # seconds before each answer
    down: bool = False  # the connection ends without an answer, and nothing is taken
    failure_rate: float = 0.0  # 503, and nothing is taken
    lost_answer_rate: float = 0.0  # taken, but answered 500: the sender must repeat
    tolerance: float = 300.0  # seconds that webhook-timestamp may be away


class Refused(Exception):
    """A message that is not taken: (status, count it belongs to, sentence)."""

    def __init__(self, status: int, count: str, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.count, self.sentence = status, count, sentence


class Office:
    """Secrets, ledger and journal of one ERP."""

    def __init__(self, secrets: list[str], journal: Journal) -> None:
        self.secrets: dict[str, list[str]] = {}
        self.ledger = Ledger()
        self.refused: Counter[str] = Counter()
        self._default, self._journal, self._lock = secrets, journal, threading.Lock()
        for row in journal.read():
            if "secrets" in row:
                self.secrets[row["endpoint"]] = row["secrets"]
            else:
                self.ledger.take(row)

    def check(self, endpoint: str, body: bytes, tolerance: float) -> None:
        secrets = self.secrets.get(endpoint, self._default)
        wrong = signatures.wrong(dict(request.headers), body, secrets, time.time(), tolerance) if secrets else None
        if wrong:
            raise Refused(401, "bad_signature", wrong)

    def take(self, row: dict[str, Any]) -> None:
        # In the journal first, then in the ledger, then answered: what was answered 200 is known for ever.
        with self.ledger.lock:
            self._journal.append(row)
            self.ledger.take(row)

    def set_secrets(self, endpoint: str, secrets: list[str]) -> None:
        self._journal.append({"endpoint": endpoint, "secrets": secrets})
        self.secrets[endpoint] = secrets

    def count(self, name: str) -> None:
        with self._lock:
            self.refused[name] += 1


def build(seed: int = 0, secrets: list[str] | None = None, journal: Journal | None = None) -> Flask:
    """`secrets`: of every endpoint that was not given its own; none means that nothing is verified there."""
    app = Flask("erp")
    panel = Panel(BadDays(), seed)
    office = Office(secrets or [], journal or Journal(None))
    app.register_blueprint(panel.routes())
    app.register_blueprint(reports(office))

    @app.post("/hooks/<endpoint>")
    def hook(endpoint: str) -> tuple[Response, int]:
        knobs, body = panel.now, request.get_data()
        time.sleep(knobs.latency)
        if knobs.down:
            return hang_up(), 503
        try:
            if panel.chance(knobs.failure_rate):
                raise Refused(503, "failed", "Try again later.")
            office.check(endpoint, body, knobs.tolerance)
            office.take(row_of(endpoint, body))
        except Refused as refused:
            office.count(refused.count)
            return jsonify(error=refused.sentence), refused.status
        if panel.chance(knobs.lost_answer_rate):
            office.count("lost_answers")
            return jsonify(error="Taken, but who knows."), 500
        return jsonify(ok=True), 200

    return app


def row_of(endpoint: str, body: bytes) -> dict[str, Any]:
    """The line of the ledger for a message; Refused with 400 when it is not one."""
    try:
        message = json.loads(body)
        event, payload = message["event"], message["payload"]
        kind = event["type"].split(".")[0]
        row = {"endpoint": endpoint, "object": f"{kind}:{payload['id']}", "type": event["type"], "uuid": event["uuid"]}
        row |= {"sequence": int(event["sequence"]), "previous": event["previous"], "position": event["position"]}
        if not isinstance(row["uuid"], str) or not isinstance(row["previous"], str | None):
            raise TypeError("uuid and previous are texts")
    except (ValueError, TypeError, KeyError, AttributeError) as wrong:
        raise Refused(400, "malformed", f"Not a message: {type(wrong).__name__} {wrong}") from wrong
    if request.headers.get("webhook-id", event["uuid"]) != event["uuid"]:
        raise Refused(400, "malformed", "webhook-id is not the event's uuid.")
    if request.headers.get("X-Whisperer-Event", event["type"]) != event["type"]:
        raise Refused(400, "malformed", "X-Whisperer-Event is not the event's type.")
    # A digest, not the body: payloads carry people's names, and the question is only whether a repeat is the same.
    return row | {"digest": hashlib.sha256(body).hexdigest()}


def reports(office: Office) -> Blueprint:
    blueprint = Blueprint("reports", __name__)

    @blueprint.get("/report")
    def report() -> Response:
        names = ("bad_signature", "malformed", "failed", "lost_answers")
        return jsonify(office.ledger.report() | {name: office.refused[name] for name in names})

    @blueprint.get("/problems")
    def problems() -> Response:
        return jsonify(results=office.ledger.problems)

    @blueprint.get("/objects")
    def objects() -> Response:
        return jsonify(results=office.ledger.objects(request.args.get("endpoint"), request.args.get("object")))

    @blueprint.put("/endpoints/<endpoint>")
    def endpoint_secrets(endpoint: str) -> tuple[Response, int]:
        given = request.get_json(silent=True)
        secrets = given.get("secrets") if isinstance(given, dict) else None
        if not isinstance(secrets, list) or not all(isinstance(secret, str) and secret for secret in secrets):
            return jsonify(error="secrets is a list of texts."), 400
        office.set_secrets(endpoint, secrets)
        return jsonify(endpoint=endpoint, secrets=len(secrets)), 200

    return blueprint


def main() -> None:
    arguments = program.parser("erp", "An ERP that receives and verifies webhooks, simulated.")
    arguments.add_argument("--secret", action="append", default=[], help="of every endpoint; else ERP_SECRET is set")
    options = arguments.parse_args()
    known = options.secret or [secret for secret in [os.environ.get("ERP_SECRET", "")] if secret]
    program.main("ERP", options, lambda: build(options.seed, known, Journal(options.journal)))


if __name__ == "__main__":
    main()
