"""Figures of the outbox for `/metrics`."""

from typing import Any

from webhook_outbox.tables import Connection

# What waits, by endpoint.
BACKLOG = """
select endpoint, count(*), extract(epoch from clock_timestamp() - min(at))::float8
  from webhook_deliveries where state = 'pending' group by endpoint
"""
DEAD = "select count(*) from webhook_deliveries where state = 'dead'"
CLASSES = "select class, sum(total)::bigint from webhook_counts group by class"
SENDERS = "select count(*) from webhook_senders where until > clock_timestamp()"


def metrics(connection: Connection) -> dict[str, Any]:
    """`backlog` (deliveries that wait) and `oldest_seconds` (since the event of the oldest) in all and by endpoint;
    `attempts` since the beginning by class (2xx … 5xx, error); `dead` letters; `senders` alive."""
    waiting = connection.execute(BACKLOG).fetchall()
    dead, senders = (connection.execute(q).fetchone() for q in (DEAD, SENDERS))
    return {
        "backlog": sum(count for _, count, _ in waiting),
        "oldest_seconds": max((age for _, _, age in waiting), default=0.0),
        "endpoints": {id: {"backlog": count, "oldest_seconds": age} for id, count, age in waiting},
        "attempts": dict(connection.execute(CLASSES).fetchall()),
        "dead": dead[0] if dead else 0,
        "senders": senders[0] if senders else 0,
    }
