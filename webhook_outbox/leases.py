"""Which process sends for which endpoints: leases on shards, with an epoch that fences off who only slept.

A lease ends by itself, so the endpoints of a process that was killed, or stopped without being killed, are taken over
within LEASE seconds. An advisory lock would stay with the stopped one as long as its connection stands.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import ceil
from uuid import UUID, uuid4

from webhook_outbox.tables import Connection

SHARDS = 256
LEASE = 4.0
"""Seconds a lease lasts; it is renewed four times in that."""

TRUSTED = 0.75
"""The part of a lease in which its holder sends. The rest is for who looked at the lease, was held up, and only then
wrote: a busy machine holds nobody up so long, only a stop does."""

# Who falls asleep inside a transaction holds rows that a successor needs: the server ends it with the lease.
AWAKE = "select set_config('idle_in_transaction_session_timeout', %s, false)"

# I am here; how many are.
PRESENT = """
insert into webhook_senders (owner, until) values (%(me)s, clock_timestamp() + make_interval(secs => %(lease)s))
on conflict (owner) do update set until = excluded.until
"""
COUNT = "select count(*) from webhook_senders where until > clock_timestamp()"
FORGET = "delete from webhook_senders where until < clock_timestamp() - interval '1 minute'"

KNOWN = "insert into webhook_shards (shard) select unnest(%s::int[]) on conflict do nothing"

# Renewed even when it ran out, as long as nobody else has taken it.
RENEWED = """
update webhook_shards set until = clock_timestamp() + make_interval(secs => %(lease)s)
 where owner = %(me)s and shard = any(%(shards)s) returning shard, epoch
"""

TAKE = """
update webhook_shards set owner = %(me)s, epoch = epoch + 1,
       until = clock_timestamp() + make_interval(secs => %(lease)s)
 where shard in (select shard from webhook_shards where shard = any(%(shards)s) and until < clock_timestamp()
                  order by shard limit %(most)s for update skip locked)
returning shard, epoch
"""

RELEASE = "update webhook_shards set owner = null, until = '-infinity' where owner = %(me)s and shard = any(%(shards)s)"
LEAVE = "delete from webhook_senders where owner = %s"


def shard_of(endpoint: int) -> int:
    return endpoint % SHARDS


@dataclass(slots=True)
class Lease:
    """`until` by this process's monotonic clock, and so that it ends before the database thinks it does."""

    shard: int
    epoch: int
    until: float

    def holds(self, now: float) -> bool:
        return now < self.until


class Leases:
    """The shards of one process. Not shared by threads, but for `Lease.holds`."""

    def __init__(
        self, owner: UUID | None = None, *, lease: float = LEASE, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.owner = owner or uuid4()
        self.held: dict[int, Lease] = {}
        self.seconds, self._clock = lease, clock

    def attach(self, connection: Connection) -> None:
        """Once for each connection that marks or renews."""
        connection.execute(AWAKE, (f"{int(self.seconds * 1000)}ms",))

    def renew(self, connection: Connection, wanted: Iterable[int]) -> set[int]:
        """Renews what is held, then takes free shards up to a fair part of `wanted`; the shards that were lost. What is
        held and not wanted any more counts for nothing: `release` gives it up."""
        shards = sorted(set(wanted))
        begun = self._clock()
        with connection.transaction():
            connection.execute(FORGET)
            connection.execute(PRESENT, {"me": self.owner, "lease": self.seconds})
            if shards:
                connection.execute(KNOWN, (shards,))
            still = dict(
                connection.execute(
                    RENEWED, {"me": self.owner, "lease": self.seconds, "shards": list(self.held)}
                ).fetchall()
            )
            present = connection.execute(COUNT).fetchone()
            fair = ceil(len(shards) / max(present[0] if present else 1, 1))
            taken: dict[int, int] = {}
            free = [shard for shard in shards if shard not in still]
            mine = len(still.keys() & set(shards))
            if free and mine < fair:
                asked = {"me": self.owner, "lease": self.seconds, "shards": free, "most": fair - mine}
                taken = dict(connection.execute(TAKE, asked).fetchall())
        until = begun + self.seconds * TRUSTED
        lost = {shard for shard, lease in self.held.items() if still.get(shard) != lease.epoch}
        for shard in lost:
            self.held.pop(shard).until = 0.0
        for shard in still.keys() & self.held.keys():
            self.held[shard].until = until
        for shard, epoch in taken.items():
            self.held[shard] = Lease(shard, epoch, until)
        self.surplus = max(len(self.held.keys() & set(shards)) - fair, 0)
        return lost

    surplus: int = 0
    """How many of the wanted shards are held beyond the fair part: others are there to take them."""

    def release(self, connection: Connection, shards: Iterable[int]) -> None:
        """Gives shards up for whoever wants them; nothing of them may be under way."""
        gone = list(shards)
        for shard in gone:
            lease = self.held.pop(shard, None)
            if lease is not None:
                lease.until = 0.0
        connection.execute(RELEASE, {"me": self.owner, "shards": gone})

    def leave(self, connection: Connection) -> None:
        self.release(connection, list(self.held))
        connection.execute(LEAVE, (self.owner,))
