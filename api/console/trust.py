"""Whether the log can be trusted: the laws, the hash chain and the guards over all of it (spec 1.8, 6.2)."""

from flask import Response, request

from api.console.frame import NAVIGATION, Link, Visit, page

NAVIGATION.append(Link("Log", "/console/verification/", "audit/verify/", 80))


@page("/console/verification/", methods=("GET", "POST"))
def verification(visit: Visit) -> Response:
    """It reads the whole log, so it is asked for by a button, not by coming here."""
    found = visit.api.get("audit/verify/") if request.method == "POST" else None
    return visit.show("verification.html", found=found, position=visit.services.log.head().position)
