"""The threads that send: they take jobs, compose the message, post it, and hand back what came of it."""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from queue import SimpleQueue
from threading import Thread

from eventlog.keyring import Keyring
from eventlog.recorded import Unavailable, new_command_id
from webhook_outbox.attempt import Courier, Outcome
from webhook_outbox.body import message_bytes
from webhook_outbox.dialing import TooLate
from webhook_outbox.endpoint_queue import Job, Result
from webhook_outbox.sealing import Forgotten, thaw

log_ = logging.getLogger("daybook.webhooks")


class Couriers:
    """At most `most` threads, begun as they are needed; results go to `inbox`. `remade`: the payload of a delivery
    without what was forgotten."""

    def __init__(
        self,
        courier: Courier,
        keyring: Keyring,
        inbox: "SimpleQueue[Result | None]",
        most: int,
        remade: Callable[[int], bytes],
    ) -> None:
        self._courier, self._keyring, self._inbox, self._remade = courier, keyring, inbox, remade
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._most = most
        self._threads: list[Thread] = []

    def send(self, job: Job, under_way: int) -> None:
        """`under_way`: how many jobs have no result yet, this one included."""
        if len(self._threads) < min(under_way, self._most):
            thread = Thread(target=self._work, name=f"webhook-{len(self._threads)}", daemon=True)
            self._threads.append(thread)
            thread.start()
        self._jobs.put(job)

    def close(self) -> None:
        """Lets them end when they are through with what they do; does not wait."""
        for _ in self._threads:
            self._jobs.put(None)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                result = self._try(job)
            except Unavailable:  # our database, not the receiver: this was no try
                result = Result(job, None)
            except Exception as wrong:  # one delivery that cannot be sent must not end the sending of others
                log_.exception("delivery %s could not be sent", job.delivery.id)
                result = Result(job, _failure(job, f"not sent: {type(wrong).__name__}"))
            self._inbox.put(result)

    def _try(self, job: Job) -> Result:
        delivery = job.delivery
        try:
            payload = thaw(self._keyring, delivery.key, delivery.content)
        except Forgotten:
            payload = self._remade(delivery.id)
        body = message_bytes(
            delivery.event_type,
            delivery.uuid,
            delivery.sequence,
            delivery.previous,
            delivery.at,
            delivery.position,
            payload,
        )

        def still_ours() -> bool:  # who slept must not send what another now owns
            return job.lease.holds(time.monotonic())

        try:
            return Result(job, self._courier.send(job.target, delivery.event_type, delivery.uuid, body, still_ours))
        except TooLate:
            return Result(job, None)


def _failure(job: Job, error: str) -> Outcome:
    url = job.target.subscription.target_url
    return Outcome(new_command_id(), datetime.now(UTC), 0.0, url, {}, None, None, error, b"", None)
