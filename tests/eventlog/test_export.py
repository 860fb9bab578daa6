"""An export is checked with Python alone; every way to tamper with it is found, and so is a tail that was cut off."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import psycopg
import pytest

from eventlog.export import export
from eventlog.heads import disagreement, signed_head
from eventlog.log import EventLog
from tests.eventlog.probe import counted

SECRET = "an installation's secret"
Lines = list[dict[str, object]]


@pytest.fixture
def folder(log: EventLog, database_url: str, tmp_path: Path) -> Path:
    for n in range(1, 11):
        log.append(counted(f"probe-{n % 3}", 1, 1))
    with psycopg.connect(database_url, autocommit=True) as connection:
        head = export(connection, SECRET, tmp_path / "log.zip")
    assert head["position"] == 20
    with ZipFile(tmp_path / "log.zip") as file:
        file.extractall(tmp_path / "case")
    return tmp_path / "case"


def checked(folder: Path) -> tuple[int, str]:
    """Exit status and text of the checker as its finder runs it: isolated, somewhere else."""
    done = subprocess.run([sys.executable, "-I", folder / "check.py"], cwd="/", capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def changed(folder: Path, change: Callable[[Lines], None]) -> None:
    path = folder / "events.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    change(lines)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))


def test_what_was_exported_is_whole(folder: Path) -> None:
    status, text = checked(folder)
    assert status == 0 and text.startswith("20 events: every one as it was written")
    assert "signed by the key" in text


def _flip(lines: Lines) -> None:
    lines[6]["data"] = str(lines[6]["data"]).replace("1", "2", 1)


def _drop(lines: Lines) -> None:
    del lines[6]


def _swap(lines: Lines) -> None:
    lines[6], lines[8] = lines[8], lines[6]


def _renumbered(lines: Lines) -> None:
    lines[6], lines[8] = {**lines[8], "position": 7}, {**lines[6], "position": 9}


def _cut(lines: Lines) -> None:
    del lines[15:]


def _rubbish(lines: Lines) -> None:
    lines[6] = {"position": "seven"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_flip, "position 7 "),
        (_drop, "position 7 is missing"),
        (_swap, "position 7 is missing"),
        (_renumbered, "position 7 "),
        (_cut, "the export ends at 15, its head at 20"),
        (_rubbish, "line 7 is no event"),
    ],
)
def test_the_first_wrong_event_is_named(folder: Path, change: Callable[[Lines], None], said: str) -> None:
    changed(folder, change)
    status, text = checked(folder)
    assert status == 1 and said in text


def test_a_head_that_was_not_signed(folder: Path) -> None:
    head = json.loads((folder / "head.json").read_text())
    (folder / "head.json").write_text(json.dumps({**head, "at": "2026-01-01T00:00:00+00:00"}))
    assert checked(folder) == (1, checked(folder)[1])
    assert "signature is not right" in checked(folder)[1]


def test_a_kept_head_shows_a_log_that_was_cut_or_written_anew(log: EventLog, database_url: str) -> None:
    for _ in range(3):
        log.append(counted("probe-1", 1, 1))
    with psycopg.connect(database_url, autocommit=True) as connection:
        head = signed_head(connection, SECRET)
        assert disagreement(connection, head) is None
        log.append(counted("probe-1", 1, 1))
        assert disagreement(connection, head) is None
        assert signed_head(connection, SECRET)["public_key"] == head["public_key"]
        assert signed_head(connection, "another")["public_key"] != head["public_key"]
        connection.execute("update log set hash = sha256(hash) where position = %s", (head["position"],))
        assert "written anew" in str(disagreement(connection, head))
        connection.execute("delete from log where position >= %s", (head["position"],))
        connection.execute("update head set position = %s", (head["position"] - 1,))
        assert "cut off" in str(disagreement(connection, head))
