"""Group commit: decisions that wait at the same time share one transaction; each is accepted or refused on its own.

One connection a process, and one that leads at a time: the committer's thread, or whoever comes alone and finds nobody
leading, who sends its decision itself, at once and without a change of threads. Nobody waits for company.
"""

import logging
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import datetime
from typing import Any

import msgspec
import psycopg

from eventlog.connect import only_row
from eventlog.encode import Encoded
from eventlog.recorded import Busy, Poisoned, Unavailable, Written
from eventlog.refusals import Answer, refusal

logger = logging.getLogger(__name__)

APPEND = "select first_position, at, bases, array_to_json(results)::text from append_v1(%s)"
_answers = msgspec.json.Decoder(list[Answer])


class Waiting(Future[Written]):
    """A decision in the queue; its result is Written or what refused it."""

    def __init__(self, encoded: Encoded, patience: float) -> None:
        super().__init__()
        self.encoded = encoded
        self.until = time.monotonic() + patience

    def cancel(self) -> bool:
        return False  # it may be on its way to the database; only its answer tells


class Committer:
    """`patience`: seconds a decision is tried while PostgreSQL is away, then Unavailable. `waiting`: decisions that may
    wait, more are Busy. `batch`, `batch_bytes`: what one transaction takes at most."""

    def __init__(
        self,
        connect: Callable[[], psycopg.Connection[Any]],
        *,
        waiting: int = 4096,
        batch: int = 256,
        batch_bytes: int = 4 << 20,
        patience: float = 10.0,
    ) -> None:
        self._connect = connect
        self._connection: psycopg.Connection[Any] | None = None
        self._limit, self._batch, self._batch_bytes, self._patience = waiting, batch, batch_bytes, patience
        self._queue: deque[Waiting] = deque()
        self._changed = threading.Condition(threading.Lock())
        self._leading = threading.Lock()
        self._idle = False
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="committer", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Decisions in the queue now (a metric)."""
        return len(self._queue)

    def submit(self, encoded: Sequence[Encoded]) -> list[Waiting]:
        """Queues decisions together, in order; Busy when the queue has no room for them."""
        new = [Waiting(one, self._patience) for one in encoded]
        with self._changed:
            self._enqueue(new)
        return new

    def append(self, encoded: Encoded) -> Written:
        """Writes one decision and waits for its answer."""
        one = Waiting(encoded, self._patience)
        with self._changed:
            alone = not self._queue and not self._closed and self._leading.acquire(blocking=False)
            if not alone:
                self._enqueue([one])
        if alone:
            try:
                self._answer_all([one])
            finally:
                self._leading.release()
        return one.result()

    def _enqueue(self, new: list[Waiting]) -> None:
        if self._closed:
            raise Unavailable("the log is closed")
        if len(self._queue) + len(new) > max(self._limit, len(new)):
            raise Busy(f"{len(self._queue)} decisions wait")
        self._queue.extend(new)
        if self._idle:
            self._changed.notify()

    def close(self) -> None:
        """Writes what waits, then stops."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()
        with self._leading:
            self._drop_connection()

    def _run(self) -> None:
        while self._wait():
            with self._leading:
                self._answer_all(self._take())

    def _answer_all(self, batch: list[Waiting]) -> None:
        """Every decision of the batch has an answer afterwards, whatever happens."""
        try:
            self._write(batch)
        except Exception as wrong:
            logger.exception("the committer could not write a batch")
            for one in batch:
                if not one.done():
                    one.set_exception(Unavailable(str(wrong)))

    def _wait(self) -> bool:
        """Until something waits; False when it never will again."""
        with self._changed:
            while not self._queue and not self._closed:
                self._idle = True
                self._changed.wait()
            self._idle = False
            return bool(self._queue)

    def _take(self) -> list[Waiting]:
        with self._changed:
            batch: list[Waiting] = []
            size = 0
            while self._queue and len(batch) < self._batch:
                size += len(self._queue[0].encoded.json)
                if batch and size > self._batch_bytes:
                    break
                batch.append(self._queue.popleft())
            return batch

    def _write(self, batch: list[Waiting]) -> None:
        """Writes until each has its answer. A lost connection leaves open whether the batch was written; sending it
        again is safe because the command ids are claimed in the same transaction."""
        pause = 0.02
        while batch:
            try:
                batch = self._send(batch)
            except (psycopg.OperationalError, psycopg.InterfaceError) as lost:
                logger.warning("the log cannot be written now: %s", str(lost).strip().split("\n")[0])
                self._drop_connection()
                batch = self._still_patient(batch, lost)
                time.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - jitter
                pause = min(pause * 2, 0.5)
            except psycopg.DataError as wrong:
                if len(batch) == 1:
                    batch[0].set_exception(Poisoned(str(wrong).split("\n")[0]))
                    return
                for one in batch:
                    self._write([one])
                return

    def _send(self, batch: list[Waiting]) -> list[Waiting]:
        if self._connection is None:
            self._connection = self._connect()
        text = b"[" + b",".join([one.encoded.json for one in batch]) + b"]"
        cursor = self._connection.execute(APPEND, (text.decode(),), prepare=True)
        first, at, bases, results = only_row(cursor)
        if results is None:
            self._accept(batch, first, at, bases)
            return []
        later = []
        for one, answer in zip(batch, _answers.decode(results), strict=True):
            if answer.later:
                later.append(one)
            else:
                self._answer(one, answer)
        return later

    def _accept(self, batch: list[Waiting], position: int, at: datetime, bases: list[int]) -> None:
        place = 0
        for one in batch:
            encoded = one.encoded
            position += encoded.events
            versions = {stream: bases[place + i] + n for i, (stream, n) in enumerate(encoded.streams) if n}
            place += len(encoded.streams)
            one.set_result(Written(position, versions, at))

    def _answer(self, one: Waiting, answer: Answer) -> None:
        if answer.refused:
            one.set_exception(refusal(answer, one.encoded.decision))
        elif answer.repeated:
            one.set_result(Written(answer.last, answer.versions or {}, answer.at, repeated=True))
        else:
            self._accept([one], answer.first, answer.at, answer.bases)

    def _still_patient(self, batch: list[Waiting], lost: Exception) -> list[Waiting]:
        now = time.monotonic()
        for one in batch:
            if one.until <= now:
                one.set_exception(Unavailable(f"the log cannot be written: {lost}"))
        return [one for one in batch if not one.done()]

    def _drop_connection(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
