"""A batch of events into the tables of the read models."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Rows:
    """What a batch changes in the tables: written together, or not at all."""

    changes: list[tuple[OfState | OfEvents, Changes]]
    forgotten: list[str]
    counts: Mapping[str, Counter[Count]]


class Projection:
    """Events into tables. `tables`: the name of a read model → the table that stands for it; `order_states` is among
    them. What is not named is not written. `warm`: told the keys of the customers whose values are opened next."""

    def __init__(self, tables: Mapping[str, str], reveal: Reveal, warm: Warm | None = None) -> None:
        self._tables, self._opens, self._warm = tables, reveal, warm
        self._states = States(tables[ORDER_STATES.name])
        self._counting = LIST_COUNTS.name in tables
        models = [model for model in MODELS if self._counting or model.name in tables]
        self._of_events = [model for model in models if isinstance(model, OfEvents)]
        self._of_state = [model for model in models if isinstance(model, OfState)]
        self._forgotten: set[str] = set()
        self._touched: dict[int, Touched] = {}
        self._waiting = Rows([], [], {})

    def apply(self, connection: psycopg.Connection[Any], events: Sequence[Recorded]) -> None:
        """Writes what a batch changes; the caller's transaction commits it, or nothing of it stays."""
        self._touched, self._waiting = {}, Rows([], [], {})  # of a batch that failed
        self.take(lambda: connection, events)
        self.write(connection, self.all_rows())

    def take(self, connection: Callable[[], psycopg.Connection[Any]], events: Sequence[Recorded]) -> int:
        """Folds a batch. Gives how many orders wait for `all_rows`, so that one which many batches are about is written
        once. `connection` is asked for where states must be read."""
        emptied = forgotten_in(events)
        self._waiting.forgotten.extend(emptied)
        self._forgotten.update(emptied)
        steps = fold(connection, events, self._states, self._of_state, self._touched)
        self._waiting.changes.extend((model, of_events(model, steps)) for model in self._of_events)
        return len(self._touched)

    def rows_of_events(self) -> Rows:
        """What may be written already: rows that are never changed."""
        ready = Rows(self._waiting.changes, [], {})
        self._waiting = Rows([], self._waiting.forgotten, self._counted(ready))
        return ready

    def all_rows(self) -> Rows:
        """What waits, rows that are a function of the state among it."""
        touched = list(self._touched.values())
        if self._warm is not None and ORDER_CUSTOMERS in self._of_state:
            self._warm([one.after.personal.key for one in touched if one.before is None])
        self._waiting.changes.extend((model, of_state(model, touched, self._reveal)) for model in self._of_state)
        ready = Rows(self._waiting.changes, self._waiting.forgotten, self._counted(self._waiting))
        self._states.keep(one.after for one in touched)
        self._touched, self._waiting = {}, Rows([], [], {})
        return ready

    def write(self, connection: psycopg.Connection[Any], rows: Rows) -> None:
        with connection.pipeline():
            for model, changes in rows.changes:
                if model.name in self._tables:
                    write(connection, model, self._tables[model.name], changes)
            if rows.forgotten and ORDER_CUSTOMERS.name in self._tables:
                forget(connection, rows.forgotten, self._tables[ORDER_CUSTOMERS.name])
            if self._counting:
                write_counts(connection, self._tables[LIST_COUNTS.name], rows.counts)

    def _counted(self, ready: Rows) -> Mapping[str, Counter[Count]]:
        """How many rows more or less each list has by what was to be written until now."""
        counts: dict[str, Counter[Count]] = defaultdict(Counter, self._waiting.counts)
        for model, changes in ready.changes if self._counting else ():
            counts[model.name].update(changes.counts)
        return counts

    def _reveal(self, personal: Personal) -> Mapping[str, Any] | None:
        """Nothing of who is known to be forgotten, whatever the keyring still holds in memory."""
        return None if personal.key in self._forgotten else self._opens(personal)
