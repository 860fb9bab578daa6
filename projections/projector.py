"""The projector: follows the log and keeps the read models, rows and position in one transaction."""

import logging
from threading import Event
from typing import Any

import psycopg

from eventlog.keyring import destroy_keys
from eventlog.log import EventLog
from eventlog.recorded import Recorded
from projections.objects.person import Reveal, Warm
from projections.projection import Projection, forgotten_in
from projections.rebuild import SHARE, Underway, rebuild
from projections.schema import FOLLOWER, TABLES, install

logger = logging.getLogger(__name__)

BATCH = 4_000
"""Many: behind the head, an order about which much happened is written once. At the head a batch is what there is."""


class Projector:
    """`reveal` opens personal values for the one read model that shows them (order_customers), `warm` fetches the keys
    it will need: both of the keyring."""

    def __init__(self, log: EventLog, reveal: Reveal, warm: Warm | None = None) -> None:
        self._log, self._reveal, self._warm = log, reveal, warm

    def run(self, stop: Event) -> None:
        """Until `stop`. Makes the tables, builds anew what is out of date, then follows; one process at a time."""
        self._prepare(stop)
        projection = Projection({name: name for name in TABLES}, self._reveal, self._warm)

        def handle(connection: psycopg.Connection[Any], events: list[Recorded]) -> None:
            # Rows and position are lost together or not at all, and made again from the log: no wait for the disk.
            connection.execute("set local synchronous_commit = off")
            connection.execute(SHARE)
            projection.apply(connection, events)
            if keys := forgotten_in(events):
                destroy_keys(connection, keys)

        self._log.follow(FOLLOWER, handle, stop=stop, batch=BATCH)

    def _prepare(self, stop: Event) -> None:
        while not stop.is_set():
            try:
                forget_again(self._log)
                stale = install(self._log)
                if stale:
                    logger.info("building anew: %s", ", ".join(stale))
                    rebuild(self._log, stale, self._reveal, warm=self._warm)
                return
            except (psycopg.OperationalError, psycopg.InterfaceError, Underway) as trouble:
                logger.warning("the read models are not ready: %s", str(trouble).strip().split("\n")[0])
                stop.wait(0.5)


def forget_again(log: EventLog) -> int:
    """Destroys the keys of all whom the log says were forgotten, where a restore brought some back; gives how many."""
    with log.listening() as connection:
        keys = forgotten_in(log.of_kind("customer"))
        return destroy_keys(connection, keys) if keys else 0
