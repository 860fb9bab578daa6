"""How long planning takes, over all planners, for `/metrics`: counted here, written with the checkpoint."""

from bisect import bisect_left
from collections import Counter, defaultdict
from math import inf
from typing import Any

import psycopg

BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, inf)
"""Seconds."""

WRITE = """
insert into plan_times as p (bound, total, seconds)
select * from unnest(%s::float8[], %s::bigint[], %s::float8[])
on conflict (bound) do update set total = p.total + excluded.total, seconds = p.seconds + excluded.seconds
"""
READ = "select bound, total, seconds from plan_times order by bound"


class Timing:
    """Of one planner, since it last wrote: a planner that is killed takes some seconds of it along."""

    def __init__(self) -> None:
        self._totals: Counter[float] = Counter()
        self._seconds: defaultdict[float, float] = defaultdict(float)

    def took(self, seconds: float) -> None:
        """One order was thought about."""
        bound = BOUNDS[bisect_left(BOUNDS, seconds)]
        self._totals[bound] += 1
        self._seconds[bound] += seconds

    def write(self, connection: psycopg.Connection[Any]) -> None:
        if self._totals:
            bounds = sorted(self._totals)  # two planners lock the rows in one order
            counted = [self._totals[b] for b in bounds], [self._seconds[b] for b in bounds]
            connection.execute(WRITE, (bounds, *counted))
            self._totals.clear()
            self._seconds.clear()


def plan_times(connection: psycopg.Connection[Any]) -> list[tuple[float, int, float]]:
    """`[(bound, how many took up to it and more than the one before, their seconds in all)]`."""
    return connection.execute(READ).fetchall()
