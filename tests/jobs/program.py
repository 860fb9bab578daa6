"""`python -m tests.jobs.program DATABASE_URL`: a worker of jobs with one job that never ends, to be killed."""

import sys
import time
from threading import Event

from api.jobs.clock import Jobs
from api.jobs.schedule import every
from api.jobs.turn import Job, Turn
from api.settings import Settings
from eventlog.log import EventLog


def endless(_turn: Turn) -> None:
    print("running", flush=True)
    while True:
        time.sleep(60)


if __name__ == "__main__":
    job = Job("tick", "Never ends.", endless, every(hours=1))
    Jobs(EventLog.open(sys.argv[1]), Settings(), [job], poll=0.05).run(Event())
