"""`oms simulate` (spec 2.7): a period, or one order, under another scenario; read from the log, nothing is written."""

import argparse
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from api.audit_tools import Say
from api.installation import Place
from api.progress import progress_of
from domain.kernel import Given, Refusal
from domain.order import Order
from eventlog.log import EventLog
from scenarios.definition import Scenario, TransferScenario
from scenarios.demands import demand_of
from scenarios.inquiry import Answered
from scenarios.parsing import parse_scenario, parse_transfer_scenario
from scenarios.past import Past
from scenarios.rulebook import Rulebook
from scenarios.simulated import simulate as simulated
from scenarios.what_if import anew, nowhere, tried, whole, without
from scenarios.world import Overlay


class Wrong(Exception):
    """What was asked cannot be done, in a sentence."""


def declare(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--from", dest="begin", metavar="TIME", help="first planned from then on (2026-10-01)")
    verb.add_argument("--to", dest="end", metavar="TIME", help="and before then")
    verb.add_argument("--scenario", metavar="FILE", help="a draft as JSON; without: what really planned (the control)")
    verb.add_argument(
        "--transfers", metavar="FILE", help="a transfer scenario, or a list, as JSON; without: those of then"
    )
    verb.add_argument("--charts", metavar="DIR", help="write load.svg and packages.svg there")
    verb.add_argument("--order", type=int, metavar="ID", help="one order instead of a period")
    verb.add_argument("--position", type=int, help="of the log, for --order; without: as it is now")
    verb.add_argument("--why-not", metavar="CODE", help="a location, for --order")


def simulate(log: EventLog, _place: Place, arguments: argparse.Namespace, say: Say) -> int:
    """0 where it was simulated; the control run (without a draft) is 1 where it differs from what really happened."""
    try:
        draft, transfers = _draft(arguments.scenario), _transfers(arguments.transfers)
        if arguments.order is not None:
            say(arguments, one := _one(log, arguments, draft, transfers), _one_text)
            return 0 if one["packages"] is not None else 1
        begin, end = _moment(arguments.begin, "--from"), _moment(arguments.end, "--to")
        if begin >= end:
            raise Wrong("--from must be before --to.")
        found = simulated(log, begin, end, draft, transfers, progress_of(arguments, "events"))
        if arguments.charts:
            from api.drawings.period_charts import charts  # a large library: only where charts are drawn

            _write(Path(arguments.charts), charts(found))
    except Wrong as wrong:
        print(wrong, file=sys.stderr)
        return 2
    except Refusal as refused:
        print(_told(refused), file=sys.stderr)
        return 2
    say(arguments, found, text)
    return 1 if draft is None and transfers is None and found["differ"] else 0


def _moment(said: str | None, name: str) -> datetime:
    if said is None:
        raise Wrong(f"{name} is needed, as 2026-10-01 or 2026-10-01T12:00.")
    try:
        found = datetime.fromisoformat(said)
    except ValueError:
        raise Wrong(f"{name}: {said!r} is no time; 2026-10-01 or 2026-10-01T12:00 is one.") from None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _draft(file: str | None) -> Scenario | None:
    return None if file is None else parse_scenario({"name": "draft", **_object(file)})


def _transfers(file: str | None) -> list[TransferScenario] | None:
    if file is None:
        return None
    said = _read(file)
    every = said if isinstance(said, list) else [said]
    return [parse_transfer_scenario({"name": f"draft {n}", **one}) for n, one in enumerate(every, 1)]


def _object(file: str) -> dict[str, Any]:
    said = _read(file)
    if not isinstance(said, dict):
        raise Wrong(f"{file}: a scenario is an object.")
    return said


def _read(file: str) -> Any:
    try:
        return json.loads(Path(file).read_text(encoding="utf-8"))
    except OSError as lost:
        raise Wrong(f"{file} cannot be read: {lost.strerror}.") from lost
    except ValueError as wrong:
        raise Wrong(f"{file} is no JSON: {wrong}.") from wrong


def _told(refused: Refusal) -> str:
    fields = refused.extra.get("fields") or {"": [refused.message]}
    return "\n".join(f"{field}: {' '.join(map(str, texts))}" for field, texts in fields.items())


def _write(folder: Path, files: dict[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, svg in files.items():
        (folder / name).write_text(svg, encoding="utf-8")


# --- one order


def _one(
    log: EventLog, arguments: argparse.Namespace, draft: Scenario | None, transfers: list[TransferScenario] | None
) -> dict[str, Any]:
    """The order in the world that the log had at the position; no stock service is asked."""
    head = log.head().position
    position = head if arguments.position is None else arguments.position
    if not 0 <= position <= head:
        raise Wrong(f"--position is from 0 to {head}, where the log ends.")
    order: Order | None = log.state_at(f"order-{arguments.order}", position=position).state
    if order is None:
        raise Wrong(f"There was no order {arguments.order} at position {position}.")
    past = Past(log).to(position, progress_of(arguments, "events"))
    view, world = log.reference.as_of(position), Overlay(past.world)
    book = Rulebook.of_view(view)
    if whole(order):
        without(world, order)
        order = anew(order)
    now = past.at
    return tried(
        demand_of(order, view, now),
        Answered(world, now),
        book.scenarios if draft is None else [draft],
        book.transfers if transfers is None else transfers,
        past.locations,
        Given(now, nowhere, view),
        arguments.why_not,
    )


def _one_text(found: dict[str, Any]) -> str:
    if found["packages"] is None:
        return "\n".join(["It would wait:", *found["reasons"]])
    more = [found["why_not"]["sentence"]] if found["why_not"] else []
    return "\n".join([*found["sentences"], *more])


# --- a period, for people

ROWS = (
    ("orders placed", "orders_placed"),
    ("packages", "packages"),
    ("packages per order", "packages_per_order"),
    ("split rate", "split_rate"),
    ("transfers", "transfers"),
    ("kilometres", "kilometres"),
    ("cost", "cost"),
    ("lines unplanned", "lines_unplanned"),
    ("pieces unplanned", "pieces_unplanned"),
)
BUSIEST = 15


def text(found: dict[str, Any]) -> str:
    """The table."""
    name = found["scenario"] or "what really planned them"
    lines = [
        f"{found['orders']} orders planned from {found['from']} until {found['to']}, under {name}",
        f"{found['plannings']['all']} plannings, {found['plannings']['on_kept_inputs']} on the inputs that were kept; "
        f"{found['differ']} orders went another way",
        "",
        f"{'':24}{'really':>14}{'simulated':>14}{'difference':>14}",
    ]
    for title, key in ROWS:
        was, now = found["really"][key], found["simulated"][key]
        lines.append(f"{title:24}{was:>14,}{now:>14,}{round(now - was, 4):>+14,}")
    lines += ["", f"{'packages by location':24}{'really':>14}{'simulated':>14}{'peak really':>14}{'simulated':>14}"]
    for row in found["locations"][:BUSIEST]:
        given, peak = row["packages"], row["peak_load"]
        lines.append(
            f"{row['erp_code'] or '?':24}{given['really']:>14,}{given['simulated']:>14,}"
            f"{peak['really']:>14,}{peak['simulated']:>14,}"
        )
    if len(found["locations"]) > BUSIEST:
        lines.append(f"… and {len(found['locations']) - BUSIEST} more, which --json has")
    return "\n".join(lines)
