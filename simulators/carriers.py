"""What both simulated carriers are opened with: bad days, a door, their parcels, what was done under which key, and
what a test or a person does with the parcels."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Flask, Response, jsonify, request

from simulators import program
from simulators.door import Auth, Door, login_at
from simulators.journal import Journal
from simulators.knobs import Panel
from simulators.neighbour import BadDays, Done, neighbour, refusal
from simulators.parcels import STATUSES, Parcels, Telling


@dataclass(frozen=True)
class Carrier:
    app: Flask
    parcels: Parcels
    done: Done


@dataclass(frozen=True)
class Manner:
    """How a carrier speaks: its name, how its numbers begin, the path below which one must be let in, who is not being
    answered by `refused()`, and how it tells `(number, status)`."""

    name: str
    prefix: str
    guarded: str
    refused: Callable[[], Response]
    media_type: str
    told: Callable[[str, str], bytes]


def opened(
    manner: Manner,
    *,
    seed: int = 0,
    journal: Journal | None = None,
    hook: str = "",
    secret: str = "",
    pace: float = 0.0,
    auth: Auth | None = None,
) -> Carrier:
    """`hook`: where each step of a parcel is told, signed with `secret`; `pace`: seconds a step takes, 0: nothing moves
    by itself."""
    journal = journal or Journal(None)
    app = neighbour(manner.name, Panel(BadDays(), seed))
    done, door = Done(journal), Door(auth or Auth())
    parcels = Parcels(manner.prefix, journal, Telling(hook, secret, manner.media_type, manner.told), pace, seed)
    app.register_blueprint(_admin(parcels, done, door))

    @app.before_request
    def who() -> Response | None:
        let_in = not request.path.startswith(manner.guarded) or door.opens(request.headers.get("Authorization", ""))
        return None if let_in else manner.refused()

    return Carrier(app, parcels, done)


def _admin(parcels: Parcels, done: Done, door: Door) -> Blueprint:
    """Open, since a simulator listens on loopback."""
    blueprint = Blueprint("admin", __name__)

    login_at(blueprint, door)

    @blueprint.post("/admin/parcels/<name>")
    def move(name: str) -> Any:
        """{status, tell}: `tell` false, and nobody hears of it who does not ask."""
        said = request.get_json(silent=True) or {}
        parcel, status = parcels.find(name), str(said.get("status"))
        if parcel is None or status not in STATUSES:
            return refusal(f"There is no such parcel, or status is none of {', '.join(STATUSES)}.", 400)
        parcels.move(parcel, status, tell=said.get("tell", True) is True)
        return jsonify(awb=parcel.number, status=status)

    @blueprint.get("/admin/parcels")
    def every() -> Response:
        return jsonify(results=[vars(parcel) for parcel in parcels.every()])

    @blueprint.get("/report")
    def report() -> Response:
        return jsonify(parcels.report() | dict(done.counts))

    return blueprint


def main(slug: str, sentence: str, name: str, build: Callable[..., Flask]) -> None:
    """As `program.main`, with what carriers are told besides."""
    arguments = program.parser(slug, sentence)
    program.of_carriers(arguments)
    given: argparse.Namespace = arguments.parse_args()
    told = program.told_to(given)
    program.main(name, given, lambda: build(seed=given.seed, journal=Journal(given.journal), **told))
