"""`python -m tests.setup.program DATABASE_URL`: does the set-up tasks that wait, to be killed."""

import sys

from api.jobs.clock import Jobs
from api.settings import Settings
from api.setup.work import JOB
from eventlog.log import EventLog
from tests.api.site import SECRET

if __name__ == "__main__":
    Jobs(EventLog.open(sys.argv[1]), Settings(secret_key=SECRET)).now(JOB, "test")
