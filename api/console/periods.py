"""A simulated period (spec 2.7): how far it is, ended on wish; at its end figures and charts beside what really was."""

from flask import Response
from markupsafe import Markup

from api.console.frame import Visit, back, page, say
from api.console.inside import Refused

PERIODS = "scenarios/simulations/"
PERIOD = "/console/simulations/{}/"
OPEN = ("READY", "WORKING")


@page("/console/simulations/<int:id>/")
def period(visit: Visit, id: int) -> Response:
    """While it is under way the page looks again by itself."""
    found = visit.api.get(f"{PERIODS}{id}/")
    charts = [Markup(svg) for svg in (found["charts"] or {}).values()]  # noqa: S704 - drawn here, their texts escaped
    return visit.show(
        "period.html",
        period=found,
        report=found["report"],
        charts=charts,
        open=found["status"] in OPEN,
        may=visit.api.may("POST", f"{PERIODS}{id}/abort/"),
    )


@page("/console/simulations/<int:id>/abort/", methods=("POST",))
def abort(visit: Visit, id: int) -> Response:
    try:
        visit.api.post(f"{PERIODS}{id}/abort/")
    except Refused as refused:  # it was over sooner
        if refused.status != 409:
            raise
        return say(visit, back(PERIOD.format(id)), refused.message, bad=True)
    return say(visit, back(PERIOD.format(id)), "It is ended.")
