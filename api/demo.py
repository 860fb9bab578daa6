"""`make demo`: the story of the README on an installation of its own: stores and stock set up, real orders taken in,
planned, packed, refused, missed, transferred and shipped by simulated staff, every webhook delivered to a simulated
ERP; then the laws verified over the whole log, and a summary.

Everything goes through the real processes and real HTTP: the API, two workers, the embedded PostgreSQL.
"""

import argparse
import json
import secrets
import shutil
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import psycopg
import requests
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from api.installation import Place, prepared
from api.opening import opened
from api.processes import Processes, watched
from api.serve import start
from api.settings import Settings
from api.showcase import Client, set_up, subscribe
from api.verifying import verified
from domain.order import Order, needs_planning
from domain.states import PackageStatus
from eventlog.log import EventLog
from eventlog.recorded import Unavailable
from simulators import data, erp, network, program, staff
from simulators.journal import Journal
from webhook_outbox.metrics import metrics

ORDERS_A_CALL = 25
QUIET = 3  # looks in a row that find everything done
PATIENCE = 600.0  # seconds without any progress after which the demo gives up


Disturb = Callable[[Processes], None]


@dataclass(frozen=True)
class Summary:
    """What came of it. `packages_per_order`: packages that live, by orders that have one; `split_rate`: orders with
    more than one; `working_seconds`: from the first order until nothing was left to do; `violations` of the laws, the
    chain, or of what webhooks promise."""

    orders: int
    packages: int
    packages_per_order: float
    split_rate: float
    delivered_packages: int
    waiting_for_stock: int
    transfers: int
    events: int
    commands: int
    webhooks: int
    webhook_repeats: int
    webhook_problems: int
    seconds: float
    working_seconds: float
    violations: int


def demo(settings: Settings, arguments: argparse.Namespace) -> int:
    """Runs it and prints the summary; 0 where nothing was violated."""
    if arguments.locations > network.MOST:
        print(f"There are {network.MOST} locations at most, not {arguments.locations}.", file=sys.stderr)
        return 2
    console = Console(stderr=True)
    home = settings.data_dir.resolve() / "demo"
    shutil.rmtree(home, ignore_errors=True)
    own = replace(
        settings,
        database_url=None,
        data_dir=home,
        port=free_port(),
        webhook_allow=(ip_network("127.0.0.0/8"),),
        admin_password=None,
        secret_key=None,
    )
    with prepared(own) as place:
        summary, problems = story(place, arguments.orders, arguments.locations, arguments.seed, console)
    if arguments.json:
        print(json.dumps(asdict(summary), indent=2))
    else:
        _show(summary, problems)
    return 0 if summary.violations == 0 else 1


def story(
    place: Place,
    orders: int,
    locations: int,
    seed: int,
    console: Console,
    disturb: Disturb = lambda _: None,
    orders_a_call: int = ORDERS_A_CALL,
) -> tuple[Summary, list[str]]:
    """What came of it, and a sentence for each thing that is wrong. `disturb(processes)` is called after each call that
    brought orders in, and again and again while they are worked off: the chance to kill something."""
    began = time.monotonic()
    bodies = list(data.orders(orders, seed))
    stores = list(network.locations(locations, seed))
    secret = secrets.token_urlsafe(24)
    processes = Processes()
    with (
        closing(Journal(place.settings.data_dir / "erp.jsonl")) as journal,
        program.serving(erp.build(seed, [secret], journal)) as erp_url,
        watched(processes),
    ):
        url = start(processes, place, lambda: time.monotonic() - began < 60)
        client = Client(url, place.settings.admin_user, place.admin_password)
        client.log_in()
        console.print(f"Daybook at {url} after {time.monotonic() - began:.1f} s")
        set_up(client, bodies, stores, seed, lambda text: console.print(f"  {text}"))
        subscribe(client, f"{erp_url}/hooks/all", secret)
        with opened(place.settings) as log, _staff(url, place, seed) as tally:
            worked = time.monotonic()
            _work(log, client, bodies, orders_a_call, processes, console, disturb)
            worked = time.monotonic() - worked
            report = requests.get(f"{erp_url}/report", timeout=30).json()
            seconds = time.monotonic() - began
            console.print("  verifying the laws over the whole log")
            found = verified(log)
            worked_off = _orders(log, found["events"])
    return _summary(worked_off, report, found, sum(tally.values()), seconds, worked)


