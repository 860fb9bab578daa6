"""A webhook endpoint: the subscription as it was saved, and what became of its receiver (spec 4.4).

That a receiver is down is found out by the sender; that it was told to others is a fact like any other.
"""

from dataclasses import dataclass, fields
from datetime import datetime

from domain.changing import replace
from domain.kernel import Evolver, fact
from domain.kinds import Kind, register
from domain.settings import SAVED, RecordRemoved, Subscription, SubscriptionSaved

# --- states

FAILING, GONE, FAILED_FOR_DAYS = "failing", "gone", "failed_for_days"
"""Why an endpoint is not sent to as others are: its breaker is open; it answered 410; nothing arrived for five days."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """`since`: the first failure after the last success; `status`: of the last answer, None where there was none."""

    reason: str
    since: datetime
    status: int | None


@dataclass(frozen=True, slots=True)
class Endpoint(Subscription):
    """The folded state of the kind `webhook`. `trouble` goes with the next save: a person has seen to it."""

    trouble: Trouble | None = None


# --- facts


@fact(
    "EndpointFailing",
    on="webhook",
    sentence="{failures} deliveries in a row failed; it is tried one at a time until one arrives.",
    webhooks=("webhook.endpoint.disabled",),
)
class EndpointFailing:
    """The breaker opened. `status` as of Trouble."""

    webhook: int
    since: datetime
    failures: int
    status: int | None


@fact("EndpointRecovered", on="webhook", sentence="A delivery arrived; it is sent to as before.")
class EndpointRecovered:
    webhook: int


@fact(
    "EndpointDisabled",
    on="webhook",
    sentence="It was switched off: {reason}.",
    webhooks=("webhook.endpoint.disabled",),
)
class EndpointDisabled:
    """`reason`: gone or failed_for_days."""

    webhook: int
    reason: str
    since: datetime
    status: int | None


# --- evolve and decisions

evolve = Evolver()


@evolve.on(SubscriptionSaved)
def _saved(before: Endpoint | None, fact: SubscriptionSaved, at: datetime) -> Endpoint:
    version, created = (before.version, before.created) if before else (0, at)
    said = {f.name: getattr(fact.record, f.name) for f in fields(Subscription)}
    return Endpoint(**{**said, "version": version + 1, "created": created, "modified": at, "removed": False})


@evolve.on(RecordRemoved)
def _removed(before: Endpoint, _: RecordRemoved, at: datetime) -> Endpoint:
    return replace(before, version=before.version + 1, modified=at, removed=True, is_active=False, trouble=None)


@evolve.on(EndpointFailing)
def _failing(before: Endpoint, fact: EndpointFailing, at: datetime) -> Endpoint:
    trouble = Trouble(FAILING, fact.since, fact.status)
    return replace(before, version=before.version + 1, modified=at, trouble=trouble)


@evolve.on(EndpointRecovered)
def _recovered(before: Endpoint, _: EndpointRecovered, at: datetime) -> Endpoint:
    return replace(before, version=before.version + 1, modified=at, trouble=None)


@evolve.on(EndpointDisabled)
def _disabled(before: Endpoint, fact: EndpointDisabled, at: datetime) -> Endpoint:
    trouble = Trouble(fact.reason, fact.since, fact.status)
    return replace(before, version=before.version + 1, modified=at, is_active=False, trouble=trouble)


SAVED[Subscription] = SubscriptionSaved
register(Kind("webhook", evolve, reference=True))


def subscription_of(endpoint: Endpoint) -> Subscription:
    """What a person saved of it."""
    return Subscription(**{f.name: getattr(endpoint, f.name) for f in fields(Subscription)})


def fail(
    before: Endpoint | None, since: datetime, failures: int, status: int | None
) -> list[EndpointFailing | EndpointRecovered | EndpointDisabled]:
    """The breaker opened; told once until an arrival."""
    if before is None or not before.is_active or before.trouble is not None:
        return []
    return [EndpointFailing(webhook=before.id, since=since, failures=failures, status=status)]


def recover(before: Endpoint | None) -> list[EndpointFailing | EndpointRecovered | EndpointDisabled]:
    if before is None or not before.is_active or before.trouble is None:
        return []
    return [EndpointRecovered(webhook=before.id)]


def disable(
    before: Endpoint | None, reason: str, since: datetime, status: int | None
) -> list[EndpointFailing | EndpointRecovered | EndpointDisabled]:
    """Switched off until a person switches it on; what is to be sent is kept."""
    if before is None or not before.is_active:
        return []
    return [EndpointDisabled(webhook=before.id, reason=reason, since=since, status=status)]
