"""The rows of the read models equal what a plain fold by the domain says, through stops and failures."""

import threading
from collections import Counter
from dataclasses import replace
from time import monotonic, sleep
from typing import Any

import psycopg
import pytest

from domain.declared import order as orders
from domain.order import Order
from eventlog.log import EventLog
from projections.models import MODELS
from projections.order_json import decode_order, encode_order
from projections.projection import Projection
from projections.projector import Projector
from projections.rebuild import digest
from projections.schema import TABLES, install
from tests.projections.stories import Story, caught_up, folded, projecting, reveal


def rows(log: EventLog, text: str) -> list[tuple[Any, ...]]:
    with log.listening() as connection:
        return connection.execute(text.encode()).fetchall()


def assert_rows_are_true(log: EventLog) -> None:
    states = folded(log)
    assert {id: decode_order(state) for id, state in rows(log, "select id, state from order_states")} == states
    assert sorted(rows(log, "select id, number, state, version, unplanned from orders")) == sorted(
        (o.id, o.number, o.state.value, o.version, bool(o.unplanned)) for o in states.values()
    )
    cities = "select o.id, p.name from orders o join places p on p.id = o.city and p.kind = 'city'"
    assert dict(rows(log, cities)) == {o.id: o.destination.city for o in states.values()}
    assert sorted(rows(log, "select id, order_id from order_items")) == sorted(
        (i.id, o.id) for o in states.values() for i in o.items
    )
    packages = [(o, p) for o in states.values() for p in o.packages.values()]
    assert sorted(rows(log, "select id, number, state, location, order_id, modified, version from packages")) == sorted(
        (p.id, p.number, p.state.value, p.location, o.id, p.modified, p.version) for o, p in packages
    )
    assert sorted(rows(log, "select id, package_id, order_item, sku from package_items")) == sorted(
        (i.id, p.id, i.item, i.sku) for _, p in packages for i in p.items
    )
    transfers = [t for o in states.values() for t in o.transfers.values()]
    assert sorted(rows(log, "select id, state, source, destination, coalesce(package_id, 0) from transfers")) == sorted(
        (t.id, t.state.value, t.source, t.destination, t.package or 0) for t in transfers
    )
    assert sorted(rows(log, "select id, transfer_id, quantity from transfer_items")) == sorted(
        (i.id, t.id, i.quantity) for t in transfers for i in t.items
    )
    assert sorted(rows(log, "select id, state, package_id from shipments")) == sorted(
        (s.id, s.state.value, s.package) for o in states.values() for s in o.shipments.values()
    )
    assert sorted(rows(log, "select awb_number, shipment_id, package_id from shipment_awb_numbers")) == sorted(
        (s.awb_number, s.id, s.package) for o in states.values() for s in o.shipments.values() if s.awb_number
    )
    assert sorted(rows(log, "select id, location, sku, reason from discrepancies")) == sorted(
        (d.id, d.location, d.sku, d.reason.value) for o in states.values() for d in o.discrepancies.values()
    )
    assert sorted(rows(log, "select id from plans")) == sorted((id,) for o in states.values() for id in o.plans)
    assert_positions_are_true(log)
    assert_counts_are_true(log)


def assert_positions_are_true(log: EventLog) -> None:
    """Each row says the position of the last event after which its object was another one."""
    states: dict[int, Any] = {}
    last: dict[tuple[str, int], int] = {}
    for event in log.read(0, 10**6):
        if event.stream.startswith("order-"):
            id = int(event.stream.removeprefix("order-"))
            before = states.get(id)
            after = states[id] = orders.evolve(before, event.fact, event.at)
            last["orders", id] = event.position
            for name in ("packages", "transfers", "shipments", "discrepancies"):
                for key, thing in getattr(after, name).items():
                    if before is None or getattr(before, name).get(key) != thing:
                        last[name, key] = event.position
    for name in ("orders", "packages", "transfers", "shipments", "discrepancies"):
        found = rows(log, f"select id, position from {name}")  # noqa: S608 - names of ours
        assert dict(found) == {id: position for (of, id), position in last.items() if of == name}


