"""`oms sla`: how long packages spent in each phase, per location and period; or one package alone."""

import argparse
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from api.audit_tools import Say
from api.durations import span
from api.installation import Place
from api.past_tools import Unknown, named
from domain.application_settings import value_of
from eventlog.log import EventLog
from projections import sla as spans

PATIENCE = 3600.0
"""Seconds: who asks here waits as long as it takes, and may stop it."""


def declare(made: argparse.ArgumentParser) -> None:
    made.add_argument("package", nargs="?", help="one package, by id or number; else all")
    made.add_argument("--from", dest="begin", metavar="TIME", help="born from then on; 30 days where it is not said")
    made.add_argument("--to", metavar="TIME", help="born before then")
    made.add_argument("--location", metavar="CODE", help="only at this location")
    made.add_argument("--by", choices=["location", "none"], default="none")
    made.add_argument("--period", choices=spans.PERIODS)
    made.add_argument("--late", action="store_true", help="the packages that were over a target, the first hundred")


def sla(log: EventLog, _place: Place, arguments: argparse.Namespace, say: Say) -> int:
    defined = value_of(log.reference, "SLA_PHASES")
    try:
        looked = _looked(log, arguments)
    except (Unknown, ValueError) as wrong:
        print(wrong, file=sys.stderr)
        return 1
    with log.listening() as connection:
        if arguments.package is not None or arguments.late:
            rows, count = spans.packages(connection, defined, looked, late=arguments.late, limit=100)
            say(arguments, {"count": count, "results": rows}, _packages_text)
            return 0
        rows = spans.by_location(connection, defined, looked, place=arguments.by == "location", period=arguments.period)
    say(arguments, {"results": rows}, _text(log))
    return 0


def _looked(log: EventLog, arguments: argparse.Namespace) -> spans.Looked:
    now = datetime.now(UTC)
    if arguments.package is not None:
        id, _ = named(log, "package", arguments.package)
        return spans.Looked(datetime(2000, 1, 1, tzinfo=UTC), now + timedelta(days=1), now, None, id)
    begin = _time(arguments.begin) if arguments.begin else now - timedelta(days=30)
    end = _time(arguments.to) if arguments.to else now + timedelta(days=1)
    place = None if arguments.location is None else named(log, "location", arguments.location)[0]
    return spans.Looked(begin, end, now, None if place is None else [place], patience=PATIENCE)


def _time(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _text(log: EventLog) -> Callable[[Mapping[str, Any]], str]:
    def told(found: Mapping[str, Any]) -> str:
        times = " ".join(f"{name:>10}" for name in ("p50", "p90", "p99"))
        head = f"{'location':<12} {'period':<11} {'phase':<14} {'packages':>9} {times} {'late':>7}"
        return "\n".join([head, *(_line(log, row) for row in found["results"])])

    return told


def _line(log: EventLog, row: Mapping[str, Any]) -> str:
    place = log.reference.one("location", row["location"]) if row["location"] else None
    code = place.profile.erp_code if place else "all"
    times = " ".join(f"{span(row[name]):>10}" for name in ("p50", "p90", "p99"))
    late = "–" if row["late"] is None else row["late"]
    return f"{code:<12} {(row['period'] or '')[:10]:<11} {row['phase']:<14} {row['packages']:>9} {times} {late:>7}"


def _packages_text(found: Mapping[str, Any]) -> str:
    lines = []
    for row in found["results"]:
        spent = ", ".join(f"{name} {span(seconds)}" for name, seconds in row["seconds"].items() if seconds)
        late = f"; over the target: {', '.join(row['late'])}" if row["late"] else ""
        lines.append(f"{row['number']}: {spent or 'nothing yet'}{late}")
    return "\n".join([*lines, f"{found['count']} packages"])
