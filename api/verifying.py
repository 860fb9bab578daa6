"""The laws of spec 1.8, the hash chain and the guard tables, over the log or a range of it (spec 6.1, 6.2)."""

import time
from collections.abc import Callable
from typing import Any

from domain.guards import SlotRow, StockRow
from domain.laws import Laws
from eventlog import guard_rebuild
from eventlog.log import EventLog
from eventlog.verify import verify as verify_chain

READ = 5_000

Progress = Callable[[int, int], None]
"""Called with (events done, events to do)."""


def verified(
    log: EventLog, progress: Progress = lambda _done, _todo: None, *, after: int = 0, until: int | None = None
) -> dict[str, Any]:
    """{events, after, until, seconds, violations, chain, compared, shortfalls} of the events after a position up to
    another; to the head as it was first, where that is not said. The laws speak of everything before, too, so it is
    folded with them, and told is what is wrong in the range. Guard tables are as of the head: they are compared where
    the range ends there. Where the chain is broken, the laws are told of what is before."""
    began = time.monotonic()
    laws, position = Laws(), 0
    with log.listening() as connection, connection.transaction():
        connection.execute("set transaction isolation level repeatable read, read only")
        head = _one(connection, "select position from head")
        last = head if until is None else min(until, head)
        todo = (last - after) + last
        chain = verify_chain(log.direct_url, after, last, lambda done: progress(done, todo))
        if chain.wrong is not None:  # what is behind it need not even be readable
            last = min(last, chain.position - 1)
        while position < last and (batch := log.read(position, min(READ, last - position))):
            for e in batch:
                laws.see(e.stream, e.version, e.position, e.at, e.fact, e.command_id)
            position = batch[-1].position
            progress(last - after + position, todo)
        whole = last == head
        rows = connection.execute(guard_rebuild.STOCK).fetchall() if whole else []
        slots = connection.execute(guard_rebuild.SLOTS).fetchall() if whole else []
    violations = laws.finish(
        ((location, sku, StockRow(*row)) for location, sku, *row in rows) if whole else None,
        ((location, SlotRow(*row)) for location, *row in slots) if whole else None,
    )
    return {
        "events": chain.events,
        "after": after,
        "until": last,
        "seconds": round(time.monotonic() - began, 2),
        "violations": [
            {"position": v.position, "law": v.law, "text": v.text} for v in violations if v.position > after
        ],
        "chain": chain.wrong,
        "compared": dict(laws.compared),
        "shortfalls": len(laws.shortfalls()),
    }


def _one(connection: Any, sql: str) -> int:
    return int(connection.execute(sql).fetchone()[0])
