"""Events projected per second: the library's ProjectionRunner, our projector; as the floor reading and decoding alone.

All three go over one log of orders that live (benchmarks.lives), into the same read models with all their indexes. The
library takes one event a transaction, as it comes. Afterwards the tables are compared with a plain fold of the log, and
every read model with one built anew.
"""

import argparse
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import psycopg
from eventsourcing.persistence import StoredEvent, Tracking
from eventsourcing.postgres import PostgresTrackingRecorder
from eventsourcing.projection import Projection as LibraryProjection
from eventsourcing.projection import ProjectionRunner
from psycopg.conninfo import conninfo_to_dict

from api.collector import calm
from benchmarks.lives import BEGIN, busy
from benchmarks.table import machine, show
from domain.declared import order as orders
from eventlog.embedded import EmbeddedServer
from eventlog.log import EventLog
from eventlog.mapper import NO_COMMAND, FactMapper, decode
from eventlog.recorded import Decision, Recorded, new_command_id
from projections.order_json import decode_order
from projections.projection import Projection
from projections.projector import BATCH, Projector
from projections.rebuild import rebuild
from projections.schema import TABLES, install

EVERY = {name: name for name in TABLES}


def reveal(personal: Any) -> dict[str, Any]:
    """The benchmark seals nothing: opening is not what is measured here."""
    return {"customer": {"email": f"{personal.key}@example.org", "first_name": "Ada", "last_name": personal.key}}


def fill(log: EventLog, seed: int, count: int) -> int:
    """Writes the lives of so many orders; gives the number of events."""
    made = busy(seed, count)
    while part := list(islice(made, 1000)):
        decisions = [
            Decision(
                command_id=new_command_id(),
                events=tuple((f"order-{id}", fact) for fact in facts),
                actor="benchmark",
                command=command,
                correlation_id="",
                causation_id="",
            )
            for id, command, facts in part
        ]
        for written in log.append_many(decisions):
            written.result()
    return log.head().position


# --- the library ----------------------------------------------------------------------------------------------------


class WithStream(FactMapper):
    """The library hands a projection the event alone: here with the stream and version that it stands for. It does not
    hand on when it was; all are given one time."""

    def to_domain_event(self, stored_event: StoredEvent) -> Any:
        return Recorded(
            getattr(stored_event, "id", 0),
            str(stored_event.originator_id),
            stored_event.originator_version,
            BEGIN,
            decode(stored_event.topic, stored_event.state),
            "",
            "",
            NO_COMMAND,
            "",
            "",
        )


class OpenLog(EventLog):
    def __init__(self, env: Any) -> None:
        super().__init__(env["DATABASE_URL"])

    def construct_mapper(self) -> FactMapper:
        return WithStream(self.factory.transcoder())


class View(PostgresTrackingRecorder):
    """The read models beside the library's own tracking table."""


class OneByOne(LibraryProjection[View]):
    name = "library"

    def __init__(self, view: View) -> None:
        super().__init__(view)
        self.projection = Projection(EVERY, reveal)

    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        with self.view.datastore.transaction(commit=True) as cursor:
            self.view._insert_tracking(cursor, tracking)
            self.projection.apply(cursor.connection, [domain_event])


def library(url: str, events: int) -> float:
    """Seconds for the first `events` events."""
    said = conninfo_to_dict(url)
    env = {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": str(said["dbname"]),
        "POSTGRES_HOST": str(said.get("host", "")),
        "POSTGRES_PORT": str(said.get("port", "5432")),
        "POSTGRES_USER": str(said.get("user", "")),
        "POSTGRES_PASSWORD": str(said.get("password", "none")),
        "ORIGINATOR_ID_TYPE": "text",
        "DATABASE_URL": url,
    }
    with EventLog.open(url) as log:
        install(log)
    begun = time.perf_counter()
    with ProjectionRunner(application_class=OpenLog, projection_class=OneByOne, view_class=View, env=env) as runner:
        runner.wait(events, timeout=600)
        return time.perf_counter() - begun


# --- ours and the floor -----------------------------------------------------------------------------------------------


