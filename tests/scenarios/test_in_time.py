"""What waits is planned when its time comes (spec 2.1, 2.5): nobody asks, and the half hour is far off."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from domain.deciding import decide
from domain.kinds import stream_of
from domain.package_commands import PackInput
from domain.package_exceptions import RefuseInput
from domain.settings import DenialReason
from scenarios.hours import DAYS, next_day, opens_next, read_hours
from scenarios.places import Place
from tests.scenarios.shop import SPLIT, Shop, planning, until


class Clock:
    """The real time, and what it is put forward."""

    def __init__(self) -> None:
        self.forward = timedelta()
        self.tried: Callable[[], int] = lambda: 0

    def now(self) -> datetime:
        return datetime.now(UTC) + self.forward

    def seconds(self) -> float:
        return time.monotonic() + self.forward.total_seconds()


@contextmanager
def working(shop: Shop, replan: float = 10**9) -> Iterator[Clock]:
    clock = Clock()
    with planning(shop.log, replan=replan, now=clock.now, clock=clock.seconds) as planners:
        clock.tried = lambda: planners[0].counts.tried
        yield clock


def placed(shop: Shop, order: int) -> bool:
    return any(state == 100 for _, state, _ in shop.packages(order))


def midnight(clock: Clock) -> timedelta:
    now = clock.now()
    return datetime(now.year, now.month, now.day, tzinfo=UTC) + timedelta(days=1) - now


def test_when_a_location_opens_by_its_hours(shop: Shop) -> None:
    tomorrow = DAYS[(datetime.now(UTC).weekday() + 1) % 7]
    store = shop.location("WH-01", opening_hours={tomorrow: ["09:00-18:00"]})
    shop.push(store, A=1)
    shop.scenario({**SPLIT, "locations": {"open_at": "now"}})
    with working(shop) as clock:
        order = shop.order(A=1)
        until(lambda: [state for _, state, _ in shop.packages(order)] == [920])
        clock.forward += midnight(clock) + timedelta(hours=9, minutes=1)
        until(lambda: placed(shop, order))


def test_when_a_day_begins_that_a_daily_maximum_counts_by(shop: Shop) -> None:
    store = shop.location("WH-01", max_packages_per_day=1)
    shop.push(store, A=2)
    shop.scenario(SPLIT)
    with working(shop) as clock:
        first, second = shop.order(A=1), shop.order(A=1)
        until(lambda: placed(shop, first) and shop.packages(second) != [])
        assert not placed(shop, second)
        clock.forward += midnight(clock) + timedelta(minutes=1)
        until(lambda: placed(shop, second))


def test_when_a_refusal_is_over_and_when_a_scenario_becomes_valid(shop: Shop) -> None:
    store = shop.location("WH-01")
    shop.push(store, A=1)
    shop.save(DenialReason(shop.log.ids("denial_reason"), "too busy", exclude_for=7200))
    shop.scenario(SPLIT, valid_from=(datetime.now(UTC) + timedelta(hours=1)).isoformat())
    with working(shop) as clock:
        order = shop.order(A=1)
        until(lambda: shop.see(order).unplanned != ())
        clock.forward += timedelta(hours=1, seconds=1)
        until(lambda: placed(shop, order))
        tried = clock.tried()
        command(shop, order, "package-refuse-with-denial-reason", RefuseInput(denial_reason=1))
        until(lambda: clock.tried() > tried)
        assert not placed(shop, order)
        clock.forward += timedelta(hours=2, seconds=1)
        until(lambda: placed(shop, order))


def test_when_a_channel_has_room_again(shop: Shop) -> None:
    store = shop.location("WH-01", channel_limits={"web": 1})
    shop.push(store, A=2)
    shop.scenario(SPLIT)
    with working(shop):
        first, second = shop.order(A=1), shop.order(A=1)
        until(lambda: placed(shop, first) and shop.packages(second) != [])
        assert not placed(shop, second)
        command(shop, first, "complete-packaging-without-shipment", PackInput())
        until(lambda: placed(shop, second))


def command(shop: Shop, order: int, slug: str, said: Any) -> None:
    package = next(p for p in shop.see(order).packages.values() if p.state == 100)
    shop.log.decide(
        stream_of("order", order),
        lambda state, given: decide(state, "package", package.id, slug, said, given),
        actor="store",
        command=slug,
    )


def test_when_work_begins_next() -> None:
    monday = datetime(2026, 11, 23, 10, tzinfo=UTC)
    week = read_hours({"mon": ["09:00-12:00", "13:00-18:00"], "wed": ["09:00-18:00"]})
    shop = Place(1, "S", week=week)
    assert opens_next(shop, monday) == monday.replace(hour=13)
    assert opens_next(shop, monday.replace(hour=13)) == datetime(2026, 11, 25, 9, tzinfo=UTC)
    assert opens_next(Place(1, "S", week=week, cut_off=12 * 60), monday) == datetime(2026, 11, 25, 9, tzinfo=UTC)
    assert opens_next(Place(1, "S", week=week, timezone="Europe/Istanbul"), monday) == datetime(
        2026, 11, 25, 6, tzinfo=UTC
    )
    assert opens_next(Place(1, "S", closed_days=("2026-11-24",)), monday) == datetime(2026, 11, 25, tzinfo=UTC)
    assert opens_next(Place(1, "S"), monday) is None
    assert next_day(Place(1, "S", timezone="Europe/Istanbul"), monday) == monday.replace(hour=21)
