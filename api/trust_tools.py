"""The command line about trust in the log (spec 6.2, 6.3): signed heads, the export checked anywhere, replay."""

import argparse
import json
import re
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from api.audit_tools import Say
from api.case_file import case_file
from api.forgetting import forget_customer, found
from api.installation import Place
from api.past_tools import Unknown, named
from api.progress import progress_of
from api.replaying import replay_installation
from eventlog.chain import signature_of
from eventlog.export import export as export_log
from eventlog.heads import disagreement, signed_head
from eventlog.keyring import destroy_keys, forgotten_keys
from eventlog.log import EventLog
from eventlog.replay import NotEmpty
from projections.models.order_customers import forget as empty_rows


def head(log: EventLog, place: Place, arguments: argparse.Namespace, say: Say) -> int:
    """Where the log ends, signed, to be kept elsewhere; `--against FILE`: whether the log goes on from a kept one."""
    with log.listening() as connection:
        try:
            now = signed_head(connection, place.secret_key, arguments.at)
        except LookupError as unknown:
            print(unknown, file=sys.stderr)
            return 2
        if arguments.against is None:
            arguments.json = True  # what is kept is JSON
            say(arguments, now, str)
            return 0
        kept = kept_head(arguments.against)
        if isinstance(kept, str):
            print(kept, file=sys.stderr)
            return 2
        wrong = signed_wrongly(now, kept) or disagreement(connection, kept)
    said = {"kept": kept["position"], "now": now["position"], "wrong": wrong}
    say(arguments, said, lambda s: s["wrong"] or f"the log goes on from position {s['kept']} to {s['now']}")
    return 0 if wrong is None else 1


def kept_head(path: str) -> dict[str, Any] | str:
    try:
        kept = json.loads(Path(path).read_text())
        if isinstance(kept, dict) and isinstance(kept.get("position"), int):
            return kept
    except (OSError, ValueError):
        pass
    return f"{path} holds no head as `oms head` prints it."


def signed_wrongly(now: dict[str, Any], kept: dict[str, Any]) -> str | None:
    if kept.get("public_key") != now["public_key"]:
        return "the kept head was signed by another installation, or OMS_SECRET_KEY is another"
    good, sentence = signature_of(kept)
    return None if good else sentence


def export(log: EventLog, place: Place, arguments: argparse.Namespace, say: Say) -> int:
    """The whole log into a zip file with its signed head and a checker that needs Python alone."""
    path = Path(arguments.file)
    if path.exists():
        print(f"{path} is there already.", file=sys.stderr)
        return 2
    if arguments.order is not None:
        return _case(log, place, arguments, say)
    with log.listening() as connection:
        done = export_log(connection, place.secret_key, path)
    said = {"file": str(path), **done}
    say(arguments, said, lambda s: f"{s['position']} events in {s['file']}; signed by the key {s['public_key']}")
    return 0


def _case(log: EventLog, place: Place, arguments: argparse.Namespace, say: Say) -> int:
    try:
        id, _ = named(log, "order", arguments.order)
    except Unknown as unknown:
        print(unknown, file=sys.stderr)
        return 1
    content = case_file(log, log.keyring(place.secret_key), id, masked=arguments.masked)
    Path(arguments.file).write_bytes(content)
    said = {"file": arguments.file, "order": id, "bytes": len(content), "masked": arguments.masked}
    say(arguments, said, lambda s: f"order {arguments.order} in {s['file']}; open index.html in it")
    return 0


def forget(log: EventLog, place: Place, arguments: argparse.Namespace, say: Say) -> int:
    """A customer is forgotten; or keys that a restore brought back are destroyed again."""
    if arguments.keys:
        with log.listening() as connection:
            keys = forgotten_keys(connection)
        say(arguments, {"keys": keys}, lambda s: "\n".join(s["keys"]))
        return 0
    if arguments.again is not None:
        with log.listening() as connection:
            known = destroy_keys(connection, _keys(Path(arguments.again).read_text()))
            empty_rows(connection, forgotten_keys(connection))
        say(arguments, {"destroyed": known}, lambda s: f"{s['destroyed']} keys were destroyed again")
        return 0
    keyring = log.keyring(place.secret_key)
    who = found(log, keyring, arguments.who) if arguments.who else None
    if who is None:
        print(
            "Nobody of this id, e-mail, remote id or order number ever ordered, or they are forgotten.", file=sys.stderr
        )
        return 1
    done = forget_customer(log, keyring, *who, actor="operator")
    say(arguments, done, lambda s: f"customer {s['id']} is forgotten in {s['orders']} orders")
    return 0


def _keys(text: str) -> list[str]:
    """As `oms forget --keys` printed them, as text or as JSON."""
    said = json.loads(text)["keys"] if text.lstrip().startswith("{") else text.split()
    return [str(key) for key in said]


def replay(log: EventLog, place: Place, arguments: argparse.Namespace, say: Say) -> int:
    """The installation as of a position in another database, to look around in; nothing is sent."""
    url = arguments.into if "=" in arguments.into or "://" in arguments.into else new_database(log, arguments.into)
    if url is None:
        return 2
    until = 2**62 if arguments.until is None else arguments.until
    try:
        keyring = log.keyring(place.secret_key)
        bar = progress_of(arguments, "events")
        last = replay_installation(log, url, until, keyring.reveal, keyring.warm, bar)
        bar.end()
    except NotEmpty as refused:
        print(refused, file=sys.stderr)
        return 2
    said = {"database_url": url, "position": last}
    say(arguments, said, lambda s: f"as of position {last}: DATABASE_URL={s['database_url']!r} oms api")
    return 0


def new_database(log: EventLog, name: str) -> str | None:
    """A new database of this name on the same server."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,62}", name):
        print(f"{name!r} is no name of a database: small letters, digits and _.", file=sys.stderr)
        return None
    # One that is there is welcome where it is empty, and refused later where it is not.
    with log.listening() as connection, suppress(psycopg.errors.DuplicateDatabase):
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    return make_conninfo(log.direct_url, dbname=name)
