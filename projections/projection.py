"""A batch of events into the tables of the read models."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import psycopg

from domain.customer import CustomerForgotten
from domain.personal import Personal
from eventlog.recorded import Recorded
from projections.changes import Changes, of_events, of_state
from projections.counts import LIST_COUNTS
from projections.fold import States, Touched, fold
from projections.model import Count, OfEvents, OfState
from projections.models import MODELS
from projections.models.order_customers import ORDER_CUSTOMERS, forget
from projections.models.orders import ORDER_STATES
from projections.objects.person import Reveal, Warm
from projections.writing import write, write_counts


def forgotten_in(events: Sequence[Recorded]) -> list[str]:
    """The keys of the customers that these events say were forgotten."""
    return [event.fact.key for event in events if type(event.fact) is CustomerForgotten]


class Projection:
    """Events into tables. `tables`: the name of a read model → the table that stands for it; `order_states` is among
    them. What is not named is not written. `warm`: told the keys of the customers whose values are opened next."""

    def __init__(self, tables: Mapping[str, str], reveal: Reveal, warm: Warm | None = None) -> None:
        self._tables, self._opens, self._warm = tables, reveal, warm
        self._forgotten: set[str] = set()
        self._emptied: list[str] = []
        self._states = States(tables[ORDER_STATES.name])
        self._counting = LIST_COUNTS.name in tables
        self._models = [model for model in MODELS if self._counting or model.name in tables]
        self._touched: dict[int, Touched] = {}
        self._counts: dict[str, Counter[Count]] = defaultdict(Counter)
        self._of_state = [model for model in self._models if isinstance(model, OfState)]

    def apply(self, connection: psycopg.Connection[Any], events: Sequence[Recorded]) -> None:
        """Writes what a batch changes; the caller's transaction commits it, or nothing of it stays."""
        self._touched, self._counts, self._emptied = {}, defaultdict(Counter), []
        self.take(connection, events)
        self.flush(connection)

    def take(self, connection: psycopg.Connection[Any], events: Sequence[Recorded]) -> int:
        """The same, but rows that are a function of the state wait for `flush`, so that an order that many batches are
        about is written once. Gives how many orders wait."""
        self._emptied += forgotten_in(events)
        self._forgotten.update(self._emptied)
        steps = fold(connection, events, self._states, self._of_state, self._touched)
        for model in self._models:
            if isinstance(model, OfEvents):
                self._write(connection, model, of_events(model, steps))
        return len(self._touched)

    def flush(self, connection: psycopg.Connection[Any]) -> None:
        """Writes what waits."""
        touched = list(self._touched.values())
        if self._warm is not None and ORDER_CUSTOMERS in self._models:
            self._warm([one.after.personal.key for one in touched if one.before is None])
        with connection.pipeline():
            for model in self._of_state:
                self._write(connection, model, of_state(model, touched, self._reveal))
            if self._emptied and ORDER_CUSTOMERS.name in self._tables:
                forget(connection, self._emptied, self._tables[ORDER_CUSTOMERS.name])
            if self._counting:
                write_counts(connection, self._tables[LIST_COUNTS.name], self._counts)
        self._states.keep(one.after for one in touched)
        self._touched, self._counts, self._emptied = {}, defaultdict(Counter), []

    def _reveal(self, personal: Personal) -> Mapping[str, Any] | None:
        """Nothing of who is known to be forgotten, whatever the keyring still holds in memory."""
        return None if personal.key in self._forgotten else self._opens(personal)

    def _write(self, connection: psycopg.Connection[Any], model: OfState | OfEvents, changes: Changes) -> None:
        if self._counting:
            self._counts[model.name].update(changes.counts)
        if model.name in self._tables:
            write(connection, model, self._tables[model.name], changes)
