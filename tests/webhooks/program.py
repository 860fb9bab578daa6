"""`python -m tests.webhooks.program fan-out|sender|worker DATABASE_URL`: a part, or both, as a process to be killed."""

import os
import sys
import traceback
from collections.abc import Callable
from threading import Event, Thread

from eventlog import follow
from eventlog.log import EventLog
from tests.at_work import Settings
from webhook_outbox.fan_out import FanOut
from webhook_outbox.leases import Leases
from webhook_outbox.sender import Sender

THREADS = 8
LEASE = 1.0


def guarded(run: Callable[[Event], None]) -> None:
    """A part that fails ends the process, as in `oms worker`; whoever started it starts it again."""
    try:
        run(Event())
    except Exception:
        traceback.print_exc()
        os._exit(1)


def main() -> None:
    part, database_url = sys.argv[1:]
    follow.ASLEEP_SECONDS = 2.0
    log = EventLog.open(database_url)
    print("running", flush=True)
    if part == "worker":
        Thread(target=guarded, args=(FanOut(log, Settings()).run,), daemon=True).start()
    if part == "fan-out":
        guarded(FanOut(log, Settings()).run)
    else:
        guarded(Sender(log, Settings(), threads=THREADS, leases=Leases(lease=LEASE)).run)


if __name__ == "__main__":
    main()
