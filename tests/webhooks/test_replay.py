"""What was sent is sent again, in order; who cannot be reached reads the same; old rows go by partition."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from domain.kernel import Refusal
from tests.at_work import LOOPBACK
from tests.webhooks.conftest import Outbox
from tests.webhooks.lives import LIFE, channel, deciding, live, location, received, unplanned, write
from tests.webhooks.receiver import Receiver, wait_for
from webhook_outbox import subscriptions
from webhook_outbox.queue import take_ids
from webhook_outbox.replay import Range, pull, replay
from webhook_outbox.retention import sweep

ALL = Range(from_position=0)


def lived(outbox: Outbox, ids=range(1, 6)) -> None:
    channel(outbox.log)
    location(outbox.log)
    live(outbox.log, outbox.keyring, ids)


def test_a_range_is_counted_then_sent_again_in_order_with_the_same_bytes(outbox: Outbox, receiver: Receiver) -> None:
    id = outbox.subscribe(receiver.url + "/a", secret_key="s")
    outbox.subscribe(receiver.url + "/b")
    outbox.fan_out()
    outbox.sender()
    lived(outbox)
    outbox.fanned_out()
    outbox.settled()
    first = receiver.taken("/a")
    positions = sorted({r.event["position"] for r in first})
    low, high = positions[3], positions[-3]
    wanted = [r for r in first if low <= r.event["position"] <= high]
    counted = replay(outbox.connection, id, Range(low, high), dry_run=True)
    assert counted == {"count": len(wanted), "first_position": low, "last_position": high, "dry_run": True}
    outbox.settled()
    assert len(receiver.taken("/a")) == len(first), "a dry run sends nothing"
    assert replay(outbox.connection, id, Range(low, high), dry_run=False)["count"] == len(wanted)
    got = receiver.wait(len(first) + len(wanted), "/a")[len(first) :]
    outbox.settled()
    assert len(receiver.taken("/b")) == len(first)
    by_uuid = {r.event["uuid"]: r for r in first}
    assert {r.event["uuid"] for r in got} == {r.event["uuid"] for r in wanted}
    for again in got:
        assert again.body == by_uuid[again.event["uuid"]].body
        assert again.headers["webhook-id"] == again.event["uuid"]
    lanes: dict[tuple[str, str, int], list[int]] = {}
    for again in got:
        lanes.setdefault(again.object, []).append(first.index(by_uuid[again.event["uuid"]]))
    assert all(a < b for order in lanes.values() for a, b in pairwise(order))


def test_a_replay_by_time_of_what_is_new_since(outbox: Outbox, receiver: Receiver) -> None:
    id = outbox.subscribe(receiver.url)
    outbox.fan_out()
    outbox.sender()
    write(outbox.log, deciding(received(outbox.keyring, 1)))
    outbox.fanned_out()
    outbox.settled()
    noon = outbox.rows("select max(at) from webhook_deliveries")[0][0]
    write(outbox.log, deciding(unplanned(1, "later")))
    outbox.fanned_out()
    outbox.settled()
    asked = Range(from_date=noon + timedelta(microseconds=1), to_date=datetime(2100, 1, 1, tzinfo=UTC))
    assert replay(outbox.connection, id, asked, dry_run=False)["count"] == 1
    assert [r.event["type"] for r in receiver.wait(3)] == ["order.received", "order.unplanned", "order.unplanned"]
    outbox.settled()
    assert replay(outbox.connection, id, ALL, dry_run=True)["count"] == 2, "each message once, however often it went"


def test_what_still_waits_is_not_sent_twice(outbox: Outbox, receiver: Receiver) -> None:
    id = outbox.subscribe(receiver.url, is_active=False)
    outbox.fan_out()
    write(outbox.log, deciding(received(outbox.keyring, 1)))
    outbox.fanned_out()
    assert replay(outbox.connection, id, ALL, dry_run=False)["count"] == 0


@pytest.mark.parametrize(
    "wrong",
    [
        Range(),
        Range(5, 4),
        Range(-1, 4),
        Range(from_date=datetime(2026, 1, 2, tzinfo=UTC), to_date=datetime(2026, 1, 1, tzinfo=UTC)),
    ],
)
def test_what_is_no_range(outbox: Outbox, wrong: Range) -> None:
    with pytest.raises(Refusal):
        replay(outbox.connection, 1, wrong, dry_run=True)


def test_who_pulls_reads_the_same_in_order_and_settles_what_nobody_sends(outbox: Outbox, receiver: Receiver) -> None:
    id = outbox.subscribe(receiver.url, is_active=False)
    outbox.fan_out()
    lived(outbox)
    outbox.fanned_out()
    count = 5 * len(LIFE) + 1
    found, after = [], 0
    while rows := pull(outbox.log, outbox.connection, outbox.keyring, id, after, 7, settles=True):
        found += rows
        after = rows[-1]["id"]
    assert len(found) == count and outbox.states() == {"delivered": count}
    outbox.sender()
    subscriptions.change(outbox.log, outbox.keyring, id, {"is_active": True}, actor="t", partial=True, allowed=LOOPBACK)
    write(outbox.log, deciding(unplanned(1, "new")))
    assert receiver.wait(1)[0].event["type"] == "order.unplanned"
    outbox.settled()
    assert len(receiver.got) == 1, "what was pulled is not sent again"
    assert replay(outbox.connection, id, ALL, dry_run=False)["count"] == count + 1
    sent = {r.event["uuid"]: (r.event, r.payload) for r in receiver.wait(count + 2)}
    for row in found:
        assert (row["event"], row["payload"]) == sent[row["event"]["uuid"]]


def test_who_only_looks_settles_nothing(outbox: Outbox) -> None:
    id = outbox.subscribe("https://erp.example.invalid/")
    outbox.fan_out()
    write(outbox.log, deciding(received(outbox.keyring, 1)), deciding(unplanned(1, "x")))
    outbox.fanned_out()
    rows = pull(outbox.log, outbox.connection, outbox.keyring, id, 0, 10, settles=False)
    assert not pull(outbox.log, outbox.connection, outbox.keyring, id, rows[-1]["id"], 10, settles=False)
    assert outbox.states() == {"pending": 2}


def test_a_cursor_that_nobody_was_given_settles_nothing(outbox: Outbox) -> None:
    id = outbox.subscribe("https://erp.example.invalid/", is_active=False)
    outbox.fan_out()
    write(outbox.log, deciding(received(outbox.keyring, 1)), deciding(unplanned(1, "x")))
    outbox.fanned_out()
    newest = pull(outbox.log, outbox.connection, outbox.keyring, id, 0, 10, settles=True)[-1]["id"]
    with pytest.raises(Refusal, match=f"the newest is {newest}"):
        pull(outbox.log, outbox.connection, outbox.keyring, id, newest + 1, 10, settles=True)
    assert outbox.states() == {"pending": 2}


def partitions(outbox: Outbox) -> list[int]:
    rows = outbox.rows(
        "select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid where c.relkind = 'r'"
    )
    lows = {int(name.rpartition("_")[2]) for (name,) in rows if name.startswith("webhook_")}
    counts = [sum(1 for (name,) in rows if name.startswith("webhook_") and name.endswith(f"_{n}")) for n in lows]
    assert set(counts) <= {3}, "the three tables are cut alike"
    return sorted(lows)


def test_old_partitions_go_whole_but_not_what_waits(outbox: Outbox, receiver: Receiver) -> None:
    outbox.connection.execute("update webhook_counter set partition_size = 10")
    outbox.connection.execute("drop table webhook_deliveries_from_1, webhook_payloads_from_1, webhook_attempts_from_1")
    a = outbox.subscribe(receiver.url + "/a")
    off = outbox.subscribe(receiver.url + "/off", "order.received", is_active=False)
    outbox.fan_out()
    outbox.sender()
    lived(outbox, [1])
    for n in range(60):
        write(outbox.log, deciding(unplanned(1, f"reason {n}")))
    outbox.fanned_out()
    receiver.wait(len(LIFE) + 1 + 60, "/a")
    wait = "select count(*) from webhook_deliveries where state = 'pending'"
    wait_for(lambda: outbox.rows(wait) == [(1,)])
    assert sweep(outbox.connection, timedelta(days=30)).dropped == (), "nothing is old"
    outbox.connection.execute("update webhook_deliveries set made_at = now() - interval '31 days' where id <= 60")
    assert outbox.rows("select id <= 10 from webhook_deliveries where endpoint = %s", off) == [(True,)]
    kept = partitions(outbox)
    assert sweep(outbox.connection, timedelta(days=30)).dropped == (11, 21, 31, 41, 51)
    assert partitions(outbox) == [low for low in kept if low in (1, 61)], "the first one still waits"
    assert replay(outbox.connection, a, ALL, dry_run=True)["count"] < 60
    on = {"is_active": True}
    subscriptions.change(outbox.log, outbox.keyring, off, on, actor="t", partial=True, allowed=LOOPBACK)
    receiver.wait(1, "/off")


def test_a_partition_that_fills_slowly_is_closed_early(outbox: Outbox) -> None:
    with outbox.connection.transaction():
        assert list(take_ids(outbox.connection, 2)) == [1, 2]
    assert not sweep(outbox.connection, timedelta(days=80)).closed, "it is empty"
    outbox.connection.execute("insert into webhook_payloads (id, content) values (1, '')")
    outbox.connection.execute(
        "insert into webhook_deliveries (id, endpoint, lane, payload, uuid, event_type, kind, object_id, sequence,"
        " position, at, state, made_at) values (1, 1, '', 1, gen_random_uuid(), 'x', 'order', 1, 1, 1, now(),"
        " 'delivered', now() - interval '11 days')"
    )
    assert not sweep(outbox.connection, timedelta(days=100)).closed
    assert sweep(outbox.connection, timedelta(days=80)).closed
    assert not sweep(outbox.connection, timedelta(days=80)).closed
    with outbox.connection.transaction():
        assert list(take_ids(outbox.connection, 1)) == [1_000_001]
    assert sweep(outbox.connection, timedelta(days=10)).dropped == (1,)
