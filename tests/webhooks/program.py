"""`python -m tests.webhooks.program fan-out|sender DATABASE_URL`: one part as a process of its own, to be killed."""

import sys
from threading import Event

from eventlog import follow
from eventlog.log import EventLog
from tests.webhooks.conftest import Settings
from webhook_outbox.fan_out import FanOut
from webhook_outbox.leases import Leases
from webhook_outbox.sender import Sender


def main() -> None:
    part, database_url = sys.argv[1:]
    follow.ASLEEP_SECONDS = 2.0
    log = EventLog.open(database_url)
    print("running", flush=True)
    if part == "fan-out":
        FanOut(log, Settings()).run(Event())
    else:
        Sender(log, Settings(), threads=8, leases=Leases(lease=1.0)).run(Event())


if __name__ == "__main__":
    main()
