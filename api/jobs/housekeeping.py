"""What a service does for itself by the clock: tries again what waits, lets go of what is old, looks at its own log."""

from datetime import timedelta
from typing import Any

import psycopg

from api.jobs import runs
from api.jobs.turn import JobFailed, Outcome, Turn
from api.retention import let_go
from domain.states import UNPLANNED
from eventlog.connect import only_row
from eventlog.heads import disagreement, signed_head
from eventlog.migrate import APPEND_LOCK, LOCKS
from eventlog.verify import verify
from scenarios import keeping
from webhook_outbox.retention import sweep
from webhook_outbox.tables import prepare as prepare_webhooks

WAITING = "select count(*) from packages where state = any(%s)"
UNPLANNED_ORDERS = "select count(*) from orders where unplanned"

# As an append does it, and under its lock, so that the two never make the same one.
APPENDING = "select pg_advisory_xact_lock(%s, %s)"
AHEAD = """
select make_partition_v1(position + 1), make_partition_v1(position + partition_size) from head
"""
NEXT_MONTH = "select request_audit_month_v1(clock_timestamp() + interval '1 month')"
PARTITIONS = "select count(*) from pg_inherits where inhparent = 'log'::regclass"
ANALYZE = ("log", "streams", "availability", "capacity")


def replan(turn: Turn) -> Outcome:
    """Orders and packages (910, 920) that wait are planned again, whatever they wait for (A2)."""
    keeping.prepare(turn.log)
    with turn.log.listening() as connection, connection.transaction():
        turn.hold(connection)
        keeping.call_all(connection)
        packages = only_row(connection.execute(WAITING, ([state.value for state in UNPLANNED],)))[0]
        orders = only_row(connection.execute(UNPLANNED_ORDERS))[0]
    return {"packages": packages, "orders": orders}


def retention(turn: Turn) -> Outcome:
    """What is kept for a time goes: idempotency keys, log-ins, audit of requests, deliveries, plan inputs, runs."""
    log, settings = turn.log, turn.settings
    gone: dict[str, Any] = dict(let_go(log, settings))
    turn.check()
    prepare_webhooks(log)
    with log.listening() as connection:
        gone["partitions of webhooks"] = len(sweep(connection, timedelta(days=settings.webhook_days)).dropped)
        turn.check()
        gone["plan inputs"], gone["frames of plans"] = _old_plans(connection, turn)
        gone["runs of jobs"] = runs.forget(connection)
    return gone


def _old_plans(connection: psycopg.Connection[Any], turn: Turn) -> tuple[int, int]:
    keeping.prepare(turn.log)
    return keeping.forget(connection, turn.log.now() - timedelta(days=turn.settings.plan_input_days))


def log_verification(turn: Turn) -> Outcome:
    """The whole log is compared with its hash chain, and with its head as it was the last time."""
    with turn.log.listening() as connection:
        wrong = disagreement(connection, dict(turn.memory)) if turn.memory else None
    if wrong is None:
        found = verify(turn.log.direct_url, progress=lambda _: turn.check())
        wrong = found.wrong
    if wrong is not None:
        raise JobFailed(f"The log is not as it was written: {wrong}.")
    with turn.log.listening() as connection:
        turn.remember(signed_head(connection, turn.settings.secret_key or ""))
    return {"events": found.events, "position": found.position}


def upkeep(turn: Turn) -> Outcome:
    """Partitions are made ahead of their time, and the tables that decisions look into are analysed."""
    with turn.log.listening() as connection:
        before = only_row(connection.execute(PARTITIONS))[0]
        with connection.transaction():
            connection.execute(APPENDING, (LOCKS, APPEND_LOCK))
            connection.execute(AHEAD)
        connection.execute(NEXT_MONTH)
        for table in ANALYZE:
            turn.check()
            connection.execute(f"analyze {table}".encode())
        made = only_row(connection.execute(PARTITIONS))[0] - before
    return {"partitions made": made}
