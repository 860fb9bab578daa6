"""`oms backup` and `oms restore` (spec 8): the installation in a file, the customers' keys in another."""

import argparse
import sys
from pathlib import Path

from api.audit_tools import Say
from api.backing_up import BackupFailed, back_up, forget, keep_keys, restore
from api.installation import Place
from api.trust_tools import new_database
from eventlog.log import EventLog

KEYS = "customer-keys.jsonl"


def declare_backup(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("file", nargs="?", help="a new file; without it, the keys alone")
    _keys(verb)


def declare_restore(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("file", nargs="?", help="what `oms backup` wrote; without it, who is forgotten alone")
    verb.add_argument("--into", metavar="DB", help="an empty database's URL, or a new one's name")
    _keys(verb)


def _keys(verb: argparse.ArgumentParser) -> None:
    said = f"the file of the customers' keys, kept apart from backups (OMS_DATA_DIR/{KEYS})"
    verb.add_argument("--keys", metavar="FILE", help=said)


def backup(log: EventLog, place: Place, arguments: argparse.Namespace, say: Say) -> int:
    """0; 1 with a sentence where it could not be done."""
    keys = _keys_file(place, arguments)
    try:
        if arguments.file is None:
            done = {"keys_file": str(keys), **keep_keys(log.direct_url, keys)}
        else:
            done = back_up(log.direct_url, Path(arguments.file), keys)
    except (BackupFailed, OSError) as wrong:
        print(wrong, file=sys.stderr)
        return 1
    say(arguments, done, lambda d: ", ".join(f"{name} {value}" for name, value in d.items()))
    return 0


def restored(log: EventLog, place: Place, arguments: argparse.Namespace, say: Say) -> int:
    """0; 1 with a sentence where it could not be done, 2 where it makes no sense."""
    keys = _keys_file(place, arguments)
    if arguments.file is None:
        count = forget(log.direct_url, keys)
        say(arguments, {"forgotten": count}, lambda d: f"{d['forgotten']} customers are forgotten")
        return 0
    if arguments.into is None:
        print("Say where: oms restore FILE --into DB. It is never the database that is in use.", file=sys.stderr)
        return 2
    url = arguments.into if "=" in arguments.into or "://" in arguments.into else new_database(log, arguments.into)
    if url is None:
        return 2
    try:
        done = {**restore(Path(arguments.file), keys, url, place.secret_key), "database_url": url}
    except (BackupFailed, OSError) as wrong:
        print(wrong, file=sys.stderr)
        return 1
    said = "up to position {position}, epoch {epoch}, {forgotten} forgotten: DATABASE_URL={database_url!r} oms …"
    say(arguments, done, lambda d: said.format(**d))
    return 0


def _keys_file(place: Place, arguments: argparse.Namespace) -> Path:
    return Path(arguments.keys) if arguments.keys else place.settings.data_dir.resolve() / KEYS
