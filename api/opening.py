"""The log opened with what an installation's settings say, and brought up to date."""

import secrets
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from api.http.passwords import has_password
from api.http.users import ROLES, install, save_user
from api.installation import Place
from api.jobs.runs import prepare as prepare_jobs
from api.settings import Settings
from api.setup.tasks import prepare as prepare_setup
from eventlog.log import EventLog
from integrations.tables import prepare as prepare_integrations
from projections.schema import install as install_projections
from scenarios.keeping import prepare as prepare_planner
from webhook_outbox.tables import prepare as prepare_webhooks


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
    """The tables of every room, and the admin user with the installation's password."""
    install(log)
    prepare_planner(log)
    install_projections(log)
    prepare_webhooks(log)
    prepare_integrations(log)
    prepare_jobs(log)
    prepare_setup(log)
    admin = place.settings.admin_user
    if not has_password(log, admin, place.admin_password):
        save_user(log, admin, place.admin_password, ("admin",), (), actor="installation")


def add_user(log: EventLog, username: str, roles: Sequence[str], codes: Sequence[str]) -> str:
    """A user with a password made here, given back once; exits with a sentence where something is not known."""
    unknown = [role for role in roles if role not in ROLES]
    if unknown:
        sys.exit(f"There is no role {unknown[0]!r}; there are {', '.join(ROLES)}.")
    places = {code: log.reference.find("location", code) for code in codes}
    lost = [code for code, found in places.items() if found is None]
    if lost:
        sys.exit(f"There is no location {lost[0]!r}.")
    password = secrets.token_urlsafe(18)
    save_user(log, username, password, roles, [found.id for found in places.values() if found], actor="operator")
    return password
