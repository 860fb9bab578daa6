"""What the fan-out queues, for whom, and that a batch is queued whole and once."""

from tests.at_work import Settings
from tests.webhooks.conftest import Outbox
from tests.webhooks.lives import channel, deciding, live, location, received, unplanned, write
from webhook_outbox import subscriptions
from webhook_outbox.fan_out import FanOut
from webhook_outbox.tables import Connection

URL = "https://erp.example.invalid/"
QUEUE = "select id, endpoint, lane, uuid, previous, event_type, sequence, position from webhook_deliveries order by id"


def batches(outbox: Outbox, size: int):
    position = 0
    while events := outbox.log.read(position, size):
        yield events
        position = events[-1].position


def put(fan_out: FanOut, connection: Connection, events) -> None:
    with connection.transaction():
        fan_out.handle(connection, events)


def filled(outbox: Outbox) -> None:
    channel(outbox.log)
    location(outbox.log)
    outbox.subscribe(URL + "a")
    outbox.subscribe(URL + "b", "package.*")
    live(outbox.log, outbox.keyring, range(1, 9))


def test_the_same_rows_however_the_log_is_cut_and_whoever_restarts(outbox: Outbox) -> None:
    filled(outbox)
    one = FanOut(outbox.log, Settings())
    for events in batches(outbox, 500):
        put(one, outbox.connection, events)
    whole = outbox.rows(QUEUE)
    payloads = outbox.rows("select id, key from webhook_payloads order by id")
    assert len(whole) == 8 * 8 + 8 * 7
    for size in (1, 7):
        outbox.connection.execute("truncate webhook_deliveries, webhook_payloads, webhook_lasts")
        outbox.connection.execute("update webhook_counter set last_id = 0")
        for events in batches(outbox, size):
            put(FanOut(outbox.log, Settings()), outbox.connection, events)
        assert outbox.rows(QUEUE) == whole
        assert len(outbox.rows("select id, key from webhook_payloads order by id")) == len(payloads)


def test_a_batch_whose_transaction_failed_is_made_again_the_same(outbox: Outbox) -> None:
    filled(outbox)
    fan_out = FanOut(outbox.log, Settings())
    found = []
    for events in batches(outbox, 9):
        for broken in (True, False):
            try:
                with outbox.connection.transaction():
                    fan_out.handle(outbox.connection, events)
                    if broken:
                        raise ConnectionError
            except ConnectionError:
                continue
        found.append(len(outbox.rows(QUEUE)))
    rows = outbox.rows(QUEUE)
    assert len(rows) == 8 * 8 + 8 * 7 == found[-1]
    assert [row[0] for row in rows] == list(range(1, len(rows) + 1)), "ids have no gaps"
    assert len({(row[1], row[3]) for row in rows}) == len(rows)


def test_partitions_are_there_before_their_ids(outbox: Outbox) -> None:
    outbox.connection.execute("update webhook_counter set partition_size = 10")
    outbox.connection.execute("drop table webhook_deliveries_from_1, webhook_payloads_from_1, webhook_attempts_from_1")
    filled(outbox)
    fan_out = FanOut(outbox.log, Settings())
    for events in batches(outbox, 4):
        put(fan_out, outbox.connection, events)
    assert len(outbox.rows(QUEUE)) == 120
    assert len(outbox.rows("select 1 from pg_inherits where inhparent = 'webhook_attempts'::regclass")) == 12


def test_only_what_comes_after_the_subscription(outbox: Outbox) -> None:
    write(outbox.log, deciding(received(outbox.keyring, 1)))
    outbox.subscribe(URL)
    write(outbox.log, deciding(unplanned(1, "x")))
    outbox.fan_out()
    outbox.fanned_out()
    assert [row[5] for row in outbox.rows(QUEUE)] == ["order.unplanned"]


def test_filters_of_channel_and_place(outbox: Outbox) -> None:
    channel(outbox.log, 1, "web")
    channel(outbox.log, 2, "app")
    location(outbox.log, 1)
    location(outbox.log, 2, "York")
    by_channel = outbox.subscribe(URL + "channel", "*", config={"channel_id": 2})
    by_place = outbox.subscribe(URL + "place", "*", config={"erp_code": ["ST-002"]})
    live(outbox.log, outbox.keyring, [1], channel=1, location=2)
    live(outbox.log, outbox.keyring, [2], channel=2, location=1)
    location(outbox.log, 3, "Bath", code="ST-003")
    outbox.fan_out()
    outbox.fanned_out()
    lanes = {(row[1], row[2]) for row in outbox.rows(QUEUE)}
    assert lanes == {(by_channel, "order/2"), (by_channel, "package/2"), (by_place, "package/1")}


def test_order_modes_make_lanes(outbox: Outbox) -> None:
    ids = {mode: outbox.subscribe(URL + mode, config={"order_mode": mode}) for mode in ("entity", "endpoint", "none")}
    write(outbox.log, deciding(received(outbox.keyring, 1)), deciding(unplanned(1, "x")))
    outbox.fan_out()
    outbox.fanned_out()
    lanes = {mode: [row[2] for row in outbox.rows(QUEUE) if row[1] == id] for mode, id in ids.items()}
    assert lanes["entity"] == ["order/1"] * 2 and lanes["endpoint"] == [""] * 2
    assert len(set(lanes["none"])) == 2


def test_switched_off_it_keeps_everything(outbox: Outbox) -> None:
    id = outbox.subscribe(URL)
    subscriptions.change(outbox.log, outbox.keyring, id, {"is_active": False}, actor="t", partial=True)
    write(outbox.log, deciding(received(outbox.keyring, 1)))
    outbox.fan_out()
    outbox.sender()
    outbox.fanned_out()
    assert outbox.states() == {"pending": 1}
    assert outbox.rows("select 1 from webhook_attempts") == []


def test_a_payload_is_frozen_once_for_all_who_get_it(outbox: Outbox) -> None:
    for n in range(3):
        outbox.subscribe(URL + str(n))
    channel(outbox.log)
    location(outbox.log)
    live(outbox.log, outbox.keyring, [1])
    outbox.fan_out()
    outbox.fanned_out()
    assert len(outbox.rows(QUEUE)) == 3 * 9  # with the location's
    assert outbox.rows("select count(*) from webhook_payloads") == [(6,)]
