"""Whose turn it is: fair to each endpoint, and the slow leave room for the quick."""

from datetime import UTC, datetime
from uuid import UUID

from domain.settings import Subscription
from webhook_outbox.attempt import Target
from webhook_outbox.endpoint_queue import EndpointQueue, Job
from webhook_outbox.endpoint_secrets import Secrets
from webhook_outbox.lanes import Queued
from webhook_outbox.leases import Lease
from webhook_outbox.turns import Turns

AT = datetime(2026, 11, 23, tzinfo=UTC)
LEASE = Lease(1, 1, 0.0)


def queue(id: int, rows: int = 100, **config: object) -> EndpointQueue:
    target = Target(Subscription(id=id, user=1, target_url="https://a.test/", event_type="*", config=config), Secrets())
    made = EndpointQueue(id, LEASE, target, 0, limit=32, slow=False)
    made.lanes.add(
        Queued(n, id, f"order/{n}", UUID(int=n), None, "order.received", 1, n, AT, 0, None, b"")
        for n in range(1, rows + 1)
    )
    return made


class Sending:
    def __init__(self, queues: list[EndpointQueue], threads: int = 12) -> None:
        self.queues, self.turns = queues, Turns(threads)
        self.under_way: list[Job] = []
        self.order: list[int] = []

    def go(self, now: float) -> None:
        self.turns.classify(self.under_way, now)
        for one in self.turns.next(self.queues, list(self.under_way), now):
            delivery = one.lanes.take()
            assert delivery is not None
            one.sent(now)
            self.under_way.append(Job(one, delivery, one.target, LEASE, now))
            self.order.append(one.id)

    def answered(self, id: int, count: int) -> None:
        for job in [job for job in self.under_way if job.queue.id == id][:count]:
            self.under_way.remove(job)
            job.queue.in_flight -= 1


def test_each_in_turn_also_where_there_is_room_for_one_only() -> None:
    sending = Sending([queue(1), queue(2), queue(3)])
    sending.go(0.0)
    assert sending.order[:6] == [1, 2, 3, 1, 2, 3] and len(sending.order) == 9, "the last quarter is kept"
    for _ in range(9):
        sending.answered(sending.under_way[0].queue.id, 1)
        sending.go(0.1)
    later = sending.order[9:]
    assert {id: later.count(id) for id in (1, 2, 3)} == {1: 3, 2: 3, 3: 3}


def test_who_hangs_is_slow_within_a_second_and_leaves_room() -> None:
    sending = Sending([queue(1), queue(2)])
    sending.queues[1].closing = True
    sending.go(0.0)
    assert sending.order == [1] * 9
    sending.queues[1].closing = False
    sending.go(0.9)
    assert sending.order[9:] == [2], "what is kept for who has nothing under way"
    sending.go(1.0)
    assert sending.queues[0].slow and not sending.queues[1].slow
    assert sending.order[10:] == [2] * 8, "the hanging ones are not counted against it"


def test_very_many_that_hang_leave_room_for_one_that_does_not() -> None:
    sending = Sending([queue(id) for id in range(1, 200)])
    for one in sending.queues:
        one.slow = True  # as whoever never answered
    quick = queue(200)
    for second in range(5):
        sending.go(float(second))
    assert len(sending.under_way) <= sending.turns.most
    sending.queues.append(quick)
    sending.go(10.0)
    assert quick.in_flight >= 6


def test_rate_and_concurrency_are_caps() -> None:
    sending = Sending([queue(1, rate=10, concurrency=2), queue(2)])
    sent = []
    for tick in range(101):
        sending.go(100 + tick / 100)
        sent.append(sending.order.count(1))
        assert sending.queues[0].in_flight <= 2
        sending.answered(1, 2)
        sending.answered(2, 32)
    assert sent[0] <= 2 and 10 <= sent[-1] <= 12
