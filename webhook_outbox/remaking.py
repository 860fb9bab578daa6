"""Payloads of customers who were forgotten before all was sent: made again from the log, the same but for what was
personal. So nothing that waits is lost with them, and no receiver finds a gap."""

from collections.abc import Mapping
from typing import Any

from eventlog.keyring import Keyring
from eventlog.log import EventLog
from projections.objects import render
from webhook_outbox.body import payload_bytes, row_bytes
from webhook_outbox.sealing import Forgotten, freeze, thaw
from webhook_outbox.tables import Connection

FIND = "select payload, kind, object_id, position from webhook_deliveries where id = %s"
KEEP = "update webhook_payloads set key = null, content = %s where id = %s and key is not null"


def remade(log: EventLog, keyring: Keyring, connection: Connection, delivery: int) -> bytes:
    """The payload of a delivery whose key is gone; kept instead of the sealed one, so that every retry sends the same
    bytes."""
    found = connection.execute(FIND, (delivery,)).fetchone()
    if found is None:
        raise LookupError(f"there is no delivery {delivery}")
    payload, kind, object_id, position = found
    (event,) = log.read(position - 1, 1)
    state = log.state_at(event.stream, position=position).state
    shown = render(kind, object_id, state, log.reference.as_of(position), keyring.reveal)
    if shown is None:
        raise LookupError(f"at {position} there is no {kind} {object_id}")
    plain = payload_bytes(shown)
    connection.execute(KEEP, (freeze(keyring, None, plain), payload))
    return plain


def opened_message(log: EventLog, keyring: Keyring, connection: Connection, row: Mapping[str, Any]) -> bytes:
    """The bytes that are sent for a row of deliveries with its payload's `key` and `content`."""
    try:
        payload = thaw(keyring, row["key"], row["content"])
    except Forgotten:
        payload = remade(log, keyring, connection, row["id"])
    return row_bytes(row, payload)
