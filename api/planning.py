"""The planner as a part of a worker: with its way to the stock services, and an account of who was asked."""

from collections.abc import Callable
from contextlib import closing
from threading import Event
from typing import Any

from psycopg_pool import ConnectionPool

from api.settings import Settings
from eventlog.log import EventLog
from eventlog.secrets import Secrets
from integrations.stock_services import AskedServices
from integrations.traffic import Traffic
from scenarios.worker import Planner

ACCOUNTING = 2
"""Connections at most for the account; none is held where no service is asked."""


def planning(log: EventLog, settings: Settings) -> Callable[[Event], None]:
    """What runs until the event is set."""

    def run(stop: Event) -> None:
        secrets = Secrets(log.listening, settings.secret_key or "")
        pool: ConnectionPool[Any] = ConnectionPool(
            log.database_url, min_size=0, max_size=ACCOUNTING, open=True, kwargs={"autocommit": True}
        )
        services = AskedServices(settings.webhook_allow, secrets.read, Traffic(pool.connection))
        with pool, closing(services):
            Planner(log, services=services).run(stop)

    return run
