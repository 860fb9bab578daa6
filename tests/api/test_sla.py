"""How long packages spent in each phase: told from the log's own times; another definition tells the past anew."""

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from statistics import median
from typing import Any

import pytest

from api.cli import main
from domain.sla import PHASES
from projections import sla
from tests.api.site import SECRET, Site, serving

STEPS = ("start-preparing", "block-package", "unblock-package", "complete-packaging-with-shipment", "ship-package")
NAMES = [phase["name"] for phase in PHASES]
SET = "settings/application_settings/"


@pytest.fixture(scope="module")
def own(postgres: Any) -> Iterator[Site]:
    import psycopg

    with psycopg.connect(postgres.database_url("postgres"), autocommit=True) as connection:
        connection.execute("create database sla")
    with serving(postgres.database_url("sla")) as site:
        site.set_up()
        for steps in (5, 5, 4, 2, 0):
            package = site.package("WH-01" if steps != 4 else "ST-014")
            for slug in STEPS[:steps]:
                assert site.admin.command(package, slug).status_code == 204
        site.caught_up()
        yield site
    with psycopg.connect(postgres.database_url("postgres"), autocommit=True) as connection:
        connection.execute("drop database sla with (force)")


def spent(site: Site, phases: list[dict[str, Any]], until: datetime) -> dict[int, dict[str, float]]:
    """Package → phase → seconds, from the events' times alone."""
    of = {state: phase["name"] for phase in phases for state in phase["states"]}
    found: dict[int, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    came: dict[str, datetime] = {}
    last: dict[int, tuple[str, datetime]] = {}
    states = {"PackagePreparing": "200", "PackageBlocked": "300", "PackageUnblocked": "200", "PackagePacked": "500",
              "PackageShipped": "600"}  # fmt: skip
    with site.log.listening() as connection:
        rows = connection.execute("select stream, topic, at, data from log order by position").fetchall()
    for stream, topic, at, text in rows:
        data = json.loads(text)
        if topic == "OrderReceived":
            came[stream] = at
        if topic == "PackageCreated" and "before_birth" in of:
            found[data["package"]][of["before_birth"]] += (at - came[stream]).total_seconds()
        state = str(data["state"]) if topic == "PackageCreated" else states.get(topic)
        if state is not None:
            was = last.get(data["package"])
            if was is not None and was[0] in of:
                found[data["package"]][of[was[0]]] += (at - was[1]).total_seconds()
            last[data["package"]] = (state, at)
    for package, (state, at) in last.items():
        if state in of:
            found[package][of[state]] += (until - at).total_seconds()
    return found


def test_each_package_by_the_log_of_its_events(own: Site) -> None:
    before = datetime.now(UTC)
    rows = own.admin.get("reports/sla/packages/?limit=100")["results"]
    after = datetime.now(UTC)
    low, high = spent(own, PHASES, before), spent(own, PHASES, after)
    assert len(rows) == 5 and list(rows[0]["seconds"]) == NAMES
    for row in rows:
        for name in NAMES:
            assert low[row["package"]][name] - 0.01 <= row["seconds"][name] <= high[row["package"]][name] + 0.01
    assert [row["now"] for row in rows] == ["with_carrier", "with_carrier", "ready", "blocked", "waiting"]
    assert [row["late"] for row in rows] == [[]] * 5 and {row["erp_code"] for row in rows} == {"WH-01", "ST-014"}


def test_by_location_and_together(own: Site) -> None:
    each = own.admin.get("reports/sla/packages/")["results"]
    rows = own.admin.get("reports/sla/?limit=100&erp_code=WH-01&period=day")["results"]
    preparing = next(row for row in rows if row["phase"] == "preparing")
    mine = [one["seconds"]["preparing"] for one in each if one["erp_code"] == "WH-01" and one["seconds"]["preparing"]]
    assert (preparing["packages"], preparing["late"], preparing["going_on"]) == (3, 0, 0)
    assert preparing["p50"] == pytest.approx(median(mine), abs=0.002) and preparing["max"] == pytest.approx(
        max(mine), abs=0.002
    )
    assert preparing["p50"] <= preparing["p90"] <= preparing["p99"] <= preparing["max"]
    assert preparing["period"] == datetime.now(UTC).strftime("%Y-%m-%dT00:00:00.000000Z") or preparing["period"]
    together = {row["phase"]: row for row in own.admin.get("reports/sla/?by=none")["results"]}
    assert together["preparing"]["packages"] == 4 and together["preparing"]["erp_code"] is None
    assert together["with_carrier"]["going_on"] == 2
    assert own.admin.get("reports/sla/?from=2030-01-01")["results"] == []
    csv = own.admin("GET", "reports/sla/?by=none&format=csv").text.splitlines()
    assert csv[0].startswith("location") and len(csv) == len(together) + 1


def test_another_definition_tells_the_past_anew(own: Site) -> None:
    before = {row["phase"]: row for row in own.admin.get("reports/sla/?by=none")["results"]}
    phases = [{"name": "shop", "states": ["before_birth", "100", "200", "300"], "target_minutes": 1}]
    made = own.admin("POST", SET, {"key": "SLA_PHASES", "json_value": phases})
    assert made.status_code == 201
    [row] = own.admin.get("reports/sla/?by=none")["results"]
    low = spent(own, phases, datetime.now(UTC))
    assert (row["phase"], row["packages"], row["target"]) == ("shop", 5, 60)
    assert row["mean"] == pytest.approx(sum(one["shop"] for one in low.values()) / 5, abs=0.5)
    assert own.admin.get("reports/sla/packages/?late=true")["count"] == row["late"]
    for value, why in (
        ([{"name": "a", "states": ["100"]}, {"name": "b", "states": ["100"]}], "twice"),
        ([{"name": "a", "states": ["101"]}], "Must be one of"),
        ([], "length"),
    ):
        where = made.headers["Location"]
        answer = own.admin("PUT", where, {"json_value": value})
        assert answer.status_code == 400 and why.lower() in answer.text.lower()
    assert own.admin("PUT", made.headers["Location"], {"json_value": PHASES}).status_code == 204
    again = {row["phase"]: row for row in own.admin.get("reports/sla/?by=none")["results"]}
    assert {name: row["packages"] for name, row in again.items()} == {n: row["packages"] for n, row in before.items()}
    assert again["preparing"]["mean"] == before["preparing"]["mean"]


@pytest.mark.parametrize(
    ("query", "field"),
    [("by=colour", "by"), ("period=year", "period"), ("phase=x", "phase"), ("erp_code=X9", "erp_code"),
     ("from=then", "from"), ("sort=id", "sort"), ("colour=red", "colour"), ("packages/?late=maybe", "late")],
)  # fmt: skip
def test_what_is_none(own: Site, query: str, field: str) -> None:
    answer = own.admin("GET", f"reports/sla/{'' if '?' in query else '?'}{query}")
    assert answer.status_code == 400 and field in answer.json()["error"]


def test_for_people(
    own: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in (
        ("DATABASE_URL", own.log.database_url),
        ("OMS_SECRET_KEY", SECRET),
        ("OMS_DATA_DIR", str(tmp_path)),
    ):
        monkeypatch.setenv(name, value)
    assert main(["sla", "--by", "location"]) == 0
    text = capsys.readouterr().out
    assert "WH-01" in text and "preparing" in text and "p99" in text
    number = own.admin.get("packages/?limit=1&sort=id")["results"][0]["number"]
    assert main(["sla", number, "--json"]) == 0
    [row] = json.loads(capsys.readouterr().out)["results"]
    assert row["number"] == number and row["seconds"]["preparing"] > 0
    assert main(["sla", number]) == 0 and number in capsys.readouterr().out
    assert main(["sla", "R-none"]) == 1


@pytest.mark.parametrize(("path", "statement"), [("reports/sla/", "_BY"), ("reports/sla/packages/", "_EACH")])
def test_what_would_take_too_long_is_refused(
    own: Site, monkeypatch: pytest.MonkeyPatch, path: str, statement: str
) -> None:
    slow = getattr(sla, statement).replace("from spent", "from (select pg_sleep(30)) slow, spent", 1)
    with monkeypatch.context() as patched:
        patched.setattr(sla, statement, slow)
        patched.setattr(sla, "PATIENCE", 0.1)
        answer = own.admin("GET", path)
        assert answer.status_code == 400 and "less time" in answer.json()["error"]["from"][0]
    assert own.admin.get(path)["count"] > 0
