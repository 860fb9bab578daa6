"""`settings/audit_events/` (spec 3.2, 7): every request that was to change something, the newest first."""

import json
from datetime import datetime
from typing import Any

from api.http.errors import Failure, WrongInput
from api.http.paging import NEWEST_FIRST, asked_of, page_of
from api.http.routes import AUDIT, OMS, Answer, Call, route
from projections.fetching import fetch
from projections.filters import BIGGEST, Wrong, moment
from projections.listing import COUNTED_TO
from projections.objects.wire import moment as shown_moment

PATH = f"{OMS}/settings/audit_events/"
COLUMNS = (
    "id, at, uuid, request_id, user_id, username, remote_addr, method, path, content_type, object_id, status, data"
)

WORDS = {
    "user": "username = %s",
    "remote_addr": "remote_addr = %s",
    "method": "method = %s",
    "url": "starts_with(path, %s)",
    "content_type": "content_type = %s",
    "object_id": "object_id = %s",
    "request_id": "request_id = %s",
}
NUMBERS = {"status_code": "status = %s", "id__lt": "id < %s", "id__gt": "id > %s"}
TIMES = {"timestamp__gte": "at >= %s", "timestamp__lte": "at <= %s"}

FILTERS = {
    "user": "Only by this user.",
    "remote_addr": "Only from this address.",
    "method": "POST, PUT, PATCH or DELETE.",
    "url": "Only paths that begin with this.",
    "content_type": "What it was about: order, package, transferorder, user…",
    "object_id": "The id of what it was about.",
    "request_id": "The X-Request-ID.",
    "status_code": "Only with this answer.",
    "id__lt": "Before this one.",
    "id__gt": "After this one.",
    "timestamp__gte": "Not before this time.",
    "timestamp__lte": "Not after this time.",
}


@route("GET", PATH, roles=AUDIT, tag="settings", query={**NEWEST_FIRST, **FILTERS}, answers="[AuditEvent]")
def audit_events(call: Call) -> Answer:
    """A page of requests that changed something or were refused: who, from where, what, with which outcome."""
    asked = asked_of(call)
    if asked.sort is not None:
        raise WrongInput(sort=["They come the newest first."])
    if asked.page * asked.limit > COUNTED_TO:
        raise WrongInput(page=[f"Pages go up to {COUNTED_TO:,} rows; go on with id__lt."])
    conditions, values = [], list[Any]()
    for name, text in asked.filters.items():
        if text != "":
            condition, value = _condition(call, name, text)
            conditions.append(condition)
            values.append(value)
    where = f" where {' and '.join(conditions)}" if conditions else ""
    page = f"select {COLUMNS} from request_audit{where} order by id desc limit %s offset %s"  # noqa: S608 - names of ours
    counted = f"select count(*) from (select 1 from request_audit{where} limit %s) n"  # noqa: S608 - names of ours
    with call.services.pool.connection() as connection:
        rows = fetch(connection, page, [*values, asked.limit, (asked.page - 1) * asked.limit])
        [[count]] = fetch(connection, counted, [*values, COUNTED_TO + 1])
    exact = count <= COUNTED_TO
    cursor = f"id__lt={rows[-1][0]}" if rows and not exact and (asked.page + 1) * asked.limit > COUNTED_TO else None
    return page_of(asked, [_shown(row) for row in rows], count, exact, cursor)


@route("GET", f"{PATH}<int:id>/", roles=AUDIT, tag="settings", answers="AuditEvent")
def audit_event(call: Call, id: int) -> Any:
    """One such request."""
    with call.services.pool.connection() as connection:
        rows = fetch(connection, f"select {COLUMNS} from request_audit where id = %s", [min(id, BIGGEST)])  # noqa: S608 - names of ours
    if not rows:
        raise Failure(404, "not_found", f"There is no audit event {id}.")
    return _shown(rows[0])


def _condition(call: Call, name: str, text: str) -> tuple[str, Any]:
    if name in WORDS and "\x00" not in text:
        return WORDS[name], text
    if name in NUMBERS:
        if not text.isascii() or not text.isdigit() or len(text) > 19 or int(text) > BIGGEST:
            raise WrongInput(**{name: ["A whole number is needed."]})
        return NUMBERS[name], int(text)
    if name in TIMES:
        try:
            at: datetime = moment(text, call.log.reference)
        except Wrong as wrong:
            raise WrongInput(**{name: [str(wrong)]}) from None
        return TIMES[name], at
    raise WrongInput(**{name: [f"There is no filter {name}; known are {', '.join(sorted(FILTERS))}."]})


def _shown(row: tuple[Any, ...]) -> dict[str, Any]:
    id, at, uuid, request_id, user_id, username, address, method, path, content_type, object_id, status, data = row
    kept = data if isinstance(data, dict) else json.loads(data)
    return {
        "id": id,
        "uuid": uuid.hex,
        "timestamp": shown_moment(at),
        "remote_addr": address,
        "method": method,
        "url": path,
        "query_params": kept["query_params"],
        "post_data": kept["post_data"],
        "headers": kept["headers"],
        "object_id": object_id or None,
        "content": kept["content"],
        "status_code": status,
        "user": username,
        "user_id": user_id,
        "content_type": content_type or None,
        "request_id": request_id,
    }
