"""Sends that a person asks for, answered at once: an event again, or a trial to see whether an endpoint listens."""

import os
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from domain.settings import Subscription
from eventlog.keyring import Keyring
from eventlog.log import EventLog
from webhook_outbox import marks
from webhook_outbox.attempt import Courier, Outcome, Target
from webhook_outbox.body import message_bytes, payload_bytes
from webhook_outbox.endpoint_secrets import secrets_of
from webhook_outbox.ledger import one_row
from webhook_outbox.registry import already_delivered, still_retried, wrongly_configured
from webhook_outbox.remaking import opened_message
from webhook_outbox.sealing import sealed_answer
from webhook_outbox.subscriptions import find
from webhook_outbox.tables import Connection

TEST_EVENT = "webhook.test"

# A forced send that arrived settles the delivery, in whatever state it was. One that failed changes nothing: the
# schedule goes on as it was.
ARRIVED = """
update webhook_deliveries set state = 'delivered', next_try_at = null, changed_at = clock_timestamp()
 where id = %s and state <> 'delivered'
"""


def retry(
    log: EventLog, connection: Connection, keyring: Keyring, courier: Courier, id: int, *, force: bool = False
) -> dict[str, Any]:
    """`{detail, response_status, response_content, delivered, response_time}`. What was delivered, or is still being
    retried, is sent again only by `force`: a person then decides that it may come out of order."""
    row = one_row(connection, id)
    if not force and row["state"] == "delivered":
        raise already_delivered()
    if not force and row["state"] == "pending":
        raise still_retried()
    subscription = log.state(f"webhook-{row['endpoint']}").state
    if not isinstance(subscription, Subscription) or not subscription.is_active:
        raise wrongly_configured("Its webhook is switched off or removed.", "Webhook kapalı veya silinmiş.")
    body = opened_message(log, keyring, connection, row)
    target = Target(subscription, secrets_of(connection, keyring, subscription.id))
    outcome = courier.send(target, row["event_type"], row["uuid"], body)
    answer = sealed_answer(keyring, row["key"], outcome.answer)
    with connection.transaction():
        if outcome.delivered:
            connection.execute(ARRIVED, (id,))
        attempt = marks.Attempt(id, subscription.id, row["tries"] + 1, outcome, answer, forced=True)
        marks.tell(connection, [attempt], os.getpid() % 16)
    return _told(outcome)


def test(log: EventLog, connection: Connection, keyring: Keyring, courier: Courier, id: int) -> dict[str, Any]:
    """A signed message of type `webhook.test` to one endpoint; answered as `retry`, kept nowhere."""
    subscription = find(log, id)
    uuid = uuid4()
    body = message_bytes(TEST_EVENT, uuid, 0, None, log.now(), 0, payload_bytes({"id": id, "test": True}))
    target = Target(subscription, secrets_of(connection, keyring, id))
    return _told(courier.send(target, TEST_EVENT, uuid, body))


def _told(outcome: Outcome) -> dict[str, Any]:
    detail: Mapping[bool, str] = {True: "Delivered.", False: outcome.error or "It was not taken."}
    return {
        "detail": detail[outcome.delivered],
        "response_status": outcome.status,
        "response_content": outcome.answer.decode(errors="replace"),
        "delivered": outcome.delivered,
        "response_time": outcome.seconds,
    }
