"""`oms api`: the HTTP API under gunicorn, threads in each of its processes."""

import logging
import signal

from flask import Flask
from gunicorn.app.base import BaseApplication

from api.http.app import create_app, services_of
from api.processes import die_with_parent
from api.settings import Settings
from eventlog.log import EventLog

log_ = logging.getLogger("daybook.api")


class Server(BaseApplication):
    """Each worker process opens its own log after the fork: connections and committer threads are not inherited."""

    def __init__(self, settings: Settings, secret_key: str) -> None:
        self._settings, self._secret_key = settings, secret_key
        super().__init__()

    def load_config(self) -> None:
        settings = self._settings
        for name, value in {
            "bind": f"{settings.host}:{settings.port}",
            "workers": settings.api_processes,
            "threads": settings.api_threads,
            "worker_class": "gthread",
            "keepalive": 75,
            "timeout": 60,
            "graceful_timeout": 8,
            "limit_request_line": 8190,
            "loglevel": "warning",
            "preload_app": False,
            "reuse_port": False,
            "control_socket_disable": True,
            "post_fork": lambda _server, _worker: die_with_parent(signal.SIGKILL),
        }.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Flask:
        settings = self._settings
        log = EventLog.open(settings.database_url or "", settings.database_direct_url, pool_size=settings.api_threads)
        log.reference.refresh()  # loaded before the first request, not by it
        return create_app(services_of(log, settings, self._secret_key))


def run(settings: Settings) -> int:
    """Until SIGTERM. The database must be up to date (`oms init`, or `oms serve` does it)."""
    if settings.database_url is None or settings.secret_key is None:
        log_.error("`oms api` needs DATABASE_URL and OMS_SECRET_KEY; `oms serve` brings its own.")
        return 2
    Server(settings, settings.secret_key).run()
    return 0
