"""What is asked of the order source while somebody waits: one object as it is there, and page by page what has changed
since (spec 5). Numbers with a point come as Decimal."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from integrations.desk import Desk
from integrations.order_source.connection import Source
from integrations.outside import Ask, Said, posting
from integrations.trouble import Unanswered

PAGE = 100
MOST_PAGES = 10_000
"""A list that never ends is none."""

Object = dict[str, Any]


def one(desk: Desk, source: Source, endpoint: str, pk: str | int) -> Object:
    """Declined with status 404 where it has none."""
    system, url = source.endpoint(endpoint, f"{pk}/")
    return desk.call(system, Ask("GET", url, f"one of {endpoint}"), _read)


def changed(desk: Desk, source: Source, endpoint: str, since: datetime | None) -> Iterator[list[Object]]:
    """Pages of what has changed since, the oldest change first: `modified_since`, then `cursor` as each page says."""
    asked: dict[str, Any] = {"limit": PAGE}
    if since is not None:
        asked["modified_since"] = since.isoformat()
    for _ in range(MOST_PAGES):
        system, url = source.endpoint(endpoint, f"?{urlencode(asked)}")
        rows, cursor = desk.call(system, Ask("GET", url, f"changed {endpoint}"), _page)
        yield rows
        if cursor is None:
            return
        asked["cursor"] = cursor
    raise Unanswered(f"its list of {endpoint} does not end")


def answer_plan(desk: Desk, source: Source, pk: str | int, results: list[Mapping[str, Any]], key: str) -> None:
    """The answer of a cancellation plan that was pulled, as a webhook's answer would have been."""
    system, url = source.endpoint("cancellation_plans", f"{pk}/answer/")
    desk.call(system, posting(url, "plan's answer", {"results": results}, key), _read)


def _read(said: Said) -> Object:
    found = json.loads(said.body, parse_float=Decimal)
    if not isinstance(found, dict):
        raise TypeError("no object")
    return found


def _page(said: Said) -> tuple[list[Object], str | None]:
    found = _read(said)
    rows, cursor = found["results"], found.get("next")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise TypeError("no objects")
    if cursor is not None and not (isinstance(cursor, str) and rows):
        raise TypeError("no cursor")
    return rows, cursor
