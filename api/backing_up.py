"""Backup and restore (spec 8, 6.2): everything but the customers' keys and what is plain of people, by PostgreSQL's own
programs; the keys in a file of their own, so that who is forgotten stays forgotten whatever is restored."""

import base64
import json
import os
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from eventlog.connect import connect, only_row
from eventlog.log import EventLog
from eventlog.place import pg_program
from eventlog.verify import verify
from projections.models.order_customers import ORDER_CUSTOMERS
from projections.projector import forget_again
from projections.rebuild import rebuild

APART = "customer_keys"
REBUILT = (ORDER_CUSTOMERS.name,)
"""Read models with plain columns of people: not in the backup, made anew from what the keys still open."""

WAITING = ("setup_tasks", "setup_problems")
"""Files that wait to be imported are no part of the installation."""

KEYS = "select key, subject, wrapped, made_at, forgotten_at from customer_keys order by key"
PUT_KEY = """
insert into customer_keys (key, subject, wrapped, made_at, forgotten_at) values (%s, %s, %s, %s, %s)
on conflict (key) do update
   set subject = excluded.subject, wrapped = excluded.wrapped, forgotten_at = excluded.forgotten_at
 where excluded.wrapped is null
"""
FOLLOWERS = "update followers set epoch = epoch + 1"
EPOCH = "update head set epoch = epoch + 1 returning position, epoch"
HEAD = "select position from head"


class BackupFailed(Exception):
    """A sentence that says what is wrong."""


def back_up(database_url: str, file: Path, keys: Path) -> dict[str, Any]:
    """The database into a new file, then the keys into theirs, in place of older ones. The keys come last, so that they
    are all there that the file needs. Raises BackupFailed."""
    if file.exists():
        raise BackupFailed(f"{file} is there already.")
    partial = file.with_name(file.name + ".partial")
    without = [f"--exclude-table-data={table}" for table in (APART, *REBUILT, *WAITING)]
    _run("pg_dump", database_url, "--format=custom", "--no-owner", "--no-privileges", *without, f"--file={partial}")
    partial.chmod(0o600)
    os.replace(partial, file)
    count = keep_keys(database_url, keys)
    with connect(database_url, "daybook backup") as connection:
        position = only_row(connection.execute(HEAD))[0]
    return {"file": str(file), "bytes": file.stat().st_size, "position": position, "keys_file": str(keys), **count}


def keep_keys(database_url: str, keys: Path) -> dict[str, int]:
    """The customers' keys, still wrapped by the installation's secret, and who is forgotten; a line each."""
    keys.parent.mkdir(parents=True, exist_ok=True)
    partial = keys.with_name(keys.name + ".partial")
    with suppress(FileNotFoundError):
        partial.unlink()
    count = {"keys": 0, "forgotten": 0}
    with (
        connect(database_url, "daybook backup") as connection,
        connection.transaction(),
        os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out,
        connection.cursor(name="keys") as rows,
    ):
        for key, subject, wrapped, made_at, forgotten_at in rows.execute(KEYS):
            count["forgotten" if wrapped is None else "keys"] += 1
            texts = [None if b is None else base64.b64encode(b).decode() for b in (subject, wrapped)]
            moments = [None if at is None else at.isoformat() for at in (made_at, forgotten_at)]
            out.write(json.dumps([key, *texts, *moments]) + "\n")
        out.flush()
        os.fsync(out.fileno())
    os.replace(partial, keys)
    return count


def restore(file: Path, keys: Path, into_url: str, secret: str) -> dict[str, Any]:
    """The backup into an empty database, with the keys as they are now; a new epoch begins, and whoever was forgotten
    since is forgotten there, too. The chain is walked. Raises BackupFailed."""
    if not file.is_file() or not keys.is_file():
        raise BackupFailed(f"{keys if file.is_file() else file} is not there.")
    with connect(into_url, "daybook restore") as connection:
        if connection.execute("select 1 from pg_tables where schemaname = 'public' limit 1").fetchone():
            raise BackupFailed("The database has tables already; give an empty one.")
    _run("pg_restore", into_url, "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction", str(file))
    forgotten = forget(into_url, keys)
    with connect(into_url, "daybook restore") as connection, connection.transaction():
        connection.execute(FOLLOWERS)
        position, epoch = only_row(connection.execute(EPOCH))
    log = EventLog.open(into_url)
    try:
        forgotten += forget_again(log)
        rebuild(log, REBUILT, log.keyring(secret).reveal)
    finally:
        log.close()
    wrong = verify(into_url).wrong
    if wrong is not None:
        raise BackupFailed(f"It was restored, but is not as it was written: {wrong}.")
    return {"position": position, "epoch": epoch, "forgotten": forgotten}


def forget(database_url: str, keys: Path) -> int:
    """The keys of a file into the database; those that it says are forgotten are destroyed there. How many are."""
    forgotten = 0
    with connect(database_url, "daybook restore") as connection, connection.transaction(), keys.open() as lines:
        for line in lines:
            key, subject, wrapped, made_at, forgotten_at = _key(line)
            connection.execute(PUT_KEY, (key, subject, wrapped, made_at, forgotten_at))
            forgotten += wrapped is None
    return forgotten


def _key(line: str) -> tuple[str, bytes | None, bytes | None, datetime | None, datetime | None]:
    try:
        key, subject, wrapped, made_at, forgotten_at = json.loads(line)
        subject, wrapped = (None if t is None else base64.b64decode(t) for t in (subject, wrapped))
        made, gone = (None if t is None else datetime.fromisoformat(t) for t in (made_at, forgotten_at))
    except (ValueError, TypeError) as wrong:
        raise BackupFailed("The file of keys is not as `oms backup` writes it.") from wrong
    return key, subject, wrapped, made, gone


def _run(program: str, database_url: str, *arguments: str) -> None:
    """The password goes by the environment, where other users of the machine do not see it."""
    said: dict[str, Any] = conninfo_to_dict(database_url)
    password = said.pop("password", None)
    environment = {**os.environ, **({"PGPASSWORD": str(password)} if password else {})}
    command: Sequence[str] = (pg_program(program), f"--dbname={make_conninfo(**said)}", *arguments)
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - PostgreSQL's own, no shell
    except OSError as wrong:
        raise BackupFailed(f"{program} cannot be run: {wrong}.") from wrong
    if done.returncode:
        lines = [line for line in done.stderr.strip().split("\n") if line]
        raise BackupFailed(f"{program}: {lines[-1] if lines else done.returncode}")
