"""Planners at once: each leaves to the others what is theirs, and no two are at orders of the same goods.

An order belongs to a *shard* by one of its SKUs, so that orders that compete for the same pieces are planned by one
planner after the other, oldest first. Who plans a shard holds its advisory lock; the planners that are there divide
the shards among them only by preference, so nothing is lost while one comes or goes (docs/adr/0005).
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any
from zlib import crc32

import psycopg

from scenarios.waiting import Need

SHARDS = 64
LOCK, PRESENT = 7110, 7111  # first keys of the advisory locks: of shards, of planners by their seats
SEATS = 64
LEFT_TOO_LONG = 3.0  # seconds after which an order that another planner should take is taken by anybody

TAKE = "select id from unnest(%s::int[]) id where pg_try_advisory_lock(%s, id)"
RELEASE = "select pg_advisory_unlock(%s, id) from unnest(%s::int[]) id"
SEAT = "select pg_try_advisory_lock(%s, %s)"
SEATED = """
select objid::int from pg_locks
 where locktype = 'advisory' and classid = %s and objsubid = 2 and granted
   and database = (select oid from pg_database where datname = current_database())
"""


def shard_of(need: Need) -> int:
    """By the first of its SKUs; which one does not matter, as long as all agree."""
    return crc32(min(need.skus, default="").encode()) % SHARDS


class Peers:
    """The locks of one planner; they die with its connection."""

    def __init__(self) -> None:
        self._held: Counter[int] = Counter()
        self._seat = 0
        self._seats = [0]

    def sit_down(self, connection: psycopg.Connection[Any]) -> None:
        """On a new connection: nothing is held, the others see this planner."""
        self._held.clear()
        for seat in range(SEATS):
            row = connection.execute(SEAT, (PRESENT, seat)).fetchone()
            if row is not None and row[0]:
                self._seat = seat
                break
        self.look(connection)

    def look(self, connection: psycopg.Connection[Any]) -> None:
        """Who is there now."""
        self._seats = sorted({self._seat, *(row[0] for row in connection.execute(SEATED, (PRESENT,)))})

    @property
    def present(self) -> int:
        """How many planners are there, this one among them."""
        return len(self._seats)

    def wants(self, need: Need, now: float) -> bool:
        """Whether this planner should take it."""
        if self.present == 1 or self._seats[shard_of(need) % self.present] == self._seat:
            return True
        return need.passed is not None and now - need.passed > LEFT_TOO_LONG

    def take(self, connection: psycopg.Connection[Any], needs: Iterable[Need]) -> set[int]:
        """Which of the orders are ours to plan, until each is released."""
        shards: dict[int, list[int]] = {}
        for need in needs:
            need.shard = shard_of(need)
            shards.setdefault(need.shard, []).append(need.order)
        new = [shard for shard in shards if not self._held[shard]]
        got = {row[0] for row in connection.execute(TAKE, (new, LOCK))} if new else set()
        ours = {shard for shard in shards if self._held[shard]} | got
        for shard in ours:
            self._held[shard] += len(shards[shard])
        return {order for shard in ours for order in shards[shard]}

    def release(self, connection: psycopg.Connection[Any], needs: Iterable[Need]) -> None:
        """Orders that were taken, each once."""
        gone = []
        for need in needs:
            self._held[need.shard] -= 1
            if not self._held[need.shard]:
                gone.append(need.shard)
        if gone:
            connection.execute(RELEASE, (LOCK, gone))
