"""Breakers over all processes: each process rests by what it saw itself (integrations.outside), and what waits for a
system that was down is put off, call by call, for up to an hour. So while a system is down one of its calls is tried as
a probe, and when it answers again, all that wait for it are due at once.

Down is a system that failed several calls in a row: one call that fails again and again while others go through is
left to its own pauses.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from integrations.tables import WAKE, Connection

SEVERAL = 3
LOOKED_AT = 60
FRESH = timedelta(minutes=5)
"""An end of an outage that is older was acted on before."""

SYSTEMS = "select distinct system from integration_calls where state = 'waiting' and tries > 0"
# `resting` is no news: nothing was asked.
LATELY = """
select call, outcome, at, clock_timestamp() from integration_attempts
 where system = %s and outcome <> 'resting' order by id desc limit %s
"""
PROBE = """
update integration_calls set due = clock_timestamp() where id = (
    select id from integration_calls where system = %s and state = 'waiting' and tries > 0
       and (held_until is null or held_until < clock_timestamp()) order by id limit 1)
   and state = 'waiting' and due > clock_timestamp()
"""
RELEASE = """
update integration_calls set due = clock_timestamp()
 where system = %s and state = 'waiting' and tries > 0 and due > clock_timestamp()
   and (held_until is null or held_until < clock_timestamp())
"""


@dataclass(frozen=True, slots=True)
class Probed:
    """Systems that are down, and how many calls are due now that their system answers."""

    down: int
    released: int


def probe(connection: Connection) -> Probed:
    down = released = 0
    for (system,) in connection.execute(SYSTEMS).fetchall():
        rows = connection.execute(LATELY, (system, LOOKED_AT)).fetchall()
        since = _answers_since(rows)
        if not _was_down(rows):
            continue
        if since is None:
            down += 1
            connection.execute(PROBE, (system,))
        elif rows[0][3] - since < FRESH:
            released += connection.execute(RELEASE, (system,)).rowcount
    if down or released:
        connection.execute(WAKE)
    return Probed(down, released)


def _answers_since(rows: list[tuple[int | None, str, datetime, datetime]]) -> datetime | None:
    """When it answered first after its last failure; `rows` are the newest first."""
    since = None
    for _, outcome, at, _ in rows:
        if outcome == "failed":
            break
        since = at
    return since


def _was_down(rows: list[tuple[int | None, str, datetime, datetime]]) -> bool:
    """Whether its last failures were of several calls, one after the other with nothing between."""
    calls = set()
    for call, outcome, _, _ in rows:
        if outcome == "failed":
            calls.add(call)
        elif calls:
            break
    return len(calls) >= SEVERAL
