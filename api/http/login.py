"""Log-in: a name and a password for a key (spec 3.1)."""

from typing import Any

from flask import current_app, request
from marshmallow import EXCLUDE, Schema, fields, validate

from api.http.errors import Failure
from api.http.routes import ANYBODY, Answer, Call, route
from api.http.users import Users


class Login(Schema):
    class Meta:
        unknown = EXCLUDE

    username = fields.String(required=True, validate=validate.Length(1, 150))
    password = fields.String(required=True, validate=validate.Length(1, 1000), load_only=True)


@route("POST", "/api/i1/auth/login/", roles=ANYBODY, tag="auth", body=Login())
def log_in(call: Call) -> Answer | dict[str, Any]:
    """A key for a username and password; send it as `Authorization: Token <key>`."""
    users: Users = current_app.extensions["users"]
    username, password = call.body["username"], call.body["password"]
    who = (f"name:{username}", f"from:{request.remote_addr}")
    wait = max(users.throttled(one) for one in who)
    if wait:
        raise Failure(429, "too_many_requests", "Too many wrong tries.", {"Retry-After": str(int(wait) + 1)})
    key = users.log_in(username, password)
    if key is None:
        for one in who:
            users.failed(one)
        return Answer({"error": {"non_field_errors": ["Wrong username or password."]}, "status_code": 400}, 400)
    return {"key": key}
