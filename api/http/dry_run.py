"""`?dry_run=true` (spec 3.1): what would be written is shown in place of writing it."""

import json
from collections.abc import Iterable
from typing import Any

from domain.kernel import info
from eventlog.mapper import encode


class DryRun(Exception):
    """Raised where a write would begin: the facts it would have written. So what comes after it cannot happen, either.
    The answer is `{"events": [{event, data}]}`."""

    def __init__(self, facts: Iterable[Any]) -> None:
        super().__init__("nothing is written on a dry run")
        self.events = [shown(fact) for fact in facts]


def shown(fact: Any) -> dict[str, Any]:
    """A fact as a dry run shows it."""
    return {"event": info(fact).name, "data": json.loads(encode(fact)[1])}
