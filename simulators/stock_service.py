"""The brand's stock service: what each location says it has of a SKU, good days and bad days.

`GET /multiple?sku=A&sku=B` → `{"results": [{"sku", "stocks": [{"erp_code", "quantity"}]}]}`, a row per SKU asked
`GET /single?sku=A` → `{"sku", "stocks": [{"erp_code", "quantity"}]}`

It follows what happens in the shops, not what the order system believes: levels are set (`PUT /admin/levels`) and goods
that leave or arrive are reported by those who moved them (`POST /moves`). Nothing is taken by asking. The contract is
the page on integrations of the specification, the stock service's row.
"""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, cast

from flask import Blueprint, Flask, Response, jsonify, request

from simulators import program
from simulators.door import Auth, Door, login_at
from simulators.journal import Journal
from simulators.knobs import Panel
from simulators.neighbour import refusal
from simulators.stock_levels import Levels


@dataclass(frozen=True)
class BadDays:
    latency: float = 0.0  # seconds before each answer
    error_rate: float = 0.0  # 500
    wrong_json_rate: float = (
        0.0  # 200 with nonsense: another shape, a page of HTML, text or negative numbers as quantities
    )
    half_answer_rate: float = 0.0  # the answer names only every second SKU that was asked
    cut_rate: float = 0.0  # the connection ends in the middle of the answer
    drip: float = 0.0  # seconds before each byte of the answer
    down: bool = False  # the connection ends without an answer


class Asked:
    """Counts of what was asked and how it was answered, so that a test can see that it was really asked."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.counts = {"requests": 0, "skus": 0, "answered": 0, "spoiled": 0, "refused": 0}

    def add(self, **more: int) -> None:
        with self._lock:
            for name, number in more.items():
                self.counts[name] += number


def build(seed: int = 0, auth: Auth | None = None, journal: Journal | None = None) -> Flask:
    app = Flask("stock_service")
    panel = Panel(BadDays(), seed)
    door, asked, levels = Door(auth or Auth()), Asked(), Levels(journal or Journal(None))
    app.register_blueprint(panel.routes())
    app.register_blueprint(admin(levels, door, asked))

    def answer(skus: list[str], shape: Callable[[list[str]], Any]) -> Response:
        knobs = panel.now
        time.sleep(knobs.latency)
        asked.add(requests=1, skus=len(skus))
        if knobs.down:
            asked.add(spoiled=1)
            return hang_up()
        if not door.opens(request.headers.get("Authorization", "")):
            asked.add(refused=1)
            return refusal("Who are you?", 401)
        if not skus:
            asked.add(refused=1)
            return refusal("The parameter sku is needed.", 400)
        spoiled = bad_day(panel, skus, shape)
        asked.add(**{"answered" if spoiled is None else "spoiled": 1})
        good = jsonify(shape(skus)) if spoiled is None else spoiled
        return dripping(good, knobs.drip) if knobs.drip else good

    @app.get("/multiple")
    def multiple() -> Response:
        # One row per SKU, in the order of the question; a SKU asked twice is answered once.
        return answer(
            list(dict.fromkeys(request.args.getlist("sku"))), lambda skus: {"results": [row(s) for s in skus]}
        )

    @app.get("/single")
    def single() -> Response:
        return answer(request.args.getlist("sku")[:1], lambda skus: row(skus[0]) if skus else {})

    def row(sku: str) -> dict[str, Any]:
        stocks = [{"erp_code": erp_code, "quantity": quantity} for erp_code, quantity in levels.of(sku)]
        return {"sku": sku, "stocks": stocks}

    return app


def bad_day(panel: Panel[BadDays], skus: list[str], shape: Callable[[list[str]], Any]) -> Response | None:
    """A spoiled answer if the knobs and luck want one."""
    knobs = panel.now
    if panel.chance(knobs.error_rate):
        return refusal("Out of order.", 500)
    if panel.chance(knobs.wrong_json_rate):
        sku = skus[0]
        return panel.choice(
            [
                jsonify(["stock", "service"]),
                jsonify({"results": {sku: 12}}),
                jsonify({"results": [{"sku": sku, "stocks": [{"erp_code": "WH-01", "quantity": "many"}]}], "sku": sku}),
                jsonify({"results": [{"sku": sku, "stocks": [{"erp_code": "WH-01", "quantity": -5}]}], "sku": sku}),
                jsonify({"results": None, "sku": sku, "stocks": None}),
                Response("<html><body>It works!</body></html>", mimetype="text/html"),
            ]
        )
    if panel.chance(knobs.half_answer_rate):
        return jsonify(shape(skus[1::2]))
    if panel.chance(knobs.cut_rate):
        whole = jsonify(shape(skus)).get_data()
        # The whole length is announced and half of it sent: the reader must notice, not guess.
        half = Response(iter([whole[: len(whole) // 2]]), mimetype="application/json")
        half.headers["Content-Length"] = str(len(whole))
        half.headers["Connection"] = "close"
        return half
    return None


def dripping(whole: Response, seconds: float) -> Response:
    """The same, byte by byte: no single read ever waits long."""

    def bytes_of_it() -> Iterator[bytes]:
        for byte in whole.get_data():
            time.sleep(seconds)
            yield bytes((byte,))

    return Response(bytes_of_it(), status=whole.status_code, mimetype="application/json")


def hang_up() -> Response:
    connection = cast(socket.socket, request.environ["werkzeug.socket"])
    connection.shutdown(socket.SHUT_RDWR)
    return Response(status=503)


def admin(levels: Levels, door: Door, asked: Asked) -> Blueprint:
    """What the shops and the tests do with it; open, since a simulator listens on loopback."""
    blueprint = Blueprint("admin", __name__)

    login_at(blueprint, door)

    @blueprint.delete("/admin/keys")
    def forget_keys() -> Response:
        door.forget_keys()
        return Response(status=204)

    @blueprint.put("/admin/levels")
    def set_levels() -> Response:
        try:
            return jsonify(accepted=levels.set((request.get_json(silent=True) or {}).get("stock")))
        except ValueError as wrong:
            return refusal(str(wrong), 400)

    @blueprint.post("/moves")
    def moves() -> Response:
        try:
            return jsonify(levels.move((request.get_json(silent=True) or {}).get("moves")))
        except ValueError as wrong:
            return refusal(str(wrong), 400)

    @blueprint.get("/report")
    def report() -> Response:
        return jsonify(asked.counts | levels.report())

    return blueprint


def main() -> None:
    arguments = program.parser("stock_service", "The brand's stock service, simulated.")
    arguments.add_argument("--auth", choices=["anonymous", "basic_auth", "token"], default="anonymous")
    arguments.add_argument("--username", default="oms")
    arguments.add_argument("--password", default="oms")
    options = arguments.parse_args()
    auth = Auth(options.auth, options.username, options.password)
    program.main("stock service", options, lambda: build(options.seed, auth, Journal(options.journal)))


if __name__ == "__main__":
    main()
