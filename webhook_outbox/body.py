"""The bytes of a message: a small head and the frozen payload, the same at every try (spec 4.3)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

import msgspec

from projections.objects.wire import moment

_encode = msgspec.json.Encoder(decimal_format="string").encode


def message_id(event_id: UUID, event_type: str) -> UUID:
    """Made from the event's id and the name only: the same at every endpoint, retry, replay and after a restore."""
    return uuid5(event_id, event_type)


def payload_bytes(payload: object) -> bytes:
    """An object of the API as JSON; decimals as strings."""
    return _encode(payload)


def message_bytes(
    event_type: str, uuid: UUID, sequence: int, previous: UUID | None, at: datetime, position: int, payload: bytes
) -> bytes:
    """`at`: when the event happened; `payload`: its frozen bytes."""
    head = {
        "type": event_type,
        "uuid": uuid.hex,
        "sequence": sequence,
        "previous": None if previous is None else previous.hex,
        "timestamp": moment(at),
        "position": position,
    }
    return b'{"event":' + _encode(head) + b',"payload":' + payload + b"}"


def row_bytes(row: Mapping[str, Any], payload: bytes) -> bytes:
    """The same for a row of webhook_deliveries."""
    return message_bytes(
        row["event_type"], row["uuid"], row["sequence"], row["previous"], row["at"], row["position"], payload
    )
