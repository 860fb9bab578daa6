"""The threads that send: they take jobs, compose the message, post it, and hand back what came of it."""

import logging
import time
from datetime import UTC, datetime
from queue import SimpleQueue
from threading import Thread

from eventlog.keyring import Keyring
from eventlog.recorded import new_command_id
from webhook_outbox.attempt import Courier, Outcome
from webhook_outbox.body import message_bytes
from webhook_outbox.dialing import TooLate
from webhook_outbox.endpoint_queue import Job, Result
from webhook_outbox.sealing import Forgotten, thaw

log_ = logging.getLogger("daybook.webhooks")


class Couriers:
    """`count` threads; results go to `inbox`."""

    def __init__(self, courier: Courier, keyring: Keyring, inbox: "SimpleQueue[Result | None]", count: int) -> None:
        self._courier, self._keyring, self._inbox = courier, keyring, inbox
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self.count = count
        self._threads = [Thread(target=self._work, name=f"webhook-{n}", daemon=True) for n in range(count)]
        for thread in self._threads:
            thread.start()

    def send(self, job: Job) -> None:
        self._jobs.put(job)

    def close(self) -> None:
        """Lets them end when they are through with what they do; does not wait."""
        for _ in self._threads:
            self._jobs.put(None)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                result = self._try(job)
            except Exception as wrong:  # one delivery that cannot be sent must not end the sending of others
                log_.exception("delivery %s could not be sent", job.delivery.id)
                result = Result(job, _failure(job, f"not sent: {type(wrong).__name__}"))
            self._inbox.put(result)

    def _try(self, job: Job) -> Result:
        delivery = job.delivery
        try:
            payload = thaw(self._keyring, delivery.key, delivery.content)
        except Forgotten:
            return Result(job, None, gone=True)
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
