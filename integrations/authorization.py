"""How one logs in at another system (spec 5): not at all, with a password, with a token that is known or fetched."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import msgspec

from integrations.trouble import Misconfigured, Unanswered
from webhook_outbox.dialing import Call, Dialer


@dataclass(frozen=True, slots=True)
class Auth:
    """`type`: anonymous, basic_auth, or token: `token` where it is known, else fetched at `url` with user and password
    ({username, password} → {key} or {token}). Made from settings whose secrets are opened; never printed."""

    type: str = "anonymous"
    username: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    token_prefix: str = "Bearer"  # noqa: S105 - a word before the token, as in the contract
    url: str = ""

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> "Auth":
        texts = {name: str(said.get(name) or "") for name in ("username", "password", "token", "url")}
        kind = str(said.get("request_type") or said.get("type") or ("token" if texts["token"] else "anonymous"))
        prefix = said.get("token_prefix")
        return cls(type=kind, token_prefix="Bearer" if prefix is None else str(prefix), **texts)


class Logins:
    """The values of `Authorization`; tokens that were fetched are kept until they are refused. Safe to share."""

    def __init__(self, dialer: Dialer) -> None:
        self._dialer = dialer
        self._fetched: dict[Auth, str] = {}
        self._lock = Lock()

    def header(self, auth: Auth, call: Call) -> str:
        """Empty where none is wanted. A log-in that fails is Unanswered, one that cannot be tried Misconfigured."""
        if auth.type == "anonymous":
            return ""
        if auth.type == "basic_auth":
            return "Basic " + b64encode(f"{auth.username}:{auth.password}".encode()).decode()
        token = auth.token or self._fetched.get(auth) or self._log_in(auth, call)
        return f"{auth.token_prefix} {token}".strip()

    def refused(self, auth: Auth, header: str) -> None:
        """401 with this one: the next call fetches another; who already has another keeps it."""
        with self._lock:
            if auth in self._fetched and header.endswith(self._fetched[auth]):
                del self._fetched[auth]

    def _log_in(self, auth: Auth, call: Call) -> str:
        if not auth.url:
            raise Misconfigured("auth needs a token, or the url where one is fetched")
        body = msgspec.json.encode({"username": auth.username, "password": auth.password})
        headers = f"Content-Type: application/json\r\nAccept: application/json\r\nContent-Length: {len(body)}\r\n"
        reply = self._dialer.post(auth.url, headers.encode(), body, Call(call.deadline, call.may_send))
        if not 200 <= reply.status < 300:
            raise Unanswered(f"the log-in answered {reply.status}")
        try:
            said = msgspec.json.decode(reply.answer)
            token = said.get("key") or said.get("token")
        except (msgspec.DecodeError, UnicodeDecodeError, AttributeError):
            token = None
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            raise Unanswered("the log-in gave no token")
        with self._lock:
            self._fetched[auth] = token
        return token
