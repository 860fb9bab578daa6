"""`reports/sla/`: how long packages were planned, waited, moved, were prepared, blocked or with the carrier; by place
and by period, or each. What a phase is and its target is the setting SLA_PHASES: changed, the past is told anew."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from api.http.errors import WrongInput
from api.http.paging import PARAMETERS, Asked, asked_of, page_of
from api.http.routes import AUDIT, OMS, Answer, Call, Parameter, Query, route
from domain.application_settings import value_of
from projections import sla
from projections.filters import WHOLE, Read, Wrong, moment, whole

DAYS = 30
FIRST = datetime(2000, 1, 1, tzinfo=UTC)
"""Before any package."""
_TIME = {"type": "string", "format": "date-time"}
COMMON: Query = {
    "from": Parameter(f"Packages born from then on; the last {DAYS} days where it is not said.", _TIME),
    "to": Parameter("Packages born before then.", _TIME),
    "erp_code": "Only at this location.",
}
BY = ("location", "period", "none")
_PAGING = {name: said for name, said in PARAMETERS.items() if name not in ("sort", "ordering")}


@route(
    "GET",
    f"{OMS}/reports/sla/",
    roles=AUDIT | {"planner"},
    tag="reports",
    query={
        **_PAGING,
        **COMMON,
        "by": Parameter("One row a location (else `none`: all together) and phase.", {"enum": ["location", "none"]}),
        "period": Parameter("And for each day, week or month of birth.", {"enum": list(sla.PERIODS)}),
        "phase": "Only this phase.",
    },
    answers="[SlaRow]",
)
def phases(call: Call) -> Answer:
    """Seconds that packages spent in each phase: mean, percentiles, how many were over the target."""
    asked = asked_of(call)
    given = _known(asked, {*COMMON, "by", "period", "phase"})
    by, period = given.get("by", "location"), given.get("period")
    if by not in ("location", "none"):
        raise WrongInput(by=["Known are location, none."])
    if period is not None and period not in sla.PERIODS:
        raise WrongInput(period=[f"Known are {', '.join(sla.PERIODS)}."])
    defined = value_of(call.log.reference, "SLA_PHASES")
    phase = _phase(given, defined)
    looked = _looked(call, given)
    with _patiently(call) as connection:
        rows = sla.by_location(connection, defined, looked, place=by == "location", period=period)
    shown = [_shown(call, row) for row in rows if phase in (None, row["phase"])]
    return page_of(asked, shown[(asked.page - 1) * asked.limit : asked.page * asked.limit], len(shown))


@route(
    "GET",
    f"{OMS}/reports/sla/packages/",
    roles=AUDIT | {"planner"},
    tag="reports",
    query={
        **_PAGING,
        **COMMON,
        "late": Parameter("true: only packages over a target.", {"enum": ["true", "false"]}),
        "phase": "Only packages over the target of this phase.",
        "package": Parameter("Only this one, whenever it was born.", WHOLE),
    },
    answers="[SlaPackage]",
)
def packages(call: Call) -> Answer:
    """Each package with the seconds it spent in each phase, the targets it missed and the phase it is in."""
    asked = asked_of(call)
    given = _known(asked, {*COMMON, "late", "phase", "package"})
    if given.get("late", "false") not in ("true", "false"):
        raise WrongInput(late=["true or false."])
    defined = value_of(call.log.reference, "SLA_PHASES")
    phase, looked = _phase(given, defined), _looked(call, given)
    late = given.get("late") == "true"
    start = (asked.page - 1) * asked.limit
    with _patiently(call) as connection:
        rows, count = sla.packages(connection, defined, looked, late=late, phase=phase, limit=asked.limit, offset=start)
    return page_of(asked, [_shown(call, row) for row in rows], count)


@contextmanager
def _patiently(call: Call) -> Iterator[Any]:
    """A connection for a question that may turn out to be too large."""
    try:
        with call.reads.connection() as connection:
            yield connection
    except sla.TooMuch:
        text = "So many packages were born then that it would take too long; ask for less time, or one erp_code."
        raise WrongInput(**{"from": [text]}) from None


def _known(asked: Asked, names: set[str]) -> Mapping[str, str]:
    if asked.sort is not None:
        raise WrongInput(sort=["It cannot be sorted."])
    unknown = sorted(set(asked.filters) - names)
    if unknown:
        raise WrongInput(**{unknown[0]: [f"There is no filter {unknown[0]}; known are {', '.join(sorted(names))}."]})
    return {name: text for name, text in asked.filters.items() if text != ""}


def _phase(given: Mapping[str, str], defined: list[dict[str, Any]]) -> str | None:
    names = [one["name"] for one in defined]
    if "phase" in given and given["phase"] not in names:
        raise WrongInput(phase=[f"There is no phase {given['phase'][:50]}; there are {', '.join(names)}."])
    return given.get("phase")


def _looked(call: Call, given: Mapping[str, str]) -> sla.Looked:
    now = datetime.now(UTC)
    package = _read(call, given, "package", whole, None)
    born = now - timedelta(days=DAYS) if package is None else FIRST
    begin, end = _read(call, given, "from", moment, born), _read(call, given, "to", moment, now + timedelta(days=1))
    locations = None
    if "erp_code" in given:
        place = call.log.reference.find("location", given["erp_code"])
        if place is None:
            raise WrongInput(erp_code=[f"There is no location {given['erp_code'][:50]}."])
        locations = [place.id]
    return sla.Looked(begin, end, now, locations, package)


def _read(call: Call, given: Mapping[str, str], name: str, read: Read, otherwise: Any) -> Any:
    try:
        return read(given[name], call.log.reference) if name in given else otherwise
    except Wrong as wrong:
        raise WrongInput(**{name: [str(wrong)]}) from None


def _shown(call: Call, row: dict[str, Any]) -> dict[str, Any]:
    place = None if row["location"] is None else call.log.reference.one("location", row["location"])
    return {**row, "erp_code": None if place is None else place.profile.erp_code}
