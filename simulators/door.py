"""Who may ask a simulated service: the three kinds of authentication that a brand's service may have."""

import base64
import binascii
import hmac
import secrets
from dataclasses import dataclass

from flask import Blueprint, Flask, Response, jsonify, request

from simulators.neighbour import refusal


@dataclass(frozen=True)
class Auth:
    """Who may ask: `kind` is anonymous, basic_auth or token. A token is had by `POST /auth/login/` {username, password}
    → {key} and sent as `Authorization: Token <key>` (Bearer is taken as well); `token` is one that always holds."""

    kind: str = "anonymous"
    username: str = "oms"
    password: str = "oms"  # noqa: S105 - it guards made-up figures on loopback
    token: str = ""


class Door:
    def __init__(self, auth: Auth) -> None:
        self.auth = auth
        self._keys: set[str] = set()

    def login(self, username: str, password: str) -> str | None:
        if not self._right(username, password):
            return None
        key = secrets.token_hex(20)
        self._keys.add(key)
        return key

    def forget_keys(self) -> None:
        self._keys.clear()

    def opens(self, authorization: str) -> bool:
        if self.auth.kind == "anonymous":
            return True
        scheme, _, value = authorization.partition(" ")
        if self.auth.kind == "token":
            known = value in self._keys or (self.auth.token != "" and value == self.auth.token)
            return scheme in ("Token", "Bearer") and known
        try:
            username, _, password = base64.b64decode(value, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return False
        return scheme == "Basic" and self._right(username, password)

    def _right(self, username: str, password: str) -> bool:
        same_name = hmac.compare_digest(username.encode(), self.auth.username.encode())
        return hmac.compare_digest(password.encode(), self.auth.password.encode()) and same_name


def login_at(routes: Flask | Blueprint, door: Door) -> None:
    """`POST /auth/login/` {username, password} → {key}."""

    @routes.post("/auth/login/")
    def login() -> Response:
        given = request.get_json(silent=True)
        key = door.login(str(given.get("username")), str(given.get("password"))) if isinstance(given, dict) else None
        return jsonify(key=key) if key else refusal("Wrong username or password.", 400)
