"""Who asked a simulator for what, lately: `GET /admin/calls`, the newest first. Every simulator has it by the way it is
served (simulators.program); of a request only its path is kept, nothing of what was said."""

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

KEPT = 500
OWN = "/admin/"

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


class Visitors:
    """A WSGI application around another."""

    def __init__(self, name: str, inner: Application) -> None:
        self._name, self._inner = name, inner
        self._calls: deque[dict[str, Any]] = deque(maxlen=KEPT)
        self._lock = threading.Lock()

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = str(environ.get("PATH_INFO", ""))
        if path == f"{OWN}calls" and environ.get("REQUEST_METHOD") == "GET":
            return self._shown(start_response)
        if path.startswith(OWN):
            return self._inner(environ, start_response)
        call = {
            "at": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "from": str(environ.get("HTTP_USER_AGENT", ""))[:80],
            "to": self._name,
            "method": environ.get("REQUEST_METHOD", ""),
            "path": path[:300],
            "status": None,
            "seconds": None,
        }
        began = time.monotonic()

        def started(status: str, headers: Any, *rest: Any) -> Any:
            call["status"], call["seconds"] = int(status[:3]), round(time.monotonic() - began, 4)
            return start_response(status, headers, *rest)

        with self._lock:
            self._calls.append(call)
        return self._inner(environ, started)

    def _shown(self, start_response: Callable[..., Any]) -> Iterable[bytes]:
        with self._lock:
            body = json.dumps({"calls": list(self._calls)[::-1]}).encode()
        start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]
