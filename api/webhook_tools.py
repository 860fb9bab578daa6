"""`oms webhooks …`: what waits and for whom, what was sent, and sends by hand."""

import argparse
import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from math import isinf
from typing import Any

from api.installation import Place
from domain.kernel import Refusal
from eventlog.log import EventLog
from webhook_outbox import ledger, replay, subscriptions, trial
from webhook_outbox.attempt import Courier
from webhook_outbox.dialing import Dialer
from webhook_outbox.metrics import metrics
from webhook_outbox.registry import WebhookError, registry

Say = Callable[[argparse.Namespace, Any, Callable[[Any], str]], None]
Found = tuple[Any, Callable[[Any], str]]

ACTOR = "operator"


def declare(verb: argparse.ArgumentParser) -> None:
    """The arguments of each of them."""
    tools = verb.add_subparsers(dest="tool", required=True, metavar="TOOL")

    def tool(name: str, run: Callable[..., Found], sentence: str, **numbers: str) -> argparse.ArgumentParser:
        made = tools.add_parser(name, help=sentence, description=sentence)
        made.set_defaults(tool=run)
        made.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="for programs")
        for number, meaning in numbers.items():
            made.add_argument(number, type=int, help=meaning)
        return made

    tool("list", _list, "every webhook with its health and what waits for it")
    tool("show", _show, "one webhook", id="its id")
    tool("names", _names, "every event name with a sentence")
    tool("backlog", _backlog, "what waits, attempts by class, failing endpoints")
    events = tool("events", _events, "what was sent, the newest first")
    events.add_argument("--webhook", help="of this one")
    events.add_argument("--order", help="about this order number")
    events.add_argument("--delivered", choices=["true", "false"])
    events.add_argument("--limit", type=int, default=20)
    tool("event", _event, "one delivery with its attempts", id="its id")
    retry = tool("retry", _retry, "sends a delivery again, now", id="the delivery")
    retry.add_argument("--force", action="store_true", help="also what was delivered, or is still being retried")
    again = tool("replay", _replay, "sends a range again, in order; --dry-run counts it first", id="the webhook")
    again.add_argument("--from-position", type=int)
    again.add_argument("--to-position", type=int)
    again.add_argument("--from-date", type=_time, help="such as 2026-11-23T10:00:00Z")
    again.add_argument("--to-date", type=_time)
    again.add_argument("--dry-run", action="store_true")
    tool("pause", _pause, "switches a webhook off: nothing is sent, everything is kept", id="the webhook")
    tool("resume", _resume, "switches it on: what was kept is sent", id="the webhook")
    tool("test", _test, "a signed trial send", id="the webhook")


def run(log: EventLog, place: Place, arguments: argparse.Namespace, say: Say) -> int:
    """1 where it was refused, or a send did not arrive."""
    try:
        answer, text = arguments.tool(log, place, arguments)
    except WebhookError as refused:
        return _refused(arguments, say, refused.body(), f"{refused.code}: {refused.en}")
    except Refusal as refused:
        return _refused(arguments, say, {"code": refused.code, "message": refused.message}, refused.message)
    say(arguments, answer, text)
    return 1 if isinstance(answer, dict) and answer.get("delivered") is False and "response_status" in answer else 0


def _refused(arguments: argparse.Namespace, say: Say, body: Any, sentence: str) -> int:
    if arguments.json:
        say(arguments, body, str)
    else:
        print(sentence, file=sys.stderr)
    return 1


def _list(log: EventLog, place: Place, _: argparse.Namespace) -> Found:
    with log.listening() as connection:
        waiting = metrics(connection)["endpoints"]
    found = [
        {**one, "backlog": waiting.get(one["id"], {}).get("backlog", 0)}
        for one in subscriptions.every(log, _keys(log, place))
    ]
    return found, lambda rows: "\n".join(_line(row) for row in rows) or "there is none"


