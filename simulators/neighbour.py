"""What simulated systems that *do* something have in common: bad days, answers that get lost after it was done, and
idempotency keys, so that a test can see whether something was done twice.

`app = neighbour("invoices", panel)` has the knobs; every path but /admin, /report and /auth has its bad days. `Done`
keeps what was done under which key.
"""

import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from flask import Flask, Response, jsonify, request

from simulators.journal import Journal
from simulators.knobs import Panel

OWN = ("/admin", "/report", "/auth")


@dataclass(frozen=True)
class BadDays:
    latency: float = 0.0  # seconds before each answer
    down: bool = False  # the connection ends without an answer, and nothing is done
    error_rate: float = 0.0  # 500, and nothing is done
    lost_answer_rate: float = 0.0  # done, and the connection ends without an answer
    wrong_answer_rate: float = 0.0  # done, and the answer is nonsense
    lost_answers: int = 0  # the next so many answers are lost, after it was done; counts down


B = TypeVar("B", bound=BadDays)

NONSENSE = (
    ("application/json", b'["done"]'),
    ("application/json", b'{"result": null}'),
    ("text/html", b"<html><body>It works!</body></html>"),
    ("application/xml", b"<ok/>"),
    ("application/json", b'{"number": '),
)


def neighbour(name: str, panel: Panel[B]) -> Flask:
    app = Flask(name)
    app.register_blueprint(panel.routes())

    @app.before_request
    def begin() -> Response | None:
        if request.path.startswith(OWN):
            return None
        time.sleep(panel.now.latency)
        if panel.now.down:
            return hang_up()
        if panel.chance(panel.now.error_rate):
            return Response('{"error": "Out of order."}', 500, mimetype="application/json")
        return None

    @app.after_request
    def end(answer: Response) -> Response:
        if request.path.startswith(OWN) or answer.status_code >= 300:
            return answer
        if request.method != "GET" and panel.now.lost_answers >= 1:
            panel.turn({"lost_answers": panel.now.lost_answers - 1})
            return hang_up()
        if panel.chance(panel.now.lost_answer_rate):
            return hang_up()
        if panel.chance(panel.now.wrong_answer_rate):
            media_type, body = panel.choice(list(NONSENSE))
            return Response(body, 200, mimetype=media_type)
        return answer

    return app


def hang_up() -> Response:
    connection = cast(socket.socket, request.environ["werkzeug.socket"])
    connection.shutdown(socket.SHUT_RDWR)
    return Response(status=503)


def refusal(sentence: str, status: int) -> Response:
    answer = jsonify(error=sentence)
    answer.status_code = status
    return answer


class Done:
    """What was done, by idempotency key: the same key again gets the first answer, and counts as a repeat. The journal
    keeps it over a kill -9."""

    def __init__(self, journal: Journal) -> None:
        self._journal, self._lock = journal, threading.RLock()
        self._answers: dict[str, Any] = {}
        self.counts: Counter[str] = Counter()
        for row in journal.read():
            if "key" in row:
                self._answers[row["key"]] = row["answer"]
                self.counts[row["what"]] += 1

    def once(self, what: str, act: Callable[[], Any]) -> Any:
        """`act()` where its Idempotency-Key is new, else what it gave then. Without a key it acts each time."""
        key = request.headers.get("Idempotency-Key", "")
        with self._lock:
            if key and key in self._answers:
                self.counts["repeats"] += 1
                return self._answers[key]
            made = act()
            self.counts[what] += 1
            if not key:
                self.counts["without a key"] += 1
                return made
            self._answers[key] = made
            self._journal.append({"key": key, "what": what, "answer": made})
            return made
