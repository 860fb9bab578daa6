"""The follower "integrations": what facts cause is queued in the transaction of its position; nothing is called."""

from threading import Event

from domain.kernel import info
from eventlog.log import EventLog
from eventlog.recorded import Recorded
from integrations import queue
from integrations.every_system import CALL_KINDS
from integrations.kinds import CallKind, Seen
from integrations.tables import Connection, prepare

FOLLOWER = "integrations"


class Follower:
    """`run` until stopped; may run in any number of processes, one of them works."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._kinds: dict[type, list[CallKind]] = {}
        for kind in CALL_KINDS.values():
            for fact in kind.facts:
                info(fact)  # a fact, declared
                self._kinds.setdefault(fact, []).append(kind)

    def run(self, stop: Event) -> None:
        prepare(self._log)
        self._log.follow(FOLLOWER, self.handle, stop=stop)

    def handle(self, connection: Connection, events: list[Recorded]) -> None:
        """Queues what a batch causes. Called again with the same batch where its transaction was not committed."""
        if self._log.reference.position < events[-1].position:
            self._log.reference.refresh()  # settings saved before these events are known
        for event in events:
            for kind in self._kinds.get(type(event.fact), ()):
                queue.add(connection, event, kind, kind.causes(Seen(event, self._log)))
