"""The log opened with what an installation's settings say, and brought up to date."""

import logging
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
from eventlog.durability import doubts, standing
from eventlog.log import EventLog
from integrations.tables import prepare as prepare_integrations
from projections.schema import install as install_projections
from scenarios.keeping import prepare as prepare_planner
from webhook_outbox.tables import prepare as prepare_webhooks

log_ = logging.getLogger("daybook")


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


def look(log: EventLog) -> None:
    """Says at the start of what serves where an acknowledged event may be lost with the database's machine."""
    with log.listening() as connection:
        for doubt in doubts(standing(connection)):
            log_.warning("%s", doubt)


def initialise(log: EventLog, place: Place) -> bool:
    """The tables of every room, and the admin user; whether that user was made now, with the installation's password.
    Later a password that is set (OMS_ADMIN_PASSWORD) is made theirs again; one that was made here, and that they
    changed, is not: who knew the old one would be let in again."""
    install(log)
    prepare_planner(log)
    install_projections(log)
    prepare_webhooks(log)
    prepare_integrations(log)
    prepare_jobs(log)
    prepare_setup(log)
    admin = place.settings.admin_user
    if has_password(log, admin, place.admin_password):
        return False
    known = log.reference.find("user", admin) is not None
    if known and place.settings.admin_password is None:
        log_.warning("%s has another password than the one kept in %s; OMS_ADMIN_PASSWORD sets it", admin, place.kept)
        return False
    save_user(log, admin, place.admin_password, ("admin",), (), actor="installation")
    return not known


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
