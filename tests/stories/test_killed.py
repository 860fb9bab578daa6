"""A smaller demo in which every process is killed with -9, again and again, PostgreSQL included: nothing that was
acknowledged is lost, nothing happens twice, the laws hold, and webhooks come at least once and in order."""

import json
import os
import signal
import time
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path

from rich.console import Console

from api.demo import free_port, story
from api.installation import prepared
from api.opening import opened
from api.processes import Processes
from api.settings import Settings
from eventlog.place import find_place

ORDERS, LOCATIONS, SEED = 80, 12, 3
ORDERS_A_KILL = 10
VICTIMS = ("api", "planner", "followers", "postgres")
ROUNDS = 2


@dataclass
class Killer:
    """Kills one after each portion of orders, while those before are worked on, until each has died `ROUNDS` times."""

    data_dir: Path
    pause: float
    killed: list[str] = field(default_factory=list)

    def __call__(self, processes: Processes) -> None:
        if len(self.killed) == ROUNDS * len(VICTIMS):
            return
        time.sleep(self.pause)  # the one before is up again, and at work
        victim = VICTIMS[len(self.killed) % len(VICTIMS)]
        if victim == "postgres":
            pid = int((find_place(self.data_dir).data / "postmaster.pid").read_text().split("\n")[0])
            os.kill(pid, signal.SIGKILL)
        else:
            processes.kill(victim)
        self.killed.append(victim)


def test_killed_again_and_again_nothing_is_lost_and_nothing_happens_twice(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)  # the database's unprivileged user passes through it
    settings = Settings(data_dir=tmp_path / "var", port=free_port(), webhook_allow=(ip_network("127.0.0.0/8"),))
    with prepared(settings) as place:
        killer = Killer(place.settings.data_dir.resolve(), pause=0.7)
        summary, problems = story(place, ORDERS, LOCATIONS, SEED, Console(quiet=True), killer, ORDERS_A_KILL)
        done = _acknowledged(tmp_path / "var" / "staff.jsonl")
        with opened(place.settings) as log:
            written = {row["key"]: log.read(int(row["position"]) - 1, 1)[0].command for row in done}
    assert problems == []
    assert summary.violations == 0
    assert killer.killed == [*VICTIMS] * ROUNDS
    assert summary.orders == ORDERS  # each there once
    assert summary.webhook_problems == 0
    assert summary.webhooks > ORDERS
    assert summary.commands == len(done) > ORDERS
    assert written == {row["key"]: row["slug"] for row in done}  # each is in the log where its answer said
    assert len({row["position"] for row in done}) == len(done)


def _acknowledged(journal: Path) -> list[dict[str, str]]:
    """What staff were told is done: {key, slug, position, …}."""
    rows = [json.loads(line) for line in journal.read_text().splitlines()]
    return [row["acknowledged"] for row in rows if "acknowledged" in row]
