"""Leases: one owner at a time, a fair part each, epochs that fence off who was away."""

from datetime import UTC, datetime
from uuid import uuid4

from tests.webhooks.conftest import Outbox
from webhook_outbox import marks
from webhook_outbox.lanes import Queued
from webhook_outbox.leases import Leases


def expire(outbox: Outbox) -> None:
    outbox.connection.execute("update webhook_shards set until = now() - interval '1 s'")
    outbox.connection.execute("update webhook_senders set until = now() - interval '1 s'")


def test_one_owner_and_a_fair_part_each(outbox: Outbox) -> None:
    first, second = Leases(), Leases()
    first.renew(outbox.connection, range(10))
    assert set(first.held) == set(range(10)) and first.surplus == 0
    second.renew(outbox.connection, range(10))
    assert not second.held
    first.renew(outbox.connection, range(10))
    assert first.surplus == 5
    first.release(outbox.connection, range(5))
    second.renew(outbox.connection, range(10))
    first.renew(outbox.connection, range(10))
    assert set(second.held) == set(range(5)) and set(first.held) == set(range(5, 10))


def test_what_nobody_wants_any_more_takes_no_room(outbox: Outbox) -> None:
    leases = Leases()
    leases.renew(outbox.connection, range(10))
    leases.renew(outbox.connection, range(3, 12))
    assert set(leases.held) == set(range(12)) and leases.surplus == 0, "all that is wanted is held"


def test_who_was_away_has_lost_them(outbox: Outbox) -> None:
    now = [100.0]
    first, second = Leases(clock=lambda: now[0]), Leases()
    first.renew(outbox.connection, [1])
    lease = first.held[1]
    assert lease.holds(now[0]) and not lease.holds(now[0] + 4)
    expire(outbox)
    second.renew(outbox.connection, [1])
    assert second.held[1].epoch == lease.epoch + 1
    assert first.renew(outbox.connection, [1]) == {1}
    assert not first.held and not lease.holds(now[0])


def test_a_late_owner_keeps_what_nobody_took(outbox: Outbox) -> None:
    leases = Leases()
    leases.renew(outbox.connection, [1])
    epoch = leases.held[1].epoch
    expire(outbox)
    assert leases.renew(outbox.connection, [1]) == set()
    assert leases.held[1].epoch == epoch


def test_marks_of_an_old_epoch_move_nothing(outbox: Outbox) -> None:
    outbox.connection.execute("insert into webhook_payloads (id, content) values (1, '')")
    outbox.connection.execute(
        "insert into webhook_deliveries (id, endpoint, lane, payload, uuid, event_type, kind, object_id, sequence,"
        " position, at) values (1, 1, '', 1, gen_random_uuid(), 'x', 'order', 1, 1, 1, now())"
    )
    first, second = Leases(), Leases()
    first.renew(outbox.connection, [1])
    old = first.held[1]
    row = Queued(1, 1, "", uuid4(), None, "x", 1, 1, datetime.now(UTC), 0, None, b"")
    dead = marks.Tried(row, old, None, "dead", None, None)
    expire(outbox)
    second.renew(outbox.connection, [1])
    assert marks.write(outbox.connection, first.owner, [dead], 0) == set()
    assert outbox.states() == {"pending": 1}
    now = marks.Tried(row, second.held[1], None, "dead", None, None)
    assert marks.write(outbox.connection, second.owner, [now], 0) == {(1, second.held[1].epoch)}
    assert outbox.states() == {"dead": 1}
