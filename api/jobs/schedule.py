"""When a job is due: every so many seconds, or by a crontab; reckoned by APScheduler's triggers."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

LEAST, MOST = 5, 31 * 24 * 3600
"""Seconds an interval may have."""

FIELDS = "Five fields are needed, minute, hour, day of the month, month, day of the week, like “30 3 * * 1-5”"
DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


class WrongSchedule(Exception):
    """A sentence that says what is wrong and what is allowed."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Either `seconds` or `crontab` (minute, hour, day of the month, month, day of the week: all of them must fit)."""

    seconds: int | None = None
    crontab: str | None = None
    timezone: str = "UTC"

    @property
    def text(self) -> str:
        return f"every {self.seconds} s" if self.crontab is None else f"{self.crontab} ({self.timezone})"

    def next(self, after: datetime, before: datetime | None = None) -> datetime:
        """The first time after `after`, in UTC. An interval keeps the beat of `before`, the last due time, so what was
        missed meanwhile is one; without one it begins at `after`."""
        if self.crontab is None:
            step = timedelta(seconds=self.seconds or MOST)
            beat = IntervalTrigger(seconds=self.seconds, start_date=(before or after) + step, timezone=UTC)
            return _found(beat, after)
        return _found(_cron(self.crontab, self.timezone), after)


def every(*, seconds: int = 0, minutes: int = 0, hours: int = 0) -> Schedule:
    return Schedule(seconds + 60 * minutes + 3600 * hours)


def daily(hour: int, minute: int = 0) -> Schedule:
    """Once a day, in UTC."""
    return Schedule(crontab=f"{minute} {hour} * * *")


def checked_crontab(text: str, timezone: str) -> str:
    """The crontab with single spaces; raises WrongSchedule."""
    plain = " ".join(text.split())
    try:
        trigger = _cron(plain, timezone)
    except ValueError as wrong:
        raise WrongSchedule(f"{FIELDS}: {wrong}.") from None
    if trigger.get_next_fire_time(None, datetime.now(UTC)) is None:
        raise WrongSchedule("This never comes.")
    return plain


def checked_timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        raise WrongSchedule("No such time zone; they are named like UTC or Europe/London.") from None
    return name


def _found(trigger: Any, after: datetime) -> datetime:
    found: datetime | None = trigger.get_next_fire_time(None, after + timedelta(microseconds=1))
    return datetime.max.replace(tzinfo=UTC, microsecond=0) if found is None else found.astimezone(UTC)


def _cron(text: str, timezone: str) -> CronTrigger:
    """As cron numbers the days of the week, from Sunday on: APScheduler 3 counts them from Monday, but knows names."""
    fields = text.split()
    if len(fields) == 5:
        fields[4] = ",".join(_weekdays(part) for part in fields[4].lower().split(","))
    return CronTrigger.from_crontab(" ".join(fields), ZoneInfo(timezone))


def _weekdays(part: str) -> str:
    found = re.fullmatch(r"(\d)(?:-(\d))?(?:/(\d))?", part)
    if found is None:
        return part
    first = int(found[1])
    last = int(found[2]) if found[2] else 7 if found[3] else first
    step = int(found[3] or 1)
    if first > last or last > 7 or step < 1:
        raise ValueError(f"“{part}” is no day of the week: 0 and 7 are Sunday, 1-5 Monday to Friday")
    return ",".join(dict.fromkeys(DAYS[day % 7] for day in range(first, last + 1, step)))
