"""Old deliveries, payloads and attempts go by partition, never row by row (spec 4.5). What still waits is never old."""

from dataclasses import dataclass
from datetime import timedelta

from eventlog.connect import only_row
from webhook_outbox.tables import Connection

PARTS = ("webhook_payloads", "webhook_deliveries", "webhook_attempts")

# The first ids of the partitions there are.
PARTITIONS = """
select substring(c.relname from '_from_([0-9]+)$')::bigint from pg_inherits i join pg_class c on c.oid = i.inhrelid
 where i.inhparent = 'webhook_deliveries'::regclass order by 1
"""

# Nobody queues meanwhile: no new delivery can need an old payload.
HOLD = "select last_id, partition_size from webhook_counter for update"

NEWEST = """
select made_at < clock_timestamp() - %(age)s from webhook_deliveries where id >= %(low)s and id < %(high)s
 order by id desc limit 1
"""
OLDEST = """
select made_at < clock_timestamp() - %(age)s from webhook_deliveries where id >= %(low)s and id < %(high)s
 order by id limit 1
"""
NEEDED = """
select exists (select from webhook_deliveries where state = 'pending'
                  and (payload >= %(low)s and payload < %(high)s or id >= %(low)s and id < %(high)s))
"""
SKIP = "update webhook_counter set last_id = %s"

SPANS = 8
"""A partition that took this part of the age to fill is closed before it is full, so that a small installation's rows
go by age, too."""


@dataclass(frozen=True, slots=True)
class Swept:
    """The partitions that are gone, by their first id, and whether a new one was begun early."""

    dropped: tuple[int, ...]
    closed: bool


def sweep(connection: Connection, age: timedelta) -> Swept:
    """Drops partitions whose every row is older than `age` and of which nothing waits. Waits for a lock two seconds at
    most, then gives up: it is called again."""
    connection.execute("set lock_timeout = '2s'")
    lows = [low for (low,) in connection.execute(PARTITIONS).fetchall()]
    dropped = tuple(low for low in lows if _drop(connection, low, age))
    return Swept(dropped, _close(connection, age / SPANS))


def _drop(connection: Connection, low: int, age: timedelta) -> bool:
    with connection.transaction():
        last, size = only_row(connection.execute(HOLD))
        part = {"low": low, "high": low + size, "age": age}
        if low + size - 1 > last:
            return False  # it is still filled
        newest = connection.execute(NEWEST, part).fetchone()
        if newest is not None and not newest[0]:
            return False
        if only_row(connection.execute(NEEDED, part))[0]:
            return False
        for parent in PARTS:
            connection.execute(f"drop table if exists {parent}_from_{low}".encode())  # names and a number of ours
    return True


def _close(connection: Connection, age: timedelta) -> bool:
    with connection.transaction():
        last, size = only_row(connection.execute(HOLD))
        low = max(last - 1, 0) // size * size + 1
        oldest = connection.execute(OLDEST, {"low": low, "high": low + size, "age": age}).fetchone()
        if oldest is None or not oldest[0] or last == low + size - 1:
            return False
        connection.execute(SKIP, (low + size - 1,))
    return True
