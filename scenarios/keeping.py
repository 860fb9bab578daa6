"""What planners keep in the database beside the log: inputs of plans, the checkpoint."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from eventlog.log import EventLog
from eventlog.migrate import migrate
from scenarios.inputs import Inputs, frame_of, unpack
from scenarios.tallies import Tallies

Connection = psycopg.Connection[Any]

# One that is still used is young again, so that no kept input loses its own.
KEEP_FRAMES = """
insert into plan_frames as f (digest, packed) select * from unnest(%s::text[], %s::bytea[])
on conflict (digest) do update set at = excluded.at where f.at < excluded.at - interval '1 hour'
"""
KEEP_INPUTS = """
insert into plan_inputs (digest, packed) select * from unnest(%s::text[], %s::bytea[]) on conflict do nothing
"""

# Several planners save the same picture; the furthest stands.
CHECKPOINT = """
insert into planner_checkpoint (one, position, needs, tallies) values (true, %s, %s, %s)
on conflict (one) do update set position = excluded.position, needs = excluded.needs, tallies = excluded.tallies
 where planner_checkpoint.position <= excluded.position
"""

FORGET_INPUTS = "delete from plan_inputs where at < %s"
FORGET_FRAMES = "delete from plan_frames where at < %s"
FRAME_SECONDS = 12 * 3600.0
"""A planner says of a frame that it is used when it comes to it, and again after so long."""

CALL = "update planner_calls set number = number + 1"
CALLS = "select number from planner_calls"


def prepare(log: EventLog) -> None:
    """The tables of this room."""
    migrate(log.direct_url, "scenarios", Path(__file__).parent / "sql")


class Kept:
    """Keeps inputs before the plans that name them are written: a plan without its inputs could not be explained."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock, self._frames, self._until = clock, set[str](), 0.0

    def keep(self, connection: Connection, inputs: Sequence[Inputs]) -> None:
        if self._clock() >= self._until:
            self._frames, self._until = set(), self._clock() + FRAME_SECONDS
        frames = {i.frame.digest: i.frame.packed for i in inputs if i.frame.digest not in self._frames}
        if frames:
            connection.execute(KEEP_FRAMES, (list(frames), list(frames.values())))
            self._frames.update(frames)
        if inputs:
            connection.execute(KEEP_INPUTS, ([i.digest for i in inputs], [i.packed for i in inputs]))


def forget(connection: Connection, before: datetime) -> tuple[int, int]:
    """Lets go of the inputs of plans that are older, and of the frames that none of those that stay can name; how many
    of each."""
    inputs = connection.execute(FORGET_INPUTS, (before,)).rowcount
    return inputs, connection.execute(FORGET_FRAMES, (before - timedelta(seconds=2 * FRAME_SECONDS),)).rowcount


def call_all(connection: Connection) -> None:
    """Every order that waits is tried again soon, by whichever planner has it (A2)."""
    connection.execute(CALL)


def calls(connection: Connection) -> int:
    """How often that was asked for."""
    row = connection.execute(CALLS).fetchone()
    return int(row[0]) if row else 0


def save_checkpoint(connection: Connection, position: int, needs: Sequence[tuple[Any, ...]], tallies: Tallies) -> None:
    """From where a start goes on: (order, since, and its cause) of those that need planning, and what the planner
    itself counts."""
    connection.execute(CHECKPOINT, (position, Jsonb([list(need) for need in needs]), Jsonb(tallies.as_json())))


def tallies(connection: Connection) -> Tallies:
    """What the planner counted, as of its last checkpoint (a few seconds ago)."""
    row = connection.execute("select tallies from planner_checkpoint", prepare=False).fetchone()
    return Tallies() if row is None else Tallies.of(row[0])


def read(connection: Connection, digests: Iterable[str]) -> dict[str, Inputs]:
    """By digest what plans were made from, of those that are still kept (OMS_PLAN_INPUT_DAYS)."""
    cases = dict(connection.execute(CASES, (sorted(set(digests)),)).fetchall())
    wanted = {digest: frame_of(packed) for digest, packed in cases.items()}
    frames = dict(connection.execute(FRAMES, (sorted(set(wanted.values())),)).fetchall()) if wanted else {}
    return {digest: unpack(cases[digest], frames[frame]) for digest, frame in wanted.items() if frame in frames}


CASES = "select digest, packed from plan_inputs where digest = any(%s)"
FRAMES = "select digest, packed from plan_frames where digest = any(%s)"
