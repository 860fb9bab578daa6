"""What is kept for a time and then let go (spec 1.1): idempotency keys, the audit of requests, keys that expired."""

import re
from datetime import UTC, datetime, timedelta

from api.settings import Settings
from eventlog.log import EventLog
from eventlog.migrate import LOCKS

LOCK = "select pg_try_advisory_lock(%s, 72)"
MONTHS = """
select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'request_audit'::regclass
"""
EXPIRED = "delete from api_keys where expires_at < %s"


def let_go(log: EventLog, settings: Settings) -> dict[str, int]:
    """How many went, by kind; none where another process is at it."""
    now = log.now()
    with log.listening() as connection:
        if not connection.execute(LOCK, (LOCKS,)).fetchone()[0]:  # type: ignore[index]  # a select of one value
            return {}
        gone = {"idempotency keys": log.prune(now - timedelta(days=settings.idempotency_days))}
        gone["expired keys"] = connection.execute(EXPIRED, (now,)).rowcount
        oldest = now - timedelta(days=settings.audit_days)
        names = [name for (name,) in connection.execute(MONTHS).fetchall()]
        old = [name for name in names if _end_of(name) <= oldest]
        for name in old:
            connection.execute(f"drop table {name}")  # by the month, never row by row
        gone["months of audit"] = len(old)
    return gone


def _end_of(partition: str) -> datetime:
    """The first moment after the month of a partition."""
    found = re.fullmatch(r"request_audit_(\d{4})_(\d\d)", partition)
    if found is None:
        return datetime.max.replace(tzinfo=UTC)
    year, month = int(found[1]), int(found[2])
    return datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)
