"""The log as a zip file that can be checked without the system: events, signed head, and the checker (spec 6.2)."""

import json
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import psycopg
from psycopg.rows import dict_row

from eventlog import chain
from eventlog.heads import signed_head

EVENTS = """
select position, at, version, stream, topic, actor, command, command_id::text as command_id, correlation_id,
       causation_id, data, hash
  from log where position <= %s order by position
"""

READ_ME = """Daybook: the events of one log, from the first on.

events.jsonl  one event a line, as it is stored; what is personal is sealed
head.json     where the log ended, signed by the installation
check.py      `python check.py` (Python 3.11 or newer) names the first event that is not as it was written

The signature is checked where the package `cryptography` is installed. Compare the public key with the one that the
installation tells you by another way (`oms head`).
"""


def export(connection: psycopg.Connection[Any], secret: str, path: Path) -> dict[str, Any]:
    """Writes the whole log to `path`, in one snapshot; gives the signed head."""
    with connection.transaction():
        connection.execute("set transaction isolation level repeatable read, read only")
        head = signed_head(connection, secret)
        with ZipFile(path, "w", ZIP_DEFLATED, compresslevel=3) as file:
            with (
                file.open("events.jsonl", "w", force_zip64=True) as lines,
                connection.cursor(name="export", row_factory=dict_row) as cursor,
            ):
                cursor.itersize = 2000
                for row in cursor.execute(EVENTS, (head["position"],)):
                    row["at"], row["hash"] = row["at"].isoformat(), bytes(row["hash"]).hex()
                    lines.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")
            file.writestr("head.json", json.dumps(head, indent=2))
            file.write(chain.__file__, "check.py")
            file.writestr("README.txt", READ_ME)
    return head
