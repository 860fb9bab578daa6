"""Plans per second, packages per order and memory of the planner, on real baskets in a derived stock.

Two networks of 101 and 602 locations; in the *thin* one the warehouses hold nothing, so that orders must be split.
The judge is the planner's own lower bound (checked against brute force in the tests): `over` is how far the packages
are above it, which is at least how far they are above the optimum. Each plan is checked for lost or invented pieces.
"""

import argparse
import gc
import platform
import sys
import time
import tracemalloc
from collections.abc import Iterable, Sequence
from statistics import quantiles
from typing import Any

from scenarios.definition import Scenario
from scenarios.demand import Address, Demand, Line
from scenarios.parsing import parse_scenario
from scenarios.places import Place
from scenarios.plan import plan
from scenarios.planned import Plan
from scenarios.world import World
from simulators.data import orders
from simulators.network import locations, stock

NEAREST = [{"by": "distance", "direction": "asc"}]
IMPORTANT = [{"by": "priority", "direction": "desc"}]
SCENARIOS: dict[str, list[dict[str, Any]]] = {
    "priority walk": [{"order_by": IMPORTANT}],
    "nearest walk": [{"order_by": NEAREST}],
    "fewest packages": [{"order_by": NEAREST, "strategy": "fewest_packages"}],
    "fewest, whole lines": [{"order_by": NEAREST, "strategy": "fewest_packages", "coverage": "whole_lines"}],
    "shop near, then fewest": [
        {
            "locations": {"type": "store", "near": {"km": 50}, "select_by": ["SELECT_BY_QUOTA"]},
            "order_by": NEAREST,
            "coverage": "whole_order",
        },
        {"order_by": [*IMPORTANT, *NEAREST], "strategy": "fewest_packages", "max_packages": 4},
    ],
}


def address(body: dict[str, Any]) -> Address:
    return Address(
        country=body["country"]["code"],
        city=body["city"]["name"],
        latitude=float(body["latitude"]),
        longitude=float(body["longitude"]),
    )


def demand(number: int, body: dict[str, Any]) -> Demand:
    lines = tuple(Line(item["omnitron_id"], item["sku"], item["quantity"]) for item in body["items"])
    return Demand(number, body["number"], lines, channel="web", destination=address(body["shipping_address"]).rounded())


def network(n: int) -> list[Place]:
    return [
        Place(
            id=number,
            erp_code=body["erp_code"],
            type=body["stock_location_type"],
            address=address(body["address"]),
            priority=body["priority"],
            max_quota=body["max_quota"],
        )
        for number, body in enumerate(locations(n), start=1)
    ]


def world(n: int, bodies: Sequence[dict[str, Any]], thin: bool) -> World:
    places = network(n)
    seen, ids = World(places), {place.erp_code: place.id for place in places}
    for row in stock(bodies, list(locations(n))):
        if not (thin and row["erp_code"].startswith("WH")):
            seen.set_known(ids[row["erp_code"]], row["sku"], row["quantity"])
    return seen


def checked(wanted: Demand, made: Plan) -> None:
    left = {line.id: line.quantity for line in wanted.lines}
    for package in made.packages:
        for line in package.lines:
            left[line.line] -= line.quantity
    for waiting in made.open_lines:
        left[waiting.line] -= waiting.quantity
    if any(left.values()):
        raise AssertionError(f"pieces lost or invented in the plan of {wanted.number}")


def measure(wanted: Iterable[Demand], seen: World, scenario: Scenario) -> dict[str, float]:
    took: list[float] = []
    plans: list[tuple[Demand, Plan]] = []
    for one in wanted:
        begun = time.process_time()
        made = plan(one, seen, scenario)
        took.append(time.process_time() - begun)
        plans.append((one, made))
    for one, made in plans:
        checked(one, made)
    cuts = quantiles(took, n=100)
    packages = sum(len(made.packages) for _, made in plans)
    bound = sum(made.lower_bound for _, made in plans)
    return {
        "packages": packages / len(plans),
        "over": packages / bound - 1 if bound else 0.0,
        "proven": sum(made.proven for _, made in plans) / len(plans),
        "open": sum(bool(made.open_lines) for _, made in plans) / len(plans),
        "p50": cuts[49] * 1000,
        "p99": cuts[98] * 1000,
        "per_second": len(took) / sum(took),
    }


def bytes_a_row(rows: int, places: int) -> float:
    """Of a world where every location has every SKU, as a warehouse system answers."""
    tracemalloc.start()
    seen = World(Place(i, f"L{i:04}") for i in range(places))
    gc.collect()
    before = tracemalloc.get_traced_memory()[0]
    for n in range(rows // places):
        sku = f"SKU{n:07}"
        for location in range(places):
            seen.set_known(location, sku, n % 50)
    gc.collect()
    used = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    return used / rows


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="benchmarks.planning", description=__doc__)
    parser.add_argument("--orders", type=int, default=2000)
    parser.add_argument("--rows", type=int, default=1_000_000, help="stock rows for the memory figure")
    given = parser.parse_args(arguments)
    bodies = list(orders(given.orders))
    wanted = [demand(number, body) for number, body in enumerate(bodies, start=1)]
    lines = sorted(len(one.lines) for one in wanted)
    print(f"Planning: {len(wanted)} real baskets, median {lines[len(lines) // 2]} lines, most {lines[-1]}; one core")
    print(f"{platform.python_implementation()} {platform.python_version()}, {platform.machine()}")
    head = f"{'locations':10}{'scenario':24}{'packages':>9}{'over':>8}{'proven':>8}{'open':>7}"
    print(head + f"{'ms p50':>8}{'p99':>8}{'plans/s':>9}")
    for n, thin in ((101, False), (101, True), (602, True)):
        seen = world(n, bodies, thin)
        for name, rules in SCENARIOS.items():
            scenario = parse_scenario({"name": name, "rules": rules})
            measure(wanted[:50], seen, scenario)
            got = measure(wanted, seen, scenario)
            # A walk is its own definition: there is nothing to prove, and its bound says nothing.
            walk = all(rule.strategy == "first_fit" for rule in scenario.rules)
            over, proven = ("-", "-") if walk else (f"{got['over']:.2%}", f"{got['proven']:.1%}")
            print(
                f"{f'{n} thin' if thin else str(n):10}{name:24}{got['packages']:9.3f}{over:>8}"
                f"{proven:>8}{got['open']:7.1%}{got['p50']:8.3f}{got['p99']:8.2f}{got['per_second']:9,.0f}"
            )
    print(f"Memory: {bytes_a_row(given.rows, 100):.1f} bytes a stock row ({given.rows:,} rows, 100 locations)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
