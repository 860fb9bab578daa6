"""Writers and followers as processes of their own, to be killed: `python -m tests.eventlog.programs writer URL …`."""

import sys
import threading
import time
from collections.abc import Callable
from itertools import count

from eventlog.log import EventLog
from eventlog.recorded import Decision, Unavailable, new_command_id
from tests.eventlog.probe import counted
from tests.eventlog.test_follow import note


def written(log: EventLog, decision: Decision) -> bool:
    """Whether it is known to be written. Unavailable leaves it open; the same command may be sent again."""
    try:
        log.append(decision)
    except Unavailable:
        return False
    return True


def writer(database_url: str, threads: str, stream: str) -> None:
    """Writes until it is killed; every acknowledged command id goes to standard output."""
    log = EventLog.open(database_url)
    numbers = count(1)

    def write() -> None:
        for number in numbers:
            command_id = new_command_id()
            decision = counted(f"probe-{number % 7}{stream}", 1, 1, command_id=command_id)
            while not written(log, decision):
                time.sleep(0.1)
            sys.stdout.write(f"{command_id}\n")
            sys.stdout.flush()

    for _ in range(int(threads)):
        threading.Thread(target=write, daemon=True).start()
    threading.Event().wait()


def follower(database_url: str, name: str) -> None:
    """Notes every position in the table `seen`, whose primary key refuses repeats, until it is killed."""
    log = EventLog.open(database_url)
    log.follow(name, note, stop=threading.Event(), batch=50)


def ids(database_url: str, amount: str) -> None:
    log = EventLog.open(database_url)
    print(*(log.ids("package") for _ in range(int(amount))), sep="\n")
    log.close()


if __name__ == "__main__":
    PROGRAMS: dict[str, Callable[..., None]] = {"writer": writer, "follower": follower, "ids": ids}
    PROGRAMS[sys.argv[1]](*sys.argv[2:])