def ours(log: EventLog, events: int) -> float:
    """Seconds from nothing to the head of the log."""
    install(log)
    stop = threading.Event()
    worker = threading.Thread(target=Projector(log, reveal).run, args=(stop,))
    begun = time.perf_counter()
    worker.start()
    assert log.wait_for(["projections"], events, 1200)
    took = time.perf_counter() - begun
    stop.set()
    worker.join()
    return took


def floor(log: EventLog) -> float:
    """Seconds to read and decode the whole log in the same batches."""
    begun, position = time.perf_counter(), 0
    while events := log.read(position, BATCH):
        position = events[-1].position
    return time.perf_counter() - begun


def check(log: EventLog, events: int, *, times: bool) -> None:
    """The tables against the domain's own fold of the first `events` events, one by one."""
    states: dict[int, Any] = {}
    position = 0
    while position < events:
        for event in log.read(position, min(5000, events - position)):
            id = int(event.stream.removeprefix("order-"))
            states[id] = orders.evolve(states.get(id), event.fact, event.at if times else BEGIN)
            position = event.position
    with log.listening() as connection:
        for id, state in connection.execute("select id, state from order_states"):
            assert decode_order(state) == states[id], f"order {id} is not what its events say"
        found = set(connection.execute("select id, state, location, order_id, version from packages"))
    wanted = {
        (p.id, p.state.value, p.location, order.id, p.version)
        for order in states.values()
        for p in order.packages.values()
    }
    assert found == wanted, "packages are not what their events say"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="benchmarks.projector", description=__doc__)
    parser.add_argument("--orders", type=int, default=6000, help="whose lives fill the log")
    parser.add_argument("--library", type=int, default=4000, help="events that the library is given, it is slow")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="daybook-bench-") as home:
        Path(home).chmod(0o755)
        with EmbeddedServer(Path(home)) as server:
            print(f"Projector: {machine(server.url)}; {len(TABLES)} read models, batches of up to {BATCH}")
            run(server, given.orders, given.library)
    return 0


def run(server: EmbeddedServer, count: int, for_library: int) -> None:
    log = EventLog.open(server.url)
    events = fill(log, 1, count)
    log.close()
    copy = server.database_url("library")
    with psycopg.connect(server.database_url("postgres"), autocommit=True) as admin:
        admin.execute("create database library template daybook")
        admin.execute("checkpoint")

    calm()  # as the worker and `oms rebuild` do; the library has it, too
    for_library = min(for_library, events)
    slow = for_library / library(copy, for_library)
    with EventLog.open(copy) as theirs:
        check(theirs, max(theirs.positions().values(), default=0) or tracked(theirs), times=False)

    log = EventLog.open(server.url)
    read = events / floor(log)
    fast = events / ours(log, events)
    check(log, events, times=True)
    begun = time.perf_counter()
    done = rebuild(log, list(TABLES), reveal)
    anew = events / (time.perf_counter() - begun)
    assert all(one.old == one.new for one in done.values()), "a read model built anew differs"
    log.close()

    show(
        f"{events:,} events of {count:,} orders ({for_library:,} for the library)",
        ["", "events/s", "× library", "× floor", "goal", "reached"],
        [
            ["library's ProjectionRunner", slow, "1.0", f"{slow / read:.2f}", "", ""],
            ["ours, from nothing to the head", fast, *ratios(fast, slow, read), "≥ 12", reached(fast >= 12 * slow)],
            ["ours, all built anew beside", anew, *ratios(anew, slow, read), "≥ 11,111/s", reached(anew * 90 >= 1e6)],
            ["reading and decoding (floor)", read, *ratios(read, slow, read), "", ""],
        ],
    )
    print(f"1 M events built anew would take {1e6 / anew:.0f} s at this rate (goal < 90 s); {events:,} were measured.")


def ratios(figure: float, slow: float, read: float) -> tuple[str, str]:
    return f"{figure / slow:.1f}", f"{figure / read:.2f}"


def reached(is_so: bool) -> str:
    return "yes" if is_so else "no"


def tracked(log: EventLog) -> int:
    """How far the library went: it does not stop at once."""
    with log.listening() as connection:
        [(position,)] = connection.execute("select max(position) from orders").fetchall()
        return int(position)


if __name__ == "__main__":
    sys.exit(main())
