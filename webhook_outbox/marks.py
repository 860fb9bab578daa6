"""Reading the queue and writing what became of deliveries, in batches; marks only under the epoch of their owner."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from webhook_outbox.attempt import Outcome
from webhook_outbox.lanes import Queued
from webhook_outbox.leases import Lease
from webhook_outbox.tables import Connection

_encode = msgspec.json.Encoder().encode

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

# What became of deliveries, in one statement: marks count under the epochs that still hold, whose shards nobody can
# take over until the commit; the ledger is told in any case. One statement, since who is stopped between several is in
# the way of others. The rows come as JSON, which is the cheapest to make.
SETTLE = """
with said as (
    select * from jsonb_to_recordset(%(marks)s::jsonb)
        as m (id bigint, shard int, epoch bigint, state text, tries int, next_try_at timestamptz)),
held as (
    select s.shard, s.epoch from webhook_shards s
     where s.owner = %(owner)s and (s.shard, s.epoch) in (select shard, epoch from said) for share of s),
marked as (
    update webhook_deliveries d set state = m.state, tries = m.tries, next_try_at = m.next_try_at,
           changed_at = clock_timestamp()
      from said m join held using (shard, epoch)
     where d.id = m.id and (d.state = 'pending' or m.state = 'delivered' and d.state <> 'delivered')),
told as (select tell_webhook_attempts_v1(%(attempts)s::jsonb, %(slot)s) as told),
timed as (select count_webhook_times_v1(%(attempts)s::jsonb, %(slot)s) as timed)
select shard, epoch from held, told, timed
"""

TELL = """
select tell_webhook_attempts_v1(%(attempts)s::jsonb, %(slot)s), count_webhook_times_v1(%(attempts)s::jsonb, %(slot)s)
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
    """All of it at once. What was tried under an epoch that is over stands in the ledger, but moves nothing; (shard,
    epoch) of those that still hold."""
    attempts = [
        Attempt(t.delivery.id, t.delivery.endpoint, t.delivery.tries + 1, t.outcome, t.answer, latency=_latency(t))
        for t in tried
        if t.outcome is not None
    ]
    marks = [
        {
            "id": t.delivery.id,
            "shard": t.lease.shard,
            "epoch": t.lease.epoch,
            "state": t.state,
            "tries": t.delivery.tries + (t.outcome is not None and not t.outcome.stale),
            "next_try_at": t.next_try_at,
        }
        for t in tried
    ]
    values = {"owner": owner, "marks": _json(marks), "attempts": _json([_told(a) for a in attempts]), "slot": slot}
    return set(connection.execute(SETTLE, values).fetchall())


@dataclass(frozen=True, slots=True)
class Attempt:
    """A row of the ledger; `answer` as it is kept (webhook_outbox.sealing). `latency`: seconds from the event to this
    try, of first tries."""

    delivery: int
    endpoint: int
    nth: int
    outcome: Outcome
    answer: bytes | None
    forced: bool = False
    latency: float | None = None


def _latency(tried: Tried) -> float | None:
    if tried.outcome is None or tried.delivery.tries > 0:
        return None
    return (tried.outcome.at - tried.delivery.at).total_seconds()


def tell(connection: Connection, attempts: Sequence[Attempt], slot: int) -> None:
    """Into the ledger alone."""
    connection.execute(TELL, {"attempts": _json([_told(a) for a in attempts]), "slot": slot})


def _told(attempt: Attempt) -> dict[str, Any]:
    outcome = attempt.outcome
    return {
        "delivery": attempt.delivery,
        "id": outcome.id,
        "endpoint": attempt.endpoint,
        "nth": attempt.nth,
        "at": outcome.at,
        "seconds": outcome.seconds,
        "url": outcome.url,
        "headers": outcome.headers,
        "address": outcome.address,
        "status": outcome.status,
        "error": outcome.error,
        "answer": attempt.answer,
        "forced": attempt.forced,
        "class": outcome.kind,
        "latency": attempt.latency,
    }


def _json(rows: list[dict[str, Any]]) -> str:
    """Bytes as base64; a NUL, which no text of the database holds, left out."""
    return _encode(rows).decode().replace("\\u0000", "")
