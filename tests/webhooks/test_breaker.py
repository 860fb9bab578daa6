"""The breaker by itself: when it opens, how it tries, when it gives up."""

from hypothesis import given
from hypothesis import strategies as st

from webhook_outbox.breaker import LONGEST_PAUSE, OFF_AFTER, OPENS_AT, Breaker


def opened(now: float = 100.0) -> Breaker:
    breaker = Breaker()
    assert [breaker.failed(f"order/{n}", now) for n in range(OPENS_AT)] == [False] * (OPENS_AT - 1) + [True]
    return breaker


def test_it_opens_when_different_objects_fail_in_a_row() -> None:
    breaker = opened()
    assert breaker.open and not breaker.lets(100.5, 0)
    assert breaker.lets(101.0, 0) and not breaker.lets(101.0, 1), "one at a time"


def test_one_object_that_fails_for_ever_opens_nothing() -> None:
    breaker = Breaker()
    assert not any(breaker.failed("order/1", n) for n in range(100))
    assert breaker.lets(50.0, 7)


def test_an_endpoint_in_one_order_opens_by_its_failures() -> None:
    breaker = Breaker()
    assert any(breaker.failed("", n) for n in range(OPENS_AT))


def test_pauses_grow_with_each_probe_and_stop_at_a_minute() -> None:
    breaker, now, pauses = opened(), 100.0, []
    for _ in range(9):
        pauses.append(breaker.until - now)
        now = breaker.until
        assert breaker.lets(now, 0)
        assert not breaker.failed("order/9", now), "it is told once"
    assert pauses == [1, 2, 4, 8, 16, 32, LONGEST_PAUSE, LONGEST_PAUSE, LONGEST_PAUSE]


def test_what_was_under_way_when_it_opened_is_no_probe() -> None:
    breaker = opened()
    for n in range(20):
        breaker.failed(f"order/late{n}", 100.2)
    assert breaker.until == 101.0


def test_one_arrival_closes_it() -> None:
    breaker = opened()
    assert breaker.succeeded() and not breaker.succeeded()
    assert breaker == Breaker() and breaker.lets(100.0, 31)


def test_who_asks_for_a_pause_gets_it_and_is_asked_again_after_a_minute() -> None:
    breaker = Breaker()
    breaker.failed("order/1", 100.0, asked=5.0)
    assert not breaker.lets(104.9, 0) and breaker.lets(105.0, 0) and not breaker.lets(105.0, 1)
    breaker.failed("order/2", 105.0, asked=24 * 3600.0)
    assert breaker.lets(105.0 + LONGEST_PAUSE, 0)
    breaker.succeeded()
    assert breaker.lets(106.0, 1)


def test_five_days_of_nothing_but_failures() -> None:
    breaker = opened()
    assert not breaker.is_hopeless(100.0 + OFF_AFTER - 1) and breaker.is_hopeless(100.0 + OFF_AFTER)
    breaker.succeeded()
    breaker.failed("order/1", 100.0 + OFF_AFTER)
    assert not breaker.is_hopeless(101.0 + OFF_AFTER)


@given(st.lists(st.tuples(st.integers(0, 8), st.booleans(), st.floats(0, 90)), max_size=200))
def test_it_always_tries_again_within_a_minute(results) -> None:
    breaker, now = Breaker(), 0.0
    for lane, arrived, later in results:
        now += later
        if arrived:
            breaker.succeeded()
            assert breaker == Breaker()
        else:
            breaker.failed(f"order/{lane}", now)
        assert breaker.lets(now + LONGEST_PAUSE, 0)
        assert breaker.failing_since is None or breaker.failing_since <= now