def _work(
    log: EventLog,
    client: Client,
    bodies: list[dict[str, Any]],
    orders_a_call: int,
    processes: Processes,
    console: Console,
    disturb: Disturb,
) -> None:
    """Takes the orders in while staff work, then waits until nothing is left to do."""
    columns = (TextColumn("  {task.description:<22}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        taken = progress.add_task("orders taken in", total=len(bodies))
        done = progress.add_task("orders worked off", total=len(bodies))
        for first in range(0, len(bodies), orders_a_call):
            part = bodies[first : first + orders_a_call]
            client.take_in(part)
            progress.advance(taken, len(part))
            disturb(processes)
        watch, quiet, moved_at = _Watch(log), 0, time.monotonic()
        while quiet < QUIET:
            time.sleep(0.3)
            disturb(processes)
            if watch.look():
                moved_at = time.monotonic()
            progress.update(done, completed=watch.worked_off)
            quiet = quiet + 1 if watch.all_done(len(bodies)) else 0
            if time.monotonic() - moved_at > PATIENCE:
                raise TimeoutError(f"nothing moved for {PATIENCE:.0f} s: {watch.left()}")


class _Watch:
    """Folds the log as it grows, to see what is left: no reading of read models, which may lag."""

    def __init__(self, log: EventLog) -> None:
        self._log, self._position = log, 0
        self._open: set[int] = set()
        self._seen: set[int] = set()
        self.backlog = 0

    def look(self) -> bool:
        """Whether anything has moved since the last look."""
        try:
            return self._look()
        except (psycopg.OperationalError, ConnectionError, Unavailable):
            return False  # the database is away for a moment

    def _look(self) -> bool:
        before = (self._position, self.backlog)
        touched: set[int] = set()
        while batch := self._log.read(self._position, 2_000):
            touched |= {int(e.stream.split("-")[1]) for e in batch if e.stream.startswith("order-")}
            self._position = batch[-1].position
        for id in touched:
            self._seen.add(id)
            state = self._log.state(f"order-{id}").state
            (self._open.add if _unfinished(state) else self._open.discard)(id)
        self.backlog = self._webhooks_left()
        return before != (self._position, self.backlog)

    @property
    def worked_off(self) -> int:
        return len(self._seen) - len(self._open)

    def all_done(self, orders: int) -> bool:
        try:
            positions = self._log.positions()
        except (psycopg.OperationalError, ConnectionError, Unavailable):
            return False
        followed = all(position >= self._position for position in positions.values())
        return len(self._seen) == orders and not self._open and self.backlog == 0 and followed

    def left(self) -> str:
        return f"orders {sorted(self._open)[:10]}, webhooks {self.backlog}, followers {self._log.positions()}"

    def _webhooks_left(self) -> int:
        with self._log.listening() as connection:
            return int(metrics(connection)["backlog"])


_FINISHED = frozenset(
    {PackageStatus.delivered, PackageStatus.cancelled, PackageStatus.out_of_stock, PackageStatus.needs_rescheduling}
)


def _unfinished(order: Order) -> bool:
    """Somebody has still to do something about it; what waits for stock that never comes does not count."""
    if not order.packages and needs_planning(order):
        return True
    return any(p.state not in _FINISHED for p in order.packages.values())


def _orders(log: EventLog, until: int) -> list[Order]:
    found: dict[str, None] = {}
    position = 0
    while position < until and (batch := log.read(position, 2_000)):
        for e in batch:
            if e.stream.startswith("order-"):
                found[e.stream] = None
        position = batch[-1].position
    return [log.state(stream).state for stream in found]


def _summary(
    orders: list[Order], report: dict[str, Any], found: dict[str, Any], commands: int, seconds: float, worked: float
) -> tuple[Summary, list[str]]:
    live = [[p for p in o.packages.values() if p.state is not PackageStatus.cancelled] for o in orders]
    supplied = [[p for p in packages if p.state not in (910, 920)] for packages in live]
    served = [packages for packages in supplied if packages]
    problems = [f"{v['position']}: law {v['law']}: {v['text']}" for v in found["violations"]]
    problems += [found["chain"]] if found["chain"] else []
    amiss = {name: report.get(name, 0) for name in ("gaps", "out_of_order", "bad_signature", "changed_repeats")}
    problems += [f"webhooks: {n} {name.replace('_', ' ')}" for name, n in amiss.items() if n]
    packages = sum(map(len, served))
    return (
        Summary(
            orders=len(orders),
            packages=packages,
            packages_per_order=round(packages / max(1, len(served)), 3),
            split_rate=round(sum(len(p) > 1 for p in served) / max(1, len(served)), 3),
            delivered_packages=sum(p.state is PackageStatus.delivered for ps in live for p in ps),
            waiting_for_stock=sum(p.state in (910, 920) for ps in live for p in ps),
            transfers=sum(len(o.transfers) for o in orders),
            events=found["events"],
            commands=commands,
            webhooks=report["distinct"],
            webhook_repeats=report["repeats"],
            webhook_problems=sum(amiss.values()),
            seconds=round(seconds, 1),
            working_seconds=round(worked, 1),
            violations=len(problems),
        ),
        problems,
    )


def _show(summary: Summary, problems: list[str]) -> None:
    table = Table(show_header=False, box=None, padding=(0, 2))
    for name, value in asdict(summary).items():
        text = f"{value:.1%}" if name == "split_rate" else f"{value:,}"
        table.add_row(name.replace("_", " "), f"[bold]{text}[/bold]")
    Console().print(table)
    for problem in problems[:20]:
        print(problem, file=sys.stderr)


@contextmanager
def _staff(url: str, place: Place, seed: int) -> Iterator[dict[str, int]]:
    """Staff at work in a thread, until the story is over; gives what was acknowledged, by command."""
    stop = threading.Event()
    said: dict[str, int] = {}

    def work() -> None:
        tally = staff.run(
            url,
            username=place.settings.admin_user,
            password=place.admin_password,
            seed=seed,
            until=lambda _: False,
            threads=4,
            journal=Path(place.settings.data_dir) / "staff.jsonl",
            stop=stop,
        )
        said.update(tally.acknowledged)

    thread = threading.Thread(target=work, name="staff")
    thread.start()
    try:
        yield said
    finally:
        stop.set()
        thread.join()


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
