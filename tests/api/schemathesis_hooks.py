"""What `schemathesis run` may not throw (schemathesis.toml): what no schema can say."""

from typing import Any

import schemathesis

PAGED = 10_000
"""Rows up to which pages go: `page` times `limit`, of which each may be what it likes alone."""

ONE_OF = (("page_size", "limit"), ("ordering", "sort"), ("version", "position", "at"))
"""Two names of one thing, of which one is read; points of the past, of which one is enough."""


@schemathesis.hook
def filter_case(_context: Any, case: Any) -> bool:
    """No header that is unknown to us is wrong, whatever schemathesis thinks; nor is a position that never comes, for
    which a read waits two seconds. A parameter without a value is one that is not given."""
    headers = {name.lower(): value for name, value in (case.headers or {}).items()}
    if any("schemathesis-unknown" in name for name in headers) or headers.get("x-oms-min-position", "0") != "0":
        return False
    if "json" not in (case.media_type or "json") and isinstance(case.body, dict | list | int | float | None):
        return False  # a file is bytes: whatever else was drawn would be sent as its text, which is one
    query = case.query or {}
    if any(_says_nothing(value) or isinstance(value, dict) for value in query.values()):
        return False  # of an object the names are sent, and these may be right
    if any(len(set(query) & set(names)) > 1 for names in ONE_OF):
        return False
    try:
        rows = int(query.get("page", 1)) * min(int(query.get("limit", query.get("page_size", 20))), PAGED)
    except (TypeError, ValueError):
        return True
    return rows <= PAGED


def _says_nothing(value: Any) -> bool:
    """Whether its text in a query is empty."""
    return value in ("", None) or (isinstance(value, list | tuple) and all(_says_nothing(one) for one in value))
