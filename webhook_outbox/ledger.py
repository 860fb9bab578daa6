"""What was told to whom, and what they answered (spec 4.5): deliveries with their attempts, payloads opened to read."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import msgspec
from psycopg.rows import dict_row

from domain.kernel import invalid
from eventlog.keyring import Keyring
from projections.filters import Wrong, first_moment_of, last_moment_of
from projections.objects.wire import moment
from webhook_outbox.body import row_bytes
from webhook_outbox.registry import event_not_found
from webhook_outbox.sealing import Forgotten, thaw
from webhook_outbox.tables import Connection

_SELECT = """
select d.id, d.endpoint, d.uuid, d.previous, d.event_type, d.kind, d.object_id, d.sequence, d.position, d.at, d.state,
       d.tries, d.next_try_at, d.made_at, d.changed_at, p.key, p.order_number, p.content
  from webhook_deliveries d join webhook_payloads p on p.id = d.payload
"""

COUNT = """
select count(*) from (
    select 1 from webhook_deliveries d join webhook_payloads p on p.id = d.payload {where} limit %(most)s) n
"""

# All attempts of some deliveries, the newest first.
ATTEMPTS = """
select delivery, id, nth, at, seconds, url, headers, address, status, error, answer, forced from webhook_attempts
 where delivery = any(%s) order by delivery, at desc, id desc
