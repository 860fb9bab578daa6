"""The command line of support engineers (spec 6.3): verify, rebuild."""

import argparse
import sys
from collections.abc import Callable
from typing import Any

from api.collector import calm
from api.installation import Place
from api.progress import progress_of
from api.verifying import verified
from eventlog import guard_rebuild
from eventlog.heads import signed_head
from eventlog.log import EventLog
from eventlog.verify import verify as verify_chain
from projections.rebuild import rebuild as rebuild_tables
from projections.schema import TABLES
from scenarios import inputs, keeping

Say = Callable[[argparse.Namespace, Any, Callable[[Any], str]], None]


def verify(log: EventLog, place: Place, arguments: argparse.Namespace, say: Say) -> int:
    """All laws of spec 1.8, the hash chain, and the guard tables, over the log or a range of it."""
    bar = progress_of(arguments, "events")
    if arguments.head is not None:
        return _verify_from(log, place, arguments, say)
    found = verified(log, bar, after=arguments.after, until=arguments.until)
    bar.end()
    say(arguments, found, _verified_text)
    return 0 if not found["violations"] and found["chain"] is None else 1


def _verify_from(log: EventLog, place: Place, arguments: argparse.Namespace, say: Say) -> int:
    """The hash chain of what is left after a signed head; the laws need all events, so they are not told of."""
    from api.trust_tools import kept_head, signed_wrongly

    begins = kept_head(arguments.head)
    if isinstance(begins, str):
        print(begins, file=sys.stderr)
        return 2
    with log.listening() as connection:
        wrong = signed_wrongly(signed_head(connection, place.secret_key), begins)
    if wrong is None:
        bar, head = progress_of(arguments, "events"), log.head().position
        found = verify_chain(
            log.direct_url, 0, arguments.until, lambda done: bar(done, head - begins["position"]), begins
        )
        bar.end()
        wrong, events = found.wrong, found.events
    else:
        events = 0
    said = {"events": events, "after": begins["position"], "chain": wrong}
    say(arguments, said, lambda s: f"{s['events']} events after {s['after']}; hash chain: {s['chain'] or 'whole'}")
    return 0 if wrong is None else 1


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
    calm()
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
