"""The lanes in memory against a plain model: whatever fails and however it is read, each lane in order and whole."""

from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from webhook_outbox.lanes import PER_LANE, WINDOW, Lanes, Queued

AT = datetime(2026, 11, 23, tzinfo=UTC)


def row(id: int, lane: str) -> Queued:
    return Queued(id, 1, lane, UUID(int=id), None, "order.received", 1, id, AT, 0, None, b"")


@given(
    st.lists(st.integers(0, 5), max_size=120),
    st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=400),
    st.integers(1, 4),
)
def test_each_lane_in_order_and_all_of_it(queue, steps, limit) -> None:
    pending = {id: row(id, f"lane/{n}") for id, n in enumerate(queue, 1)}
    lanes, now = Lanes(), 0.0
    sent: list[Queued] = []
    under_way: list[Queued] = []

    def load() -> None:
        for name in lanes.due(now):
            rows = [r for r in pending.values() if r.lane == name and r.id <= lanes.cursor]
            lanes.refill(name, rows[:limit], limit)
        if lanes.size < WINDOW // 2:
            lanes.add([r for r in pending.values() if r.id > lanes.cursor][:limit])

    def settle(one: Queued, fails: bool) -> None:
        if fails:
            lanes.failed(one.lane, now + 2)
        else:
            sent.append(one)
            del pending[one.id]
            lanes.done(one.lane)

    for action, fails in [*steps, *[(0, False), (1, False), (2, False), (3, False)] * (12 * len(queue) + 4)]:
        if action == 0:
            load()
        elif action == 1 and (taken := lanes.take()) is not None:
            assert taken.lane not in {other.lane for other in under_way}, "one under way a lane"
            under_way.append(taken)
        elif action == 2 and under_way:
            settle(under_way.pop(0), fails)
        elif action == 3:
            now += 1
    assert not pending
    for name in {r.lane for r in sent}:
        ids = [r.id for r in sent if r.lane == name]
        assert ids == sorted(set(ids))
    assert lanes.size == 0 and not lanes._lanes


def test_one_busy_object_leaves_room_for_others() -> None:
    lanes = Lanes()
    lanes.add([row(id, "hot") for id in range(1, 500)])
    assert lanes.size == PER_LANE
    lanes.add([row(500, "other")])
    assert {lanes.take().lane, lanes.take().lane} == {"hot", "other"}  # type: ignore[union-attr]  # two are there
    assert lanes.take() is None


def test_what_is_queued_in_another_order_waits_for_what_was_before() -> None:
    lanes = Lanes()
    entity, endpoint, free = [row(1, "package/1"), row(2, "package/2")], [row(3, ""), row(5, "")], row(4, "#4")
    assert lanes.add(entity)
    assert not lanes.add([*endpoint[:1], free]) and lanes.cursor == 2
    taken = [lanes.take(), lanes.take()]
    assert taken == entity and lanes.take() is None
    lanes.failed("package/1", 5.0)
    lanes.done("package/2")
    assert not lanes.add([*endpoint[:1], free]), "the first is to be tried again"
    assert lanes.due(5.0) == {"package/1"}
    lanes.refill("package/1", entity[:1], 20)
    assert lanes.take() == entity[0]
    lanes.done("package/1")
    assert lanes.add([endpoint[0], free, endpoint[1]])
    assert [lanes.take(), lanes.take(), lanes.take()] == [endpoint[0], free, None]
    lanes.done("#4")
    assert not lanes.add([row(6, "package/1")]), "and back again"
    lanes.done("")
    assert lanes.take() == endpoint[1]
    lanes.done("")
    assert lanes.add([row(6, "package/1")]) and lanes.take() == row(6, "package/1")
