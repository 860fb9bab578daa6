"""The command line of support engineers (spec 6.3): verify, rebuild."""

import argparse
import sys
from collections.abc import Callable
from typing import Any

from api.installation import Place
from api.progress import progress_of
from api.verifying import verified
from eventlog import guard_rebuild
from eventlog.log import EventLog
from projections.rebuild import rebuild as rebuild_tables
from projections.schema import TABLES
from scenarios import inputs, keeping

Say = Callable[[argparse.Namespace, Any, Callable[[Any], str]], None]


def verify(log: EventLog, _place: Place, arguments: argparse.Namespace, say: Say) -> int:
    """All laws of spec 1.8, the hash chain, and the guard tables, over the log or a range of it."""
    bar = progress_of(arguments, "events")
    found = verified(log, bar, after=arguments.after, until=arguments.until)
    bar.end()
    say(arguments, found, _verified_text)
    return 0 if not found["violations"] and found["chain"] is None else 1


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
    bar = progress_of(arguments, "events")
    if arguments.name == "guards":
        last = log.head().position
        differences = [str(d) for d in guard_rebuild.rebuild(log.direct_url, lambda done: bar(done, last))]
        bar.end()
        say(arguments, {"differences": differences}, lambda s: "\n".join(s["differences"]) or "the guards were right")
        return 0 if not differences else 1
    names = list(TABLES) if arguments.name == "all" else [arguments.name]
    unknown = [name for name in names if name not in TABLES]
    if unknown:
        print(f"There is no read model {unknown[0]!r}; there are {', '.join(TABLES)}, all, guards.", file=sys.stderr)
        return 2
    reveal = log.keyring(place.secret_key).reveal
    done = rebuild_tables(log, names, reveal, bar)
    bar.end()
    said = {n: {"old": r.old, "new": r.new, "equal": r.old == r.new, "position": r.position} for n, r in done.items()}
    say(arguments, said, lambda s: "\n".join(f"{n:<28} {'equal' if r['equal'] else 'CHANGED'}" for n, r in s.items()))
    return 0 if all(r["equal"] for r in said.values()) else 1


def kept_inputs(log: EventLog, digest: str) -> inputs.Inputs | None:
    """What a plan was made from, while it is kept (OMS_PLAN_INPUT_DAYS)."""
    with log.listening() as connection:
        return keeping.read(connection, [digest]).get(digest)
