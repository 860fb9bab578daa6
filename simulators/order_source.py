"""The brand's order source, as Omnitron is one: orders, changes, cancellation plans, retail stores; messages of them.

Its API stands below /api: `GET orders/?modified_since=&cursor=&limit=` → {results, next}, `GET orders/<pk>/`, the same
of `cancellation_plans`, `retail_stores`, `cancellation_reasons`, `channels` and `cargo_companies`; `POST
orders/<pk>/item_states/` takes the states of items, `POST cancellation_plans/<pk>/answer/` {results} what came of a
plan. An Idempotency-Key acts once.

`POST /admin/orders` {count} places real orders, `PATCH /admin/orders/<pk>` {fields, pieces} changes one,
`POST /admin/plans` {order, items, plan_type}, `POST /admin/stores` {…}, `PATCH /admin/stores/<pk>`, and `POST
/admin/live` {steps} lets so many things happen by chance. `GET /report` counts. Knobs: simulators/source_messages.py.
As a Seller Center it takes webhooks of packages at /packages, and says at /packages/states what it knows by them.
"""

import os
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Flask, Response, jsonify, request

from simulators import network, program
from simulators.door import Auth, Door, login_at
from simulators.journal import Journal
from simulators.knobs import Panel
from simulators.neighbour import Done, neighbour
from simulators.seller_packages import packages
from simulators.source_book import KINDS, Book, Object, shown
from simulators.source_life import Life
from simulators.source_messages import Messages, SourceDays

MOST = 500


def build(
    seed: int = 0,
    journal: Journal | None = None,
    hook: str = "",
    secret: str = "",
    pace: float = 0.0,
    auth: Auth | None = None,
    packages_secret: str = "",
    bare: float = 0.0,
    pickup: float = 0.0,
    locations: int = 60,
) -> Flask:
    """`hook`: where messages go, signed with `secret`; `pace`: seconds between things that happen by themselves;
    `packages_secret`: what messages of packages to a Seller Center are signed with; `bare`: which part of its orders
    says no coordinates; `pickup`: which part is fetched by its customer, in a store of a network of so many
    `locations`."""
    journal, panel = journal or Journal(None), Panel(SourceDays(bare_rate=bare, pickup_rate=pickup), seed)
    app = neighbour("order_source", panel)
    done, door = Done(journal), Door(auth or Auth())

    def answered(message: Object, answer: Object) -> None:
        if message["event"]["type"].startswith("cancellation_plan"):
            book.answered(message["payload"]["pk"], answer.get("results") or [])

    messages = Messages(hook, secret, panel, seed, answered)
    stores = network.stores(locations, seed)

    def fetched(body: Object) -> str | None:
        address = body["shipping_address"]
        return network.nearest(stores, address) if panel.chance(panel.now.pickup_rate) else None

    book = Book(journal, seed, messages.tell, lambda: panel.chance(panel.now.bare_rate), fetched)
    life = Life(book, seed)
    app.register_blueprint(api(book, done))
    app.register_blueprint(packages(packages_secret or secret))
    app.register_blueprint(admin(book, life, messages, done, door))

    @app.before_request
    def who() -> tuple[Response, int] | None:
        if request.path.startswith("/api/") and not door.opens(request.headers.get("Authorization", "")):
            return jsonify(error="Who are you?"), 401
        return None

    if pace:
        life.start(pace)
    return app


def api(book: Book, done: Done) -> Blueprint:
    blueprint = Blueprint("api", __name__, url_prefix="/api")

    def of(kind: str) -> None:
        def page() -> Response:
            since, cursor = request.args.get("modified_since", ""), request.args.get("cursor", "")
            limit = min(int(request.args.get("limit", "20")), MOST)
            rows = [row for row in book.every(kind) if row["modified_date"] >= since and _mark(row) > cursor]
            more = _mark(rows[limit - 1]) if len(rows) > limit else None
            return jsonify(results=[shown(row) for row in rows[:limit]], next=more)

        def one(pk: int) -> tuple[Response, int]:
            found = book.find(kind, pk)
            return (jsonify(error="There is none."), 404) if found is None else (jsonify(shown(found)), 200)

        blueprint.add_url_rule(f"/{kind}/", f"page of {kind}", page)
        blueprint.add_url_rule(f"/{kind}/<int:pk>/", f"one of {kind}", one)

    for kind in KINDS:
        of(kind)

    @blueprint.post("/orders/<int:pk>/item_states/")
    def item_states(pk: int) -> tuple[Response, int]:
        message = request.get_json(silent=True) or {}
        return _done(done, "item states", lambda: book.item_states(pk, message))

    @blueprint.post("/cancellation_plans/<int:pk>/answer/")
    def answer(pk: int) -> tuple[Response, int]:
        results = (request.get_json(silent=True) or {}).get("results")
        return _done(done, "answers", lambda: {"taken": True} if book.answered(pk, results) else None)

    return blueprint


