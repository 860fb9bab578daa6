"""The whole history of an object (spec 6.1): every event of it, the webhooks it caused and their outcome, and the HTTP
request that caused it. The same for the API, the command line and a case file."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import psycopg

from eventlog.log import EventLog
from projections import history as past
from projections.fetching import fetch
from projections.objects.wire import moment
from webhook_outbox.caused import caused

REQUESTS = """
select request_id, id, at, username, remote_addr, method, path, status, (data -> 'content' ->> 'position')::bigint
  from request_audit where request_id = any(%s) order by id
"""


def history(
    log: EventLog, connection: psycopg.Connection[Any], kind: str, id: int, order: int | None
) -> dict[str, Any]:
    """projections.history with `webhooks` and `request` in each row; a request is null where a job or a program did it,
    or where the audit of requests is no longer kept."""
    found = past.history(log, kind, id, order)
    told = caused(connection, kind, id)
    add_requests(connection, found["results"])
    for row in found["results"]:
        row["webhooks"] = told.get(row["position"], [])
    return found


def add_requests(connection: psycopg.Connection[Any], rows: Iterable[dict[str, Any]]) -> None:
    """Into rows with `position` and `correlation`: {id of audit_events, at, user, remote_addr, method, url,
    status_code}. Of several with one X-Request-ID: the first that wrote up to this position or beyond."""
    rows = list(rows)
    every: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for request_id, *asked in fetch(connection, REQUESTS, (sorted({row["correlation"] for row in rows} - {""}),)):
        every[request_id].append(tuple(asked))
    for row in rows:
        row["request"] = _shown(_cause(every.get(row["correlation"], []), row["position"]))


def _cause(asked: list[tuple[Any, ...]], position: int) -> tuple[Any, ...] | None:
    wrote = [one for one in asked if one[-1] is not None]
    reached = [one for one in wrote if one[-1] >= position]
    return next(iter(reached or wrote[-1:] or asked[-1:]), None)


def _shown(asked: tuple[Any, ...] | None) -> dict[str, Any] | None:
    if asked is None:
        return None
    id, at, user, address, method, path, status, _ = asked
    return {
        "id": id,
        "at": moment(at),
        "user": user,
        "remote_addr": address,
        "method": method,
        "url": path,
        "status_code": status,
    }
