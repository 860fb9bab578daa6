"""Bad days on demand: the knobs of a simulator, turned over HTTP while it runs.

`GET /admin/knobs` shows them, `PATCH /admin/knobs {name: value}` turns some. Rates are probabilities from 0 to 1,
drawn from one seeded source; latencies are seconds.
"""

import random
import threading
from dataclasses import asdict, fields, replace
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from flask import Blueprint, Response, jsonify, request


class Knobs(Protocol):
    """A frozen dataclass whose defaults are a good day, with fields of type bool, float or int."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


K = TypeVar("K", bound=Knobs)
T = TypeVar("T")


class Panel(Generic[K]):
    def __init__(self, knobs: K, seed: int) -> None:
        self.now = knobs
        self._random = random.Random(seed)
        self._lock = threading.Lock()

    def chance(self, rate: float) -> bool:
        """True with this probability. No draw for 0, so that a knob at rest does not move the others' luck."""
        with self._lock:
            return rate > 0 and self._random.random() < rate

    def choice(self, options: list[T]) -> T:
        with self._lock:
            return self._random.choice(options)

    def turn(self, changes: dict[str, Any]) -> None:
        """Raises ValueError with a sentence for an unknown knob or a value that it cannot take."""
        kinds = {field.name: field.type for field in fields(self.now)}
        turned: dict[str, Any] = {}
        for name, value in changes.items():
            if name not in kinds:
                raise ValueError(f"There is no knob {name!r}; there are {', '.join(sorted(kinds))}.")
            if kinds[name] is bool:
                if not isinstance(value, bool):
                    raise ValueError(f"{name} is true or false.")
                turned[name] = value
                continue
            if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
                raise ValueError(f"{name} is a number from 0 up.")
            if name.endswith("_rate") and value > 1:
                raise ValueError(f"{name} is a probability from 0 to 1.")
            turned[name] = value
        self.now = replace(self.now, **turned)

    def routes(self) -> Blueprint:
        blueprint = Blueprint("knobs", __name__)

        @blueprint.get("/admin/knobs")
        def show() -> Response:
            return jsonify(asdict(self.now))

        @blueprint.patch("/admin/knobs")
        def turn() -> tuple[Response, int]:
            changes = request.get_json(silent=True)
            if not isinstance(changes, dict):
                return jsonify(error="A JSON object of knobs is needed."), 400
            try:
                self.turn(changes)
            except ValueError as wrong:
                return jsonify(error=str(wrong)), 400
            return jsonify(asdict(self.now)), 200

        return blueprint
