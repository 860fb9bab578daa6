"""While a system is down one of its calls is tried; when it answers, all that waited are due; one bad call hastens
nobody."""

from typing import Any
from uuid import uuid4

import psycopg

from eventlog.log import EventLog
from integrations.outside import Attempt
from integrations.probing import Probed, probe
from integrations.tables import prepare
from integrations.traffic import Traffic

ADD = """
insert into integration_calls (kind, key, subject, lane, system, once, about, stream, position, event_id,
       correlation_id, tries, due)
values ('label', %s, %s, %s, 'carrier:fast', false, '{}', 'order-1', 1, %s, '', %s,
        clock_timestamp() + interval '1 hour')
returning id
"""
DUE = "select id from integration_calls where due <= clock_timestamp() order by id"


def calls(connection: psycopg.Connection[Any], *tries: int) -> list[int]:
    rows = [(uuid4(), f"s{n}", f"l{n}", uuid4(), tried) for n, tried in enumerate(tries)]
    return [connection.execute(ADD, row).fetchone()[0] for row in rows]  # type: ignore[index]  # it returns a row


def due(connection: psycopg.Connection[Any]) -> list[int]:
    return [id for (id,) in connection.execute(DUE)]


def test_down_then_up(log: EventLog) -> None:
    prepare(log)
    keep = Traffic(log.listening)

    def tried(call: int, outcome: str) -> None:
        keep(Attempt(log.now(), "carrier:fast", "label", call, "POST", "h/p", None, 0.1, outcome, None))

    with log.listening() as connection:
        one, two, three, fresh = calls(connection, 3, 2, 1, 0)
        assert probe(connection) == Probed(0, 0) and due(connection) == []
        for call in (one, one, one, one):
            tried(call, "failed")
        assert probe(connection) == Probed(0, 0), "one call that fails is no outage"
        for call in (two, three):
            tried(call, "failed")
        tried(two, "resting")
        assert probe(connection) == Probed(1, 0)
        assert due(connection) == [one]
        tried(one, "ok")
        connection.execute("update integration_calls set state = 'done' where id = %s", (one,))
        assert probe(connection) == Probed(0, 2)
        assert due(connection) == [one, two, three] and fresh not in due(connection)
        assert probe(connection) == Probed(0, 0)
        connection.execute("update integration_calls set due = clock_timestamp() + interval '1 hour'")
        connection.execute("update integration_attempts set at = at - interval '1 day'")
        assert probe(connection) == Probed(0, 0), "the end of an outage of yesterday is no news"
