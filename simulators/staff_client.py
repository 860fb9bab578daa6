"""HTTP as patient staff use it: the session stays open, and what got no answer is sent again with the same key."""

import threading
import time
from typing import Any

import requests

# Answers that say "not now": the request may be sent again as it is.
NOT_NOW = (429, 500, 502, 503, 504)


class Unanswered(Exception):
    """No answer in all the time there was. What was sent may or may not have been done."""


class Client:
    """Either `token`, or `username` and `password` to log in with (again, when a key has run out). `patience`: seconds
    to go on asking; `stop` ends them early."""

    def __init__(
        self,
        base_url: str,
        username: str = "",
        password: str = "",
        token: str = "",
        patience: float = 60.0,
        stop: threading.Event | None = None,
    ) -> None:
        self.base_url, self.patience = base_url.rstrip("/"), patience
        self._stop = stop or threading.Event()
        self._username, self._password, self._key = username, password, token
        self._sessions = threading.local()
        self._lock = threading.Lock()

    def get(self, path: str, **parameters: Any) -> Any:
        """The answer's JSON; HTTPError for a refusal."""
        answer = self.send("GET", path, params=parameters)
        answer.raise_for_status()
        return answer.json()

    def command(self, path: str, body: dict[str, Any], key: str) -> requests.Response:
        return self.send("POST", path, json=body, headers={"Idempotency-Key": key})

    def send(self, method: str, path: str, **request: Any) -> requests.Response:
        headers = request.pop("headers", {})
        key = self._key or self._login("")
        answer = self._patiently(method, path, headers=headers | {"Authorization": f"Token {key}"}, **request)
        if answer.status_code == 401 and self._username:
            key = self._login(key)
            answer = self._patiently(method, path, headers=headers | {"Authorization": f"Token {key}"}, **request)
        return answer

    def _login(self, stale: str) -> str:
        with self._lock:
            if self._key == stale:  # else another thread was quicker
                login = {"username": self._username, "password": self._password}
                answer = self._patiently("POST", "/api/i1/auth/login/", json=login)
                answer.raise_for_status()
                self._key = answer.json()["key"]
            return self._key

    def _patiently(self, method: str, path: str, **request: Any) -> requests.Response:
        until, wait = time.monotonic() + self.patience, 0.05
        while True:
            said: object
            try:
                answer = self._session().request(method, self.base_url + path, timeout=(3, 30), **request)
            except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError) as silence:
                said, pause = type(silence).__name__, wait
            else:
                if answer.status_code not in NOT_NOW:
                    return answer
                said, pause = answer.status_code, _seconds(answer.headers.get("Retry-After"), wait)
            if time.monotonic() + pause > until or self._stop.wait(pause):
                raise Unanswered(f"{method} {path}: {said}")
            wait = min(wait * 2, 2.0)

    def _session(self) -> requests.Session:
        if not hasattr(self._sessions, "session"):
            self._sessions.session = requests.Session()
            self._sessions.session.trust_env = False  # no proxy and no netrc for what is on this machine
        return self._sessions.session


def _seconds(retry_after: str | None, otherwise: float) -> float:
    return float(retry_after) if retry_after and retry_after.isdecimal() else otherwise
