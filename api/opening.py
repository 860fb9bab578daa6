"""The log opened with what an installation's settings say, brought up to date first."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from api.installation import Place
from api.settings import Settings
from eventlog.log import EventLog


@contextmanager
def opened(settings: Settings) -> Iterator[EventLog]:
    """For a process that serves or asks; a program alone needs DATABASE_URL, `oms serve` and tools bring their own."""
    if settings.database_url is None:
        sys.exit("DATABASE_URL is not set; `oms serve` starts an embedded database, this needs one that runs.")
    log = EventLog.open(settings.database_url, settings.database_direct_url)
    try:
        yield log
    finally:
        log.close()


def initialise(log: EventLog, place: Place) -> None:
    """Tables of every room, and the admin user."""
    from api.auth import bootstrap_admin, install as install_auth
    from projections.schema import install as install_projections
    from scenarios.keeping import prepare as prepare_planner
    from webhook_outbox.tables import install as install_webhooks

    install_auth(log)
    prepare_planner(log)
    install_projections(log)
    install_webhooks(log)
    bootstrap_admin(log, place.settings.admin_user, place.admin_password)
