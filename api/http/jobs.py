"""`jobs/` (spec 5): what runs by the clock, when, what came of it; set, switched off, run now."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from marshmallow import ValidationError, validate

from api.http.details import not_found
from api.http.errors import WrongInput
from api.http.input_schemas import Switch, Text, Whole
from api.http.paging import NEWEST_FIRST, PARAMETERS, asked_of, page_of, page_of_all
from api.http.record_kinds import Set
from api.http.routes import ADMIN, KEPT_BY_WRITES, OMS, Answer, Call, route
from api.http.saving import save
from api.jobs import runs
from api.jobs.clock import schedule_of, setting_of
from api.jobs.declared import JOBS
from api.jobs.schedule import LEAST, MOST, WrongSchedule, checked_crontab, checked_timezone
from api.jobs.turn import Job
from domain import settings
from domain.jobs import JobSetting
from projections.objects.wire import moment

PATH = f"{OMS}/jobs/"
LAST = 5
RUN_FILTERS = ("job", "state")
UNKEPT = dict.fromkeys(KEPT_BY_WRITES, "a run is no event, and one that waits already is the one that is asked for")

_BY_NAME = {job.name: job for job in JOBS}


class JobBody(Set):
    """null for `interval_seconds` or `crontab`: as declared again."""

    is_active = Switch()
    interval_seconds = Whole(allow_none=True, validate=validate.Range(LEAST, MOST))
    crontab = Text(allow_none=True, validate=validate.Length(1, 200))
    timezone = Text(validate=validate.Length(1, 100))


@route(
    "GET", PATH, roles=ADMIN, tag="jobs", query={**PARAMETERS, "name": "Only the one of this name."}, answers="[Job]"
)
def list_jobs(call: Call) -> Answer:
    """Every job, when it runs next, and its last runs."""
    return page_of_all(call, _shown(call, JOBS), ("name",))


@route("GET", f"{PATH}<name>/", roles=ADMIN, tag="jobs", answers="Job")
def job(call: Call, name: str) -> Answer:
    """A job, when it runs next, and its last runs."""
    found = _named(name)
    [shown] = _shown(call, (found,))
    return Answer(shown, headers={"ETag": f'"{setting_of(call.log.reference, found).version}"'})


@route("PATCH", f"{PATH}<name>/", roles=ADMIN, tag="jobs", body=JobBody(partial=True), answers="Job")
def set_job(call: Call, name: str) -> Answer:
    """Sets when a job runs, or switches it off or on; every process knows within a second."""
    found = _named(name)
    said = _checked(call, found)

    def decided(state: JobSetting | None, id: int) -> list[Any]:
        return settings.save(state, replace(state or JobSetting(id, name), **said))

    id = setting_of(call.log.reference, found).id
    saved = save(call, "job", decided, command="set-job", id=id, said=said)
    [shown] = _shown(call, (found,))
    return saved.answer(shown)


@route("POST", f"{PATH}<name>/run/", roles=ADMIN, tag="jobs", status=202, answers="JobRun", unkept=UNKEPT)
def run_job(call: Call, name: str) -> Answer:
    """Runs a job now, in the first process that looks, also one that is off; its runs say what came of it."""
    found = _named(name)
    with call.services.pool.connection() as connection:
        return Answer(_run(runs.ask(connection, found.name, call.caller.username)), 202)


@route(
    "GET",
    f"{OMS}/job-runs/",
    roles=ADMIN,
    tag="jobs",
    query={**NEWEST_FIRST, **{name: f"Only with this {name}." for name in RUN_FILTERS}},
    answers="[JobRun]",
)
def list_runs(call: Call) -> Answer:
    """Every run, the newest first."""
    asked = asked_of(call)
    if asked.sort is not None:
        raise WrongInput(sort=["They come the newest first."])
    for given in asked.filters:
        if given not in RUN_FILTERS:
            raise WrongInput(**{given: [f"There is no filter {given}; known are {', '.join(RUN_FILTERS)}."]})
    name, state = (asked.filters.get(one) or None for one in RUN_FILTERS)
    with call.services.pool.connection() as connection:
        rows = runs.shown(connection, name, asked.limit, (asked.page - 1) * asked.limit, state)
        return page_of(asked, [_run(row) for row in rows], runs.count(connection, name, state))


def _named(name: str) -> Job:
    if name not in _BY_NAME:
        raise not_found("job", name)
    return _BY_NAME[name]


def _checked(call: Call, job: Job) -> dict[str, Any]:
    """What is asked for, with the other way of saying when taken away."""
    said = dict(call.body)
    if said.get("interval_seconds") is not None and said.get("crontab") is not None:
        raise ValidationError({"crontab": ["Either interval_seconds or crontab; not both."]})
    before = setting_of(call.log.reference, job)
    zone = said.get("timezone", before.timezone)
    if "timezone" in said and said.get("crontab", before.crontab) is None:
        raise ValidationError({"timezone": ["It goes with a crontab, and none is set."]})
    try:
        field = "timezone"
        checked_timezone(zone)
        field = "crontab"
        if said.get("crontab") is not None:
            said |= {"crontab": checked_crontab(said["crontab"], zone), "interval_seconds": None}
        elif said.get("interval_seconds") is not None:
            said["crontab"] = None
    except WrongSchedule as wrong:
        raise ValidationError({field: [str(wrong)]}) from None
    return said


def _shown(call: Call, jobs: tuple[Job, ...]) -> list[dict[str, Any]]:
    call.log.reference.refresh()
    with call.services.pool.connection() as connection:
        rows, now = runs.rows(connection), runs.now(connection)
        last = {job.name: runs.shown(connection, job.name, LAST) for job in jobs}
    return [_job(call, job, rows.get(job.name), now, last[job.name]) for job in jobs]


def _job(call: Call, job: Job, row: runs.Row | None, now: datetime, last: list[dict[str, Any]]) -> dict[str, Any]:
    setting = setting_of(call.log.reference, job)
    schedule = schedule_of(setting, job)
    known = row is not None and row.version == setting.version and row.schedule == schedule.text
    due = row.due if known and row is not None else schedule.next(now)
    return {
        "id": setting.id,
        "name": job.name,
        "sentence": job.sentence,
        "is_active": setting.is_active,
        "interval_seconds": schedule.seconds,
        "crontab": schedule.crontab,
        "timezone": schedule.timezone,
        "declared": {
            "interval_seconds": job.schedule.seconds,
            "crontab": job.schedule.crontab,
            "timezone": job.schedule.timezone,
        },
        "next_run": moment(due) if setting.is_active else None,
        "running": row is not None and row.run is not None,
        "last_runs": [_run(one) for one in last],
        "created_date": moment(setting.created),
        "modified_date": moment(setting.modified),
    }


def _run(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "job": row["job"],
        "state": row["state"],
        "due": moment(row["due"]),
        "asked_by": row["asked_by"],
        "tries": row["tries"],
        "owner": row["owner"],
        "started_date": moment(row["started_at"]),
        "ended_date": moment(row["ended_at"]),
        "outcome": row["outcome"],
        "error": row["error"],
    }
