"""One endpoint as its sender sees it: where it is, its lanes, and how many requests at once it can take."""

from dataclasses import dataclass, field

from webhook_outbox.attempt import Outcome, Target
from webhook_outbox.breaker import Breaker
from webhook_outbox.lanes import WINDOW, Lanes, Queued
from webhook_outbox.leases import Lease

CONCURRENCY = 32
"""Requests at once to one endpoint at most, where `config.concurrency` does not say."""

FIRST_LIMIT = 4
SLOW_SECONDS = 1.0
BURST_SECONDS = 0.1
"""How much of what `config.rate` allowed and nobody used may be made up for."""


@dataclass(slots=True, eq=False)
class EndpointQueue:
    """`more`: its queue may hold what was not read yet; `closing`: nothing more is sent, what is under way is awaited;
    `in_flight`: requests that have no answer yet; `unsettled`: those and what is not marked yet; `limit`: requests at
    once, which grows with quick answers and shrinks with slow or bad ones; `slow`: of the class that shares a part of
    the threads, as everybody is until a quick answer; `turn`: when it last had one; `saved`: its health as it stands in
    the table."""

    id: int
    lease: Lease
    target: Target
    secrets_version: int
    lanes: Lanes = field(default_factory=Lanes)
    breaker: Breaker = field(default_factory=Breaker)
    in_flight: int = 0
    unsettled: int = 0
    limit: int = FIRST_LIMIT
    slow: bool = True
    turn: int = 0
    next_at: float = 0.0
    more: bool = True
    closing: bool = False
    saved: tuple[object, ...] | None = None

    @property
    def most(self) -> int:
        return int(self.target.subscription.config.get("concurrency") or CONCURRENCY)

    def may_send(self, now: float) -> bool:
        """`now`: Unix time."""
        return (
            not self.closing
            and self.lanes.ready
            and self.in_flight < min(self.limit, self.most)
            and now >= self.next_at
            and self.breaker.lets(now, self.in_flight)
        )

    def may_load(self, now: float) -> bool:
        """Whether there is room for rows, and use for them."""
        return not self.closing and now >= self.breaker.until and self.lanes.size < WINDOW // 2

    def wakes_at(self, now: float) -> float | None:
        """When time alone gives it something to do; None where only an answer or news does."""
        if self.closing:
            return None
        if self.lanes.ready:
            at = max(self.next_at, self.breaker.until)
            if at > now:
                return at
        due = self.lanes.next_due()
        if due is None or self.lanes.size >= WINDOW // 2:
            return None
        return max(due, self.breaker.until)

    def sent(self, now: float) -> None:
        """One more is under way."""
        self.in_flight += 1
        self.unsettled += 1
        rate = self.target.subscription.config.get("rate")
        if rate:
            self.next_at = max(now - BURST_SECONDS, self.next_at) + 1 / float(rate)

    def learned(self, outcome: Outcome) -> None:
        self.slow = outcome.seconds >= SLOW_SECONDS
        if outcome.delivered and not self.slow:
            self.limit = min(self.limit + 1, self.most)
        else:
            self.limit = max(1, self.limit // 2)


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """A delivery on its way, with all that was true when it set out. `began`: by time.monotonic."""

    queue: EndpointQueue
    delivery: Queued
    target: Target
    lease: Lease
    began: float


@dataclass(frozen=True, slots=True)
class Result:
    """`outcome` None: it was not sent."""

    job: Job
    outcome: Outcome | None

    @property
    def is_gone(self) -> bool:
        """410: the receiver wants no more."""
        return self.outcome is not None and self.outcome.status == 410
