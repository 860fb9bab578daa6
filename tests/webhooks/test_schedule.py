"""Pauses before retries, to the letter of spec 4.1, and what Retry-After asks."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.kernel import Refusal
from webhook_outbox.schedule import LONGEST, RETRIES, STANDARD, check, pause, retry_after

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


def pauses(choice, **kwargs):
    config = check({"choice": choice, "kwargs": kwargs})
    found: list[float] = []
    while (seconds := pause(config, len(found))) is not None:
        found.append(seconds)
    return found


@pytest.mark.parametrize(
    ("choice", "kwargs", "expected"),
    [
        ("fixed", {"seconds": 60}, [60.0] * 18),
        ("linear", {"base": 10}, [10.0 * n for n in range(18)]),
        ("linear", {"base": 10, "limit": 45}, [0, 10, 20, 30, 40, *[45] * 13]),
        ("linear", {"base": 10, "limit": None}, [10.0 * n for n in range(18)]),
        ("exponential", {"base": 2}, [2.0**n for n in range(18)]),
        ("exponential", {"base": 2, "limit": 3600}, [*(2.0**n for n in range(12)), *[3600] * 6]),
        ("exponential", {"base": 2, "limit": 0}, [0.0] * 18),
        ("random", {"min_value": 7, "max_value": 7}, [7.0] * 18),
    ],
)
def test_choices(choice, kwargs, expected) -> None:
    assert pauses(choice, **kwargs) == expected
    assert len(expected) == RETRIES == 18


def test_random_stays_between_its_bounds() -> None:
    assert all(3 <= seconds <= 9 for seconds in pauses("random", min_value=3, max_value=9))
    assert len(set(pauses("random", min_value=3, max_value=9))) > 1


def test_the_standard_schedule() -> None:
    assert sum(STANDARD) / 3600 == pytest.approx(75.6, abs=0.1)
    assert [pause(None, n, lambda low, _high: low) for n in range(len(STANDARD))] == list(STANDARD)
    assert [pause(None, n, lambda _low, high: high) for n in range(2)] == [5.5, 330]
    assert pause(None, len(STANDARD)) is None


@given(st.floats(0, 1e300), st.integers(0, 17))
def test_no_pause_is_longer_than_calendars_reach(base, n) -> None:
    for choice in ("linear", "exponential"):
        seconds = pause({"choice": choice, "kwargs": {"base": base}}, n)
        assert seconds is not None and 0 <= seconds <= LONGEST
        assert datetime.now(UTC) + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "config",
    [
        {"choice": "sometimes", "kwargs": {}},
        {"choice": "fixed", "kwargs": {}},
        {"choice": "fixed", "kwargs": {"seconds": -1}},
        {"choice": "fixed", "kwargs": {"seconds": "5"}},
        {"choice": "fixed", "kwargs": {"seconds": True}},
        {"choice": "fixed", "kwargs": {"seconds": float("nan")}},
        {"choice": "fixed", "kwargs": {"seconds": 1, "limit": 2}},
        {"choice": "random", "kwargs": {"min_value": 2, "max_value": 1}},
        {"choice": "exponential", "kwargs": {"limit": 1}},
        {"choice": "linear", "kwargs": [1]},
        {"choice": ["fixed"], "kwargs": {"seconds": 1}},
        "fixed",
        [],
    ],
)
def test_what_cannot_be_a_schedule_is_refused(config) -> None:
    with pytest.raises(Refusal):
        check(config)


@pytest.mark.parametrize(
    ("status", "header", "seconds"),
    [
        (503, "120", 120),
        (429, " 7 ", 7),
        (429, "999999999999", 86400),
        (503, format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90),
        (503, format_datetime(NOW - timedelta(seconds=90), usegmt=True), None),
        (503, "0", None),
        (503, "soon", None),
        (503, None, None),
        (500, "120", None),
        (200, "120", None),
    ],
)
def test_retry_after(status, header, seconds) -> None:
    assert retry_after(status, header, NOW) == seconds
