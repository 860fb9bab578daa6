"""When a job is due: crontabs as cron reads them, intervals that keep their beat."""

from datetime import UTC, datetime, timedelta

import pytest

from api.jobs.schedule import Schedule, WrongSchedule, checked_crontab, every

SUNDAY = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("crontab", "zone", "due"),
    [
        ("30 3 * * *", "UTC", "2026-11-30T03:30"),
        ("0 12 * * *", "UTC", "2026-11-30T12:00"),  # strictly after
        ("*/15 * * * *", "UTC", "2026-11-29T12:15"),
        ("0 3 * * 0", "UTC", "2026-12-06T03:00"),  # Sundays, as cron numbers them
        ("0 3 * * 7", "UTC", "2026-12-06T03:00"),
        ("0 3 * * 1-5", "UTC", "2026-11-30T03:00"),
        ("0 13 * * 5-7", "UTC", "2026-11-29T13:00"),
        ("0 3 * * sat,tue", "UTC", "2026-12-01T03:00"),
        ("0 3 * * 2/2", "UTC", "2026-12-01T03:00"),
        ("0 3 1 * *", "UTC", "2026-12-01T03:00"),
        ("0 3 * * *", "Europe/Istanbul", "2026-11-30T00:00"),
        ("0 3 * 7 *", "Europe/London", "2027-07-01T02:00"),  # summer time
    ],
)
def test_a_crontab(crontab: str, zone: str, due: str) -> None:
    found = Schedule(crontab=checked_crontab(crontab, zone), timezone=zone).next(SUNDAY)
    assert found == datetime.fromisoformat(due).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("crontab", "says"),
    [
        ("", "got 0"),
        ("* * * *", "got 4"),
        ("61 * * * *", "61"),
        ("a * * * *", "Unrecognized"),
        ("0 3 * * 8", "no day of the week"),
        ("0 3 * * 5-1", "no day of the week"),
        ("0 0 31 2 *", "never comes"),
        ("0 3 * * 1-5/0", "no day of the week"),
    ],
)
def test_a_wrong_crontab_says_what_is_wrong(crontab: str, says: str) -> None:
    with pytest.raises(WrongSchedule, match=says):
        checked_crontab(crontab, "UTC")


def test_an_interval_keeps_its_beat() -> None:
    beat = every(minutes=30)
    assert beat.next(SUNDAY) == SUNDAY + timedelta(minutes=30)
    assert beat.next(SUNDAY, SUNDAY - timedelta(minutes=100)) == SUNDAY + timedelta(minutes=20)
    assert beat.next(SUNDAY, SUNDAY - timedelta(minutes=30)) == SUNDAY + timedelta(minutes=30)
