"""`oms worker`: the followers of the log in one process: planner, projector, webhooks, integrations. Any can run alone,
and many times."""

import logging
import signal
from collections.abc import Callable, Iterable
from threading import Event, Thread
from typing import Any

from api.collector import calm
from api.settings import Settings
from eventlog.log import EventLog

log_ = logging.getLogger("daybook.worker")

PARTS = ("planner", "projector", "webhooks", "integrations", "jobs")


def parts(log: EventLog, settings: Settings, only: Iterable[str]) -> dict[str, Callable[[Event], None]]:
    """Name → what runs until the event is set."""
    made: dict[str, Callable[[Event], None]] = {}
    wanted = set(only)
    if "planner" in wanted:
        from api.planning import planning

        made["planner"] = planning(log, settings)
    if "projector" in wanted:
        from projections.projector import Projector

        keyring = log.keyring(settings.secret_key or "")
        made["projector"] = Projector(log, keyring.reveal, keyring.warm).run
    if "webhooks" in wanted:
        from webhook_outbox.fan_out import FanOut
        from webhook_outbox.sender import Sender

        made["fan-out"] = FanOut(log, settings).run
        made["sender"] = Sender(log, settings).run
    if "integrations" in wanted:
        from integrations.following import Follower
        from integrations.runner import Runner

        made["integrations"] = Follower(log).run
        made["calls"] = Runner(log, settings).run
    if "jobs" in wanted:
        from api.jobs.clock import Jobs

        made["jobs"] = Jobs(log, settings).run
    return made


def run(log: EventLog, settings: Settings, only: Iterable[str] = PARTS) -> int:
    """Runs them until SIGTERM or SIGINT. A part that fails ends the process: whoever started it starts it again."""
    stop = Event()
    failed: list[str] = []

    def guarded(name: str, part: Callable[[Event], None]) -> None:
        try:
            part(stop)
        except Exception:
            log_.exception("%s stopped", name)
            failed.append(name)
            stop.set()

    def ask_to_stop(*_: Any) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, ask_to_stop)
    signal.signal(signal.SIGINT, ask_to_stop)
    found = parts(log, settings, only)
    calm()
    threads = [Thread(target=guarded, args=item, name=item[0]) for item in found.items()]
    for thread in threads:
        thread.start()
    log_.info("worker runs %s", ", ".join(t.name for t in threads))
    while not stop.wait(0.5):
        pass
    for thread in threads:
        thread.join(timeout=10)
    return 1 if failed else 0
