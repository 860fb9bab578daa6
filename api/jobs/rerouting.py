"""A7: packages that wait longer than their location, or else their scenario, allows (`auto_reroute_after` seconds; off
where neither says so) are planned again elsewhere."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from api.jobs.turn import Outcome, Turn
from domain.kinds import stream_of
from domain.order import Order
from domain.rerouting import not_begun
from eventlog.log import EventLog
from projections.fetching import fetch

ACTOR = "auto-reroute"

# Since when each package waits that waits now; of those locations alone, or of those scenarios.
WAITING = """
select p.id, p.order_id, p.location, p.version, s.from_at from packages p
  join state_spans s on s.kind = 'package' and s.object_id = p.id and s.to_position is null
 where p.state = 100 and s.state = '100' and s.from_at <= %s
"""


def reroute(turn: Turn) -> Outcome:
    return {"packages": rerouted(turn.log, turn.log.now(), turn.check, turn.correlation)}


def rerouted(log: EventLog, now: datetime, check: Callable[[], None] = lambda: None, correlation: str = ACTOR) -> int:
    """How many packages were taken from their locations, as of `now`."""
    limits = _limits(log)
    if not limits:
        return 0
    shortest = min(limits.values())
    with log.listening() as connection:
        rows = fetch(connection, WAITING, (now - timedelta(seconds=shortest),))
    moved = 0
    for id, order_id, location, version, since in rows:
        check()
        order: Order = log.state(stream_of("order", order_id)).state
        package = order.packages.get(id)
        if package is None:
            continue
        after = limits.get(("location", location), limits.get(("scenario", package.scenario or 0)))
        if after is not None and now - since >= timedelta(seconds=after):
            moved += _taken(log, order_id, id, version, correlation)
    return moved


def _taken(log: EventLog, order: int, package: int, version: int, correlation: str) -> bool:
    """Whether it still waited."""
    facts: list[Any] = []

    def decided(state: Any, given: Any) -> Any:
        facts[:] = not_begun(state, package, version, given)
        return facts

    causes: dict[str, Any] = {"correlation_id": correlation, "causation_id": correlation}
    log.decide(stream_of("order", order), decided, actor=ACTOR, command=ACTOR, **causes)
    return bool(facts)


def _limits(log: EventLog) -> dict[tuple[str, int], int]:
    """Seconds by location, and by scenario; what a location says goes before."""
    log.reference.refresh()
    found: dict[tuple[str, int], int] = {}
    for location in log.reference.all("location"):
        if location.profile.auto_reroute_after is not None:
            found["location", location.id] = location.profile.auto_reroute_after
    for scenario in log.reference.all("scenario"):
        seconds = scenario.definition.get("auto_reroute_after")
        if seconds is not None and not scenario.removed:
            found["scenario", scenario.id] = int(seconds)
    return found
