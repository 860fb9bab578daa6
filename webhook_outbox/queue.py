"""Deliveries and payloads into the tables, in the fan-out's transaction."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from eventlog.connect import only_row
from webhook_outbox.tables import WAKE, Connection

# The row stays locked until the commit, so ids become visible in their order.
TAKE_IDS = "update webhook_counter set last_id = last_id + %s returning last_id, partition_size"

PARTITIONS = "select make_webhook_partitions_v1(%s)"

COPY_PAYLOADS = "copy webhook_payloads (id, key, order_number, content) from stdin (format binary)"

COPY_DELIVERIES = """
copy webhook_deliveries
     (id, endpoint, lane, payload, uuid, previous, event_type, kind, object_id, sequence, position, at)
from stdin (format binary)
"""

# The last message of each of these endpoints and objects.
LASTS = """
select l.endpoint, l.kind, l.object_id, l.uuid
  from unnest(%s::int[], %s::text[], %s::bigint[]) as o (endpoint, kind, object_id)
  join webhook_lasts l using (endpoint, kind, object_id)
"""

SAVE_LASTS = """
insert into webhook_lasts (endpoint, kind, object_id, uuid)
select * from unnest(%s::int[], %s::text[], %s::bigint[], %s::uuid[])
on conflict (endpoint, kind, object_id) do update set uuid = excluded.uuid
"""

# What was still to be sent when the subscription was removed.
DROP = """
update webhook_deliveries set state = 'dropped', next_try_at = null, changed_at = clock_timestamp()
 where endpoint = %s and state = 'pending' and position <= %s
"""

Object = tuple[int, str, int]
"""Endpoint, kind of object, its id."""


class Payload(NamedTuple):
    """A row of webhook_payloads."""

    id: int
    key: str | None
    order_number: str | None
    content: bytes


class Delivery(NamedTuple):
    """A new row of webhook_deliveries."""

    id: int
    endpoint: int
    lane: str
    payload: int
    uuid: UUID
    previous: UUID | None
    event_type: str
    kind: str
    object_id: int
    sequence: int
    position: int
    at: datetime


_PAYLOAD_TYPES = ["int8", "text", "text", "bytea"]
_DELIVERY_TYPES = [
    *("int8", "int4", "text", "int8", "uuid", "uuid", "text", "text", "int8", "int4", "int8", "timestamptz"),
]


def take_ids(connection: Connection, count: int) -> range:
    """The next delivery ids; the partitions that hold them are there."""
    last, size = only_row(connection.execute(TAKE_IDS, (count,)))
    first = last - count + 1
    for low in range((first - 2) // size + 1, (last - 1) // size + 1):
        connection.execute(PARTITIONS, (low * size + 1,))
    return range(first, last + 1)


def last_messages(connection: Connection, objects: Collection[Object]) -> dict[Object, UUID]:
    endpoints, kinds, ids = (list(column) for column in zip(*objects, strict=True))
    rows = connection.execute(LASTS, (endpoints, kinds, ids))
    return {(endpoint, kind, id): uuid for endpoint, kind, id, uuid in rows}


def enqueue(
    connection: Connection, payloads: Sequence[Payload], deliveries: Sequence[Delivery], lasts: Mapping[Object, UUID]
) -> None:
    """Written together; the senders wake when the transaction commits."""
    with connection.cursor() as cursor:
        with cursor.copy(COPY_PAYLOADS) as copy:
            copy.set_types(_PAYLOAD_TYPES)
            for payload in payloads:
                copy.write_row(payload)
        with cursor.copy(COPY_DELIVERIES) as copy:
            copy.set_types(_DELIVERY_TYPES)
            for delivery in deliveries:
                copy.write_row(delivery)
    endpoints, kinds, ids = (list(column) for column in zip(*lasts, strict=True))
    connection.execute(SAVE_LASTS, (endpoints, kinds, ids, list(lasts.values())))
    connection.execute(WAKE)


def drop(connection: Connection, endpoint: int, position: int) -> None:
    connection.execute(DROP, (endpoint, position))
