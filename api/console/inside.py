"""The API as the pages call it: the same paths, roles, checks and audit as from outside, without a network between."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, request
from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException
from werkzeug.test import EnvironBuilder, run_wsgi_app

from api.http.routes import ALL, ANYBODY, OMS, ROUTES
from api.http.users import NOBODY, Caller

MOST_PAGES = 20
"""Of a hundred rows each: what a person can look at."""


class Refused(Exception):
    """The API answered with an error: `error` is {code, message, …}, or {field: [texts]}."""

    def __init__(self, status: int, error: Mapping[str, Any], headers: Mapping[str, str]) -> None:
        super().__init__(f"{status} {error}")
        self.status, self.error, self.headers = status, error, headers

    @property
    def message(self) -> str:
        """One sentence for people."""
        if isinstance(self.error.get("message"), str):
            return str(self.error["message"])
        if isinstance(self.error.get("en"), str):  # webhooks' {code, en, tr}
            return str(self.error["en"])
        return " ".join(f"{name}: {text}" for name, text in flat(self.error))

    @property
    def fields(self) -> dict[str, str]:
        """What is wrong with which field; empty where it is about no field."""
        return {} if "code" in self.error else dict(flat(self.error))


def flat(errors: Any, name: str = "") -> list[tuple[str, str]]:
    """`{a: {0: {b: [text]}}}` as [("a.0.b", text)]."""
    if isinstance(errors, Mapping):
        return [one for key, inner in errors.items() for one in flat(inner, f"{name}.{key}" if name else str(key))]
    if isinstance(errors, list) and errors and not isinstance(errors[0], str):
        return [one for n, inner in enumerate(errors) for one in flat(inner, f"{name}.{n}")]
    return [(name, " ".join(map(str, errors)) if isinstance(errors, list) else str(errors))]


@dataclass(frozen=True)
class Reply:
    """What the API answered; `json` None where it has no body, `raw` where it is no JSON."""

    status: int
    json: Any
    headers: Mapping[str, str]
    raw: bytes = b""


@dataclass(frozen=True)
class Inside:
    """The API for whoever has `key`; paths stand below /api/v1/oms/ unless they begin with a slash."""

    app: Flask
    key: str | None = None
    caller: Caller = NOBODY
    minimum: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, **query: Any) -> Any:
        """The JSON of an answer. Raises Refused."""
        return self.ask("GET", path, query=query).json

    def every(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """The rows of all pages of a list, up to MOST_PAGES of them."""
        found: list[dict[str, Any]] = []
        for number in range(1, MOST_PAGES + 1):
            page = self.get(path, **query, page=str(number), limit="100")
            found += page["results"]
            if page["next"] is None:
                break
        return found

    def post(self, path: str, body: Any = None, **headers: str) -> Reply:
        """Raises Refused. Afterwards reads wait until they show what was written."""
        return self.ask("POST", path, {} if body is None else body, headers=headers)

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Raises Refused."""
        sent = {name.replace("_", "-"): value for name, value in (headers or {}).items()}
        if self.key is not None:
            sent["Authorization"] = f"Token {self.key}"
        if method == "GET":
            sent.update(self.minimum)
        for name in ("User-Agent", "X-Forwarded-For", "Referer", "Origin"):
            if name in request.headers:
                sent.setdefault(name, request.headers[name])
        sent["X-Request-ID"] = request.environ["oms.request_id"]
        given = {name: text for name, text in (query or {}).items() if text not in (None, "")}
        built = EnvironBuilder(
            whole(path),
            request.host_url,
            method=method,
            headers=Headers(sent),
            query_string=urlencode(given, doseq=True) or None,
            data=None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode(),
            content_type="application/json",
            environ_base={"REMOTE_ADDR": request.remote_addr or ""},
        )
        chunks, status, found = run_wsgi_app(self.app.wsgi_app, built.get_environ(), buffered=True)
        return self._read(int(status.partition(" ")[0]), b"".join(chunks), dict(found))

    def _read(self, status: int, content: bytes, headers: dict[str, str]) -> Reply:
        is_json = headers.get("Content-Type", "").startswith("application/json")
        said = json.loads(content) if is_json and content else None
        if status >= 400:
            error = said.get("error", said) if isinstance(said, dict) else {"code": "error", "message": str(status)}
            raise Refused(status, error if isinstance(error, dict) else {"message": str(error)}, headers)
        if "X-OMS-Position" in headers:
            self.minimum["X-OMS-Min-Position"] = headers["X-OMS-Position"]
        return Reply(status, said, headers, b"" if is_json else content)

    def may(self, method: str, path: str) -> bool:
        """Whether the caller's roles and locations let them ask this at all."""
        try:
            endpoint, _ = self.app.url_map.bind("").match(whole(path), method=method)
        except HTTPException:
            return False
        found = _by_name().get(str(endpoint))
        if found is None or found.roles is ANYBODY:
            return found is not None
        limited = self.caller.locations is not None and found.reach == ALL
        return bool(self.caller.roles & found.roles) and not limited


def whole(path: str) -> str:
    return path if path.startswith("/") else f"{OMS}/{path}"


def _by_name() -> Mapping[str, Any]:
    if len(_named) != len(ROUTES):
        _named.update({f"{route.method} {route.path}": route for route in ROUTES})
    return _named


_named: dict[str, Any] = {}


def passed_on(reply: Reply, keep: Callable[[str], bool] = lambda _: True) -> Response:
    """A file of the API for the browser: its bytes, type, name and policy."""
    response = Response(reply.raw, reply.status)
    for name in ("Content-Type", "Content-Disposition", "Content-Security-Policy"):
        if name in reply.headers and keep(name):
            response.headers[name] = reply.headers[name]
    return response
