"""Who talked to whom (spec 5): the latest calls between systems, and what each pair of them came to."""

from typing import Any

from flask import Response

from api.console.frame import NAVIGATION, Link, Visit, page
from api.console.listing import Column, Listing, link
from api.console.rendering import breakable, moment
from api.console.states import badge

NAVIGATION.append(Link("Traffic", "/console/traffic/", "traffic/", 45))

OUTCOMES = {"ok": "ok", "declined": "declined (a clear no)", "failed": "failed", "resting": "left alone for a while"}


def _party(name: str) -> Any:
    return link(f"/console/traffic/?party={name}", name)


def milliseconds(seconds: float) -> str:
    return f"{1000 * seconds:,.0f} ms" if seconds >= 0.01 else f"{1000 * seconds:.1f} ms"


def _answer(row: dict[str, Any]) -> str:
    took = "" if row["seconds"] is None else milliseconds(row["seconds"])
    return ", ".join(str(part) for part in (row["status"], took, row["error"]) if part)


CALLS = Listing(
    "Who talked to whom",
    "traffic/",
    (
        Column("Time", lambda row: moment(row["date"])),
        Column("From", lambda row: _party(row["from"])),
        Column("To", lambda row: _party(row["to"])),
        Column("What", lambda row: breakable(row["what"])),
        Column("Outcome", lambda row: badge(row["outcome"])),
        Column("Answer", _answer),
        Column("Where", lambda row: f"{row['method']} {row['place']}", "wide"),
    ),
    {"party": "From or to", "outcome": "Outcome"},
    {"outcome": OUTCOMES},
    "Nobody talked to anybody lately.",
)


@page("/console/traffic/")
def traffic(visit: Visit) -> Response:
    pairs = visit.api.get("traffic/summary/")["results"]
    return CALLS.page(visit, template="traffic.html", pairs=pairs, party=_party, milliseconds=milliseconds)