def assert_counts_are_true(log: EventLog) -> None:
    counted = {(of, location, state): n for of, location, state, n in rows(log, "select * from list_counts")}
    there: Counter[tuple[str, int, str]] = Counter()
    for table, location, state in (
        ("orders", "0", "state::text"),
        ("packages", "location", "state::text"),
        ("transfers", "source", "state"),
        ("shipments", "0", "state"),
        ("discrepancies", "location", "reason"),
        *((name, "0", "''") for name in ("order_items", "package_items", "transfer_items", "plans")),
        ("state_transition_logs", "0", "''"),
    ):
        for place, of, n in rows(log, f"select {location}, {state}, count(*) from {table} group by 1, 2"):  # noqa: S608 - names of ours
            there[table, place, of] = n
    wanted = {
        key: n
        for key, n in counted.items()
        if key[0] not in ("order_states", "order_customers", "shipment_awb_numbers")
    }
    assert wanted == dict(there)


def assert_transitions_are_true(log: EventLog) -> None:
    """Each change of a state, found the slow way: every object looked at before and after every event."""
    states: dict[int, Order] = {}
    expected = []

    def seen(order: Order | None) -> dict[tuple[str, int], str]:
        if order is None:
            return {}
        found = {("order", order.id): str(order.state.value)}
        for of, things in (
            ("package", order.packages),
            ("transferorder", order.transfers),
            ("shipment", order.shipments),
        ):
            found |= {(of, id): str(thing.state.value) for id, thing in things.items()}
        return found

    for event in log.read(0, 10**6):
        if not event.stream.startswith("order-"):
            continue
        id = int(event.stream.removeprefix("order-"))
        before = states.get(id)
        after = states[id] = orders.evolve(before, event.fact, event.at)
        was = seen(before)
        for key, state in seen(after).items():
            if key in was and was[key] != state:
                expected.append((event.position, *key, was[key], state, event.actor, event.command, event.at))
    found = rows(
        log,
        "select position, content_type, object_id, old_state, new_state, actor, command, created"
        " from state_transition_logs",
    )
    assert sorted(found) == sorted(expected)
    assert len(expected) > 50


def test_rows_equal_a_plain_fold(log: EventLog) -> None:
    story = Story(log, seed=3)
    story.settings()
    story.orders(30)
    with projecting(log):
        story.steps(200)
        story.orders(20)
        story.steps(300)
        caught_up(log)
    assert_rows_are_true(log)
    assert_transitions_are_true(log)
    names = rows(log, "select order_id, first_name, email from order_customers order by order_id")
    assert names[6] == (7, "ada0", "c7@example.org") and names[9] == (10, None, None)


def test_the_size_of_batches_and_of_memory_changes_nothing(log: EventLog) -> None:
    story = Story(log, seed=4)
    story.orders(25)
    story.steps(250)
    install(log)
    events = log.read(0, 10**6)
    digests = []
    with log.listening() as connection:
        for size, kept in ((1, 2), (7, 3), (len(events), 1000)):
            for name in TABLES:
                connection.execute(f"truncate {name}".encode())
            projection = Projection({name: name for name in TABLES}, reveal)
            projection._states._size = kept
            for at in range(0, len(events), size):
                with connection.transaction():
                    projection.apply(connection, events[at : at + size])
            digests.append({name: digest(connection, name) for name in TABLES})
    assert digests[0] == digests[1] == digests[2]
    assert all(not value.startswith("0:") for value in digests[0].values())


