"""The job that replays periods. Each in a process of its own, at a low priority: planner and projector, which may share
the job's, go on as before. Who is killed is followed by one who begins it again; the same comes of it."""

import os
from collections import Counter
from datetime import datetime
from multiprocessing import get_context
from time import monotonic
from typing import Any

from api.jobs.turn import Outcome, Turn
from api.processes import die_with_parent
from api.simulations import rows
from eventlog.log import EventLog
from scenarios.parsing import parse_scenario, parse_transfer_scenario
from scenarios.simulated import simulate

JOB = "simulations"
KEPT_DAYS = 30
TOLD_SECONDS = 1.0
"""How often it says how far it is, and notices that it is wanted no more."""

_NICE = 10


class Aborted(Exception):
    """Somebody wants it no more."""


def work(turn: Turn) -> Outcome:
    """Every one that waits, the oldest first."""
    with turn.log.listening() as connection:
        rows.forget(connection, KEPT_DAYS)
        waiting = rows.open_ones(connection)
        ended: Counter[str] = Counter()
        for id in waiting:
            _elsewhere(turn, id)
            if rows.end(connection, id, rows.FAILED, "Its process ended before it did."):
                ended[rows.FAILED] += 1
            else:
                found = rows.one(connection, id)
                ended[found["state"] if found else rows.ABORTED] += 1
    return dict(ended)


def _elsewhere(turn: Turn, id: int) -> None:
    """In a process of its own, until it ends. Raises TurnLost: then it is over there, too."""
    process = get_context("spawn").Process(target=_alone, args=(turn.log.database_url, id), daemon=True)
    process.start()
    try:
        while process.is_alive():
            turn.check()
            process.join(0.2)
    finally:
        process.terminate()
        process.join()


def _alone(database_url: str, id: int) -> None:
    """What the process does."""
    die_with_parent()
    os.nice(_NICE)
    log = EventLog.open(database_url)
    try:
        replayed(log, id)
    finally:
        log.close()


def replayed(log: EventLog, id: int) -> None:
    """One that is to be done, to its end: report, or why there is none."""
    with log.listening() as connection:
        asked = rows.begin(connection, id)
        if asked is None:
            return
        told = monotonic()

        def progress(position: int) -> None:
            nonlocal told
            if monotonic() - told >= TOLD_SECONDS:
                told = monotonic()
                if not rows.go_on(connection, id, position):
                    raise Aborted

        try:
            report = _report(log, asked, progress)
        except Aborted:
            return
        except Exception as wrong:
            rows.end(connection, id, rows.FAILED, f"{type(wrong).__name__}: {wrong}"[:1000])
            raise
        rows.end(connection, id, rows.FINISHED, report=report)


def _report(log: EventLog, asked: dict[str, Any], progress: Any) -> dict[str, Any]:
    draft, transfers = asked["scenario"], asked["transfer_scenarios"]
    return simulate(
        log,
        datetime.fromisoformat(asked["from"]),
        datetime.fromisoformat(asked["to"]),
        None if draft is None else parse_scenario(draft),
        None if transfers is None else [parse_transfer_scenario(one) for one in transfers],
        progress,
    )
