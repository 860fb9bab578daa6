"""Who was sent to lately: attempts at receivers, for the account of who talked to whom."""

from typing import Any

from psycopg.rows import dict_row

from webhook_outbox.tables import Connection

# The newest by delivery, which is the order in which they became due; retries of older ones come late and are few.
LATELY = """
select a.at, a.endpoint, split_part(split_part(a.url, '//', 2), '?', 1) as place, a.seconds::float8 as seconds,
       a.status, a.error, d.event_type as what
  from (select * from webhook_attempts order by delivery desc, nth desc limit %s) a
  join webhook_deliveries d on d.id = a.delivery
"""


def lately(connection: Connection, limit: int) -> list[dict[str, Any]]:
    """The latest attempts; `status` None where nothing was answered."""
    return connection.cursor(row_factory=dict_row).execute(LATELY, (limit,)).fetchall()
