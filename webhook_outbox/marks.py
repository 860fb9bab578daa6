"""Reading the queue and writing what became of deliveries, in batches; marks only under the epoch of their owner."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from webhook_outbox.attempt import Outcome
from webhook_outbox.lanes import Queued
from webhook_outbox.leases import Lease
from webhook_outbox.tables import Connection

_COLUMNS = """
d.id, d.endpoint, d.lane, d.uuid, d.previous, d.event_type, d.sequence, d.position, d.at, d.tries, p.key, p.content
"""

# The next deliveries of each endpoint after an id.
NEXT = f"""
select {_COLUMNS}
  from unnest(%s::int[], %s::bigint[]) as e (endpoint, cursor)
 cross join lateral (select * from webhook_deliveries
                      where endpoint = e.endpoint and state = 'pending' and id > e.cursor order by id limit %s) d
  join webhook_payloads p on p.id = d.payload
 order by d.id
"""  # noqa: S608 - constants only

# The next deliveries of lanes, up to an id.
OF_LANES = f"""
select {_COLUMNS}
  from unnest(%s::int[], %s::text[], %s::bigint[]) as l (endpoint, lane, cursor)
 cross join lateral (select * from webhook_deliveries
                      where endpoint = l.endpoint and lane = l.lane and state = 'pending' and id <= l.cursor
                      order by id limit %s) d
  join webhook_payloads p on p.id = d.payload
 order by d.id
"""  # noqa: S608 - constants only

# What was tried before and waits for its next try.
WAITING = """
select endpoint, lane, next_try_at from webhook_deliveries
 where endpoint = any(%s) and state = 'pending' and tries > 0
"""

# The shards that are still under these epochs, which nobody can take over until the commit.
HELD = """
select s.shard, s.epoch
  from webhook_shards s join unnest(%s::int[], %s::bigint[]) as h (shard, epoch) using (shard, epoch)
 where s.owner = %s for share of s
"""

MARK = """
update webhook_deliveries d set state = m.state, tries = m.tries, next_try_at = m.next_try_at,
       changed_at = clock_timestamp()
  from unnest(%s::bigint[], %s::text[], %s::int[], %s::timestamptz[]) as m (id, state, tries, next_try_at)
 where d.id = m.id and (d.state = 'pending' or m.state = 'delivered' and d.state <> 'delivered')
"""

ATTEMPT = """
insert into webhook_attempts
       (delivery, id, endpoint, nth, at, seconds, url, headers, address, status, error, answer, forced)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) on conflict do nothing
"""

COUNTED = """
insert into webhook_counts (class, slot, total)
select class, %s, total from unnest(%s::text[], %s::bigint[]) as c (class, total)
on conflict (class, slot) do update set total = webhook_counts.total + excluded.total
"""


@dataclass(frozen=True, slots=True)
class Tried:
    """A delivery that was tried: the lease it was sent under, what came of it (None: it could not be sent), the state
    it gets, when it is tried again, and the answer as it is kept."""

    delivery: Queued
    lease: Lease
    outcome: Outcome | None
    state: str
    next_try_at: datetime | None
    answer: bytes | None


def read_next(connection: Connection, cursors: Mapping[int, int], limit: int) -> list[Queued]:
    rows = connection.execute(NEXT, (list(cursors), list(cursors.values()), limit), binary=True)
    return [Queued(*row) for row in rows]


def read_lanes(connection: Connection, lanes: Sequence[tuple[int, str, int]], limit: int) -> list[Queued]:
    """`lanes`: (endpoint, lane, highest id)."""
    endpoints, names, cursors = (list(column) for column in zip(*lanes, strict=True))
    rows = connection.execute(OF_LANES, (endpoints, names, cursors, limit), binary=True)
    return [Queued(*row) for row in rows]


def read_waiting(connection: Connection, endpoints: Collection[int]) -> list[tuple[int, str, datetime]]:
    return connection.execute(WAITING, (list(endpoints),)).fetchall()


def write(connection: Connection, owner: UUID, tried: Sequence[Tried], slot: int) -> set[tuple[int, int]]:
    """All of it in one transaction. What was tried under an epoch that is over stands in the ledger, but moves nothing;
    (shard, epoch) of those that still hold."""
    leases = {(t.lease.shard, t.lease.epoch) for t in tried}
    with connection.transaction():
        held = set(connection.execute(HELD, (*_columns(leases), owner)).fetchall())
        marks = [_mark(t) for t in tried if (t.lease.shard, t.lease.epoch) in held]
        if marks:
            connection.execute(MARK, _columns(marks))
        outcomes = [(t, t.outcome) for t in tried if t.outcome is not None]
        write_attempts(
            connection,
            [attempt_row(t.delivery.id, t.delivery.endpoint, t.delivery.tries + 1, o, t.answer) for t, o in outcomes],
            slot,
            [o.kind for _, o in outcomes],
        )
    return held


def write_attempts(connection: Connection, rows: Sequence[tuple[Any, ...]], slot: int, kinds: Sequence[str]) -> None:
    """Rows of the ledger, and their classes counted."""
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.executemany(ATTEMPT, rows)
    classes = sorted(set(kinds))
    connection.execute(COUNTED, (slot, classes, [list(kinds).count(c) for c in classes]))


def attempt_row(
    delivery: int, endpoint: int, nth: int, outcome: Outcome, answer: bytes | None, *, forced: bool = False
) -> tuple[Any, ...]:
    """`answer` as it is kept (webhook_outbox.sealing)."""
    return (
        delivery,
        outcome.id,
        endpoint,
        nth,
        outcome.at,
        outcome.seconds,
        outcome.url,
        Jsonb(outcome.headers),
        outcome.address,
        outcome.status,
        outcome.error,
        answer,
        forced,
    )


def _mark(tried: Tried) -> tuple[int, str, int, datetime | None]:
    tries = tried.delivery.tries + (tried.outcome is not None)
    return tried.delivery.id, tried.state, tries, tried.next_try_at


def _columns(rows: Iterable[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]
