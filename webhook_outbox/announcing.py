"""What the sender finds out about receivers, told as facts: others are told by `webhook.endpoint.disabled`."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from domain import webhook_endpoint
from domain.kernel import Given
from domain.kinds import stream_of
from eventlog.log import EventLog
from eventlog.recorded import Busy, Refused, Unavailable
from webhook_outbox.breaker import Breaker

ACTOR = "webhook-sender"

log_ = logging.getLogger("daybook.webhooks")


def opened(log: EventLog, endpoint: int, breaker: Breaker, status: int | None) -> None:
    since = _since(breaker)
    said = f"nothing arrives since {since:%Y-%m-%d %H:%M} UTC; it is tried one at a time"
    _tell(log, endpoint, "open-breaker", said, lambda b: webhook_endpoint.fail(b, since, breaker.failures, status))


def recovered(log: EventLog, endpoint: int) -> None:
    _tell(log, endpoint, "close-breaker", "deliveries arrive again", webhook_endpoint.recover)


def switched_off(log: EventLog, endpoint: int, reason: str, breaker: Breaker, status: int | None) -> None:
    """It stays off until somebody switches it on."""
    since = _since(breaker)
    said = f"switched off: {reason}"
    _tell(log, endpoint, "disable-webhook", said, lambda b: webhook_endpoint.disable(b, reason, since, status))


def _since(breaker: Breaker) -> datetime:
    return datetime.now(UTC) if breaker.failing_since is None else datetime.fromtimestamp(breaker.failing_since, UTC)


def _tell(log: EventLog, endpoint: int, command: str, said: str, decide: Callable[[Any], list[Any]]) -> None:
    def decided(before: Any, _: Given) -> list[Any]:
        return decide(before)

    try:
        log.decide(stream_of("webhook", endpoint), decided, actor=ACTOR, command=command)
        log_.warning("endpoint %s: %s", endpoint, said)
    except (Refused, Busy, Unavailable) as wrong:  # tried again with the next failure or success
        log_.warning("endpoint %s: %s; it could not be written: %s", endpoint, said, wrong)
