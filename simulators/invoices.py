"""The invoice service of a brand, and its bill fulfilment: it counts, so that who is invoiced twice is seen.

`POST /invoices` and `POST /bills` take `{event: {uuid}, payload: {package, order, invoice_number}}` with an
Idempotency-Key → `{invoice_number, invoice_date, document_type, document}`. The knob `document` says which kind of
document. `GET /report`: how many, and `doubled`, how many packages more than once. `GET /papers/<n>.pdf` is what an
answer's address leads to.
"""

import base64
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, jsonify, request

from simulators import papers, program
from simulators.door import Auth, Door, login_at
from simulators.journal import Journal
from simulators.knobs import Panel
from simulators.neighbour import BadDays, Done, neighbour, refusal

KINDS = ("base64", "html", "url", "text", "none")


@dataclass(frozen=True)
class Days(BadDays):
    document: int = 0  # which of KINDS: 0 base64 (a PDF), 1 html, 2 url, 3 text, 4 none
    refuse: bool = False  # 422: this brand is not known here


def build(seed: int = 0, journal: Journal | None = None, auth: Auth | None = None) -> Flask:
    panel: Panel[Any] = Panel(Days(), seed)
    app = neighbour("invoices", panel)
    journal = journal or Journal(None)
    done, door = Done(journal), Door(auth or Auth())
    invoiced: Counter[str] = Counter()
    for row in journal.read():
        if "invoiced" in row:
            invoiced[row["invoiced"]] += 1

    login_at(app, door)

    @app.post("/<what>")
    def make(what: str) -> Response:
        if what not in ("invoices", "bills"):
            return refusal("There is no such thing.", 404)
        if not door.opens(request.headers.get("Authorization", "")):
            return refusal("Who are you?", 401)
        asked = request.get_json(silent=True) or {}
        package = ((asked.get("payload") or {}).get("package") or {}).get("number")
        if panel.now.refuse or not package:
            return refusal("This brand is not known here.", 422)

        def act() -> dict[str, Any]:
            name = f"{what} {package}"
            invoiced[name] += 1
            journal.append({"invoiced": name})
            wanted = asked["payload"].get("invoice_number")
            number = wanted or f"{'B' if what == 'bills' else 'F'}{sum(invoiced.values()):07}"
            answer = {"invoice_number": number, "invoice_date": time.strftime("%Y-%m-%d", time.gmtime())}
            if asked["payload"].get("invoice_url"):
                return answer
            return answer | document(number, str(package), KINDS[int(panel.now.document)])

        return jsonify(done.once(what, act))

    def document(number: str, package: str, kind: str) -> dict[str, str]:
        if kind == "none":
            return {}
        texts = {
            "base64": base64.b64encode(papers.pdf("Invoice", number, package)).decode(),
            "html": f"<h1>Invoice {number}</h1><p>{package}</p>",
            "text": f"Invoice {number} of {package}",
            "url": f"{request.host_url}papers/{number}.pdf",
        }
        return {"document_type": kind, "document": texts[kind]}

    @app.get("/papers/<number>.pdf")
    def paper(number: str) -> Response:
        return Response(papers.pdf("Invoice", number), mimetype="application/pdf")

    @app.get("/report")
    def report() -> Response:
        doubled = sum(count > 1 for count in invoiced.values())
        return jsonify(dict(done.counts) | {"packages": len(invoiced), "doubled": doubled})

    return app


def main() -> None:
    arguments = program.parser("invoices", "An invoice service and bill fulfilment, simulated.")
    given = arguments.parse_args()
    program.main("invoices", given, lambda: build(given.seed, Journal(given.journal)))


if __name__ == "__main__":
    main()
