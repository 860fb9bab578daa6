"""A provider of text messages: keeps what it was asked to send, where a test reads it as the customer would.

`POST /messages` {to, from, text, reference} → {id}; an Idempotency-Key sends once. `GET /admin/messages?to=`.
"""

from typing import Any

from flask import Flask, Response, jsonify, request

from simulators import program
from simulators.door import Auth, Door
from simulators.journal import Journal
from simulators.knobs import Panel
from simulators.neighbour import BadDays, Done, neighbour, refusal


def build(seed: int = 0, journal: Journal | None = None, auth: Auth | None = None) -> Flask:
    panel = Panel(BadDays(), seed)
    app = neighbour("text_messages", panel)
    journal = journal or Journal(None)
    done, door = Done(journal), Door(auth or Auth())
    sent: list[dict[str, Any]] = [row["message"] for row in journal.read() if "message" in row]

    @app.post("/messages")
    def send() -> Response:
        if not door.opens(request.headers.get("Authorization", "")):
            return refusal("Who are you?", 401)
        asked = request.get_json(silent=True) or {}
        if not str(asked.get("to", "")).lstrip("+").isdigit() or not asked.get("text"):
            return refusal("to is a phone number, text is said.", 422)

        def act() -> dict[str, str]:
            message: dict[str, Any] = {
                "id": f"M{len(sent) + 1:06}",
                **{name: asked.get(name) for name in ("to", "from", "text")},
            }
            sent.append(message)
            journal.append({"message": message})
            return {"id": message["id"]}

        return jsonify(done.once("messages", act))

    @app.get("/admin/messages")
    def messages() -> Response:
        to = request.args.get("to")
        return jsonify(results=[message for message in sent if to in (None, message["to"])])

    @app.get("/report")
    def report() -> Response:
        return jsonify(dict(done.counts) | {"sent": len(sent)})

    return app


def main() -> None:
    given = program.parser("text_messages", "A provider of text messages, simulated.").parse_args()
    program.main("text messages", given, lambda: build(given.seed, Journal(given.journal)))


if __name__ == "__main__":
    main()
