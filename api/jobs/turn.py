"""A job's turn: what it works with, and how it notices that it is another process's turn meanwhile."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from threading import Event
from time import monotonic
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from api.jobs.schedule import Schedule
from api.settings import Settings
from eventlog.log import EventLog
from eventlog.secrets import Secrets

HOLD = "select 1 from jobs where name = %s and epoch = %s for update"
MEMORY = "select memory from jobs where name = %s"
REMEMBER = "update jobs set memory = %s where name = %s and epoch = %s"

PATIENCE = 30 * 60.0

Outcome = Mapping[str, Any]
"""What came of a run, for people: a few counts or words by name."""


class TurnLost(Exception):
    """The process is to stop, or was thought dead and another has the turn: nothing more may be done."""


class JobFailed(Exception):
    """A sentence for people: why the run is no success."""


@dataclass(frozen=True)
class Turn:
    """`epoch` is the fence: who has an older one than the row may write nothing. `ended` is set when it is over."""

    log: EventLog
    settings: Settings
    job: str
    run: int
    epoch: int
    ended: Event = field(default_factory=Event)
    _steps: list[float] = field(default_factory=lambda: [monotonic()])

    def check(self) -> None:
        """To be called between steps; raises TurnLost."""
        if self.ended.is_set():
            raise TurnLost(self.job)
        self._steps[0] = monotonic()

    def silent(self) -> float:
        """Seconds since its last step."""
        return monotonic() - self._steps[0]

    def hold(self, connection: psycopg.Connection[Any]) -> None:
        """In a transaction of one's own: it commits only while it is still this turn. Raises TurnLost."""
        if connection.execute(HOLD, (self.job, self.epoch)).fetchone() is None:
            raise TurnLost(self.job)

    @property
    def correlation(self) -> str:
        """Of the events that the run causes: which job's, and which run."""
        return f"{self.job}-{self.run}"

    @cached_property
    def memory(self) -> Mapping[str, Any]:
        """What the last run remembered: a cursor, say."""
        with self.log.listening() as connection:
            row = connection.execute(MEMORY, (self.job,)).fetchone()
        return row[0] if row else {}

    def remember(self, memory: Mapping[str, Any]) -> None:
        """For the next run, whichever process has it. Raises TurnLost."""
        with self.log.listening() as connection:
            if not connection.execute(REMEMBER, (Jsonb(dict(memory)), self.job, self.epoch)).rowcount:
                raise TurnLost(self.job)

    def secret(self, name: str) -> str:
        """What is kept sealed under a name (eventlog.secrets)."""
        return Secrets(self.log.listening, self.settings.secret_key or "").read(name)


@dataclass(frozen=True)
class Job:
    """`run(turn)` does it once and says what came of it. It may be killed anywhere and is then begun again: what it
    does must bear that. `schedule` holds until an installation sets another. `patience`: seconds between two of its
    steps (`turn.check()`) after which it hangs: its turn is taken away."""

    name: str
    sentence: str
    run: Callable[[Turn], Outcome | None]
    schedule: Schedule
    patience: float = PATIENCE