def _mark(row: Object) -> str:
    return f"{row['modified_date']}|{row['pk']:012}"


def _done(done: Done, what: str, act: Callable[[], Any]) -> tuple[Response, int]:
    made = done.once(what, act)
    if made is None:
        return jsonify(error="There is no such thing, or it makes no sense."), 404
    return jsonify(made), 200


def admin(book: Book, life: Life, messages: Messages, done: Done, door: Door) -> Blueprint:
    """What happens there; open, since a simulator listens on loopback."""
    blueprint = Blueprint("admin", __name__)

    def said() -> Object:
        found = request.get_json(silent=True)
        return found if isinstance(found, dict) else {}

    login_at(blueprint, door)

    @blueprint.post("/admin/orders")
    def place() -> Response:
        return jsonify(pks=book.place(int(said().get("count", 1))))

    @blueprint.patch("/admin/orders/<int:pk>")
    def change(pk: int) -> tuple[Response, int]:
        made = book.change(pk, said().get("fields") or {}, said().get("pieces"))
        return (jsonify(error="There is no such order."), 404) if made is None else (jsonify(shown(made)), 200)

    @blueprint.post("/admin/plans")
    def plan() -> tuple[Response, int]:
        made = book.plan(said().get("order", 0), said().get("items") or [], said().get("plan_type", "cancel"))
        return (jsonify(error="There is no such order."), 404) if made is None else (jsonify(made), 200)

    @blueprint.post("/admin/stores")
    def opened() -> Response:
        return jsonify(book.store(said()))

    @blueprint.patch("/admin/stores/<int:pk>")
    def store(pk: int) -> Response:
        return jsonify(book.store(said(), pk))

    @blueprint.post("/admin/live")
    def live() -> Response:
        return jsonify(happened=[life.step() for _ in range(int(said().get("steps", 1)))])

    @blueprint.get("/report")
    def report() -> Response:
        told = {**book.counts, **{f"messages {name}": n for name, n in messages.counts.items()}}
        return jsonify({**told, "messages waiting": messages.waiting, "keys repeated": done.counts["repeats"]})

    @blueprint.get("/report/told")
    def told() -> Response:
        """Per order: the states we were told, by the sequence they came with."""
        return jsonify({row["number"]: row.get("told", []) for row in book.every("orders")})

    return blueprint


def main() -> None:
    arguments = program.parser("order_source", "The brand's order source (Omnitron-shaped), simulated.")
    arguments.add_argument("--hook", default="", help="where its messages go; ORDER_SOURCE_SECRET signs them")
    arguments.add_argument("--pace", type=float, default=0.0, help="seconds between things that happen (0: none do)")
    arguments.add_argument("--bare", type=float, default=0.0, help="part of its orders that say no coordinates (0)")
    arguments.add_argument("--pickup", type=float, default=0.0, help="part of its orders that customers fetch (0)")
    arguments.add_argument("--locations", type=int, default=60, help="the network whose stores they choose from (60)")
    given = arguments.parse_args()
    secret = os.environ.get("ORDER_SOURCE_SECRET", "")
    journal = Journal(given.journal)

    def build_it() -> Flask:
        rates = {"bare": given.bare, "pickup": given.pickup, "locations": given.locations}
        return build(given.seed, journal, given.hook, secret, given.pace, **rates)

    program.main("Order source", given, build_it)


if __name__ == "__main__":
    main()
