"""Jobs by the clock as an installation sets them (spec 5): on or off, every so many seconds or by a crontab."""

from dataclasses import dataclass

from domain.kernel import fact
from domain.settings import Record, declare_record

# --- states


@dataclass(frozen=True, slots=True)
class JobSetting(Record):
    """`interval_seconds` and `crontab` (five fields, in `timezone`) shut each other out; neither: as it is declared."""

    name: str
    is_active: bool = True
    interval_seconds: int | None = None
    crontab: str | None = None
    timezone: str = "UTC"


# --- facts


@fact("JobSaved", on="job", sentence="Job {record.name} was set.")
class JobSaved:
    job: int
    record: JobSetting


# --- evolve


declare_record(JobSaved, JobSetting, "name", sparse=True)
