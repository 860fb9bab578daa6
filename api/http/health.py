"""Whether this process lives, whether it can serve, and its figures for Prometheus (spec 3.2); no login is asked."""

import logging
from typing import Any

from flask import Response

from api.http import metrics, outbox_figures, outside_figures
from api.http.errors import Failure
from api.http.routes import ANYBODY, Answer, Call, route
from integrations.traffic import figures as integration_figures
from projections.schema import FOLLOWER
from scenarios.timing import plan_times
from webhook_outbox.metrics import metrics as webhook_metrics

PATIENCE = 2.0
"""Seconds that a database has to answer a probe."""

# One row of each room's tables that requests lean on: an error where one is missing.
TABLES = """
select (select position from head), (select count(*) from (select from order_states limit 1) s),
       (select count(*) from (select from api_keys limit 1) k),
       (select count(*) from (select from webhook_deliveries limit 1) d),
       (select count(*) from (select from integration_calls limit 1) i)
"""

# How old the first event is that a follower has not seen.
BEHIND = """
select extract(epoch from clock_timestamp() - at)::float8 from log where position > %s order by position limit 1
"""

log_ = logging.getLogger("daybook.api")


@route("GET", "/health/live", roles=ANYBODY, tag="health")
def live(call: Call) -> Any:
    """200 while this process answers."""
    return {"status": "live"}


@route("GET", "/health/ready", roles=ANYBODY, tag="health")
def ready(call: Call) -> Any:
    """200 when the database answers and its tables are there, else 503."""
    try:
        with call.services.pool.connection(timeout=PATIENCE) as connection:
            row = connection.execute(TABLES).fetchone()
    except Exception as error:
        raise Failure(503, "unavailable", "The database does not answer as it should.", {"Retry-After": "1"}) from error
    return {"status": "ready", "position": row[0] if row else 0}


@route("GET", "/metrics", roles=ANYBODY, tag="health")
def figures(call: Call) -> Answer:
    """Figures in Prometheus' text form: of this process, and of what the database knows."""
    lines = metrics.lines()
    lines += _gauge("oms_decisions_waiting", "Decisions that wait for their transaction in this process.")
    lines.append(f"oms_decisions_waiting {call.log.waiting}")
    for name, value in sorted(call.services.pool.get_stats().items()):
        lines += _gauge(
            f"oms_pool_{name}", "Connections for reads in this process: psycopg_pool's figure of this name."
        )
        lines.append(f"oms_pool_{name} {value}")
    try:
        lines += _of_database(call)
        lines += [*_gauge("oms_database_up", "1 where the database answered."), "oms_database_up 1"]
    except Exception as error:  # a scrape is wanted most when the database is away
        log_.warning("no figures of the database: %s", type(error).__name__)
        lines += [*_gauge("oms_database_up", "1 where the database answered."), "oms_database_up 0"]
    return Answer(raw=Response("\n".join(lines) + "\n", content_type="text/plain; version=0.0.4; charset=utf-8"))


def _of_database(call: Call) -> list[str]:
    positions = {FOLLOWER: 0, **call.log.positions()}
    head = call.log.head().position
    lines = [*_gauge("oms_log_position", "Events in the log."), f"oms_log_position {head}"]
    with call.services.pool.connection(timeout=PATIENCE) as connection:
        late = {name: connection.execute(BEHIND, (position,)).fetchone() for name, position in positions.items()}
        outbox = webhook_metrics(connection)
        outside = integration_figures(connection)
        thought = plan_times(connection)
    lines += _gauge("oms_follower_lag_events", "Events that a follower of the log has not seen.")
    lines += [f'oms_follower_lag_events{{follower="{n}"}} {max(0, head - at)}' for n, at in sorted(positions.items())]
    lines += _gauge("oms_follower_lag_seconds", "Age of the first event that a follower has not seen.")
    lines += [
        f'oms_follower_lag_seconds{{follower="{name}"}} {max(0.0, row[0]) if row else 0.0:.3f}'
        for name, row in sorted(late.items())
    ]
    lines += outbox_figures.histogram("oms_plan_seconds", "How long a planner thought about an order.", thought)
    return [*lines, *outbox_figures.lines(outbox), *outside_figures.lines(outside)]


def _gauge(name: str, sentence: str) -> list[str]:
    return [f"# HELP {name} {sentence}", f"# TYPE {name} gauge"]
