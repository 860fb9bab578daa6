"""Jobs by the clock: when each runs next, what came of its last runs, run now, switched off and on (spec 6.4)."""

from flask import Response, request

from api.console.frame import NAVIGATION, Link, Visit, back, page, say

NAVIGATION.append(Link("Jobs", "/console/jobs/", "jobs/", 70))


@page("/console/jobs/")
def jobs(visit: Visit) -> Response:
    return visit.show("jobs.html", jobs=visit.api.every("jobs/"))


@page("/console/jobs/<name>/run/", methods=("POST",))
def run_job(visit: Visit, name: str) -> Response:
    visit.api.post(f"jobs/{name}/run/")
    return say(visit, back("/console/jobs/"), f"{name} runs in the first process that looks.")


@page("/console/jobs/<name>/switch/", methods=("POST",))
def switch_job(visit: Visit, name: str) -> Response:
    on = request.form.get("on") == "1"
    visit.api.ask("PATCH", f"jobs/{name}/", {"is_active": on})
    return say(visit, back("/console/jobs/"), f"{name} is {'on' if on else 'off'}.")
