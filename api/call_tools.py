"""`oms calls …`: calls to other systems, what waits for people, tried again or given up."""

import argparse
from collections.abc import Callable, Mapping
from typing import Any

from api.installation import Place
from eventlog.log import EventLog
from integrations import queue, traffic

Say = Callable[[argparse.Namespace, Any, Callable[[Any], str]], None]
STATES = ("waiting", "done", "failed", "dropped")


class NoSuchCall(Exception):
    pass


def declare(verb: argparse.ArgumentParser) -> None:
    """The arguments of each of them."""
    tools = verb.add_subparsers(dest="tool", required=True, metavar="TOOL")

    def tool(name: str, run: Callable[..., Any], sentence: str, *, id: bool = False) -> argparse.ArgumentParser:
        made = tools.add_parser(name, help=sentence, description=sentence)
        made.set_defaults(tool=run)
        made.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="for programs")
        if id:
            made.add_argument("id", type=int, help="the call")
        return made

    listed = tool("list", _list, "calls, the newest first; failed ones wait for people")
    listed.add_argument("--state", choices=STATES)
    listed.add_argument("--kind", help="carrier.shipment, invoice, …")
    listed.add_argument("--limit", type=int, default=50)
    tool("show", _show, "a call with every request that was made for it", id=True)
    tool("retry", _retry, "makes it again at once, under the same idempotency key", id=True)
    drop = tool("drop", _drop, "gives it up: somebody dealt with it in another way", id=True)
    drop.add_argument("--reason", required=True)
    talk = tool("traffic", _traffic, "who talked to whom: the latest requests")
    talk.add_argument("--system")
    talk.add_argument("--limit", type=int, default=50)


def run(log: EventLog, _place: Place, arguments: argparse.Namespace, say: Say) -> int:
    """1 where there is no such call, or it is over or under way."""
    try:
        answer, text = arguments.tool(log, arguments)
    except NoSuchCall as none:
        say(arguments, {"error": str(none)}, lambda body: str(body["error"]))
        return 1
    say(arguments, answer, text)
    return 0


Found = tuple[Any, Callable[[Any], str]]


def _list(log: EventLog, arguments: argparse.Namespace) -> Found:
    asked = {"state": arguments.state, "kind": arguments.kind}
    filters = {name: value for name, value in asked.items() if value is not None}
    with log.listening() as connection:
        rows = queue.listed(connection, filters, limit=max(1, min(arguments.limit, 1000)))
    return rows, lambda found: "\n".join(_line(row) for row in found) or "there is none"


def _line(row: Mapping[str, Any]) -> str:
    note = f"  {row['note']}" if row["note"] else ""
    return f"{row['id']:>8} {row['state']:8} {row['tries']:>3} tries  {row['kind']:22} {row['subject']:20}{note}"


def _show(log: EventLog, arguments: argparse.Namespace) -> Found:
    with log.listening() as connection:
        found = queue.shown(connection, arguments.id)
    if found is None:
        raise NoSuchCall(f"There is no call {arguments.id}.")
    return found, _whole


def _whole(found: Mapping[str, Any]) -> str:
    fields = [f"{name:16} {value}" for name, value in found.items() if name != "attempts"]
    return "\n".join([*fields, *(_request(row) for row in found["attempts"])])


def _retry(log: EventLog, arguments: argparse.Namespace) -> Found:
    with log.listening() as connection:
        done = queue.retry(connection, arguments.id)
    return _acted(done, arguments.id, "is made again")


def _drop(log: EventLog, arguments: argparse.Namespace) -> Found:
    with log.listening() as connection:
        done = queue.drop(connection, arguments.id, f"{arguments.reason} (operator)")
    return _acted(done, arguments.id, "is given up")


def _acted(done: bool, id: int, what: str) -> Found:
    if not done:
        raise NoSuchCall(f"Call {id} is not there, is over, or is under way just now.")
    return {"id": id}, lambda said: f"call {said['id']} {what}"


def _traffic(log: EventLog, arguments: argparse.Namespace) -> Found:
    with log.listening() as connection:
        rows = traffic.lately(connection, system=arguments.system, limit=max(1, min(arguments.limit, 1000)))
    return rows, lambda found: "\n".join(_request(row) for row in found) or "there is none"


def _request(row: Mapping[str, Any]) -> str:
    error = f"  {row['error']}" if row["error"] else ""
    what = f"{row['method']} {row['place']}  {row['what']}{error}"
    status = str(row["status"] or "-")
    return f"{row['at']:%H:%M:%S} {row['system']:24} {row['outcome']:8} {status:>3} {row['seconds']:7.3f} s  {what}"
