"""Time travel and lists over a million packages (goals of performance.md): a package as of any time and its history,
lists as they were, every filter and page of the lists of packages and orders, SLA over all.

Every figure is the time of the function the API calls, rendering included, on a connection of its own; what the past
says is compared with a fold of the raw rows (tests/projections/own_fold.py) for a sample."""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles
from typing import Any

from benchmarks.million import fill, reveal
from benchmarks.table import machine, show
from domain.sla import PHASES
from eventlog.embedded import EmbeddedServer
from eventlog.log import EventLog
from projections import as_of, listing, queries, sla
from projections.history import as_of as object_as_of
from projections.history import history
from tests.projections.own_fold import fold
from tests.projections.test_own_fold import expected, seen

PAGES = (1, 2, 50, 500)
SAMPLE = "select {columns} from {table} order by random() limit 400"


def milliseconds(run: Callable[..., Any], *given: Any, **more: Any) -> float:
    began = time.perf_counter()
    run(*given, **more)
    return (time.perf_counter() - began) * 1000


def row(name: str, times: Sequence[float], *more: object) -> tuple[object, ...]:
    cuts = quantiles(times, n=100) if len(times) > 1 else [times[0]] * 99
    return (name, len(times), f"{cuts[49]:.1f}", f"{cuts[98]:.1f}", f"{max(times):.1f}", *more)


HEADS = ("", "calls", "p50 ms", "p99 ms", "max ms")

# --- one object ---


def past_of_packages(log: EventLog, connection: Any, chance: random.Random, calls: int) -> list[tuple[object, ...]]:
    every = connection.execute(
        "select id, order_id, version from packages order by md5(id::text) limit 4000"
    ).fetchall()
    head = log.head()
    times: dict[str, list[float]] = {"at a position": [], "at a time": [], "at a version": [], "history": []}
    for _ in range(calls):
        id, order, version = chance.choice(every)
        position = chance.randint(1, head.position)
        [(at,)] = connection.execute("select at from log where position = %s", (position,)).fetchall()
        points: dict[str, dict[str, Any]] = {
            "at a position": {"position": position}, "at a time": {"at": at},
            "at a version": {"version": chance.randint(1, version)},
        }  # fmt: skip
        for name, point in points.items():
            times[name].append(milliseconds(object_as_of, log, "package", id, reveal, order, **point))
        times["history"].append(milliseconds(history, log, "package", id, order))
    return [row(f"package {name}", found) for name, found in times.items()]


def compared(log: EventLog, connection: Any, chance: random.Random, orders: int) -> int:
    """Pairs of (package, position) that another fold says the same of; raises where it does not."""
    pairs = 0
    ids = [id for (id,) in connection.execute("select id from orders order by md5(id::text) limit 2000").fetchall()]
    for id in chance.sample(ids, min(orders, len(ids))):
        rows = connection.execute(
            "select position, at, stream, topic, data from log where stream = %s order by version", (f"order-{id}",)
        ).fetchall()
        for position, order, after in fold(rows):
            for package in after["package"]:
                shown = object_as_of(log, "package", package, reveal, order, position=position)
                assert seen("package", shown) == expected("package", after, package), (package, position)
                pairs += 1
    return pairs


# --- lists as they were ---


def past_lists(log: EventLog, connection: Any, chance: random.Random, calls: int) -> list[tuple[object, ...]]:
    head = log.head().position
    [(channel,)] = connection.execute("select channel from orders limit 1").fetchall()
    asked: dict[str, list[dict[str, str]]] = {
        "packages": [
            {}, {"state": "100"}, {"state": "900"}, {"stock_location": "7"}, {"stock_location": "7", "state": "200"},
            {"order__channel": str(channel)}, {"state__enum_value__in": "100,200,400"},
            {"created_date__gte": "2026-01-01"},
        ],
        "orders": [{}, {"state": "400"}, {"order__channel": str(channel)}],
        "transfers": [{}, {"state": "waiting"}, {"stock_location": "7"}],
    }  # fmt: skip
    found = []
    for word, every in asked.items():
        for filters in every:
            times = []
            for _ in range(calls):
                past = as_of.listed(log, word, chance.randint(1, head))

                def page(past: Any = past, filters: dict[str, str] = filters) -> None:
                    rows = listing.select(connection, past, filters, log.reference, limit=20)
                    past.show(connection, rows.rows, log.reference, reveal)

                times.append(milliseconds(page))
            said = " ".join(f"{name}={text}" for name, text in filters.items()) or "all"
            found.append(row(f"{word} as of: {said}", times))
    return found


# --- lists as they are ---

