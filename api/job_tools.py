"""`oms jobs …`: what runs by the clock, when, what came of it; set, and run here and now."""

import argparse
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from api.installation import Place
from api.jobs import runs
from api.jobs.clock import Jobs, schedule_of, setting_of
from api.jobs.declared import JOBS
from api.jobs.schedule import LEAST, MOST, WrongSchedule, checked_crontab, checked_timezone
from api.jobs.turn import Job
from domain import settings
from domain.kinds import stream_of
from eventlog.log import EventLog
from projections.objects.wire import moment

Say = Callable[[argparse.Namespace, Any, Callable[[Any], str]], None]

ACTOR = "operator"


def declare(verb: argparse.ArgumentParser) -> None:
    tools = verb.add_subparsers(dest="tool", required=True, metavar="TOOL")

    def tool(name: str, run: Callable[..., int], sentence: str, *, of: bool = True) -> argparse.ArgumentParser:
        made = tools.add_parser(name, help=sentence, description=sentence)
        made.set_defaults(tool=run)
        made.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="for programs")
        if of:
            made.add_argument("name", choices=[job.name for job in JOBS])
        return made

    tool("list", _list, "every job, when it runs, and its last run", of=False)
    tool("runs", _runs, "the last runs of a job")
    tool("run", _run, "runs a job here and now, also one that is off")
    change = tool("set", _set, "when a job runs; or off, or on")
    when = change.add_mutually_exclusive_group()
    when.add_argument("--every", type=int, metavar="SECONDS", help=f"{LEAST} to {MOST}")
    when.add_argument("--crontab", help="such as “30 3 * * 1-5”")
    when.add_argument("--declared", action="store_true", help="as it is declared again")
    change.add_argument("--timezone", default=None, help="of the crontab; UTC otherwise")
    change.add_argument("--on", dest="active", action="store_true", default=None)
    change.add_argument("--off", dest="active", action="store_false")


def jobs(log: EventLog, place: Place, arguments: argparse.Namespace, say: Say) -> int:
    """0; 1 where a run failed or could not begin, 2 where what was asked for makes no sense."""
    runs.prepare(log)
    found: int = arguments.tool(log, place, arguments, say)
    return found


def _list(log: EventLog, _place: Place, arguments: argparse.Namespace, say: Say) -> int:
    with log.listening() as connection:
        rows = runs.rows(connection)
        found = [_row(log, job, rows.get(job.name), runs.shown(connection, job.name, 1)) for job in JOBS]
    say(arguments, found, lambda all: "\n".join(_line(row) for row in all))
    return 0


def _row(log: EventLog, job: Job, row: runs.Row | None, last: list[dict[str, Any]]) -> dict[str, Any]:
    setting = setting_of(log.reference, job)
    return {
        "name": job.name,
        "is_active": setting.is_active,
        "schedule": schedule_of(setting, job).text,
        "next_run": moment(row.due) if row is not None and setting.is_active else None,
        "last_run": last[0] if last else None,
        "sentence": job.sentence,
    }


def _line(row: dict[str, Any]) -> str:
    last = row["last_run"]
    told = "never ran" if last is None else f"{last['state']} {moment(last['ended_at'] or last['started_at']) or ''}"
    when = row["schedule"] if row["is_active"] else "off"
    return f"{row['name']:<22} {when:<26} {told:<40} {row['sentence']}"


def _runs(log: EventLog, _place: Place, arguments: argparse.Namespace, say: Say) -> int:
    with log.listening() as connection:
        found = runs.shown(connection, arguments.name)
    say(arguments, found, lambda all: "\n".join(_run_line(run) for run in all) or "it never ran")
    return 0


def _run_line(run: dict[str, Any]) -> str:
    came = run["error"] or ", ".join(f"{what} {n}" for what, n in (run["outcome"] or {}).items())
    return (
        f"{run['id']:>8}  {moment(run['started_at']) or 'waits':<28} {run['state']:<9} {run['owner'] or '':<20} {came}"
    )


def _run(log: EventLog, place: Place, arguments: argparse.Namespace, say: Say) -> int:
    found = Jobs(log, place.settings).now(arguments.name, ACTOR)
    if found is None:
        print(f"{arguments.name} runs already, in another process.", file=sys.stderr)
        return 1
    say(arguments, found, _run_line)
    return 0 if found["state"] == runs.FINISHED else 1


def _set(log: EventLog, _place: Place, arguments: argparse.Namespace, say: Say) -> int:
    job = next(job for job in JOBS if job.name == arguments.name)
    setting = setting_of(log.reference, job)
    said: dict[str, Any] = {} if arguments.active is None else {"is_active": arguments.active}
    try:
        if arguments.every is not None:
            if not LEAST <= arguments.every <= MOST:
                raise WrongSchedule(f"--every is from {LEAST} to {MOST} seconds.")
            said |= {"interval_seconds": arguments.every, "crontab": None}
        elif arguments.crontab is not None:
            zone = checked_timezone(arguments.timezone or "UTC")
            said |= {"crontab": checked_crontab(arguments.crontab, zone), "timezone": zone, "interval_seconds": None}
        elif arguments.declared:
            said |= {"crontab": None, "interval_seconds": None}
    except WrongSchedule as wrong:
        print(wrong, file=sys.stderr)
        return 2
    log.decide(
        stream_of("job", setting.id),
        lambda state, _: settings.save(state, replace(state or setting, **said)),
        actor=ACTOR,
        command="set-job",
    )
    log.reference.refresh()
    return _list(log, _place, arguments, say)
