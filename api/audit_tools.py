"""The command line of support engineers (spec 6.3): history, at, diff, explain, verify, rebuild."""

import argparse
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from api.installation import Place
from domain.guards import SlotRow, StockRow
from domain.laws import Laws
from eventlog import guard_rebuild
from eventlog.log import EventLog
from eventlog.verify import verify as verify_chain
from projections import history as past
from projections import queries
from projections.rebuild import rebuild as rebuild_tables
from projections.schema import TABLES
from scenarios import inputs, keeping

Say = Callable[[argparse.Namespace, Any, Callable[[Any], str]], None]

READ = 5_000


def verify(log: EventLog, _place: Place, arguments: argparse.Namespace, say: Say) -> int:
    """All laws of spec 1.8, the hash chain, and the guard tables, over the whole log."""
    found = verified(log, progress_of(arguments, "events"))
    say(arguments, found, _verified_text)
    return 0 if not found["violations"] and found["chain"] is None else 1


def verified(log: EventLog, progress: Callable[[int], None] = lambda _: None) -> dict[str, Any]:
    """{events, seconds, violations, chain, compared, shortfalls}. Events are read up to the head as it was first."""
    began = time.monotonic()
    laws, position = Laws(), 0
    chain = verify_chain(log.direct_url)
    with log.listening() as connection, connection.transaction():
        connection.execute("set transaction isolation level repeatable read, read only")
        head = _one(connection, "select position from head")
        while position < head and (batch := log.read(position, READ)):
            for e in batch:
                if e.position <= head:
                    laws.see(e.stream, e.version, e.position, e.at, e.fact, e.command_id)
            position = batch[-1].position
            progress(position)
        rows = connection.execute(guard_rebuild.STOCK).fetchall()
        slots = connection.execute(guard_rebuild.SLOTS).fetchall()
    violations = laws.finish(
        ((location, sku, StockRow(*row)) for location, sku, *row in rows),
        ((location, SlotRow(*row)) for location, *row in slots),
    )
    return {
        "events": chain.events,
        "seconds": round(time.monotonic() - began, 2),
        "violations": [{"position": v.position, "law": v.law, "text": v.text} for v in violations],
        "chain": chain.wrong,
        "compared": dict(laws.compared),
        "shortfalls": len(laws.shortfalls()),
    }


def _one(connection: Any, sql: str) -> int:
    return int(connection.execute(sql).fetchone()[0])


def _verified_text(found: dict[str, Any]) -> str:
    lines = [f"{found['events']} events in {found['seconds']} s"]
    lines += [f"  {what:<44} {n:>10}" for what, n in sorted(found["compared"].items())]
    lines.append(f"  listed shortfalls {found['shortfalls']:>37}")
    lines.append(f"hash chain: {found['chain'] or 'whole'}")
    lines += [f"  at {v['position']}: law {v['law']}: {v['text']}" for v in found["violations"][:50]]
    lines.append(f"violations: {len(found['violations'])}")
    return "\n".join(lines)


def rebuild(log: EventLog, place: Place, arguments: argparse.Namespace, say: Say) -> int:
    """A read model beside the old one, then swapped; or the guards under the append lock."""
    if arguments.name == "guards":
        differences = [str(d) for d in guard_rebuild.rebuild(log.direct_url, progress_of(arguments, "events"))]
        say(arguments, {"differences": differences}, lambda s: "\n".join(s["differences"]) or "the guards were right")
        return 0 if not differences else 1
    names = list(TABLES) if arguments.name == "all" else [arguments.name]
    unknown = [name for name in names if name not in TABLES]
    if unknown:
        print(f"There is no read model {unknown[0]!r}; there are {', '.join(TABLES)}, all, guards.", file=sys.stderr)
        return 2
    reveal = log.keyring(place.secret_key).reveal
    done = rebuild_tables(log, names, reveal, _rebuilding(arguments))
    said = {n: {"old": r.old, "new": r.new, "equal": r.old == r.new, "position": r.position} for n, r in done.items()}
    say(arguments, said, lambda s: "\n".join(f"{n:<28} {'equal' if r['equal'] else 'CHANGED'}" for n, r in s.items()))
    return 0 if all(r["equal"] for r in said.values()) else 1


def kept_inputs(log: EventLog, digest: str) -> inputs.Inputs | None:
    """What a plan was made from, while it is kept (OMS_PLAN_INPUT_DAYS)."""
    with log.listening() as connection:
        return keeping.read(connection, [digest]).get(digest)


def history(log: EventLog, place: Place, arguments: argparse.Namespace, say: Say) -> int:
    """Every event of an object, with its sentence."""
    found = past.history(log, arguments.kind, arguments.id, _order_of(log, arguments))
    say(arguments, found, _history_text)
    return 0


def _history_text(found: dict[str, Any]) -> str:
    rows = found["results"]
    return "\n".join(
        f"{r['position']:>8}  v{r['version']:<4} {r['at']}  {r['actor']:<12} {r['sentence']}" for r in rows
    )


def at(log: EventLog, place: Place, arguments: argparse.Namespace, say: Say) -> int:
    """An object as it was at a time, a position (@123) or a version (v4)."""
    when: dict[str, Any]
    try:
        if arguments.when.startswith("@"):
            when = {"position": int(arguments.when[1:])}
        elif arguments.when.startswith("v"):
            when = {"version": int(arguments.when[1:])}
        else:
            moment = datetime.fromisoformat(arguments.when)
            when = {"at": moment if moment.tzinfo else moment.replace(tzinfo=UTC)}
    except ValueError:
        print(f"{arguments.when!r} is no time, @POSITION or vVERSION.", file=sys.stderr)
        return 2
    reveal = log.keyring(place.secret_key).reveal
    found = past.as_of(log, arguments.kind, arguments.id, reveal, _order_of(log, arguments), **when)
    if found is None:
        print("It was not there then.", file=sys.stderr)
        return 1
    arguments.json = True  # an object is JSON for people too
    say(arguments, found, str)
    return 0


def diff(log: EventLog, place: Place, arguments: argparse.Namespace, say: Say) -> int:
    """Field by field between two versions."""
    reveal = log.keyring(place.secret_key).reveal
    order = _order_of(log, arguments)
    found = past.diff(log, arguments.kind, arguments.id, arguments.one, arguments.other, reveal, order)
    if found is None:
        print("There is no such version.", file=sys.stderr)
        return 1
    say(arguments, found, lambda s: "\n".join(f"{c['field']}: {c['from']!r} → {c['to']!r}" for c in s["changes"]))
    return 0


def _order_of(log: EventLog, arguments: argparse.Namespace) -> int | None:
    """The order that holds an object of the order family."""
    if arguments.kind not in ("order", "package", "transfer", "shipment", "discrepancy"):
        return None
    with log.listening() as connection:
        return queries.find(connection, arguments.kind, arguments.id)


def progress_of(arguments: argparse.Namespace, unit: str) -> Callable[[int], None]:
    """A count on standard error, for people at a terminal."""
    if arguments.json or not sys.stderr.isatty():
        return lambda _: None
    return lambda n: print(f"\r{n} {unit}", end="", file=sys.stderr, flush=True)


def _rebuilding(arguments: argparse.Namespace) -> Callable[[int, int], None]:
    show = progress_of(arguments, "events")
    return lambda done, _todo: show(done)
