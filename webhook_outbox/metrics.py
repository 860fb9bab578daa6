"""Figures of the outbox for `/metrics`."""

from typing import Any

from webhook_outbox.tables import Connection

# What waits, by endpoint: counted in the index alone, and the oldest by its first row.
BACKLOG = """
select w.endpoint, w.waiting, extract(epoch from clock_timestamp() - o.at)::float8
  from (select endpoint, count(*) as waiting from webhook_deliveries where state = 'pending' group by endpoint) w
 cross join lateral (select at from webhook_deliveries d where d.endpoint = w.endpoint and d.state = 'pending'
                      order by id limit 1) o
"""
DEAD = "select count(*) from webhook_deliveries where state = 'dead'"
CLASSES = "select class, sum(total)::bigint from webhook_counts group by class"
SENDERS = "select count(*) from webhook_senders where until > clock_timestamp()"
FAILING = "select endpoint, open, extract(epoch from clock_timestamp() - failing_since)::float8 from webhook_health"
TIMES = """
select what, bound, sum(total)::bigint, sum(seconds)::float8 from webhook_times
 group by what, bound order by what, bound
"""


def metrics(connection: Connection) -> dict[str, Any]:
    """`backlog` (deliveries that wait) and `oldest_seconds` (since the event of the oldest) in all and by endpoint;
    `attempts` since the beginning by class (2xx … 5xx, error); `dead` letters; `senders` alive; `failing` endpoints
    with their breaker; `times`: latency and response, each `[(bound, count up to the bound before, seconds)]`."""
    waiting = connection.execute(BACKLOG).fetchall()
    dead, senders = (connection.execute(q).fetchone() for q in (DEAD, SENDERS))
    times: dict[str, list[tuple[float, int, float]]] = {}
    for what, bound, total, seconds in connection.execute(TIMES).fetchall():
        times.setdefault(what, []).append((bound, total, seconds))
    return {
        "backlog": sum(count for _, count, _ in waiting),
        "oldest_seconds": max((age for _, _, age in waiting), default=0.0),
        "endpoints": {id: {"backlog": count, "oldest_seconds": age} for id, count, age in waiting},
        "attempts": dict(connection.execute(CLASSES).fetchall()),
        "dead": dead[0] if dead else 0,
        "senders": senders[0] if senders else 0,
        "failing": {
            id: {"open": is_open, "seconds": age} for id, is_open, age in connection.execute(FAILING).fetchall()
        },
        "times": times,
    }
