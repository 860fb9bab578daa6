"""The program `oms` about the past, as a support engineer calls it: text for people, `--json` for programs."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from api import progress
from api.cli import main
from eventlog.log import EventLog
from projections.history import as_of
from tests.api.site import SECRET, Site

Oms = Callable[..., tuple[int, str, str]]


@pytest.fixture
def oms(site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Oms:
    monkeypatch.setenv("DATABASE_URL", site.log.database_url)
    monkeypatch.setenv("OMS_SECRET_KEY", SECRET)
    monkeypatch.setenv("OMS_DATA_DIR", str(tmp_path))

    def run(*arguments: object) -> tuple[int, str, str]:
        status = main([str(one) for one in arguments])
        said = capsys.readouterr()
        return status, said.out, said.err

    return run


@pytest.fixture(scope="module")
def story(site: Site) -> dict[str, Any]:
    package = site.package()
    assert site.admin.command(package, "start-preparing").status_code == 204
    assert site.admin.command(package, "ready-for-packaging").status_code == 204
    site.caught_up()
    shown: dict[str, Any] = site.admin.get(f"packages/{package}/")
    rows = site.admin.get(f"audit/package/{package}/history/")["results"]
    return {**shown, "started": next(row for row in rows if row["command"] == "start-preparing"), "rows": rows}


def test_an_object_as_it_was_by_id_number_time_and_position(site: Site, story: dict[str, Any], oms: Oms) -> None:
    at = story["started"]["at"].replace("Z", "")
    for when in (at, f"@{story['started']['position']}", f"v{story['started']['version']}"):
        for name in (story["id"], story["number"]):
            status, text, _ = oms("at", "package", name, when)
            assert status == 0 and "state                    Preparing (200)" in text and story["number"] in text
            assert "translations" not in text and "{" not in text
            status, text, _ = oms("at", "package", name, when, "--json")
            shown = json.loads(text)
            assert shown == site.admin.get(f"audit/package/{story['id']}/?version={story['started']['version']}")
    status, text, error = oms("at", "package", story["id"], "2020-01-01")
    assert (status, text) == (1, "") and "There was no package" in error
    assert oms("at", "package", story["id"], "yesterday")[0] == 1
    status, text, _ = oms("at", "location", "WH-01", f"@{story['started']['position']}")
    assert status == 0 and "WH-01" in text


def test_the_history_of_an_order_in_sentences(story: dict[str, Any], oms: Oms) -> None:
    status, text, _ = oms("history", "order", story["order_number"])
    assert (
        status == 0 and "Picking began." in text and "].state: 100 → 200" in text and "by admin from 127.0.0.1" in text
    )
    status, text, _ = oms("history", "package", story["number"], "--json")
    assert json.loads(text)["results"] == story["rows"]
    for kind, name, said in (
        ("unicorn", 1, "There is no kind 'unicorn'; there are order"),
        ("order", "R-9", "no order"),
    ):
        status, text, error = oms("history", kind, name)
        assert (status, text) == (1, "") and said in error


def test_what_differs(story: dict[str, Any], oms: Oms) -> None:
    status, text, _ = oms("diff", "package", story["number"], 1, 2)
    assert status == 0 and "state: 100 → 200" in text.splitlines()
    assert oms("diff", "package", story["number"], 2, 2)[1] == "nothing differs\n"
    assert json.loads(oms("diff", "package", story["id"], 1, 2, "--json")[1])["changes"]
    assert oms("diff", "package", story["id"], 1, 99)[0] == 1


def test_verified_whole_and_in_part(site: Site, oms: Oms) -> None:
    status, text, _ = oms("verify")
    assert status == 0 and "hash chain: whole" in text and "violations: 0" in text
    status, text, _ = oms("verify", "--after", 3, "--until", 9, "--json")
    assert status == 0 and json.loads(text)["events"] == 6


def test_rebuilt_equal(oms: Oms) -> None:
    status, text, _ = oms("rebuild", "packages")
    assert (status, text.split()) == (0, ["packages", "equal"])
    status, text, _ = oms("rebuild", "guards", "--json")
    assert (status, json.loads(text)) == (0, {"differences": []})
    assert oms("rebuild", "nothing")[0] == 2


def test_replayed_it_is_what_the_audit_says_of_then(site: Site, story: dict[str, Any], oms: Oms) -> None:
    until = story["started"]["position"]
    status, text, _ = oms("replay", "--into", "replayed_by_oms", "--until", until, "--json")
    assert status == 0
    then = EventLog.open(json.loads(text)["database_url"])
    try:
        shown = as_of(then, "package", story["id"], lambda _: None, story["order_id"], position=until)
    finally:
        then.close()
        with site.log.listening() as connection:
            connection.execute("drop database replayed_by_oms with (force)")
    audited = site.admin.get(f"audit/package/{story['id']}/?position={until}")
    assert shown is not None and (shown["state"], shown["packageitem_set"]) == (
        audited["state"],
        audited["packageitem_set"],
    )
    assert oms("replay", "--into", "No Name")[0] == 2


def test_a_case_file_and_the_whole_log(story: dict[str, Any], oms: Oms, tmp_path: Path) -> None:
    case, whole = tmp_path / "case.zip", tmp_path / "log.zip"
    assert oms("export", case, "--order", story["order_number"], "--masked")[0] == 0
    assert "index.html" in ZipFile(case).namelist()
    assert oms("export", whole)[0] == 0 and "check.py" in ZipFile(whole).namelist()
    assert oms("export", case, "--order", story["order_number"])[0] == 2, "nothing is overwritten"
    assert oms("export", tmp_path / "x.zip", "--order", "R-9")[0] == 1 and not (tmp_path / "x.zip").exists()


def test_a_customer_is_forgotten_by_the_number_of_an_order(site: Site, oms: Oms, tmp_path: Path) -> None:
    order = site.order()
    site.caught_up()
    status, text, _ = oms("forget", order["number"])
    assert status == 0 and text == f"customer {order['customer']['id']} is forgotten in 1 orders\n"
    assert site.admin.get(f"orders/{order['id']}/")["customer"]["email"] in (None, order["customer"]["email"])
    assert oms("forget", "nobody@example.org")[0] == 1 and oms("forget")[0] == 1
    (tmp_path / "keys").write_text(oms("forget", "--keys", "--json")[1])
    assert json.loads(oms("forget", "--again", tmp_path / "keys", "--json")[1]) == {"destroyed": 0}


def test_a_bar_says_how_far_how_fast_and_how_long_still() -> None:
    assert (
        progress.line(500, 2000, 2.0, "events")
        == "[######------------------]  25%  500 of 2,000 events  250/s  6 s left"
    )
    assert progress.line(2000, 2000, 4.0, "events").startswith("[########################] 100%  2,000 of 2,000")
    assert progress.line(5, 600, 5.0, "x").endswith("9 min 55 s left") and progress.line(7, 0, 0.0, "x") == "7 x  0/s"


def test_what_is_left_after_dropped_partitions_begins_at_a_signed_head(oms: Oms, tmp_path: Path) -> None:
    """Checked from the head alone; a head that was touched, or another log behind it, is told."""
    kept = tmp_path / "head.json"
    kept.write_text(oms("head", "--at", 12)[1])
    status, text, _ = oms("verify", "--head", kept)
    assert status == 0 and "after 12; hash chain: whole" in text
    assert oms("head", "--against", kept)[0] == 0 and oms("head", "--at", 10**9)[0] == 2
    head = json.loads(kept.read_text())
    for change in ({"hash": "00" * 32}, {"position": 13}, {"public_key": "00" * 32}):
        kept.write_text(json.dumps({**head, **change}))
        assert oms("verify", "--head", kept, "--json")[0] == 1
