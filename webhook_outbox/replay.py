"""What an endpoint was sent, sent again in order (spec 4.5), and read by who sits behind a firewall.

A replay queues new deliveries of the same messages: same ids, same bytes. They go behind what waits, each object's in
the order in which it first went.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from domain.kernel import invalid
from eventlog.connect import only_row
from eventlog.keyring import Keyring
from eventlog.log import EventLog
from webhook_outbox.queue import take_ids
from webhook_outbox.remaking import opened_message
from webhook_outbox.tables import WAKE, Connection

MOST = 100_000
"""Deliveries of one replay: it is one transaction, which the fan-out waits for."""

# The first delivery of each message in a range; what still waits goes out anyway.
CHOSEN = """
select array_agg(first order by first), min(position), max(position)
  from (select min(id) as first, min(position) as position from webhook_deliveries
         where endpoint = %(endpoint)s and position between %(from_position)s and %(to_position)s
           and at between %(from_date)s and %(to_date)s
         group by uuid having not bool_or(state = 'pending')
         order by 1 limit %(most)s) c
"""

AGAIN = """
insert into webhook_deliveries
       (id, endpoint, lane, payload, uuid, previous, event_type, kind, object_id, sequence, position, at)
select %(first)s + c.nth - 1, endpoint, lane, payload, uuid, previous, event_type, kind, object_id, sequence, position,
       at
  from unnest(%(chosen)s::bigint[]) with ordinality c (id, nth) join webhook_deliveries d using (id)
"""

# The next deliveries of an endpoint.
AFTER = """
select d.id, d.uuid, d.previous, d.event_type, d.sequence, d.position, d.at, p.key, p.content
  from webhook_deliveries d join webhook_payloads p on p.id = d.payload
 where d.endpoint = %s and d.id > %s order by d.id limit %s
"""

# The newest delivery there is.
NEWEST = "select last_id from webhook_counter"

# Who asks for what comes after has what came before.
TAKEN = """
update webhook_deliveries set state = 'delivered', next_try_at = null, changed_at = clock_timestamp()
 where endpoint = %s and id <= %s and state = 'pending'
"""


@dataclass(frozen=True, slots=True)
class Range:
    """Both ends included; positions of the log or times of the events."""

    from_position: int | None = None
    to_position: int | None = None
    from_date: datetime | None = None
    to_date: datetime | None = None

    def values(self) -> dict[str, Any]:
        """For CHOSEN; refuses what is no range."""
        positions, dates = (self.from_position, self.to_position), (self.from_date, self.to_date)
        if all(end is None for end in (*positions, *dates)):
            raise invalid(from_position="A range is needed: from_position and to_position, or from_date and to_date.")
        low, high = (default if end is None else end for end, default in zip(positions, (0, 2**62), strict=True))
        if not 0 <= low <= high < 2**63:
            raise invalid(to_position="From 0 up, and to_position is not before from_position.")
        if all(dates) and dates[0] > dates[1]:  # type: ignore[operator]  # both are there
            raise invalid(to_date="It is not before from_date.")
        return {
            "from_position": low,
            "to_position": high,
            "from_date": dates[0] or "-infinity",
            "to_date": dates[1] or "infinity",
        }


def replay(connection: Connection, endpoint: int, asked: Range, *, dry_run: bool) -> dict[str, Any]:
    """`{count, first_position, last_position, dry_run}`: how many messages are sent again, or would be. More than MOST
    are refused: a person takes them in parts."""
    values = asked.values() | {"endpoint": endpoint, "most": MOST + 1}
    with connection.transaction():
        chosen, first, last = only_row(connection.execute(CHOSEN, values))
        count = len(chosen or ())
        if count > MOST and not dry_run:
            raise invalid(to_position=f"More than {MOST:,} messages; the first {MOST:,} end before position {last:,}.")
        if count and not dry_run:
            ids = take_ids(connection, count)
            connection.execute(AGAIN, {"first": ids[0], "chosen": chosen})
            connection.execute(WAKE)
    return {"count": count, "first_position": first, "last_position": last, "dry_run": dry_run}


def pull(
    log: EventLog, connection: Connection, keyring: Keyring, endpoint: int, after: int, limit: int, *, settles: bool
) -> list[Mapping[str, Any]]:
    """`[{id, event, payload}]`: what the endpoint got or is to get after the delivery `after`, in order. `settles`:
    nobody sends, so what comes before is taken as delivered. A delivery that nobody was given yet is refused: it would
    settle what nobody has read."""
    (newest,) = only_row(connection.execute(NEWEST))
    if after > newest:
        raise invalid(after=f"No delivery is so new, the newest is {newest}; it is the `after` of the answer before.")
    if settles and after:
        connection.execute(TAKEN, (endpoint, after))
    rows = connection.execute(AFTER, (endpoint, after, limit)).fetchall()
    names = ("id", "uuid", "previous", "event_type", "sequence", "position", "at", "key", "content")
    found = [dict(zip(names, row, strict=True)) for row in rows]
    keyring.warm(row["key"] for row in found if row["key"] is not None)
    return [{"id": row["id"], **msgspec.json.decode(opened_message(log, keyring, connection, row))} for row in found]
