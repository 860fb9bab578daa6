"""Jobs by the clock: housekeeping only. Nothing that must happen hangs on them; two that run at once do no harm."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Event

from apscheduler.schedulers.background import BackgroundScheduler

from api.retention import let_go
from api.settings import Settings
from eventlog.log import EventLog
from webhook_outbox.retention import sweep
from webhook_outbox.tables import prepare as prepare_webhooks

EVERY_MINUTES = 60

log_ = logging.getLogger("daybook.jobs")


def webhook_partitions(log: EventLog, settings: Settings) -> None:
    """Deliveries and attempts that are old enough go."""
    prepare_webhooks(log)
    with log.listening() as connection:
        swept = sweep(connection, timedelta(days=settings.webhook_days))
    if swept.dropped:
        log_.info(
            "webhook deliveries older than %s days went: %s partitions", settings.webhook_days, len(swept.dropped)
        )


def old_records(log: EventLog, settings: Settings) -> None:
    """Idempotency keys, expired keys and months of the request audit that are old enough go."""
    gone = {what: n for what, n in let_go(log, settings).items() if n}
    if gone:
        log_.info("old enough to go: %s", ", ".join(f"{n} {what}" for what, n in gone.items()))


JOBS: dict[str, Callable[[EventLog, Settings], None]] = {
    "webhook partitions": webhook_partitions,
    "old records": old_records,
}
"""Name → what is done every hour."""


class Jobs:
    """`run` until stopped. A job that fails is told and tried again at its next time."""

    def __init__(self, log: EventLog, settings: Settings) -> None:
        self._log, self._settings = log, settings

    def run(self, stop: Event) -> None:
        scheduler = BackgroundScheduler(timezone=UTC)
        for name, job in JOBS.items():
            scheduler.add_job(
                self._guarded,
                "interval",
                (name, job),
                minutes=EVERY_MINUTES,
                id=name,
                next_run_time=datetime.now(UTC) + timedelta(minutes=1),
                coalesce=True,
                max_instances=1,
                misfire_grace_time=None,
            )
        scheduler.start()
        stop.wait()
        scheduler.shutdown(wait=False)

    def _guarded(self, name: str, job: Callable[[EventLog, Settings], None]) -> None:
        try:
            job(self._log, self._settings)
        except Exception as wrong:
            log_.warning("%s: %s: %s", name, type(wrong).__name__, str(wrong).strip().split("\n")[0])
