"""The job that does set-up tasks: in portions, each written down with what came of it, so that whoever is killed is
followed by one who goes on. A portion that was written twice changes nothing the second time."""

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from typing import Any

from api.http.routes import Call, Services
from api.http.users import caller_of
from api.jobs.turn import JobFailed, Outcome, Turn
from api.setup import tasks
from api.setup.kinds import IMPORTS, Came, ImportKind, Item, NotNow
from api.setup.sheets import WrongFile, rows
from api.setup.sources import brought

JOB = "set-up"
KEPT_DAYS = 90


class Aborted(Exception):
    """Somebody wants it no more."""


def work(turn: Turn) -> Outcome:
    """Every task that waits, the oldest first."""
    tasks.prepare(turn.log)
    with turn.log.listening() as connection:
        tasks.forget(connection, KEPT_DAYS)
        waiting = tasks.open_ones(connection)
        if not waiting:
            return {}
        from api.http.app import services_of  # it declares every route, this job's among them

        with closing(services_of(turn.log, turn.settings, turn.settings.secret_key or "")) as services:
            ended = Counter(_done(turn, services, connection, task) for task in waiting)
    return dict(ended)


def _done(turn: Turn, services: Services, connection: tasks.Connection, task: dict[str, Any]) -> str:
    """The state in which the task ends."""
    turn.check()
    id = task["id"]
    with connection.transaction():
        turn.hold(connection)
        if not tasks.begin(connection, id):
            return tasks.ABORTED
    try:
        call = _call(turn, services, task)
        for last, came in _came(turn, services, connection, task, call):
            _noted(turn, connection, id, last, came)
    except Aborted:
        return tasks.ABORTED
    except (WrongFile, LookupError) as wrong:
        return _ended(turn, connection, id, tasks.FAILED, str(wrong))
    except NotNow as busy:
        raise JobFailed(f"{task['step']} goes on later: {busy}") from busy
    return _ended(turn, connection, id, tasks.FINISHED, None)


def _ended(turn: Turn, connection: tasks.Connection, id: int, state: str, message: str | None) -> str:
    with connection.transaction():
        turn.hold(connection)
        tasks.end(connection, id, state, message)
    return state


def _call(turn: Turn, services: Services, task: dict[str, Any]) -> Call:
    """As if whoever asked had sent it."""
    turn.log.reference.refresh()
    caller = caller_of(turn.log, task["user_id"])
    if caller is None:
        raise WrongFile(f"{task['username']}, who asked for it, is no user any more.")
    query = {"dry_run": "true"} if task["dry_run"] else {}
    return Call(services, caller, f"set-up-{task['id']}", None, query, {}, f"set-up/{task['step']}")


def _came(
    turn: Turn, services: Services, connection: tasks.Connection, task: dict[str, Any], call: Call
) -> Iterator[tuple[int, list[Came]]]:
    """Portion by portion, up to which row it is done and what came of it."""
    if task["source"] == tasks.FILE:
        kind = IMPORTS[task["step"]]
        for portion in _portions(_items(turn, connection, task, kind), kind.chunk):
            turn.check()
            yield portion[-1].last, kind.write(call, portion)
    else:
        done = 1  # as if a head stood above
        for came in brought(services, task["step"], call.request_id):
            turn.check()
            done += len(came)
            yield done, came


def _items(turn: Turn, connection: tasks.Connection, task: dict[str, Any], kind: ImportKind) -> Iterator[Item]:
    """What is still to be done."""
    sealed = tasks.file_of(connection, task["id"])
    if sealed is None:
        raise WrongFile("Its file is not kept any more.")
    data = tasks.Sealing(turn.settings.secret_key or "").open(sealed)
    yield from (item for item in kind.items(rows(data)) if item.last > task["row_done"])


def _portions(items: Iterator[Item], size: int) -> Iterator[list[Item]]:
    while portion := list(islice(items, size)):
        yield portion


def _noted(turn: Turn, connection: tasks.Connection, id: int, last: int, came: list[Came]) -> None:
    outcomes = Counter(one.outcome for one in came)
    problems = [problem for one in came for problem in one.problems]
    with connection.transaction():
        turn.hold(connection)
        if not tasks.go_on(connection, id, last, outcomes, problems):
            raise Aborted