def test_a_batch_that_fails_leaves_nothing_and_is_done_again(log: EventLog, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rows are written, then the transaction fails: neither rows nor position stay, the memory does no harm."""
    story = Story(log, seed=6)
    story.orders(10)
    story.steps(60)
    fail = iter([False, True, True, False, True])
    apply = Projection.apply

    def failing(self: Projection, connection: psycopg.Connection[Any], events: Any) -> None:
        apply(self, connection, events)
        if next(fail, False):
            raise psycopg.OperationalError("the connection was lost")

    monkeypatch.setattr(Projection, "apply", failing)
    monkeypatch.setattr("projections.projector.BATCH", 20)
    with projecting(log):
        caught_up(log)
        assert next(fail, None) is None
    assert_rows_are_true(log)


def test_a_projector_that_is_killed_is_taken_over(log: EventLog) -> None:
    """Its connection is cut by the server in the midst of work, again and again; another one stands by."""
    story = Story(log, seed=7)
    story.orders(20)
    with projecting(log), projecting(log):
        for _ in range(6):
            story.steps(40)
            rows(
                log,
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where application_name = 'daybook follow' and pid <> pg_backend_pid()"
                " and datname = current_database()",
            )
        caught_up(log)
    assert_rows_are_true(log)


def seen_at_head(log: EventLog, seen: list[tuple[int, int]], seconds: float = 60.0) -> None:
    head, over = log.head().position, monotonic() + seconds
    while not seen or seen[-1][0] != head:
        assert monotonic() < over, "the watcher never saw the head"
        sleep(0.01)


def test_position_and_rows_are_one(log: EventLog) -> None:
    """While the projector works, every look at the tables sees the rows of exactly the position it sees."""
    install(log)
    story = Story(log, seed=8)
    story.orders(15)
    stop = threading.Event()
    seen: list[tuple[int, int]] = []

    def look() -> None:
        with log.listening() as connection:
            while not stop.is_set():
                seen.extend(
                    connection.execute(
                        "select notification_id, (select coalesce(max(position), 0) from orders) from followers"
                        " where application_name = 'projections'"
                    ).fetchall()
                )

    with projecting(log):
        watcher = threading.Thread(target=look)
        watcher.start()
        for _ in range(8):  # bursts, each seen before the next: how fast the projector is does not matter
            story.steps(15)
            caught_up(log)
            seen_at_head(log, seen)
        stop.set()
        watcher.join()
    assert len({position for position, _ in seen}) > 5
    assert all(position == last for position, last in seen)


def test_two_installations_at_once(log: EventLog) -> None:
    errors: list[BaseException] = []

    def run() -> None:
        try:
            install(log)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert install(log) == []


def test_a_model_of_another_shape_is_built_anew_at_start(log: EventLog) -> None:
    story = Story(log, seed=9)
    story.orders(10)
    story.steps(50)
    with projecting(log):
        caught_up(log)
    with log.listening() as connection:
        connection.execute("update read_models set shape = 'older' where name = 'packages'")
        connection.execute("delete from packages where id % 2 = 0")
    assert install(log) == ["packages"]
    with projecting(log):
        caught_up(log)
        story.steps(20)
        caught_up(log)
    assert install(log) == []
    assert_rows_are_true(log)


def test_an_order_keeps_itself_through_json(log: EventLog) -> None:
    story = Story(log, seed=10)
    story.orders(20)
    story.steps(200)
    for order in story.lives.orders.values():
        assert decode_order(encode_order(order)) == order


def test_texts_too_long_for_an_index_do_not_stop_it(log: EventLog) -> None:
    story = Story(log, seed=11)
    id, command, [received] = story.lives.receive()
    long = "long " * 2000
    item = replace(received.items[0], sku=long, barcode=long)
    received = replace(received, items=(item,), destination=replace(received.destination, city=long))
    story.lives._done(id, command, [])
    story._order((id, command, [received]))
    with projecting(log):
        caught_up(log)
    assert rows(log, "select length(name) from places where kind = 'city'") == [(255,)]


def test_columns_are_the_fields_of_the_rows(log: EventLog) -> None:
    install(log)
    for table in TABLES.values():
        condition = f"attrelid = '{table.name}'::regclass and attnum > 0"
        found = rows(log, f"select attname from pg_attribute where {condition} order by attnum")  # noqa: S608 - names of ours
        assert tuple(name for (name,) in found) == table.columns
    assert {model.name for model in MODELS} | {"list_counts"} == set(TABLES)
    assert isinstance(Projector(log, reveal), Projector)
