"""Given facts, when something is decided, then facts or a refusal: the whole tool of the domain's tests."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from domain.deciding import Commanded, decide
from domain.guards import Effect
from domain.kernel import Facts, Given, Refusal
from domain.kinds import KINDS
from domain.messages import messages
from domain.order import Order, evolve
from domain.reservations import effects

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


@dataclass
class Books:
    """Reference data in memory: (kind, id) → record."""

    rows: Mapping[tuple[str, int], Any] = field(default_factory=dict)

    def one(self, kind: str, id: int) -> Any | None:
        return self.rows.get((kind, id))

    def find(self, kind: str, key: str) -> Any | None:
        return next((r for (k, _), r in self.rows.items() if k == kind and key in KINDS[kind].keys(r)), None)


class Story:
    """Folds the given facts; after `when…` the new facts, their effects on the guards and their webhooks stand here.
    New ids are 101, 102, … for each kind."""

    def __init__(
        self, *given: Any, books: Books | None = None, order: Order | None = None, planning: Any = None
    ) -> None:
        self.order = order
        self.facts: Facts = []
        self.effects: list[Effect] = []
        self.messages: list[str] = []
        self._ids: Counter[str] = Counter()
        self.given = Given(NOW, self._id, books or Books(), "tester", planning)
        for fact in given:
            self.order = evolve(self.order, fact, NOW)

    def _id(self, kind: str) -> int:
        self._ids[kind] += 1
        return 100 + self._ids[kind]

    def when(self, decision: Callable[[Any, Given], Facts]) -> "Story":
        """`decision(order, given)` decides; its facts are folded one by one."""
        for fact in decision(self.order, self.given):
            before, self.order = self.order, evolve(self.order, fact, NOW)
            self.facts.append(fact)
            self.effects += effects(before, fact, self.order)
            self.messages += [f"{m.event} {m.id}" for m in messages(before, fact, self.order)]
        return self

    def command(self, kind: Commanded, id: int, name: str, given_input: Any = None) -> "Story":
        return self.when(lambda order, given: decide(order, kind, id, name, given_input, given))

    def refused(self, decision: Callable[[Any, Given], Facts]) -> Refusal:
        """The refusal; nothing was decided."""
        try:
            self.when(decision)
        except Refusal as refusal:
            return refusal
        raise AssertionError(f"not refused: {self.facts}")
