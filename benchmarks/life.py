"""The whole life of real orders through real processes: taken in over HTTP, planned, packed, shipped, delivered by
staff over HTTP, every webhook delivered to one subscriber. `python -m benchmarks.life --orders 300 --locations 60`.

The demo's story, measured: orders a second from the first intake until nothing is left, and how far the followers were
behind meanwhile. The laws are verified afterwards. The staff and the ERP run on the same two cores.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from statistics import median

from rich.console import Console

from api.demo import free_port, story
from api.installation import Place, prepared
from api.opening import opened
from api.processes import Processes
from api.settings import Settings
from benchmarks.table import machine, show
from eventlog.log import EventLog

SEED = 1
THIRDS = ("first third", "middle", "last third")


@dataclass
class Lags:
    """Events that each follower is behind, looked at while the story goes on."""

    place: Place
    log: EventLog | None = None
    seen: dict[str, list[int]] = field(default_factory=dict)

    def __call__(self, _: Processes) -> None:
        if self.log is None:
            self.log = EventLog.open(self.place.database_url)
        head = self.log.head().position
        for name, position in self.log.positions().items():
            self.seen.setdefault(name, []).append(max(0, head - position))


def main(argv: Sequence[str] | None = None) -> int:
    options = argparse.ArgumentParser(prog="python -m benchmarks.life")
    options.add_argument("--orders", type=int, default=300)
    options.add_argument("--locations", type=int, default=60)
    given = options.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="daybook-bench-") as home:
        Path(home).chmod(0o755)
        settings = Settings(data_dir=Path(home), port=free_port(), webhook_allow=(ip_network("127.0.0.0/8"),))
        with prepared(settings) as place:
            print(machine(place.database_url))
            lags = Lags(place)
            summary, problems = story(place, given.orders, given.locations, SEED, Console(quiet=True), lags)
            if lags.log is not None:
                lags.log.close()
            began = time.monotonic()
            with opened(place.settings) as log:
                log.head()
            opening = time.monotonic() - began
    seconds = summary.working_seconds
    show(
        "The whole life of orders, everything at work (goal 60 orders/s, flat lag)",
        ["orders", "orders/s", "commands/s", "events/s", "webhooks/s", "seconds", "log opens in s", "violations"],
        [
            [
                given.orders,
                f"{given.orders / seconds:.1f}",
                f"{summary.commands / seconds:.0f}",
                f"{summary.events / seconds:.0f}",
                f"{summary.webhooks / seconds:.0f}",
                f"{seconds:.1f}",
                f"{opening:.2f}",
                summary.violations,
            ]
        ],
    )
    show("Events behind, median and most", ["follower", *THIRDS, "most"], [_thirds(n, s) for n, s in lags.seen.items()])
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


def _thirds(name: str, seen: list[int]) -> list[object]:
    cut = max(1, len(seen) // 3)
    parts = (seen[:cut], seen[cut : 2 * cut] or seen[-1:], seen[2 * cut :] or seen[-1:])
    return [name, *(median(part) for part in parts), max(seen)]


if __name__ == "__main__":
    sys.exit(main())
