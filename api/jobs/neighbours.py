"""What is asked of other systems by the clock."""

from datetime import timedelta
from typing import Any

from psycopg_pool import ConnectionPool

from api.jobs.turn import JobFailed, Outcome, Turn
from integrations.carriers import reports
from integrations.desk import Desk
from integrations.outside import Outside
from integrations.probing import probe
from integrations.tables import prepare
from integrations.traffic import Traffic, sweep

DAYS = 90
"""How long requests to other systems, and calls that are over, are kept."""


def carrier_status(turn: Turn) -> Outcome:
    """Each connected carrier is asked how its parcels are; what it told before changes nothing (A6)."""
    prepare(turn.log)
    pool: ConnectionPool[Any] = ConnectionPool(
        turn.log.database_url, min_size=0, max_size=2, open=True, kwargs={"autocommit": True}
    )
    outside = Outside(turn.settings.webhook_allow, Traffic(pool.connection))
    try:
        desk = Desk.of(turn.log, turn.settings.secret_key or "", outside)
        told = {}
        for company in reports.connected(turn.log):
            told[company.slug] = reports.ask(desk, pool.connection(), company, turn.correlation, turn.check)
    finally:
        outside.close()
        pool.close()
    failed = [f"{name}: {row['error']}" for name, row in told.items() if "error" in row]
    if failed:
        raise JobFailed("; ".join(failed))
    return {"asked": sum(row["asked"] for row in told.values()), "news": sum(row["news"] for row in told.values())}


def old_calls(turn: Turn) -> Outcome:
    """Requests to other systems and calls that are over go after 90 days; what waits for people stays."""
    prepare(turn.log)
    with turn.log.listening() as connection:
        return {"requests and calls": sweep(connection, timedelta(days=DAYS))}


def breaker_probes(turn: Turn) -> Outcome:
    """Systems that are down are tried with one call; what waited for one that answers again is due at once."""
    prepare(turn.log)
    with turn.log.listening() as connection:
        found = probe(connection)
    return {"down": found.down, "calls due again": found.released}
