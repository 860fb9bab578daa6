"""`oms api`: the HTTP API under gunicorn, threads in each of its processes."""

import json
import logging
import signal
import sys
from typing import Any
from uuid import uuid4

from flask import Flask
from gunicorn import glogging, util
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter

from api.collector import calm
from api.http.app import create_app, services_of
from api.opening import look, opened
from api.processes import die_with_parent
from api.settings import Settings
from api.troubles import sentence_of
from eventlog.log import EventLog

log_ = logging.getLogger("daybook.api")


def write_error(sock: Any, status_int: int, reason: str, mesg: str) -> None:
    """What gunicorn answers by itself, to what is no request or too long a one: in our shape, where it writes HTML."""
    code = reason.lower().replace(" ", "_")
    body = json.dumps({"error": {"code": code, "message": mesg}, "status_code": status_int})
    lines = (
        f"HTTP/1.1 {status_int} {reason}",
        "Connection: close",
        "Content-Type: application/json",
        f"X-Request-ID: {uuid4().hex}",
        f"Content-Length: {len(body)}",
    )
    util.write_nonblock(sock, "\r\n".join((*lines, "", body)).encode("ascii"))


class Log(glogging.Logger):
    """gunicorn's own lines in our log, in its form."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True


class Server(BaseApplication):
    """Each worker process opens its own log after the fork: connections and committer threads are not inherited."""

    def __init__(self, settings: Settings, secret_key: str) -> None:
        self._settings, self._secret_key = settings, secret_key
        super().__init__()

    def load_config(self) -> None:
        settings = self._settings
        util.write_error = write_error
        for name, value in {
            "bind": settings.authority,
            "workers": settings.api_processes,
            "threads": settings.api_threads,
            "worker_class": "gthread",
            "keepalive": 75,
            "timeout": 60,
            "graceful_timeout": 8,
            "limit_request_line": 8190,
            "loglevel": "warning",
            "logger_class": Log,
            "preload_app": False,
            "reuse_port": False,
            "control_socket_disable": True,
            "post_fork": lambda _server, _worker: die_with_parent(signal.SIGKILL),
        }.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Flask:
        settings = self._settings
        try:
            log = EventLog.open(
                settings.database_url or "", settings.database_direct_url, pool_size=settings.api_threads
            )
            log.reference.refresh()  # loaded before the first request, not by it
        except Exception as error:  # the database went away since; gunicorn would log a traceback
            if (sentence := sentence_of(error)) is None:
                raise
            log_.error("%s", sentence)
            sys.exit(Arbiter.WORKER_BOOT_ERROR)
        return create_app(services_of(log, settings, self._secret_key))


def run(settings: Settings) -> int:
    """Until SIGTERM. The database must be up to date (`oms init`, or `oms serve` does it); Unavailable where it does
    not answer."""
    if settings.database_url is None or settings.secret_key is None:
        log_.error("`oms api` needs DATABASE_URL and OMS_SECRET_KEY; `oms serve` brings its own.")
        return 2
    with opened(
        settings
    ) as log:  # closed before the fork; a database that is away is told once here, not by each process
        look(log)
    calm()
    Server(settings, settings.secret_key).run()
    return 0
