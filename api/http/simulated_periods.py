"""`scenarios/simulations/` (spec 2.7): the orders of a period under another scenario, beside what really happened.
Asked for here, done by a job; the log stays as it is."""

from collections.abc import Mapping
from typing import Any

from api import simulate_tools
from api.http.details import not_found
from api.http.dry_run import DryRun
from api.http.errors import Failure, WrongInput
from api.http.paging import NEWEST_FIRST, asked_of, page_of
from api.http.routes import AUDIT, KEPT_BY_WRITES, OMS, PLAN, Answer, Call, route
from api.http.simulate import definition_of
from api.http.simulate_input import read_period
from api.jobs import runs
from api.simulations import rows
from api.simulations.work import JOB
from projections.objects.wire import moment
from scenarios.parsing import parse_scenario, parse_transfer_scenario

PATH = f"{OMS}/scenarios/simulations/"
MOST_WAITING = 20
UNKEPT = {
    "Idempotency-Key": "it writes no event, and the same asked twice comes to the same",
    "If-Match": "a simulation has no version",
}
ENDS = dict.fromkeys(KEPT_BY_WRITES, "a simulation is no event, and one that is over stays over")


@route(
    "POST",
    PATH,
    roles=PLAN,
    tag="scenarios",
    free_body=True,
    status=202,
    answers="SimulatedPeriod",
    unkept=UNKEPT,
)
def simulate_period(call: Call) -> Answer:
    """Replays the orders of a period under a scenario, draft included, or as they were planned (the control run)."""
    wanted = read_period(call.body)
    scenario = None if wanted.scenario is None else _checked(call, "scenario", wanted.scenario, parse_scenario)
    transfers = None
    if wanted.transfer_scenarios is not None:
        transfers = [
            _checked(call, "transfer_scenario", one, parse_transfer_scenario) for one in wanted.transfer_scenarios
        ]
    asked = {
        "from": wanted.begin.isoformat(),
        "to": wanted.end.isoformat(),
        "scenario": scenario,
        "transfer_scenarios": transfers,
    }
    head = call.log.head().position
    with call.services.pool.connection() as connection, connection.transaction():
        if len(rows.open_ones(connection)) >= MOST_WAITING:
            raise Failure(409, "conflict", f"{MOST_WAITING} simulations wait already.")
        if call.dry:
            raise DryRun([])
        id = rows.add(connection, asked, call.caller.id, call.caller.username, head)
        runs.ask(connection, JOB, call.caller.username)
        return Answer(_shown(_there(rows.one(connection, id), id)), 202)


@route("GET", PATH, roles=PLAN | AUDIT, tag="scenarios", query=NEWEST_FIRST, answers="[SimulatedPeriod]")
def list_simulations(call: Call) -> Answer:
    """Every simulation of a period, the newest first, without the reports."""
    asked = asked_of(call)
    for name in asked.filters:
        raise WrongInput(**{name: [f"There is no filter {name}."]})
    if asked.sort is not None:
        raise WrongInput(sort=["They come the newest first."])
    with call.services.pool.connection() as connection:
        found = rows.listed(connection, asked.limit, (asked.page - 1) * asked.limit)
        return page_of(asked, [_shown(row) for row in found], rows.count(connection))


@route("GET", f"{PATH}<int:id>/", roles=PLAN | AUDIT, tag="scenarios", answers="SimulatedPeriodReport")
def read_simulation(call: Call, id: int) -> Any:
    """How far it is; at its end the report as data, as a table of text, and as charts (SVG)."""
    with call.services.pool.connection() as connection:
        row = _there(rows.one(connection, id), id)
    report = row["report"]
    if report is None:
        return {**_shown(row), "report": None, "table": None, "charts": None}
    from api.drawings.period_charts import charts  # a large library: only where charts are drawn

    return {**_shown(row), "report": report, "table": simulate_tools.text(report), "charts": charts(report)}


@route("POST", f"{PATH}<int:id>/abort/", roles=PLAN, tag="scenarios", answers="SimulatedPeriod", unkept=ENDS)
def abort_simulation(call: Call, id: int) -> Any:
    """Ends a simulation that waits or is under way."""
    with call.services.pool.connection() as connection:
        row = _there(rows.one(connection, id), id)
        if not rows.end(connection, id, rows.ABORTED, f"{call.caller.username} ended it."):
            raise Failure(409, "conflict", f"It is over: {row['state']}.")
        return _shown(_there(rows.one(connection, id), id))


def _checked(call: Call, kind: str, said: Mapping[str, Any], parse: Any) -> dict[str, Any]:
    definition, id, version = definition_of(call, kind, said)
    parse(definition, id, version)
    return definition


def _there(row: dict[str, Any] | None, id: int) -> dict[str, Any]:
    if row is None:
        raise not_found("simulation", id)
    return row


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    asked = row["asked"]
    return {
        "id": row["id"],
        "status": row["state"],
        "from": asked["from"],
        "to": asked["to"],
        "scenario": None if asked["scenario"] is None else asked["scenario"].get("name"),
        "position": row["until_position"] if row["state"] == rows.FINISHED else row["position"],
        "until_position": row["until_position"],
        "message": row["message"],
        "user": row["username"],
        "created_date": moment(row["asked_at"]),
        "started_date": moment(row["started_at"]),
        "ended_date": moment(row["ended_at"]),
    }
