"""How long packages took (spec 6.4, reports/sla/): by location and period, package by package, and on a package's page.
What a phase is, the setting SLA_PHASES says; the past is told by it as it stands now."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response
from markupsafe import Markup

from api.console.frame import NAVIGATION, Link, Visit, page
from api.console.inside import Refused
from api.console.listing import Column, Listing, link
from api.console.rendering import moment
from api.console.states import PACKAGE_NAMES
from api.durations import span
from domain.application_settings import value_of
from domain.sla import BEFORE_BIRTH

HERE = "/console/sla/"
API, PACKAGES = "reports/sla/", "reports/sla/packages/"
NAVIGATION.append(Link("Times", HERE, API, 37))

FIGURES = {
    "p50": "median",
    "p90": "90 % within",
    "p99": "99 % within",
    "mean": "mean",
    "max": "longest",
    "late": "over the target",
    "packages": "packages",
}
PERIODS = {"day": "day", "week": "week", "month": "month"}
ASKED = ("from", "to", "erp_code", "by", "period")
MOST = "10000"

Phase = Mapping[str, Any]


@dataclass(frozen=True)
class Cell:
    """A figure of a phase at a place; `late`: packages over the target."""

    text: str
    late: int
    phase: str


@page(HERE)
def forensics(visit: Visit) -> Response:
    """A row a location and period, a column a phase."""
    given = {name: visit.query.get(name, "").strip() for name in ASKED}
    figure = visit.query.get("figure", "")
    figure = figure if figure in FIGURES else "p50"
    phases, refused = phases_of(visit), None
    try:
        rows = _rows(visit, given)
    except Refused as wrong:
        if wrong.status != 400:
            raise
        rows, refused = [], wrong
    return visit.show(
        "sla.html",
        400 if refused else 200,
        phases=phases,
        table=_table(rows, phases, figure),
        given=given,
        figure=figure,
        figures=FIGURES,
        periods=PERIODS,
        refused=refused,
        state_word=state_word,
        may_define=visit.api.may("GET", "settings/application_settings/"),
    )


def phases_of(visit: Visit) -> list[Phase]:
    """As they are defined now."""
    found: list[Phase] = value_of(visit.services.log.reference, "SLA_PHASES")
    return found


def _rows(visit: Visit, given: Mapping[str, str]) -> list[dict[str, str]]:
    """As CSV, which the API gives whole: pages would have it reckon all of it again for each."""
    reply = visit.api.ask("GET", API, query={**given, "format": "csv", "limit": MOST})
    return list(csv.DictReader(io.StringIO(reply.raw.decode("utf-8-sig"))))


def _table(rows: list[dict[str, str]], phases: list[Phase], figure: str) -> list[tuple[str, str, list[Cell | None]]]:
    """[(erp code or "", period's day or "", a cell a phase)]"""
    found: dict[tuple[str, str], dict[str, Cell]] = {}
    for row in rows:
        late, value = int(row["late"] or 0), row[figure]
        text = "–" if value == "" else value if figure in ("late", "packages") else span(float(value))
        found.setdefault((row["erp_code"], row["period"][:10]), {})[row["phase"]] = Cell(text, late, row["phase"])
    return [(*where, [cells.get(one["name"]) for one in phases]) for where, cells in found.items()]


def state_word(value: str) -> str:
    """A state of a phase's definition in words."""
    return "before it was planned" if value == BEFORE_BIRTH else PACKAGE_NAMES.get(value, value)


def _spent(phase: str) -> Column:
    def cell(row: dict[str, Any]) -> Any:
        seconds = row["seconds"][phase]
        text = (span(seconds) if seconds else "") + (" …" if row["now"] == phase else "")
        return Markup('<span class="badge red">{}</span>').format(text) if phase in row["late"] else text

    return Column(phase.replace("_", " "), cell, "number")


@page(f"{HERE}packages/")
def packages(visit: Visit) -> Response:
    """Each with what it spent in each phase; over the target in red, what goes on with dots."""
    phases = [one["name"] for one in phases_of(visit)]
    listed = Listing(
        "How long each package took",
        PACKAGES,
        (
            Column("Package", lambda row: link(f"/console/packages/{row['package']}/", row["number"])),
            Column("Location", lambda row: row["erp_code"] or ""),
            *(_spent(one) for one in phases),
            Column("Born", lambda row: moment(row["born"], False), "wide"),
        ),
        {
            "late": "Over a target",
            "phase": "Over the target of",
            "erp_code": "Location (erp code)",
            "from": "Born from",
        },
        {"phase": {one: one.replace("_", " ") for one in phases}},
        "No package of this time is like this.",
    )
    return listed.page(visit)


@dataclass(frozen=True)
class Spent:
    """Of one package: `phase`, how long, its target (both in words), `share` of all in per cent, whether it is over the
    target and whether it goes on."""

    phase: str
    time: str
    target: str
    share: float
    late: bool
    now: bool


def spent_by(visit: Visit, package: int) -> list[Spent]:
    """The phases that a package was in, in their order; none for who may not ask."""
    if not visit.api.may("GET", PACKAGES):
        return []
    rows = visit.api.get(PACKAGES, package=package)["results"]
    if not rows:
        return []
    row, targets = rows[0], {one["name"]: one.get("target_minutes") for one in phases_of(visit)}
    whole = sum(row["seconds"].values()) or 1.0
    return [
        Spent(
            name.replace("_", " "),
            span(seconds),
            _target(targets.get(name)),
            round(100 * seconds / whole, 1),
            name in row["late"],
            name == row["now"],
        )
        for name, seconds in row["seconds"].items()
        if seconds or name == row["now"]
    ]


def _target(minutes: int | None) -> str:
    return "" if minutes is None else span(minutes * 60)