COLUMN = {
    "order__omnitron_id": "select omnitron_id from orders order by random() limit 400",
    "order_item__omnitron_id": "select omnitron_id from order_items order by random() limit 400",
    "product_sku": "select sku from package_items order by random() limit 400",
    "product_barcode": "select barcode from package_items order by random() limit 400",
    "shipment__awb_number": "select awb_number from shipment_awb_numbers limit 400",
    "customer": "select id from customers limit 400",
    "customer_email": "select email from order_customers order by random() limit 400",
}
"""Filter → where values are taken from; the others from the list's own columns."""
VALUES: dict[str, tuple[str, ...]] = {
    "country": ("GB", "TR"), "country__name": ("GB", "TR"), "city": ("Leeds", "Ankara", "Nowhere"),
    "city__name": ("Leeds", "York"), "township": ("Quarter 1", "Nowhere"), "township__name": ("Quarter 1", "Quarter 2"),
    "is_click_and_collect": ("true", "false"), "cancellation_failure": ("true", "false"),
    "unplanned": ("true", "false"),
    "stock_location__stock_location_type": ("store", "warehouse"), "order__delivery_type": ("home", "store_pickup"),
    "delivery_type": ("home", "store_pickup"), "order__channel": ("web", "app"), "channel": ("web", "app"),
    "shipment__cargo_company": ("fast",), "cargo_company": ("fast",), "shipping_option__in": ("express", "same-day,x"),
    "shipping_option__not_in": ("express", "same-day,x"), "customer_first_name": ("Ada7", "Ada250", "nobody"),
    "customer_last_name": ("Byron7", "Byron777", "nobody"),
    "retail_store__erp_code": ("ST-007", "ST-013"), "location_or_store__erp_code": ("ST-007", "ST-013"),
    "stock_location__erp_code": ("ST-007", "ST-059"), "stock_location__erp_code__in": ("ST-007,ST-013", "ST-001"),
    "stock_location": ("7", "59"), "date": ("2026-03-01", "2026-10-30"), "order__date": ("2026-03-01", "2026-10-30"),
    "delivery_range__date": ("2026-03-04", "2026-10-30", "2020-01-01"),
}  # fmt: skip
DAYS = tuple(f"2026-{month:02}-{day:02}" for month in range(1, 12) for day in (1, 11, 21))


def values_of(connection: Any, name: str, filter: str, ids: list[Any]) -> Iterable[str]:
    if filter in VALUES:
        return VALUES[filter]
    if filter in COLUMN:
        return [str(v) for (v,) in connection.execute(COLUMN[filter].encode()).fetchall() if v is not None]
    if filter == "order_item__omnitron_id__in":
        return [
            f"{a},{b}"
            for a, b in zip(*[iter(values_of(connection, name, "order_item__omnitron_id", ids))] * 2, strict=False)
        ]
    if filter.startswith("state"):
        return ("100", "200", "900", "920") if name == "packages" else ("400", "550", "100")
    if "date" in filter or "range" in filter:
        return DAYS
    if filter.endswith(("__id",)):
        kind = filter.removesuffix("__id")
        return [
            str(v) for (v,) in connection.execute("select id from places where kind = %s limit 10", (kind,)).fetchall()
        ]
    column = {
        "number": "number",
        "order__number": "order_number",
        "order": "order_id",
        "omnitron_id": "omnitron_id",
    }.get(filter.removesuffix("__in"), "id")
    text = SAMPLE.format(columns=column, table=name).encode()
    return [str(v) for (v,) in connection.execute(text).fetchall() if v is not None]


def lists(log: EventLog, connection: Any, chance: random.Random, calls: int, name: str) -> list[tuple[object, ...]]:
    """Each filter with values that are there, on pages near and far."""
    found = []
    for filter in ["", *sorted(queries.LISTS[name].filters)]:
        given = [""] if not filter else list(values_of(connection, name, filter, [])) or ["1"]
        times, deep = [], 0
        for n in range(calls):
            params = {filter: chance.choice(given)} if filter else {}
            number = PAGES[n % len(PAGES)]

            def page(params: dict[str, str] = params, number: int = number) -> int:
                one = queries.select(connection, name, params, log.reference, limit=20, page=number)
                return len(queries.render_page(connection, one, log.reference, reveal))

            times.append(milliseconds(page))
            deep += number > 2
        found.append(row(f"{name} {filter or '(all)'}", times))
    return found


def main(argv: Sequence[str] | None = None) -> int:
    options = argparse.ArgumentParser(prog="python -m benchmarks.past")
    options.add_argument("--packages", type=int, default=1_000_000)
    options.add_argument("--calls", type=int, default=400, help="of each question about one object")
    options.add_argument("--pages", type=int, default=40, help="of each filter")
    given = options.parse_args(argv)
    say = lambda text: print(f"  … {text}", file=sys.stderr, flush=True)  # noqa: E731 - a short one
    with tempfile.TemporaryDirectory(prefix="daybook-past-") as home:
        Path(home).chmod(0o755)  # the server's unprivileged user passes through it
        server = EmbeddedServer(Path(home)).start()
        try:
            log = EventLog.open(server.url)
            with log.listening() as connection:
                made = fill(log, given.packages, say)
                print(machine(server.url))
                print(
                    f"{made['packages']:,} packages of {made['orders']:,} orders, {made['events']:,} events,"
                    f" laid out in {made['seconds']:.0f} s"
                )
                chance = random.Random(7)
                pairs = compared(log, connection, chance, 60)
                print(f"{pairs:,} (package, position) pairs equal a fold that shares no line with ours")
                objects = past_of_packages(log, connection, chance, given.calls)
                show("one package, goal p50 < 5 ms", HEADS, objects)
                show("lists as they were, goal < 1,000 ms", HEADS, past_lists(log, connection, chance, 5))
                for name in ("packages", "orders"):
                    show(f"list of {name}, goal p99 < 30 ms", HEADS, lists(log, connection, chance, given.pages, name))
                looked = sla.Looked(
                    datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC), datetime.now(UTC)
                )
                times = [milliseconds(lambda: sla.by_location(connection, PHASES, looked)) for _ in range(2)]
                show("SLA of every package there is, by location", HEADS, [row("all", times)])
            log.close()
        finally:
            server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