"""

COUNTED_EXACTLY = 10_000

CONTENT_TYPES = {"transfer": "transferorder", "location": "stocklocation"}
"""Kind of object → `content_type`, where it is another word."""
_KINDS = {content_type: kind for kind, content_type in CONTENT_TYPES.items()}

_LAST_STATUS = (
    "(select status from webhook_attempts a where a.delivery = d.id order by a.at desc, a.id desc limit 1) = %({0})s"
)

Filter = tuple[str, Callable[[str], Any]]


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise Wrong("A whole number is needed.") from None


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Wrong("A uuid of 32 hex digits is needed.") from None


def _flag(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise Wrong("true or false.")
    return text.lower() == "true"


FILTERS: dict[str, Filter] = {
    "uuid": ("d.uuid = %({0})s", _uuid),
    "event_type": ("d.event_type = %({0})s", str),
    "state": ("d.state = %({0})s", str),
    "response_http_status": (_LAST_STATUS, _whole),
    "delivered": ("(d.state = 'delivered') = %({0})s", _flag),
    "created_date__gte": ("d.made_at >= %({0})s", first_moment_of),
    "created_date__lte": ("d.made_at <= %({0})s", last_moment_of),
    "created_date__gt": ("d.made_at > %({0})s", last_moment_of),
    "created_date__lt": ("d.made_at < %({0})s", first_moment_of),
    "created_date": ("d.made_at = %({0})s", first_moment_of),
    "content_type": ("d.kind = %({0})s", lambda text: _KINDS.get(text, text)),
    "object_id": ("d.object_id = %({0})s", _whole),
    "webhook": ("d.endpoint = %({0})s", _whole),
    "order_number": ("p.order_number = %({0})s", str),
    "id__gt": ("d.id > %({0})s", _whole),
    "id__lt": ("d.id < %({0})s", _whole),
}
"""Name of a filter → its condition, and how its text is read."""


def events(
    connection: Connection, keyring: Keyring, filters: Mapping[str, str], *, page: int = 1, limit: int = 20
) -> dict[str, Any]:
    """`{count, count_exact, results}`, the newest first; counted up to 10,000. An unknown filter is refused, and the
    known ones are named."""
    where, values = _where(filters)
    most = COUNTED_EXACTLY + 1
    counted = connection.execute(COUNT.format(where=where), {**values, "most": most}).fetchone()
    count = counted[0] if counted else 0
    values |= {"limit": limit, "offset": (page - 1) * limit}
    rows = _rows(connection, f"{_SELECT} {where} order by d.id desc limit %(limit)s offset %(offset)s", values)
    shown = _shown(connection, keyring, rows)
    return {"count": min(count, COUNTED_EXACTLY), "count_exact": count <= COUNTED_EXACTLY, "results": shown}


def event(connection: Connection, keyring: Keyring, id: int) -> dict[str, Any]:
    """One with all its attempts; WebhookError event_100_1 where it is not there."""
    found = _shown(connection, keyring, _rows(connection, f"{_SELECT} where d.id = %(id)s", {"id": id}))
    if not found:
        raise event_not_found()
    return found[0]


def of_object(connection: Connection, keyring: Keyring, kind: str, id: int) -> list[dict[str, Any]]:
    """What was told about one object, oldest first: for its history."""
    values = {"kind": kind, "id": id}
    rows = _rows(connection, f"{_SELECT} where d.kind = %(kind)s and d.object_id = %(id)s order by d.id", values)
    return _shown(connection, keyring, rows)


def message_of(keyring: Keyring, row: Mapping[str, Any]) -> bytes:
    """The bytes that are sent for a row of _SELECT; Forgotten where the customer is."""
    return row_bytes(row, thaw(keyring, row["key"], row["content"]))


def one_row(connection: Connection, id: int) -> dict[str, Any]:
    rows = _rows(connection, f"{_SELECT} where d.id = %(id)s", {"id": id})
    if not rows:
        raise event_not_found()
    return rows[0]


def _where(filters: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
    conditions, values = [], {}
    for name, text in filters.items():
        if name not in FILTERS:
            raise invalid(**{name: f"Unknown filter; known are {', '.join(FILTERS)}."})
        condition, read = FILTERS[name]
        try:
            values[name] = read(text)
        except Wrong as wrong:
            raise invalid(**{name: str(wrong)}) from wrong
        if "\0" in text or (isinstance(values[name], int) and abs(values[name]) >= 2**63):
            raise invalid(**{name: "Not a valid value."})
        conditions.append(condition.format(name))
    return (f"where {' and '.join(conditions)}" if conditions else ""), values


def _rows(connection: Connection, query: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query.encode(), values).fetchall()


def _shown(connection: Connection, keyring: Keyring, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    keyring.warm(row["key"] for row in rows if row["key"] is not None)
    attempts: dict[int, list[dict[str, Any]]] = {row["id"]: [] for row in rows}
    with connection.cursor(row_factory=dict_row) as cursor:
        for attempt in cursor.execute(ATTEMPTS, (list(attempts),)):
            attempts[attempt["delivery"]].append(attempt)
    return [_event(keyring, row, attempts[row["id"]]) for row in rows]


def _event(keyring: Keyring, row: Mapping[str, Any], attempts: list[dict[str, Any]]) -> dict[str, Any]:
    """Webhook event of spec 7, with its attempts."""
    try:
        request: Any = msgspec.json.decode(message_of(keyring, row))
    except Forgotten:
        request = None
    last = attempts[0] if attempts else {}
    return {
        "id": row["id"],
        "uuid": row["uuid"].hex,
        "webhook": row["endpoint"],
        "event_type": row["event_type"],
        "state": row["state"],
        "request_payload": request,
        "response_content": _answer(keyring, row["key"], last.get("answer")),
        "response_http_status": last.get("status"),
        "delivered": row["state"] == "delivered",
        "request_datetimes": [moment(attempt["at"]) for attempt in attempts],
        "retry_count": max(row["tries"] - 1, 0),
        "next_try_date": moment(row["next_try_at"]) if row["state"] == "pending" else None,
        "response_time": last.get("seconds"),
        "content_type": CONTENT_TYPES.get(row["kind"], row["kind"]),
        "object_id": row["object_id"],
        "order_number": row["order_number"],
        "attempts": [_attempt(keyring, row["key"], attempt) for attempt in attempts],
        "created_date": moment(row["made_at"]),
        "modified_date": moment(row["changed_at"]),
    }


def _attempt(keyring: Keyring, key: str | None, attempt: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": attempt["id"].hex,
        "number": attempt["nth"],
        "date": moment(attempt["at"]),
        "target_url": attempt["url"],
        "request_headers": attempt["headers"],
        "address": attempt["address"],
        "response_http_status": attempt["status"],
        "error": attempt["error"],
        "response_content": _answer(keyring, key, attempt["answer"]),
        "response_time": attempt["seconds"],
        "forced": attempt["forced"],
    }


def _answer(keyring: Keyring, key: str | None, kept: bytes | None) -> str | None:
    if kept is None:
        return None
    try:
        return thaw(keyring, key, kept).decode(errors="replace")
    except Forgotten:
        return None
