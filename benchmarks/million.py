"""A million packages, set-based: some thousand lives of orders are decided by the domain, written and projected by the
real projector, then copied by SQL, log and read models alike, with ids, numbers, positions and days of their own. The
copies' hashes are not chained: nothing here verifies them."""

import time
from collections.abc import Callable
from datetime import datetime
from itertools import count
from threading import Event, Thread
from typing import Any

from benchmarks.lives import Lives
from domain.location import LocationRegistered
from domain.settings import CargoCompanySaved, ChannelSaved
from eventlog.log import EventLog
from eventlog.mapper import encode
from eventlog.recorded import Decision, new_command_id
from projections.model import Table
from projections.projector import Projector
from projections.schema import FOLLOWER, TABLES, create_indexes, install

TEMPLATE_IDS = 70_000_000_000
"""Ids of the template: five digits that stand nowhere else, then six of its own. A copy has five digits of its own."""

STAGE = """
create unlogged table template (n int primary key, stream text, version int, topic text, actor text, command text,
                                decision int, data text, decisions int)
"""
PARTITIONS = "select make_partition_v1(p) from generate_series(1, %s::bigint, (select partition_size from head)) p"
# Copies so and so many of the template: events of one decision share its command; each copy is a day further.
COPY = """
insert into log (position, at, version, stream, topic, actor, command, command_id, correlation_id, causation_id, data,
                 hash)
select %(after)s + (k - %(first)s) * t.size + n, %(begin)s + (k * t.size + n) * interval '20 milliseconds', version,
       replace(stream, '70000', (10000 + k)::text), topic, actor, command,
       md5(k || ':' || decision)::uuid, 'r' || k || '-' || (decision / 8), 'r' || k || '-' || (decision / 8),
       replace(replace(replace(data, 'R70001', 'R' || (20000 + k)), '70000', (10000 + k)::text), '2026-11-01T',
               to_char(date '2026-01-01' + k %% 330, 'YYYY-MM-DD') || 'T'),
       '\\x00'
  from generate_series(%(first)s::int, %(last)s::int) k cross join (select *, max(n) over () as size from template) t
 order by k, n
"""
STREAMS = """
insert into streams (stream, version, last_position)
select stream, max(version), max(position) from log where position > %s group by stream
"""
HEAD = "update head h set position = l.position, at = l.at, hash = l.hash from log l where l.position = %s"


def reveal(personal: Any) -> dict[str, Any]:
    """Nothing is sealed here. A thousand last names, and an e-mail each."""
    n = int(personal.key.removeprefix("key"))
    person = {"email": f"c{n}@example.org", "first_name": f"Ada{n % 300}", "last_name": f"Byron{n % 1000}"}
    return {"customer": person}


def template(orders: int, seed: int = 1) -> tuple[Lives, list[tuple[Any, ...]], int]:
    """(lives, rows of `template`, packages): orders that live until little is left to do, as a shop's mostly are."""
    lives = Lives(seed, 60)
    lives._ids = {}
    lives.id = _numbered()  # type: ignore[assignment,method-assign]  # ids of the template stand out
    rows: list[tuple[Any, ...]] = []
    versions: dict[int, int] = {}
    decisions = count(1)
    made: list[tuple[int, str, list[Any]]] = []
    for _ in range(orders):
        told = lives.receive()
        made.append(told)
        for _ in range(lives.chance.choice((1, 2, 3, 5, 7, 7))):
            step = lives.step_of(lives.orders[told[0]])
            if step is not None:
                made.append(step)
    for order, command, facts in made:
        decision = next(decisions)
        for fact in facts:
            versions[order] = versions.get(order, 0) + 1
            topic, data = encode(fact)[:2]
            actor = "planner" if command == "plan" else f"clerk-{order % 40}"
            text = data.decode() if isinstance(data, bytes) else str(data)
            # What begins on the day that a copy moves would be promised for months.
            text = text.replace('"lower":"2026-11-01T', '"lower":"2026-11-02T')
            rows.append((len(rows) + 1, f"order-{order}", versions[order], topic, actor, command, decision, text))
    return lives, rows, sum(len(order.packages) for order in lives.orders.values())


def _numbered() -> Callable[[str], int]:
    numbers: dict[str, Any] = {}
    return lambda kind: next(numbers.setdefault(kind, count(TEMPLATE_IDS + 1)))


