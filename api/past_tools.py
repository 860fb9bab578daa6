"""The command line about the past of one object (spec 6.3): history, at, diff. Objects by id, or by what people call
them: an order's, package's or transfer's number, an AWB number, an erp code, a user name."""

import argparse
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from api import histories
from api.audit_tools import Say
from api.installation import Place
from domain.kinds import KINDS
from eventlog.log import EventLog
from projections import history as past
from projections import queries


class Unknown(Exception):
    """A sentence that says what was not found."""


def history(log: EventLog, _place: Place, arguments: argparse.Namespace, say: Say) -> int:
    """Every event of an object: its sentence, what it changed, the webhooks it caused, the request that caused it."""

    def told(kind: str, id: int, order: int | None) -> int:
        with log.listening() as connection:
            found = histories.history(log, connection, kind, id, order)
        if not found["results"]:
            raise Unknown(f"There is no {kind} {id}.")
        say(arguments, found, history_text)
        return 0

    return _about(log, arguments, told)


def history_text(found: Mapping[str, Any]) -> str:
    lines = []
    for row in found["results"]:
        lines.append(f"{row['position']:>8}  v{row['version']:<4} {row['at']}  {row['actor']:<12} {row['sentence']}")
        indent = " " * 16
        if (asked := row.get("request")) is not None:
            asked_by = f"{asked['method']} {asked['url']} → {asked['status_code']}"
            lines.append(f"{indent}{asked_by} by {asked['user']} from {asked['remote_addr']}")
        lines += [indent + text for text in changes_text(row["changes"])]
        lines += [f"{indent}webhook {w['webhook']}: {w['event_type']}, {_outcome(w)}" for w in row.get("webhooks", [])]
    return "\n".join(lines)


def _outcome(told: Mapping[str, Any]) -> str:
    answered = f", last answer {told['response_http_status']}" if told["response_http_status"] else ""
    return f"{told['state']} after {told['tries']} tries{answered}"


def changes_text(changes: list[dict[str, Any]]) -> list[str]:
    return [f"{c['field']}: {_short(c['from'])} → {_short(c['to'])}" for c in changes]


def _short(value: Any) -> str:
    text = "nothing" if value is None or value == "" else str(value)
    return text if len(text) <= 60 else text[:57] + "…"


def at(log: EventLog, place: Place, arguments: argparse.Namespace, say: Say) -> int:
    """An object as it was at a time, a position (@123) or a version (v4)."""

    def told(kind: str, id: int, order: int | None) -> int:
        when = _point(arguments.when)
        reveal = log.keyring(place.secret_key).reveal
        found = past.as_of(log, kind, id, reveal, order, **when)
        if found is None:
            raise Unknown(f"There was no {kind} {id} then.")
        say(arguments, found, lambda shown: "\n".join(object_text(shown)))
        return 0

    return _about(log, arguments, told)


def _point(text: str) -> dict[str, Any]:
    """{"position" | "version" | "at": …}; a time without a zone is UTC."""
    try:
        if text[:1] in ("@", "v"):
            return {"position" if text[0] == "@" else "version": int(text[1:])}
        moment = datetime.fromisoformat(text)
        return {"at": moment if moment.tzinfo else moment.replace(tzinfo=UTC)}
    except ValueError:
        raise Unknown(f"{text!r} is no time (2026-10-03T12:00), @POSITION or vVERSION.") from None


_ASIDE = frozenset(
    {"translations", "config", "commands", "modified_date", "created_date", "enum_class", "content_type"}
)
"""Of an object for people: what only programs read."""


def object_text(shown: Mapping[str, Any], indent: str = "") -> list[str]:
    """`field  value` a line; a state by its name and number, what is inside indented, what is empty left out."""
    lines: list[str] = []
    for name, value in shown.items():
        if value in (None, "", [], {}) or (name in _ASIDE and not (name == "created_date" and not indent)):
            continue
        if isinstance(value, Mapping) and "enum_value" in value:
            lines.append(f"{indent}{name:<24} {value['name']} ({value['enum_value']})")
        elif isinstance(value, Mapping):
            inside = object_text(value, indent + "  ")
            lines += [f"{indent}{name}", *inside] if inside else []
        elif isinstance(value, list | tuple) and value and isinstance(value[0], Mapping):
            for n, one in enumerate(value):
                lines += [f"{indent}{name} {n + 1}", *object_text(one, indent + "  ")]
        elif isinstance(value, list | tuple):
            lines.append(f"{indent}{name:<24} {', '.join(str(one) for one in value)}")
        else:
            lines.append(f"{indent}{name:<24} {value}")
    return lines


def diff(log: EventLog, place: Place, arguments: argparse.Namespace, say: Say) -> int:
    """Field by field between two versions."""

    def told(kind: str, id: int, order: int | None) -> int:
        reveal = log.keyring(place.secret_key).reveal
        found = past.diff(log, kind, id, arguments.one, arguments.other, reveal, order)
        if found is None:
            raise Unknown(f"{kind} {id} has no version {arguments.one} or {arguments.other}.")
        say(arguments, found, lambda s: "\n".join(changes_text(s["changes"])) or "nothing differs")
        return 0

    return _about(log, arguments, told)


def _about(log: EventLog, arguments: argparse.Namespace, told: Callable[[str, int, int | None], int]) -> int:
    try:
        return told(arguments.kind, *named(log, arguments.kind, arguments.id))
    except Unknown as unknown:
        print(unknown, file=sys.stderr)
        return 1


def named(log: EventLog, kind: str, said: str) -> tuple[int, int | None]:
    """(id, the order that holds it or None) of an object of a kind; raises Unknown."""
    known = ("order", *past.COLLECTIONS, *(one for one in KINDS if one not in ("order", "stock")))
    if kind not in known:
        raise Unknown(f"There is no kind {kind!r}; there are {', '.join(known)}.")
    inside = kind == "order" or kind in past.COLLECTIONS
    if not inside:
        record = log.reference.find(kind, said)
        if record is not None:
            return record.id, None
        if said.isdecimal() and len(said) < 19:
            return int(said), None
        raise Unknown(f"There is no {kind} {said!r}.")
    with log.listening() as connection:
        for found in queries.search(connection, said):
            if found["kind"] == kind:
                return found["id"], found["order"]
        id = int(said) if said.isdecimal() and len(said) < 19 else None
        order = None if id is None else queries.find(connection, kind, id)
    if id is None or order is None:
        raise Unknown(f"There is no {kind} {said!r}.")
    return id, order
