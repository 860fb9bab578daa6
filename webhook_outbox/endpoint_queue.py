"""One endpoint as its sender sees it: where it is, its lanes, and how many requests at once it can take."""

from dataclasses import dataclass, field

from webhook_outbox.attempt import Outcome, Target
from webhook_outbox.lanes import Lanes, Queued
from webhook_outbox.leases import Lease

CONCURRENCY = 32
"""Requests at once to one endpoint at most, where `config.concurrency` does not say."""

FIRST_LIMIT = 4
SLOW_SECONDS = 1.0


@dataclass(slots=True, eq=False)
class EndpointQueue:
    """`more`: its queue may hold what was not read yet; `closing`: nothing more is sent, what is under way is awaited;
    `in_flight`: requests that have no answer yet; `unsettled`: those and what is not marked yet; `limit`: requests at
    once, which grows with quick answers and shrinks with slow or bad ones."""

    id: int
    lease: Lease
    target: Target
    secrets_version: int
    lanes: Lanes = field(default_factory=Lanes)
    in_flight: int = 0
    unsettled: int = 0
    limit: int = FIRST_LIMIT
    more: bool = True
    closing: bool = False

    @property
    def most(self) -> int:
        return int(self.target.subscription.config.get("concurrency") or CONCURRENCY)

    def may_send(self) -> bool:
        return not self.closing and self.in_flight < min(self.limit, self.most)

    def learned(self, outcome: Outcome) -> None:
        if outcome.delivered and outcome.seconds < SLOW_SECONDS:
            self.limit = min(self.limit + 1, self.most)
        else:
            self.limit = max(1, self.limit // 2)


@dataclass(frozen=True, slots=True)
class Job:
    """A delivery on its way, with all that was true when it set out."""

    queue: EndpointQueue
    delivery: Queued
    target: Target
    lease: Lease


@dataclass(frozen=True, slots=True)
class Result:
    """`outcome` None: it was not sent; `gone`: nor can it ever be, for its customer was forgotten."""

    job: Job
    outcome: Outcome | None
    gone: bool = False