def _line(row: Mapping[str, Any]) -> str:
    state = "on" if row["is_active"] else "off"
    health = row["health"]
    trouble = f" ({health['reason'] or 'failing'} since {health['failing_since']})" if health["failing_since"] else ""
    return f"{row['id']:>6} {state:3} {row['event_type']:34} {row['backlog']:>9} wait  {row['target_url']}{trouble}"


def _show(log: EventLog, place: Place, arguments: argparse.Namespace) -> Found:
    return subscriptions.one(log, _keys(log, place), arguments.id), _fields


def _names(_log: EventLog, _place: Place, _: argparse.Namespace) -> Found:
    return registry(), lambda rows: "\n".join(f"{row['event_type']:42} {row['description']}" for row in rows)


def _backlog(log: EventLog, _place: Place, _: argparse.Namespace) -> Found:
    with log.listening() as connection:
        found = metrics(connection)
    times = {
        what: [("+Inf" if isinf(row[0]) else row[0], *row[1:]) for row in rows] for what, rows in found["times"].items()
    }
    return {**found, "times": times}, _fields


def _events(log: EventLog, place: Place, arguments: argparse.Namespace) -> Found:
    asked = {"webhook": arguments.webhook, "order_number": arguments.order, "delivered": arguments.delivered}
    filters = {name: value for name, value in asked.items() if value is not None}
    with log.listening() as connection:
        found = ledger.events(connection, _keys(log, place), filters, limit=max(1, min(arguments.limit, 1000)))
    return found["results"], lambda rows: "\n".join(_event_line(row) for row in rows) or "there is none"


def _event_line(row: Mapping[str, Any]) -> str:
    answered = row["response_http_status"] or "-"
    about = f"{row['content_type']} {row['object_id']}"
    return (
        f"{row['id']:>9} {row['created_date'][:19]} {row['state']:9} {answered!s:>3} {row['event_type']:34} {about:18} "
        f"webhook {row['webhook']}"
    )


def _event(log: EventLog, place: Place, arguments: argparse.Namespace) -> Found:
    with log.listening() as connection:
        return ledger.event(connection, _keys(log, place), arguments.id), _fields


def _retry(log: EventLog, place: Place, arguments: argparse.Namespace) -> Found:
    with log.listening() as connection:
        courier = Courier(Dialer(place.settings.webhook_allow))
        keyring = _keys(log, place)
        return trial.retry(log, connection, keyring, courier, arguments.id, force=arguments.force), _fields


def _replay(log: EventLog, _place: Place, arguments: argparse.Namespace) -> Found:
    subscriptions.find(log, arguments.id)
    asked = replay.Range(arguments.from_position, arguments.to_position, arguments.from_date, arguments.to_date)
    with log.listening() as connection:
        found = replay.replay(connection, arguments.id, asked, dry_run=arguments.dry_run)
    does = "would be sent" if arguments.dry_run else "are sent"
    return found, lambda told: f"{told['count']:,} messages {does} again"


def _pause(log: EventLog, place: Place, arguments: argparse.Namespace) -> Found:
    return _switched(log, place, arguments.id, False), _fields


def _resume(log: EventLog, place: Place, arguments: argparse.Namespace) -> Found:
    return _switched(log, place, arguments.id, True), _fields


def _switched(log: EventLog, place: Place, id: int, on: bool) -> Any:
    body, allowed = {"is_active": on}, place.settings.webhook_allow
    return subscriptions.change(log, _keys(log, place), id, body, actor=ACTOR, partial=True, allowed=allowed)


def _test(log: EventLog, place: Place, arguments: argparse.Namespace) -> Found:
    with log.listening() as connection:
        courier = Courier(Dialer(place.settings.webhook_allow))
        return trial.test(log, connection, _keys(log, place), courier, arguments.id), _fields


def _keys(log: EventLog, place: Place) -> Any:
    return log.keyring(place.settings.secret_key or "")


def _time(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is not None:
            return at
    except ValueError:
        pass
    raise argparse.ArgumentTypeError("a time names its zone, such as 2026-11-23T10:00:00Z")


def _fields(answer: Mapping[str, Any]) -> str:
    return "\n".join(f"{name:22} {value}" for name, value in answer.items())
