"""Which webhooks each event about an object caused, and what came of them: for its history (spec 6.1)."""

from collections import defaultdict
from typing import Any

from webhook_outbox.tables import Connection

# Deliveries about one object with the status of the last attempt, oldest first.
CAUSED = """
select d.position, d.id, d.endpoint, d.event_type, d.uuid, d.state, d.tries,
       (select a.status from webhook_attempts a where a.delivery = d.id order by a.at desc, a.id desc limit 1)
  from webhook_deliveries d where d.kind = %s and d.object_id = %s order by d.id
"""


def caused(connection: Connection, kind: str, id: int) -> dict[int, list[dict[str, Any]]]:
    """Position of the event → [{id, webhook, event_type, uuid, state, tries, response_http_status}]; `id` as of
    `hook_events/`."""
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for position, delivery, endpoint, event_type, uuid, state, tries, status in connection.execute(CAUSED, (kind, id)):
        found[position].append(
            {
                "id": delivery,
                "webhook": endpoint,
                "event_type": event_type,
                "uuid": uuid.hex,
                "state": state,
                "tries": tries,
                "response_http_status": status,
            }
        )
    return dict(found)
