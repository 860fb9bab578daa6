"""`oms import KIND FILE`: rows of a CSV or XLSX file, with a report of what is wrong with which."""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from api.http.imports import shown
from api.installation import Place
from api.jobs.clock import Jobs
from api.setup import tasks
from api.setup.kinds import IMPORTS
from api.setup.work import JOB
from eventlog.log import EventLog

Say = Callable[[argparse.Namespace, Any, Callable[[Any], str]], None]

TOLD = 100
"""Problems that are told to people; programs get all that are kept."""

OPEN = (tasks.READY, tasks.WORKING)


def declare(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("kind", nargs="?", choices=list(IMPORTS), help="what its rows are")
    verb.add_argument("file", nargs="?", help="CSV in UTF-8, or XLSX")
    verb.add_argument("--dry-run", action="store_true", help="what would come of each row; nothing is written")
    verb.add_argument("--kinds", action="store_true", help="lists the columns of each kind")


def imported(log: EventLog, place: Place, arguments: argparse.Namespace, say: Say) -> int:
    """0 where every row is in; 1 where some are wrong; 2 where the file cannot be read."""
    if arguments.kinds:
        known = {kind.name: kind.columns.names for kind in IMPORTS.values()}
        say(arguments, known, lambda all: "\n".join(f"{name}: {', '.join(columns)}" for name, columns in all.items()))
        return 0
    if arguments.kind is None or arguments.file is None:
        print("Say what and which file: oms import orders FILE. --kinds lists the columns.", file=sys.stderr)
        return 2
    try:
        data = Path(arguments.file).read_bytes()
    except OSError as wrong:
        print(f"{arguments.file} cannot be read: {wrong.strerror}.", file=sys.stderr)
        return 2
    task, problems = _done(log, place, arguments, data)
    said = {**shown(task), "problems": problems}
    say(arguments, said, _text)
    if task["state"] != tasks.FINISHED:
        return 2
    return 1 if task["rejected"] else 0


def _done(
    log: EventLog, place: Place, arguments: argparse.Namespace, data: bytes
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Done in this process, or by the one that is at it."""
    tasks.prepare(log)
    user = log.reference.find("user", place.settings.admin_user)
    said = {"user": user.id if user else 0, "username": place.settings.admin_user}
    sealed = tasks.Sealing(place.secret_key).seal(data)
    with log.listening() as connection:
        step, dry, name = arguments.kind, arguments.dry_run, Path(arguments.file).name
        id = tasks.add(connection, sealed, step=step, source=tasks.FILE, dry_run=dry, file_name=name, **said)
        while True:
            task = tasks.one(connection, id)
            if task is None or task["state"] not in OPEN:
                break
            if Jobs(log, place.settings).now(JOB, place.settings.admin_user) is None:
                time.sleep(0.5)
        assert task is not None  # noqa: S101 – tasks go after months
        return task, tasks.problems(connection, id, tasks.MOST_PROBLEMS)


def _text(said: dict[str, Any]) -> str:
    counts = ", ".join(f"{said[name]} {name}" for name in ("created", "changed", "unchanged", "rejected"))
    lines = [f"{said['status']}{' (dry run, nothing was written)' if said['dry_run'] else ''}: {counts}"]
    lines += [said["message"]] if said["message"] else []
    lines += [
        f"  row {p['row']}: {p['field'] + ': ' if p['field'] else ''}{p['text']}" for p in said["problems"][:TOLD]
    ]
    more = len(said["problems"]) - TOLD
    return "\n".join(lines + ([f"  and {more} more; --json shows them"] if more > 0 else []))
