"""A log of lived orders, tampered with in every way: `oms verify` and the checker of an export name the first event."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from api.verifying import verified
from eventlog.export import export
from eventlog.log import EventLog
from tests.projections.stories import Story

Rows = list[dict[str, Any]]
AT = 150
SAVE = "create temporary table saved as select * from log where position in (150, 151, 152)"
BACK = "insert into log select * from saved"


@pytest.fixture(scope="module")
def log(kept_log: EventLog) -> EventLog:
    story = Story(kept_log, seed=19)
    story.settings()
    story.orders(25)
    story.steps(120)
    assert kept_log.head().position > 200
    return kept_log


@pytest.fixture
def connection(log: EventLog) -> Iterator[Any]:
    """Whatever a test does to the three events is undone."""
    with log.listening() as made:
        made.execute(SAVE)
        yield made
        made.execute("delete from log where position in (150, 151, 152)")
        made.execute(BACK)


def _flipped_byte(text: str) -> str:
    """The last letter of the text, its lowest bit turned."""
    at = max(n for n, letter in enumerate(text) if letter.isalnum())
    return text[:at] + chr(ord(text[at]) ^ 1) + text[at + 1 :]


def _swap(rows: Rows) -> None:
    one, other = rows[AT - 1], rows[AT]
    rows[AT - 1], rows[AT] = {**other, "position": AT}, {**one, "position": AT + 1}


def _drop(rows: Rows) -> None:
    del rows[AT - 1]


TAMPERED: dict[str, tuple[str, Callable[[Rows], None], str]] = {
    "one byte flipped": (
        "update log set data = overlay(data placing %s from %s for 1) where position = 150",
        lambda rows: rows[AT - 1].update(data=_flipped_byte(rows[AT - 1]["data"])),
        "at position 150 (",
    ),
    "one dropped": (
        "delete from log where position = 150",
        _drop,
        "position 150 is missing",
    ),
    "two swapped": (
        "insert into log select 301 - position, at, version, stream, topic, actor, command, command_id, correlation_id,"
        " causation_id, data, hash from saved where position in (150, 151)",
        _swap,
        "at position 150 (",
    ),
    "who did it": (
        "update log set actor = 'somebody else' where position = 150",
        lambda rows: rows[AT - 1].update(actor="somebody else"),
        "at position 150 (",
    ),
    "when it was": (
        "update log set at = at - interval '1 microsecond' where position = 150",
        lambda rows: rows[AT - 1].update(at=rows[AT - 2]["at"]),
        "at position 150 (",
    ),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_the_first_event_is_named(log: EventLog, connection: Any, name: str, tmp_path: Path) -> None:
    sql, change, said = TAMPERED[name]
    export(connection, "secret", tmp_path / "log.zip")
    if "%s" in sql:
        [(data,)] = connection.execute("select data from log where position = 150").fetchall()
        other = _flipped_byte(data)
        at = next(n for n, (a, b) in enumerate(zip(data, other, strict=True)) if a != b)
        connection.execute(sql, (other[at], at + 1))
    elif name == "two swapped":
        connection.execute("delete from log where position in (150, 151)")
        connection.execute(sql)
    else:
        connection.execute(sql)
    found = verified(log)
    assert said in found["chain"], found["chain"]

    with ZipFile(tmp_path / "log.zip") as file:
        file.extractall(tmp_path)
    path = tmp_path / "events.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    change(rows)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = subprocess.run([sys.executable, "-I", tmp_path / "check.py"], cwd="/", capture_output=True, text=True)
    assert done.returncode == 1 and said in done.stdout, done.stdout + done.stderr


def test_untouched_it_is_whole(log: EventLog) -> None:
    found = verified(log)
    assert found["chain"] is None
    assert log.head().position == found["events"]
