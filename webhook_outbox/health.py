"""How endpoints fare, across the processes that send to them: breakers loaded, saved, shown (spec 4.4)."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from webhook_outbox.breaker import OPENS_AT, Breaker
from webhook_outbox.tables import Connection

LOAD = "select endpoint, failing_since, failures, open, next_probe from webhook_health where endpoint = any(%s)"

SAVE = """
insert into webhook_health (endpoint, failing_since, failures, open, next_probe)
select * from unnest(%s::int[], %s::timestamptz[], %s::int[], %s::bool[], %s::timestamptz[])
on conflict (endpoint) do update set failing_since = excluded.failing_since, failures = excluded.failures,
    open = excluded.open, next_probe = excluded.next_probe, changed_at = clock_timestamp()
"""

WELL = "delete from webhook_health where endpoint = any(%s)"

Health = tuple[float, int, bool, float]
"""failing_since, failures, open, next probe: a row of the table, times in Unix seconds."""


def health_of(breaker: Breaker) -> Health | None:
    """As it is to stand in the table; None where the last try arrived."""
    if breaker.failing_since is None:
        return None
    return breaker.failing_since, breaker.failures, breaker.open, breaker.until


def load_breakers(connection: Connection, endpoints: Collection[int]) -> dict[int, Breaker]:
    """Those that fail; the others are left out."""
    found = {}
    for endpoint, since, failures, is_open, probe in connection.execute(LOAD, (list(endpoints),)).fetchall():
        until = probe.timestamp() if probe else 0.0
        lanes = {f"before/{n}" for n in range(OPENS_AT if is_open else 0)}
        found[endpoint] = Breaker(since.timestamp(), failures, is_open, until, _lanes=lanes)
    return found


def save_health(connection: Connection, changed: Mapping[int, Health | None]) -> None:
    """Endpoint → its health."""
    well = [endpoint for endpoint, health in changed.items() if health is None]
    if well:
        connection.execute(WELL, (well,))
    rows = [
        (endpoint, _time(health[0]), health[1], health[2], _time(health[3]) if health[3] else None)
        for endpoint, health in changed.items()
        if health is not None
    ]
    if rows:
        connection.execute(SAVE, tuple(list(column) for column in zip(*rows, strict=True)))


def rows_of(connection: Connection, endpoints: Collection[int]) -> dict[int, dict[str, Any]]:
    """Endpoint → its row, for `endpoint_health`."""
    return {
        endpoint: {"failing_since": since, "failures": failures, "open": is_open, "next_probe": probe}
        for endpoint, since, failures, is_open, probe in connection.execute(LOAD, (list(endpoints),)).fetchall()
    }


def forget_health(connection: Connection, endpoint: int) -> None:
    """A person has seen to it: it begins anew."""
    connection.execute(WELL, ([endpoint],))


def _time(unix: float) -> datetime:
    return datetime.fromtimestamp(unix, UTC)
