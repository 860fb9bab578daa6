"""A decision over several streams: each head stands at the last event of its own stream."""

import psycopg

from eventlog.log import EventLog
from eventlog.recorded import Decision, new_command_id
from eventlog.verify import verify
from tests.eventlog.probe import ProbeCounted


def test_each_head_stands_at_the_last_event_of_its_stream(log: EventLog, database_url: str) -> None:
    streams = ("probe-1", "probe-2", "probe-1", "probe-3")
    for _ in range(2):  # new heads, then heads that move
        log.append(
            Decision(
                command_id=new_command_id(),
                events=tuple((s, ProbeCounted(probe=int(s[-1]), by=1)) for s in streams),
                actor="test",
                command="count",
                correlation_id="",
                causation_id="",
            )
        )
    with psycopg.connect(database_url) as connection:
        heads = connection.execute("select stream, version, last_position from streams order by 1").fetchall()
    assert heads == [("probe-1", 4, 7), ("probe-2", 2, 6), ("probe-3", 2, 8)]
    assert verify(database_url).wrong is None
