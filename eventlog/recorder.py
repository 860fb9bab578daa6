"""The library's recorder interfaces over our tables: the log as notifications, the followers' positions as tracking."""

from collections.abc import Callable, Sequence
from threading import Event, Thread
from time import monotonic, sleep
from typing import Any
from uuid import UUID

import psycopg
from eventsourcing.persistence import (
    ApplicationRecorder,
    DataError,
    InfrastructureFactory,
    IntegrityError,
    ListenNotifySubscription,
    Notification,
    StoredEvent,
    TrackingRecorder,
    WaitInterruptedError,
)
from eventsourcing.postgres import PostgresTrackingRecorder

from eventlog.committer import Committer
from eventlog.connect import Datastore, patiently
from eventlog.encode import encode_stored
from eventlog.recorded import Decision, Poisoned, Refused, new_command_id

CHANNEL = "eventlog"

# One stream, by version.
SELECT_STREAM = """
select stream, version, topic, data from log
 where stream = %(stream)s and version > %(gt)s and version <= %(lte)s
 order by version {order} limit %(limit)s
"""

# The log, by position.
SELECT_NOTIFICATIONS = """
select position, stream, version, topic, data from log
 where position >= %(start)s and position <= %(stop)s and (%(topics)s::text[] is null or topic = any(%(topics)s))
 order by position limit %(limit)s
"""

_END = 2**62


class LogRecorder(ApplicationRecorder):
    """eventsourcing's application recorder on our log. Versions count from 1 and have no gaps."""

    def __init__(
        self, datastore: Datastore, committer: Committer, listen: Callable[[], psycopg.Connection[Any]]
    ) -> None:
        self.datastore, self.committer, self.listen = datastore, committer, listen

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        if not stored_events:
            return None
        expects: dict[str, int] = {}
        for event in stored_events:
            expects.setdefault(str(event.originator_id), event.originator_version - 1)
        last = dict(expects)
        for event in stored_events:
            last[str(event.originator_id)] += 1
            if last[str(event.originator_id)] != event.originator_version:
                raise IntegrityError(f"versions of {event.originator_id} are not gapless")
        decision = Decision(
            command_id=new_command_id(),
            events=(),
            expects=expects,
            actor=str(kwargs.get("actor", "")),
            command=str(kwargs.get("command", "")),
            correlation_id=str(kwargs.get("correlation_id", "")),
            causation_id=str(kwargs.get("causation_id", "")),
        )
        try:
            encoded = encode_stored(decision, [(str(e.originator_id), e.topic, e.state) for e in stored_events])
            written = self.committer.submit([encoded])[0].result()
        except Poisoned as wrong:
            raise DataError(str(wrong)) from wrong
        except Refused as refused:
            raise IntegrityError(str(refused)) from refused
        return list(range(written.position - len(stored_events) + 1, written.position + 1))

    @patiently
    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        query = SELECT_STREAM.format(order="desc" if desc else "asc")
        bounds = {"stream": str(originator_id), "gt": gt or 0, "lte": 2**31 - 1 if lte is None else lte, "limit": limit}
        with self.datastore.get_connection() as connection:
            rows = connection.execute(query.encode(), bounds, prepare=True).fetchall()
        return [StoredEvent(r["stream"], r["version"], r["topic"], r["data"].encode()) for r in rows]

    @patiently
    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        first = (start or 0) + (0 if inclusive_of_start else 1)
        bounds = {
            "start": first,
            "stop": _END if stop is None else stop,
            "topics": list(topics) or None,
            "limit": limit,
        }
        with self.datastore.get_connection() as connection:
            rows = connection.execute(SELECT_NOTIFICATIONS, bounds).fetchall()
        return [Notification(r["stream"], r["version"], r["topic"], r["data"].encode(), r["position"]) for r in rows]

    @patiently
    def max_notification_id(self) -> int | None:
        with self.datastore.get_connection() as connection:
            row = connection.execute("select position from head").fetchone()
        return row["position"] or None if row else None

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> "LogSubscription":
        return LogSubscription(self, gt, topics)


class LogSubscription(ListenNotifySubscription[LogRecorder]):
    """The library's subscription, woken by our NOTIFY."""

    def __init__(self, recorder: LogRecorder, gt: int | None, topics: Sequence[str]) -> None:
        super().__init__(recorder, gt, topics)
        self._listener = Thread(target=self._listen, daemon=True)
        self._listener.start()

    def __exit__(self, *args: object, **kwargs: Any) -> None:
        try:
            super().__exit__(*args, **kwargs)
        finally:
            self._listener.join()

    def _listen(self) -> None:
        with self._recorder.listen() as connection:
            connection.execute(f"listen {CHANNEL}")
            while not self._has_been_stopped:
                self._has_been_notified.set()  # what came before LISTEN, and a poll behind it
                for _ in connection.notifies(timeout=0.25, stop_after=1):
                    self._has_been_notified.set()


class FollowerRecorder(PostgresTrackingRecorder):
    """The followers' positions: one row a follower, saved in the transaction that did the work."""

    def __init__(self, datastore: Datastore) -> None:
        super().__init__(datastore, tracking_table_name="followers")

    def wait(
        self, application_name: str, notification_id: int | None, timeout: float = 1.0, interrupt: Event | None = None
    ) -> None:
        """As the library's, but asking every few milliseconds; from 100 ms is too slow to read one's own writes."""
        until, pause = monotonic() + timeout, 0.002
        while not self.has_tracking_id(application_name, notification_id):
            if interrupt is not None and interrupt.is_set():
                raise WaitInterruptedError
            if monotonic() >= until:
                raise TimeoutError(f"{application_name} did not reach {notification_id} within {timeout} s")
            sleep(min(pause, max(until - monotonic(), 0)))
            pause = min(pause * 1.5, 0.02)


class LogFactory(InfrastructureFactory[TrackingRecorder]):
    """Gives the library's Application our recorders."""

    def __init__(
        self, env: Any, datastore: Datastore, committer: Committer, listen: Callable[[], psycopg.Connection[Any]]
    ) -> None:
        super().__init__(env)
        self.datastore = datastore
        self._recorder = LogRecorder(datastore, committer, listen)

    def aggregate_recorder(self, purpose: str = "events") -> LogRecorder:
        return self._recorder

    def application_recorder(self) -> LogRecorder:
        return self._recorder

    def tracking_recorder(self, tracking_recorder_class: Any = None) -> FollowerRecorder:
        return FollowerRecorder(self.datastore)

    def process_recorder(self) -> Any:
        raise TypeError("followers save their position with `follow`")

    def close(self) -> None:
        self.datastore.close()