def fill(log: EventLog, packages: int, say: Callable[[str], None], orders: int = 2_000) -> dict[str, Any]:
    """Writes settings and at least so many packages; {events, packages, orders, seconds}."""
    began = time.monotonic()
    lives, rows, made = template(orders)
    _settings(log, lives)
    copies, after = -(-packages // made), log.head().position
    total = after + copies * len(rows)
    with log.listening() as connection:
        connection.execute("set synchronous_commit = off")
        connection.execute(STAGE)
        into = "copy template (n, stream, version, topic, actor, command, decision, data) from stdin"
        with connection.cursor().copy(into) as copy:
            for row in rows:
                copy.write_row(row)
        connection.execute("analyze template")
        connection.execute(PARTITIONS, (total + 1,))
        begin = log.head().at
        _copy_log(connection, after, 0, 0, begin)
        _finish(connection, after, after + len(rows))
        _project(log, after + len(rows))
        say(f"{len(rows):,} events projected")
        copied = [table for name, table in TABLES.items() if name not in ONCE]
        for table in copied:  # made again at the end: much faster than kept up row by row
            for n in range(1, len(table.indexes) + 1):
                connection.execute(f"drop index {table.name}_{n}".encode())
        for first in range(1, copies, 20):
            last = min(first + 20, copies) - 1
            _copy_log(connection, after + first * len(rows), first, last, begin)
            for table in copied:
                connection.execute(_copied(table), {"first": first, "last": last, "size": len(rows)})
            say(f"{(last + 1) * made:,} packages, {after + (last + 1) * len(rows):,} events")
        for table in copied:
            create_indexes(connection, table, table.name)
        say("indexes made")
        connection.execute("update list_counts set n = n * %s", (copies,))
        connection.execute("update followers set notification_id = %s where application_name = %s", (total, FOLLOWER))
        _finish(connection, after + len(rows), total)
        connection.execute("drop table template")
        connection.execute("vacuum analyze")
        [(packages,)] = connection.execute("select count(*) from packages").fetchall()
        [(orders,)] = connection.execute("select count(*) from orders").fetchall()
    return {"events": total, "packages": packages, "orders": orders, "seconds": time.monotonic() - began}


def _settings(log: EventLog, lives: Lives) -> None:
    for kind, saved in (("location", None), ("channel", ChannelSaved), ("cargo_company", CargoCompanySaved)):
        for record in lives.settings.of[kind].values():
            fact = (
                LocationRegistered(location=record.id, profile=record.profile)
                if saved is None
                else saved(**{kind: record.id, "record": record})
            )
            log.append(
                Decision(
                    command_id=new_command_id(), events=((f"{kind}-{record.id}", fact),), actor="ada", command="save",
                    correlation_id="c", causation_id="",
                )
            )  # fmt: skip


def _copy_log(connection: Any, after: int, first: int, last: int, begin: datetime) -> None:
    connection.execute(COPY, {"after": after, "first": first, "last": last, "begin": begin})


def _finish(connection: Any, after: int, last: int) -> None:
    connection.execute(STREAMS, (after,))
    connection.execute(HEAD, (last,))


ONCE = ("places", "customers", "list_counts")
"""Read models whose keys say the same in every copy."""


def _copied(table: Table) -> str:
    """Rows of the first copy as those of copies `first` to `last`: by the kind of column what makes them their own."""
    columns = [_own(table.name, name, kind.split()[0]) for name, kind in zip(table.columns, table.types, strict=True)]
    names = ", ".join(f'"{name}"' for name in table.columns)
    mine = {"shipment_awb_numbers": "t.order_id"}.get(table.name, f't."{table.columns[0]}"')
    if table.columns[0] == "id" and table.name in EVENTS:
        mine = "t.order_id"
    return (
        f"insert into {table.name} ({names}) select {', '.join(columns)} from {table.name} t"  # noqa: S608 - names of ours
        f" cross join generate_series(%(first)s::int, %(last)s::int) k where {mine} < 10001000000"
    )


EVENTS = ("state_transition_logs", "state_spans")
"""Read models whose ids are made of positions."""


def _own(table: str, name: str, kind: str) -> str:
    column = f't."{name}"'
    if name in ("position", "from_position", "to_position"):
        return f"{column} + k * %(size)s::bigint"
    if name == "id" and table in EVENTS:
        return f"{column} + 4 * k * %(size)s::bigint"
    if kind == "bigint":
        mine = f"{column} between 10000000000 and 10000999999"
        return f"case when {mine} then {column} + k * 1000000::bigint else {column} end"
    if kind == "timestamptz" and name in ("date_placed", "promised_from", "promised_to"):
        return f"{column} + (k %% 330) * interval '1 day'"
    if kind == "timestamptz":
        return f"{column} + k * %(size)s::bigint * interval '20 milliseconds'"
    words = ("state", "kind", "sku", "barcode", "delivery_type", "retail_store", "reason", "command")
    if kind == "text" and (name not in words or table == "order_states"):
        return f"replace(replace({column}, '10000', (10000 + k)::text), 'R20000', 'R' || (20000 + k))"
    return column


def _project(log: EventLog, last: int) -> None:
    install(log)
    stop = Event()
    running = Thread(target=Projector(log, reveal).run, args=(stop,))
    running.start()
    while running.is_alive() and not log.wait_for([FOLLOWER], last, 5.0):
        pass
    stop.set()
    running.join()
