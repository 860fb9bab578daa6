"""The first page: what needs somebody now."""

from flask import Response

from api.console.frame import NAVIGATION, Link, Visit, page

NAVIGATION.append(Link("Today", "/console/", "packages/", 0))


@page("/console/")
def home(visit: Visit) -> Response:
    return visit.show("home.html")
