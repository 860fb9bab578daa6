"""Whose turn it is: who waited longest goes first, and slow receivers share a part of the threads only. No I/O.

A request that takes longer than a second makes its endpoint slow while it is still under way, so receivers that begin
to hang hold their first threads for a second, not for the fifteen that they may take.
"""

from collections.abc import Collection, Iterator

from webhook_outbox.endpoint_queue import SLOW_SECONDS, EndpointQueue, Job


class Turns:
    """`threads`: requests under way to receivers that answer quickly. The slow may have a third of that and, where
    nothing of theirs is under way, one each, up to five thirds; in all there are never more than `most`."""

    def __init__(self, threads: int) -> None:
        self.quick, self.shared_by_slow = threads, max(threads // 3, 1)
        self.all_slow = threads * 5 // 3 + 1
        self.most = self.quick + self.all_slow + threads // 2
        self._turn = 0

    def classify(self, under_way: Collection[Job], now: float) -> None:
        """`now`: by time.monotonic."""
        for job in under_way:
            if now - job.began >= SLOW_SECONDS:
                job.queue.slow = True

    def next(
        self, queues: Collection[EndpointQueue], under_way: Collection[Job], now: float
    ) -> Iterator[EndpointQueue]:
        """Who may send one more, in turn, as long as there is room; the caller sends it before it asks on. `now`: Unix
        time."""
        slow = sum(1 for job in under_way if job.queue.slow)
        quick = len(under_way) - slow
        turn = sorted((q for q in queues if q.may_send(now)), key=lambda q: q.turn)
        while turn and quick + slow < self.most:
            again = []
            for queue in turn:
                if queue.slow:
                    if slow >= (self.shared_by_slow if queue.in_flight else self.all_slow):
                        continue
                    slow += 1
                else:
                    # The last quarter is for who has nothing under way.
                    if quick >= (self.quick * 3 // 4 if queue.in_flight else self.quick):
                        continue
                    quick += 1
                self._turn += 1
                queue.turn = self._turn
                yield queue
                if queue.may_send(now):
                    again.append(queue)
                if quick + slow >= self.most:
                    return
            turn = again
