"""One's own account: a name and a password for a key, keys listed and given back, the password changed (spec 3.1)."""

from typing import Any

from flask import current_app, request
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from api.http import keys
from api.http.details import not_found
from api.http.dry_run import DryRun
from api.http.errors import Failure
from api.http.input_schemas import Whole
from api.http.passwords import set_password
from api.http.routes import ANYBODY, COMMON, READ, Answer, Call, route
from api.http.users import TooManyTries, Users

AUTH = "/api/i1/auth"
_NO_VERSION = "keys and passwords are kept beside the log (spec 1.1) and have no version"
LOGGING_IN = {
    "Idempotency-Key": "to answer it again the key would have to be kept as it is, and keys are kept hashed",
    "If-Match": _NO_VERSION,
    "dry_run": "it writes no event, and to try a password is to log in",
}
UNKEPT = {
    "Idempotency-Key": "the same again finds the key gone, or the old password another, and changes nothing",
    "If-Match": _NO_VERSION,
}
"""A dry run of these makes the checks and shows that no event would be written."""
SHORTEST_PASSWORD = 8


class Login(Schema):
    """`expires_in`: seconds for which the key is good."""

    class Meta:
        unknown = EXCLUDE

    username = fields.String(required=True, validate=validate.Length(1, 150))
    password = fields.String(required=True, validate=validate.Length(1, 1000), load_only=True)
    expires_in = Whole(load_default=keys.KEY_DAYS * 86400, validate=validate.Range(60, keys.MOST_DAYS * 86400))


class NewPassword(Schema):
    class Meta:
        unknown = EXCLUDE

    old_password = fields.String(required=True, validate=validate.Length(1, 1000), load_only=True)
    new_password = fields.String(required=True, validate=validate.Length(SHORTEST_PASSWORD, 1000), load_only=True)


@route("POST", f"{AUTH}/login/", roles=ANYBODY, tag="auth", body=Login(), answers="Key", unkept=LOGGING_IN)
def log_in(call: Call) -> Answer | dict[str, Any]:
    """A key for a username and password; send it as `Authorization: Token <key>`."""
    said = call.body
    agent = call.headers.get("User-Agent", "")
    try:
        key = _users().log_in(said["username"], said["password"], said["expires_in"], _address(), agent)
    except TooManyTries as many:
        raise _slower(many) from None
    if key is None:
        return Answer({"error": {"non_field_errors": ["Wrong username or password."]}, "status_code": 400}, 400)
    return {"key": key}


@route("POST", f"{AUTH}/logout/", roles=READ, tag="auth", status=204, reach=COMMON, unkept=UNKEPT)
def log_out(call: Call) -> Answer:
    """Gives the key back that this is asked with; within a second it opens nothing more."""
    if call.dry:
        raise DryRun([])
    _revoke(call, call.caller.id, digest=call.caller.key)
    return Answer(None, 204)


@route("GET", f"{AUTH}/keys/", roles=READ, tag="auth", reach=COMMON)
def own_keys(call: Call) -> Any:
    """One's own keys that are still good: since when, until when, from where. The keys themselves are not known."""
    with call.services.pool.connection() as connection:
        return keys.keys_of(connection, call.caller.id, call.caller.key)


@route("DELETE", f"{AUTH}/keys/<int:id>/", roles=READ, tag="auth", status=204, reach=COMMON, unkept=UNKEPT)
def revoke_own_key(call: Call, id: int) -> Answer:
    """Takes back one of one's own keys."""
    if call.dry:
        with call.services.pool.connection() as connection:
            if id not in [key["id"] for key in keys.keys_of(connection, call.caller.id)]:
                raise not_found("key", id)
        raise DryRun([])
    if not _revoke(call, call.caller.id, id=id):
        raise not_found("key", id)
    return Answer(None, 204)


@route("POST", f"{AUTH}/password/", roles=READ, tag="auth", body=NewPassword(), status=204, reach=COMMON, unkept=UNKEPT)
def change_password(call: Call) -> Answer:
    """Changes one's own password; every key but this one is worthless from then on."""
    try:
        right = _users().is_right(call.caller.username, call.body["old_password"], _address())
    except TooManyTries as many:
        raise _slower(many) from None
    if not right:
        raise ValidationError({"old_password": ["It is another."]})
    if call.dry:
        raise DryRun([])
    set_password(call.log, call.caller.id, call.body["new_password"], keep_key=call.caller.key)
    _users().forget()
    return Answer(None, 204)


def _revoke(call: Call, user_id: int, **which: Any) -> int:
    with call.log.listening() as connection:
        gone = keys.revoke(connection, user_id, **which)
    _users().forget()
    return gone


def _slower(many: TooManyTries) -> Failure:
    wait = str(int(many.seconds) + 1)
    return Failure(429, "too_many_requests", "Too many tries; wait a little.", {"Retry-After": wait})


def _users() -> Users:
    users: Users = current_app.extensions["users"]
    return users


def _address() -> str:
    return request.remote_addr or ""
