"""Signing in with one's name and password, and out again: a key is made and taken back by the API."""

from flask import Response, request

from api.console import session
from api.console.frame import SIGN_IN, Visit, back, html, own_path, page
from api.console.inside import Refused
from api.console.rendering import render


@page(SIGN_IN, methods=("GET", "POST"), signed_in=False)
def sign_in(visit: Visit) -> Response:
    """Wrong name or password: the form again, without saying which."""
    came = session.visit_of(request)
    wanted = own_path(request.values.get("next", ""), "/console/")
    said, status = "", 200
    if request.method == "POST":
        session.check(request, visit.services.secret_key, came)
        try:
            given = {name: request.form.get(name, "") for name in ("username", "password")}
            key = visit.api.post("/api/i1/auth/login/", {**given, "expires_in": session.SECONDS}).json["key"]
        except Refused as refused:
            said = "Wrong name or password." if refused.status == 400 else refused.message
            status = refused.status
        else:
            response = back(wanted)
            session.begin(request, response, key)
            return response
    csrf = session.token(visit.services.secret_key, came)
    username = request.form.get("username", "")
    shown = render("sign_in.html", visit=visit, nav=[], noted="", csrf=csrf, said=said, next=wanted, username=username)
    response = html(shown, status)
    session.note_visit(request, response, came)
    return response


@page("/console/sign-out/", methods=("POST",))
def sign_out(visit: Visit) -> Response:
    """The key opens nothing more, wherever else it may lie."""
    visit.api.post("/api/i1/auth/logout/")
    response = back(SIGN_IN)
    session.end(request, response)
    return response
