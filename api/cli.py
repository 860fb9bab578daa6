"""The program `oms`: serving, and what support engineers ask of the log (spec 6.3, 8). `--json` for programs; the exit
status is not 0 when something is wrong."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

from api import logs
from api.settings import Settings, WrongSetting
from api.worker import PARTS

Run = Callable[[Settings, argparse.Namespace], int]


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="oms", description="Daybook: order management on one log.")
    verbs = top.add_subparsers(dest="verb", required=True, metavar="VERB")

    def verb(name: str, run: Run, sentence: str, *, machine: bool = True) -> argparse.ArgumentParser:
        made = verbs.add_parser(name, help=sentence, description=sentence)
        made.set_defaults(run=run)
        if machine:
            made.add_argument("--json", action="store_true", help="for programs")
        return made

    def about(made: argparse.ArgumentParser) -> argparse.ArgumentParser:
        made.add_argument("kind", help="order, package, transfer, shipment, location, …")
        made.add_argument("id", help="its id or number; an AWB number, an erp code, a user name")
        return made

    verb("serve", _serve, "database, API, workers, all of it, until Ctrl-C", machine=False)
    verb("api", _api, "the HTTP API alone (needs DATABASE_URL)", machine=False)
    worker = verb("worker", _worker, "the followers of the log (needs DATABASE_URL)", machine=False)
    worker.add_argument("--only", default=",".join(PARTS), help=f"some of {', '.join(PARTS)}")
    verb("init", _init, "make or bring up to date the database, then the admin user")
    user = verb("user", _user, "add a user, or change one")
    user.add_argument("action", choices=["add"])
    user.add_argument("username")
    user.add_argument("--role", action="append", required=True, help="may be repeated")
    user.add_argument("--location", action="append", default=[], help="erp code; may be repeated")
    verb("config", _config, "the settings as they are, secrets masked")

    demo = verb("demo", _demo, "real orders from intake to delivery, then the laws verified")
    demo.add_argument("--orders", type=_from_one, default=500, help="how many, from 1 up")
    demo.add_argument("--locations", type=_from_one, default=60, help="how many, 1 to 602")
    demo.add_argument("--seed", type=int, default=1)

    about(verb("history", _audit("history", "past_tools"), "every event of an object, with its sentence"))
    at = about(verb("at", _audit("at", "past_tools"), "an object as it was"))
    at.add_argument("when", help="a time (2026-10-03T12:00), @POSITION, or vVERSION")
    diff = about(verb("diff", _audit("diff", "past_tools"), "what changed between two versions"))
    diff.add_argument("one", type=int)
    diff.add_argument("other", type=int)
    explain = verb("explain", _audit("explain", "explain_tools"), "why an order was planned as it was")
    explain.add_argument("order", nargs="?", help="by id or number; with --recheck none: every plan that is kept")
    explain.add_argument("--recheck", action="store_true", help="plan it again from the kept inputs and compare")
    explain.add_argument("--why-not", metavar="CODE", help="which condition failed at a location, and what flips it")
    from api import simulate_tools

    simulate_tools.declare(verb("simulate", _audit("simulate", "simulate_tools"), "a period under another scenario"))
    verify = verb("verify", _audit("verify"), "the laws of the domain, the hash chain and the guards over the log")
    verify.add_argument("--after", type=int, default=0, metavar="POSITION", help="only events after it")
    verify.add_argument(
        "--head", metavar="FILE", help="the chain alone, from a signed head on: what was before may be gone"
    )
    verify.add_argument("--until", type=int, metavar="POSITION", help="only events up to it")
    rebuild = verb("rebuild", _audit("rebuild"), "a read model (or `guards`) anew from the log, then swapped in")
    rebuild.add_argument("name", help="a table's name, `all`, or `guards`")
    head = verb("head", _audit("head", "trust_tools"), "where the log ends, signed, to be kept elsewhere")
    head.add_argument(
        "--at", type=int, metavar="POSITION", help="as it ended there: before older partitions are dropped"
    )
    head.add_argument("--against", metavar="FILE", help="a head kept earlier: does the log go on from it?")
    export = verb("export", _audit("export", "trust_tools"), "the log as a zip file, checked with Python alone")
    export.add_argument("file")
    export.add_argument(
        "--order", metavar="NUMBER", help="a case file of one order instead, to read without the system"
    )
    export.add_argument("--masked", action="store_true", help="without personal data (with --order)")
    forget = verb("forget", _audit("forget", "trust_tools"), "a customer: their key is destroyed, for good")
    forget.add_argument("who", nargs="?", help="id, e-mail, remote id, or the number of one of their orders")
    forget.add_argument("--keys", action="store_true", help="the names of all destroyed keys, to be kept by a backup")
    forget.add_argument("--again", metavar="FILE", help="destroy the keys of such a list again, after a restore")
    replay = verb("replay", _audit("replay", "trust_tools"), "the installation as of a position, in another database")
    replay.add_argument("--into", required=True, metavar="DB", help="an empty database's URL, or a new one's name")
    replay.add_argument("--until", type=int, metavar="POSITION", help="else all of it")
    from api import backup_tools, sla_tools, webhook_tools

    kept = "the installation in a file, the customers' keys in another"
    backup_tools.declare_backup(verb("backup", _audit("backup", "backup_tools"), kept))
    again = verb("restore", _audit("restored", "backup_tools"), "a backup in an empty database; a new epoch begins")
    backup_tools.declare_restore(again)
    sla_tools.declare(verb("sla", _audit("sla", "sla_tools"), "how long packages spent in each phase of their lives"))

    webhook_tools.declare(verb("webhooks", _webhooks, "what waits, what was sent, retries and replays"))
    from api import import_tools, job_tools

    job_tools.declare(verb("jobs", _audit("jobs", "job_tools"), "the jobs by the clock: listed, set, run now"))
    docs = verb("docs", _docs, "the documents that are made from the declarations", machine=False)
    docs.add_argument("--check", action="store_true", help="only say which of them are stale")
    from api import call_tools

    call_tools.declare(
        verb(
            "calls", _audit("run", "call_tools"), "calls to carriers, invoice services, …: what waits, failed, retries"
        )
    )
    bring = verb("import", _audit("imported", "import_tools"), "channels, locations, stock or open orders from a file")
    import_tools.declare(bring)
    bench = verb("bench", _bench, "the benchmarks", machine=False)
    bench.add_argument("rest", nargs=argparse.REMAINDER)
    return top


def _from_one(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text[:10]) < 10**9:
        raise argparse.ArgumentTypeError("a whole number from 1 up is needed")
    return int(text)


def main(argv: Sequence[str] | None = None) -> int:
    arguments = parser().parse_args(argv)
    try:
        settings = Settings.of()
    except WrongSetting as wrong:
        print(wrong, file=sys.stderr)
        return 2
    logs.configure(settings.log_format)
    run: Run = arguments.run
    try:
        return run(settings, arguments)
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        from api.troubles import sentence_of

        sentence = sentence_of(error)
        if sentence is None:
            raise
        print(sentence, file=sys.stderr)
        return 1


def say(arguments: argparse.Namespace, answer: Any, text: Callable[[Any], str]) -> None:
    """The answer as JSON, or as text for people."""
    print(json.dumps(answer, indent=2, default=str) if arguments.json else text(answer))


def _serve(settings: Settings, _: argparse.Namespace) -> int:
    from api.serve import serve

    return serve(settings)


def _api(settings: Settings, _: argparse.Namespace) -> int:
    from api.server import run

    return run(settings)


def _worker(settings: Settings, arguments: argparse.Namespace) -> int:
    if settings.secret_key is None:
        print("`oms worker` needs DATABASE_URL and OMS_SECRET_KEY; `oms serve` brings its own.", file=sys.stderr)
        return 2
    from api.opening import look, opened
    from api.worker import run

    only = [part.strip() for part in arguments.only.split(",") if part.strip()]
    unknown = [part for part in only if part not in PARTS]
    if unknown or not only:
        print(f"There is no part {(*unknown, arguments.only)[0]!r}; there are {', '.join(PARTS)}.", file=sys.stderr)
        return 2
    with opened(settings) as log:
        look(log)
        return run(log, settings, only)


def _init(settings: Settings, arguments: argparse.Namespace) -> int:
    from api.installation import prepared
    from api.opening import initialise, opened

    with prepared(settings) as place, opened(place.settings) as log:
        made = initialise(log, place) and settings.admin_password is None
        said = {"ready": True, **({"admin_password": place.admin_password} if made else {})}
        admin = f"; the password of {settings.admin_user}, shown once: {place.admin_password}" if made else ""
        say(arguments, said, lambda _: f"ready{admin}")
    return 0


def _user(settings: Settings, arguments: argparse.Namespace) -> int:
    from api.installation import prepared
    from api.opening import add_user, opened

    with prepared(settings) as place, opened(place.settings) as log:
        password = add_user(log, arguments.username, arguments.role, arguments.location)
        said = {"username": arguments.username, "password": password}
        say(arguments, said, lambda s: f"{s['username']} was saved; the password, shown once: {s['password']}")
    return 0


def _config(settings: Settings, arguments: argparse.Namespace) -> int:
    say(
        arguments,
        settings.shown(),
        lambda shown: "\n".join(f"{name:24} {value or '-'}" for name, value in shown.items()),
    )
    return 0


def _demo(settings: Settings, arguments: argparse.Namespace) -> int:
    from api.demo import demo

    return demo(settings, arguments)


def _audit(name: str, file: str = "audit_tools") -> Run:
    def run(settings: Settings, arguments: argparse.Namespace) -> int:
        from api.installation import prepared
        from api.opening import opened

        tool: Callable[..., int] = getattr(import_module(f"api.{file}"), name)
        with prepared(settings) as place, opened(place.settings) as log:
            return tool(log, place, arguments, say)

    return run


def _webhooks(settings: Settings, arguments: argparse.Namespace) -> int:
    from api import webhook_tools
    from api.installation import prepared
    from api.opening import opened
    from webhook_outbox.tables import prepare

    with prepared(settings) as place, opened(place.settings) as log:
        prepare(log)
        return webhook_tools.run(log, place, arguments, say)


def _docs(settings: Settings, arguments: argparse.Namespace) -> int:
    from api.docs import docs

    return docs(settings, arguments)


def _bench(_: Settings, arguments: argparse.Namespace) -> int:
    from benchmarks.__main__ import main as bench

    return bench(arguments.rest)


if __name__ == "__main__":
    sys.exit(main())
