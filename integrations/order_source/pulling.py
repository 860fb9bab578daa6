"""What messages did not tell, found by asking: a kept cursor per kind, and what could not be taken in tried again.

Whatever is found goes the way a message goes, where it is news or not; so nothing is harmed by asking twice, and each
run asks again from a little before its cursor: what became visible late there is not missed (spec 5).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from integrations.desk import Desk
from integrations.order_source.asking import Object, answer_plan, changed, one
from integrations.order_source.connection import Source
from integrations.trouble import Declined

OVERLAP = timedelta(minutes=5)
MOST_REFUSED = 2000
"""More than so many that cannot be taken in are no exceptions: the run fails, and its cursor stays."""

NOT_THERE = (404, 405, 410)

KINDS: Mapping[str, str] = {
    "retail_stores": "retail_store.updated",
    "orders": "order.updated",
    "cancellation_plans": "cancellation_plan.updated",
}
"""Endpoint → the type of message that would have told of it, in the order in which they are asked: an order may name a
store, a plan an order."""


class NotTaken(Exception):
    """Why an object cannot be taken in as it is; a sentence for people."""


class TooMuchRefused(Exception):
    """Hardly anything can be taken in: a person must look first."""


Take = Callable[[str, Object], Mapping[str, Any]]
"""`take(type, object)`: what becomes of it; raises NotTaken. Anything else it raises ends the run."""


@dataclass
class Memory:
    """What is kept between runs. `cursors`: endpoint → as of when the newest it has told of is; `refused`: endpoint →
    pk → why."""

    cursors: dict[str, str] = field(default_factory=dict)
    refused: dict[str, dict[str, str]] = field(default_factory=dict)

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "Memory":
        refused = {endpoint: dict(rows) for endpoint, rows in (kept.get("refused") or {}).items()}
        return cls(dict(kept.get("cursors") or {}), refused)

    def kept(self) -> dict[str, Any]:
        return {"cursors": self.cursors, "refused": self.refused}

    def refuse(self, endpoint: str, pk: str, why: str) -> None:
        self.refused.setdefault(endpoint, {})[pk] = why[:500]
        if sum(map(len, self.refused.values())) > MOST_REFUSED:
            raise TooMuchRefused(f"more than {MOST_REFUSED} cannot be taken in; the last: {why[:200]}")

    def since(self, endpoint: str) -> datetime | None:
        told = self.cursors.get(endpoint)
        return None if told is None else datetime.fromisoformat(told) - OVERLAP

    def seen(self, endpoint: str, rows: list[Object], now: datetime) -> None:
        """The cursor goes on with whole pages, never back, and not past our own time: were it led into the future by a
        wrong date, much would be missed."""
        moments = [moment for row in rows if (moment := _moment(row)) is not None]
        before = self.cursors.get(endpoint)
        if before is not None:
            moments.append(datetime.fromisoformat(before))
        if moments:
            self.cursors[endpoint] = min(max(moments), now).isoformat()


@dataclass
class Pulled:
    """Counts of a run by endpoint: what was asked, and what of it was news."""

    asked: dict[str, int] = field(default_factory=dict)
    news: dict[str, int] = field(default_factory=dict)


def pull(desk: Desk, source: Source, memory: Memory, take: Take, keep: Callable[[Memory], None]) -> Pulled:
    """Asks for all that is new; `keep(memory)` after each page. Raises Trouble where the source does not answer: what
    was kept stands, and the next run goes on from there."""
    pulled = Pulled()
    for endpoint, type in KINDS.items():
        for row in _again(desk, source, memory, endpoint):
            _one(desk, source, memory, pulled, take, endpoint, type, row)
        for rows in _changed(desk, source, endpoint, memory):
            for row in rows:
                _one(desk, source, memory, pulled, take, endpoint, type, row)
            memory.seen(endpoint, rows, desk.log.now())
            keep(memory)
    keep(memory)
    return pulled


def _changed(desk: Desk, source: Source, endpoint: str, memory: Memory) -> Iterator[list[Object]]:
    """A source need not have all kinds: a list that is not there is empty."""
    try:
        yield from changed(desk, source, endpoint, memory.since(endpoint))
    except Declined as none:
        if none.status not in NOT_THERE:
            raise


def _again(desk: Desk, source: Source, memory: Memory, endpoint: str) -> Iterator[Object]:
    """What was refused before, as it is now; what is no more there is forgotten."""
    for pk in list(memory.refused.get(endpoint, ())):
        try:
            yield one(desk, source, endpoint, pk)
        except Declined as gone:
            if gone.status not in NOT_THERE:
                raise
            del memory.refused[endpoint][pk]


def _one(
    desk: Desk, source: Source, memory: Memory, pulled: Pulled, take: Take, endpoint: str, type: str, row: Object
) -> None:
    pk = str(row.get("pk", row.get("id", "")))
    pulled.asked[endpoint] = pulled.asked.get(endpoint, 0) + 1
    is_plan = endpoint == "cancellation_plans"
    if is_plan and row.get("answered_date"):
        return
    try:
        said = take(type, row)
        if is_plan:
            answer_plan(desk, source, pk, list(said.get("results") or ()), f"plan-{pk}-{row.get('modified_date')}")
    except NotTaken as why:
        memory.refuse(endpoint, pk, str(why))
        return
    except Declined as no:
        memory.refuse(endpoint, pk, f"the answer of the plan: {no}")
        return
    memory.refused.get(endpoint, {}).pop(pk, None)
    if is_plan or said.get("acted"):
        pulled.news[endpoint] = pulled.news.get(endpoint, 0) + 1


def _moment(row: Mapping[str, Any]) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(row.get("modified_date") or row.get("created_date")))
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
