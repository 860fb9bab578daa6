"""Tokens that a receiver wants in `Authorization`: fetched before sending, kept, fetched anew where they are refused
(spec 4.1). The login is dialled as every target is: vetted, no redirects, within the time of the try."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import msgspec

from webhook_outbox.dialing import Call, Dialer

_HEADERS = "Content-Type: application/json\r\nAccept: application/json\r\nContent-Length: {}\r\n"


class NoToken(Exception):
    """The login gave none. Says why, without what it was asked with."""


@dataclass(slots=True)
class _Held:
    """One fetches, the others wait for what it gets."""

    auth: Mapping[str, Any]
    header: str | None = None
    lock: Lock = field(default_factory=Lock)


class Tokens:
    """Safe to share by threads. A token is forgotten with its login, or when it is refused."""

    def __init__(self, dialer: Dialer) -> None:
        self._dialer = dialer
        self._held: dict[int, _Held] = {}
        self._lock = Lock()

    def header(self, endpoint: int, auth: Mapping[str, Any], call: Call) -> tuple[str, bool]:
        """The value of `Authorization`, and whether it was kept from before. `call`: the try it is for, whose deadline
        holds here, too; NoToken, or as Dialer.post."""
        with self._lock:
            held = self._held.get(endpoint)
            if held is None or held.auth != auth:
                held = self._held[endpoint] = _Held(auth)
        if not held.lock.acquire(timeout=call.left()):
            raise TimeoutError
        try:
            if held.header is not None:
                return held.header, True
            held.header = self._fetch(auth, Call(call.deadline, call.may_send))
            return held.header, False
        finally:
            held.lock.release()

    def refused(self, endpoint: int, header: str) -> None:
        """401 with this one; who already has another keeps it."""
        with self._lock:
            held = self._held.get(endpoint)
            if held is not None and held.header == header:
                held.header = None

    def _fetch(self, auth: Mapping[str, Any], call: Call) -> str:
        login = {auth["username_field"]: auth["username"], auth["password_field"]: auth["password"]}
        body = msgspec.json.encode(login)
        reply = self._dialer.post(auth["url"], _HEADERS.format(len(body)).encode(), body, call)
        if not 200 <= reply.status < 300:
            raise NoToken(f"the login for a token answered {reply.status}")
        try:
            token = msgspec.json.decode(reply.answer)[auth["token_key"]]
        except (msgspec.DecodeError, UnicodeDecodeError, KeyError, TypeError):
            raise NoToken(f"the login for a token gave no {auth['token_key']}") from None
        header = auth["header_format"].replace("{}", token) if isinstance(token, str) else ""
        if not header or not token or not header.isascii() or not header.isprintable():
            raise NoToken(f"the login for a token gave no {auth['token_key']} that a header can hold")
        return str(header)
