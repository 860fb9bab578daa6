"""`jobs/` over HTTP: listed, set, switched off, run; every change is an event and stands in the audit."""

from typing import Any

import pytest

from api.jobs.clock import Jobs
from api.jobs.declared import JOBS
from api.settings import Settings
from tests.api.site import SECRET, Site


@pytest.fixture
def clock(site: Site) -> Any:
    """A worker that looks once."""

    def look() -> None:
        worker = Jobs(site.log, Settings(secret_key=SECRET))
        with site.log.listening() as connection:
            worker.look(connection)
            for running in worker._running.values():
                if running.thread:
                    running.thread.join(30)
            worker.look(connection)

    return look


def test_every_job_is_listed_with_its_schedule(site: Site) -> None:
    listed = site.admin.get("jobs/")
    assert [row["name"] for row in listed["results"]] == [job.name for job in JOBS]
    replan = site.admin.get("jobs/replan/")
    assert replan["is_active"] and replan["interval_seconds"] == 1800 and replan["crontab"] is None
    assert replan["next_run"] and replan["declared"]["interval_seconds"] == 1800


def test_a_setting_is_an_event_and_is_audited(site: Site) -> None:
    head = site.log.head().position
    answer = site.admin("PATCH", "jobs/upkeep/", {"crontab": " 0  4 * * 1-5", "timezone": "Europe/London"})
    assert answer.status_code == 200
    shown = answer.json()
    assert (shown["crontab"], shown["interval_seconds"]) == ("0 4 * * 1-5", None)
    assert shown["next_run"][11:16] in ("03:00", "04:00")
    [event] = site.log.read(head)
    assert (type(event.fact).__name__, event.actor, event.command) == ("JobSaved", "admin", "set-job")
    assert site.admin.get(f"audit/job/{shown['id']}/history/")["results"][-1]["sentence"] == "Job upkeep was set."
    rows = site.admin.get("settings/audit_events/?limit=5")["results"]
    assert any("jobs/upkeep" in row["url"] for row in rows)
    again = site.admin("PATCH", "jobs/upkeep/", {"interval_seconds": 600}).json()
    assert (again["crontab"], again["interval_seconds"]) == (None, 600)
    off = site.admin("PATCH", "jobs/upkeep/", {"is_active": False}).json()
    assert (off["is_active"], off["next_run"], off["interval_seconds"]) == (False, None, 600)
    back = site.admin("PATCH", "jobs/upkeep/", {"is_active": True, "interval_seconds": None}).json()
    assert back["interval_seconds"] == back["declared"]["interval_seconds"]


@pytest.mark.parametrize(
    ("body", "field", "says"),
    [
        ({"crontab": "0 4 * *"}, "crontab", "Five fields"),
        ({"crontab": "0 0 31 2 *"}, "crontab", "never comes"),
        ({"crontab": "0 4 * * 9"}, "crontab", "day of the week"),
        ({"crontab": "0 4 * * *", "timezone": "Mars/North"}, "timezone", "Europe/London"),
        ({"timezone": "Europe/London"}, "timezone", "goes with a crontab"),
        ({"interval_seconds": 1}, "interval_seconds", "5"),
        ({"interval_seconds": "60"}, "interval_seconds", "integer"),
        ({"interval_seconds": 60, "crontab": "0 4 * * *"}, "crontab", "not both"),
        ({"is_active": "yes"}, "is_active", "boolean"),
    ],
)
def test_a_wrong_setting_is_refused(site: Site, body: dict[str, Any], field: str, says: str) -> None:
    head = site.log.head().position
    answer = site.admin("PATCH", "jobs/retention/", body)
    assert answer.status_code == 400
    assert says in " ".join(answer.json()["error"][field])
    assert site.log.head().position == head


def test_run_now_is_done_once_by_whoever_looks(site: Site, clock: Any) -> None:
    clock()
    first = site.admin("POST", "jobs/replan/run/")
    second = site.admin("POST", "jobs/replan/run/")
    assert first.status_code == 202 and first.json() == second.json()
    assert (first.json()["state"], first.json()["asked_by"]) == ("waiting", "admin")
    clock()
    [run] = site.admin.get("job-runs/?job=replan&state=finished")["results"]
    assert run["id"] == first.json()["id"]
    assert set(run["outcome"]) == {"packages", "orders"} and run["error"] is None and run["owner"]
    assert site.admin.get("jobs/replan/")["last_runs"][0] == run


def test_what_is_not_there(site: Site) -> None:
    assert site.admin("GET", "jobs/tea/").status_code == 404
    assert site.admin("POST", "jobs/tea/run/").status_code == 404
    assert site.admin("GET", "job-runs/?colour=red").status_code == 400
    assert site.admin("POST", "jobs/replan/run/?dry_run=true").status_code == 400
