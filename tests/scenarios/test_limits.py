"""Capacity and time of locations (spec 2.5): opening hours, days, daily maximum, channels, closed for a time."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from scenarios.demands import promised_until
from scenarios.hours import DAYS, closed_now, hours_late, late, read_hours, ready_at
from scenarios.places import Place
from scenarios.plan import plan
from scenarios.planned import apply_plan
from scenarios.tallies import Tallies
from tests.scenarios.worlds import demand, run, scenario, world

MONDAY = datetime(2026, 11, 23, 10, tzinfo=UTC)
WEEK = read_hours({day: ["09:00-12:30", "13:00-18:00"] for day in ("mon", "tue", "wed", "thu", "fri")})
SHOP: dict[str, Any] = {"week": WEEK, "cut_off": 16 * 60, "packaging_minutes": 60}


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (None, ()),
        ({}, ()),
        ({"notes": "by day"}, ()),
        ({"monday": "nine to five"}, ()),
        ({"mon": ["09:00-18:00"]}, (((540, 1080),), *((),) * 6)),
        ({"Sunday": ["10:00", "16:00"]}, (*((),) * 6, ((600, 960),))),
        ({"tue": [["13:00", "18:00"], ["09:00", "12:00"]]}, ((), ((540, 720), (780, 1080)), *((),) * 5)),
        ({"wed": ["00:00-24:00"]}, ((), (), ((0, 1440),), *((),) * 4)),
    ],
)
def test_opening_hours_as_people_write_them(said, expected):
    assert read_hours(said) == expected


@pytest.mark.parametrize(
    ("fields", "hours", "now", "ready"),
    [
        ({}, 0, None, MONDAY),
        (SHOP, 0, None, MONDAY + timedelta(hours=1)),
        (SHOP, 2.75, "not open at 12:45", MONDAY + timedelta(hours=4)),
        (SHOP, 6, "after its cut-off at 16:00", MONDAY + timedelta(hours=24)),
        (SHOP, -2, "not open at 08:00", MONDAY),
        (SHOP, 24 * 5, "closed on Saturday 2026-11-28", MONDAY + timedelta(days=7)),
        ({**SHOP, "closed_days": ("2026-11-23", "tuesday")}, 0, "closed on Monday 2026-11-23",
         MONDAY + timedelta(days=2)),
        ({**SHOP, "timezone": "Europe/Istanbul"}, 3.5, "after its cut-off at 16:00", MONDAY + timedelta(hours=21)),
        ({"closed_days": DAYS}, 0,
         "closed on Monday 2026-11-23", None),
    ],
)  # fmt: skip
def test_when_a_location_works_and_can_be_ready(fields, hours, now, ready):
    place, at = Place(1, "L", **fields), MONDAY + timedelta(hours=hours)
    assert closed_now(place, at) == now
    assert ready_at(place, at) == ready


def test_late_is_after_the_promised_date():
    place, at = Place(1, "L", **SHOP), MONDAY
    assert late(place, at, at + timedelta(hours=1)) is None
    assert late(place, at, at + timedelta(minutes=59)) == (
        "ready 2026-11-23 11:00 at the earliest, promised is 2026-11-23 10:59"
    )
    assert hours_late(place, at, at) == 1.0
    assert hours_late(place, at, at + timedelta(hours=2)) == 0.0


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (None, None),
        ({"upper": "2026-11-24T12:00:00+02:00"}, datetime(2026, 11, 24, 10, tzinfo=UTC)),
        ({"date": "2026-11-24"}, datetime(2026, 11, 24, 23, 59, tzinfo=UTC)),
        ({"date": "2026-11-24", "lower": "10:00", "upper": "12:00"}, datetime(2026, 11, 24, 12, tzinfo=UTC)),
        ({"lower": "2026-11-24T08:00:00Z"}, datetime(2026, 11, 24, 8, tzinfo=UTC)),
        ({"upper": "soon"}, None),
    ],
)
def test_the_promised_date_however_it_is_written(said, expected):
    assert promised_until(said) == expected


def test_the_daily_maximum_counts_the_day_there_and_what_the_plan_itself_makes():
    seen = world({"A": {"x": 9}, "B": {"x": 9}}, None, A={"max_per_day": 2})
    assert run(demand({"x": 1}, at=MONDAY), seen, {}) == ["A x1"]
    seen.tallies.count(1, "2026-11-22", 5)
    assert run(demand({"x": 1}, at=MONDAY), seen, {}) == ["A x1"]
    seen.tallies.count(1, "2026-11-23", 2)
    assert run(demand({"x": 1}, at=MONDAY), seen, {}) == ["B x1"]
    assert run(demand({"x": 1}, at=MONDAY + timedelta(days=1)), seen, {}) == ["A x1"]


def test_a_channel_that_has_its_packages_there_is_sent_elsewhere():
    seen = world({"A": {"x": 9}, "B": {"x": 9}}, None, A={"channel_limits": (("web", 1),)})
    wanted = demand({"x": 1}, channel="web", at=MONDAY)
    made = plan(wanted, seen, scenario({}))
    apply_plan(seen, made, demand=wanted)
    assert run(wanted, seen, {}) == ["B x1"]
    assert run(demand({"x": 1}, channel="app", at=MONDAY), seen, {}) == ["A x1"]
    apply_plan(seen, made, -1, wanted)
    assert run(wanted, seen, {}) == ["A x1"]


def test_tallies_are_kept_as_json():
    one = Tallies()
    one.count(3, "2026-11-23", 2)
    one.count(3, "2026-11-22")
    one.hold(3, "web", 1)
    again = Tallies.of(one.as_json())
    assert (again.born(3, "2026-11-23"), again.born(3, "2026-11-22"), again.of_channel(3, "web")) == (2, 0, 1)
    one.hold(3, "web", -2)
    assert one.of_channel(3, "web") == 0
    again.count(3, "2026-11-24")
    assert (again.born(3, "2026-11-24"), again.born(3, "2026-11-23")) == (1, 0)
