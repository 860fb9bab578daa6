"""Users: who may do what, where; new ones, changed ones, their keys taken back (spec 3.1, 6.4)."""

from typing import Any

from flask import Response, request

from api.console.frame import NAVIGATION, Link, Visit, back, page, say
from api.console.inside import Refused
from api.http.users import ROLES

NAVIGATION.append(Link("Users", "/console/users/", "users/", 90))


@page("/console/users/", methods=("GET", "POST"))
def users(visit: Visit) -> Response:
    """POST makes one."""
    refused = None
    if request.method == "POST":
        try:
            visit.api.post("users/", {**_body(), "username": request.form.get("username", "")})
            return say(visit, back("/console/users/"), "The user is there.")
        except Refused as wrong:
            refused = wrong
    rows = visit.api.every("users/")
    return visit.show(
        "users.html", refused.status if refused else 200, rows=rows, refused=refused, roles=ROLES, given=_given()
    )


@page("/console/users/<int:id>/", methods=("GET", "POST"))
def user(visit: Visit, id: int) -> Response:
    """POST changes one; a new password makes all keys worthless."""
    refused = None
    if request.method == "POST":
        body = {**_body(), "is_active": request.form.get("is_active") == "on"}
        try:
            visit.api.ask("PATCH", f"users/{id}/", body)
            return say(visit, back(f"/console/users/{id}/"), "It is saved.")
        except Refused as wrong:
            refused = wrong
    shown = visit.api.get(f"users/{id}/")
    keys = visit.api.get(f"users/{id}/keys/")
    return visit.show(
        "user.html",
        refused.status if refused else 200,
        user=shown,
        keys=keys["results"] if isinstance(keys, dict) else keys,
        refused=refused,
        roles=ROLES,
    )


@page("/console/users/<int:id>/revoke/", methods=("POST",))
def revoke(visit: Visit, id: int) -> Response:
    visit.api.post(f"users/{id}/revoke/")
    return say(visit, back(f"/console/users/{id}/"), "Every key of the user is worthless now.")


def _body() -> dict[str, Any]:
    codes = request.form.get("locations", "").replace(",", " ").split()
    body: dict[str, Any] = {"roles": request.form.getlist("roles"), "locations": codes}
    return {**body, "password": request.form["password"]} if request.form.get("password") else body


def _given() -> dict[str, Any]:
    """What had been filled in, but for the password."""
    roles = request.form.getlist("roles")
    return {
        "username": request.form.get("username", ""),
        "locations": request.form.get("locations", ""),
        "roles": roles,
    }
