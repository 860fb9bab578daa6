"""A batch of events into the tables of the read models."""

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg

from eventlog.recorded import Recorded
from projections.changes import of_events, of_state
from projections.counts import LIST_COUNTS
from projections.fold import States, fold
from projections.model import OfState
from projections.models import MODELS
from projections.models.orders import ORDER_STATES
from projections.objects.person import Reveal
from projections.writing import write, write_counts


class Projection:
    """Events into tables. `tables`: the name of a read model → the table that stands for it; `order_states` is among
    them. What is not named is not written."""

    def __init__(self, tables: Mapping[str, str], reveal: Reveal) -> None:
        self._tables, self._reveal = tables, reveal
        self._states = States(tables[ORDER_STATES.name])
        self._counting = LIST_COUNTS.name in tables
        self._models = [model for model in MODELS if self._counting or model.name in tables]
        self._of_state = [model for model in self._models if isinstance(model, OfState)]

    def apply(self, connection: psycopg.Connection[Any], events: Sequence[Recorded]) -> None:
        """Writes what a batch changes; the caller's transaction commits it."""
        touched, steps = fold(connection, events, self._states, self._of_state)
        if not touched:
            return
        counts = {}
        with connection.pipeline():
            for model in self._models:
                if isinstance(model, OfState):
                    changes = of_state(model, touched.values(), self._reveal)
                else:
                    changes = of_events(model, steps)
                counts[model.name] = changes.counts
                if model.name in self._tables:
                    write(connection, model, self._tables[model.name], changes)
            if self._counting:
                write_counts(connection, self._tables[LIST_COUNTS.name], counts)
