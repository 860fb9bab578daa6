"""When a location works: opening hours, closed days and the cut-off against an order's promised date (spec 2.3, 2.5).

Times of day are the location's own (`timezone` of its conf, else UTC). What is not set does not limit.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from scenarios.places import Place

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
LOOKED_AHEAD = 60  # days; a location that is closed longer has no next opening
MIDNIGHT = 24 * 60

Hours = tuple[tuple[int, int], ...]
"""Minutes of the day, (from, to) each."""


def closed_now(place: Place, at: datetime) -> str | None:
    """Why it does not work at that time; None: it does."""
    here = at.astimezone(zone(place.timezone))
    minute = here.hour * 60 + here.minute
    if not _hours(place, here.date()):
        return f"closed on {_day(here.date())}"
    if place.cut_off is not None and minute >= place.cut_off:
        return f"after its cut-off at {_clock(place.cut_off)}"
    if not any(start <= minute < end for start, end in _hours(place, here.date())):
        return f"not open at {_clock(minute)}"
    return None


def ready_at(place: Place, at: datetime) -> datetime | None:
    """When a package that is planned now can be ready: work begins when it is open and before its cut-off, and takes
    its packaging minutes. None: not within LOOKED_AHEAD days."""
    here = at.astimezone(zone(place.timezone))
    minutes = place.packaging_minutes or 0
    for ahead in range(LOOKED_AHEAD):
        day = here.date() + timedelta(days=ahead)
        now = here.hour * 60 + here.minute if ahead == 0 else -1
        if place.cut_off is not None and now >= place.cut_off:
            continue
        for start, end in _hours(place, day):
            begins = max(start, now)
            if begins < end:
                midnight = datetime.combine(day, time(), here.tzinfo)
                return (midnight + timedelta(minutes=begins + minutes)).astimezone(UTC)
    return None


def late(place: Place, at: datetime, promised: datetime) -> str | None:
    """Why it cannot have the goods ready by the promised date; None: it can."""
    ready = ready_at(place, at)
    if ready is None:
        return f"closed for {LOOKED_AHEAD} days or more"
    if ready <= promised:
        return None
    return f"ready {_moment(ready)} at the earliest, promised is {_moment(promised)}"


def hours_late(place: Place, at: datetime, promised: datetime) -> float:
    """By how many hours it misses the promised date; 0.0: it does not."""
    ready = ready_at(place, at) or at + timedelta(days=LOOKED_AHEAD)
    return round(max(0.0, (ready - promised).total_seconds() / 3600), 2)


def opens_next(place: Place, at: datetime) -> datetime | None:
    """When work next begins there after that time; None where hours and days do not limit it, or for long."""
    if not place.week and not place.closed_days:
        return None
    here = at.astimezone(zone(place.timezone))
    for ahead in range(LOOKED_AHEAD):
        day = here.date() + timedelta(days=ahead)
        for start, _end in _hours(place, day):
            begins = datetime.combine(day, time(), here.tzinfo) + timedelta(minutes=start)
            if begins > here and (place.cut_off is None or start < place.cut_off):
                return begins.astimezone(UTC)
    return None


def next_day(place: Place, at: datetime) -> datetime:
    """Midnight there: a daily maximum counts anew."""
    here = at.astimezone(zone(place.timezone))
    return datetime.combine(here.date() + timedelta(days=1), time(), here.tzinfo).astimezone(UTC)


def day_of(place: Place, at: datetime) -> str:
    """The date there at that time, in ISO form: what a daily maximum counts by."""
    return at.astimezone(zone(place.timezone)).date().isoformat()


@lru_cache(maxsize=64)
def zone(name: str) -> Any:
    """UTC where the name says nothing."""
    try:
        return ZoneInfo(name) if name else UTC
    except (KeyError, ValueError, OSError):
        return UTC


def read_hours(said: Mapping[str, Any] | None) -> tuple[Hours, ...]:
    """`{"monday": ["09:00-18:00"], …}`, also with short names (mon) and pairs (["09:00", "18:00"]). A day that is not
    named is closed; nothing said, or nothing that can be read: always open, as ()."""
    if not said:
        return ()
    week: list[Hours] = []
    readable = False
    for day in DAYS:
        given = next((said[key] for key in said if str(key).lower() in (day, day[:3])), None)
        hours = _ranges(given)
        readable = readable or bool(hours)
        week.append(hours)
    return tuple(week) if readable else ()


def read_clock(said: Any) -> int | None:
    """Minutes of the day of 17:30."""
    hours, _, minutes = str(said or "").partition(":")
    if not (hours.isdigit() and minutes.isdigit()):
        return None
    total = int(hours) * 60 + int(minutes)
    return total if total <= MIDNIGHT else None


def _ranges(given: Any) -> Hours:
    if isinstance(given, str):
        given = [given]
    if not isinstance(given, list | tuple):
        return ()
    if len(given) == 2 and all(isinstance(one, str) and "-" not in one for one in given):
        given = [f"{given[0]}-{given[1]}"]
    found = []
    for one in given:
        start, _, end = one.partition("-") if isinstance(one, str) else ("-".join(map(str, one))).partition("-")
        begins, ends = read_clock(start.strip()), read_clock(end.strip())
        if begins is not None and ends is not None and begins < ends:
            found.append((begins, ends))
    return tuple(sorted(found))


def _hours(place: Place, day: date) -> Hours:
    if day.isoformat() in place.closed_days or DAYS[day.weekday()] in place.closed_days:
        return ()
    return place.week[day.weekday()] if place.week else ((0, MIDNIGHT),)


def _day(day: date) -> str:
    return f"{DAYS[day.weekday()].capitalize()} {day.isoformat()}"


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M")
