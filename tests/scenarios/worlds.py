"""Small worlds and demands for the tests of the planner."""

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from scenarios.definition import Scenario, TransferScenario
from scenarios.demand import Address, Demand, Line
from scenarios.parsing import parse_scenario, parse_transfer_scenario
from scenarios.places import Place
from scenarios.plan import plan
from scenarios.planned import Plan
from scenarios.world import World

LEEDS = Address("GB", "Leeds", "West", "Centre", 53.8, -1.55)
YORK = Address("GB", "York", "North", None, 53.96, -1.08)
LONDON = Address("GB", "London", None, None, 51.51, -0.13)


def world(stock: Mapping[str, Mapping[str, int]], places: list[Place] | None = None, **of: Mapping[str, Any]) -> World:
    """Locations A, B, … as `stock` {erp_code: {sku: pieces}} names them; `of` has further fields of a place."""
    made = places or [Place(i, code, **of.get(code, {})) for i, code in enumerate(stock, start=1)]
    seen = World(made)
    ids = {place.erp_code: place.id for place in made}
    for code, rows in stock.items():
        for sku, n in rows.items():
            seen.set_known(ids[code], sku, n)
    return seen


def demand(skus: Mapping[str, int] | list[tuple[str, int]], **fields: Any) -> Demand:
    rows = skus.items() if isinstance(skus, Mapping) else skus
    lines = tuple(Line(i, sku, n) for i, (sku, n) in enumerate(rows, start=1))
    return Demand(1, "R1", lines, **fields)


def scenario(*rules: dict[str, Any], **fields: Any) -> Scenario:
    return parse_scenario({"name": "S", "default_stock_location": "A", "rules": list(rules) or [{}], **fields}, 7, 3)


def transfers(*rules: dict[str, Any], **fields: Any) -> TransferScenario:
    return parse_transfer_scenario({"name": "T", "rules": list(rules) or [{}], **fields}, 5, 1)


def packed(made: Plan, seen: World) -> list[str]:
    """A plan in short: `A x2 y1` per package, `A x3 <- B x1` with a transfer."""
    codes = {place.id: place.erp_code for place in seen.places.rows}

    def text(lines: Any) -> str:
        return " ".join(f"{line.sku}{line.quantity}" for line in lines)

    return [
        f"{codes[p.location]} {text(p.lines)}" + "".join(f" <- {codes[t.source]} {text(t.lines)}" for t in p.transfers)
        for p in made.packages
    ]


def run(
    wanted: Demand, seen: World, *rules: dict[str, Any], by: tuple[TransferScenario, ...] = (), **fields: Any
) -> list[str]:
    return packed(plan(wanted, seen, scenario(*rules, **fields), by), seen)


SKUS = ["x", "y", "z", "w"]
CODES = ["A", "B", "C", "D", "E", "F"]


@st.composite
def worlds(draw: st.DrawFn) -> World:
    codes = draw(st.permutations(CODES))[: draw(st.integers(1, len(CODES)))]
    places = [
        Place(
            id=10 + CODES.index(code),
            erp_code=code,
            type=draw(st.sampled_from(["store", "warehouse"])),
            priority=draw(st.integers(0, 2)),
            max_quota=draw(st.sampled_from([None, 0, 1, 2])),
            address=draw(st.sampled_from([LEEDS, YORK, LONDON, Address()])),
            safety_stock=draw(st.sampled_from([0, 0, 0, 1])),
            is_active=draw(st.sampled_from([True, True, True, False])),
        )
        for code in codes
    ]
    seen = World(places)
    for place in places:
        seen.slots(place.id, draw(st.integers(0, 2)))
        for sku in SKUS:
            seen.set_known(place.id, sku, draw(st.sampled_from([0, 0, 1, 2, 3, 5])))
            seen.reserve(place.id, sku, draw(st.sampled_from([0, 0, 0, 1])))
    return seen


@st.composite
def demands(draw: st.DrawFn) -> Demand:
    rows = draw(st.lists(st.tuples(st.sampled_from(SKUS), st.integers(1, 5)), min_size=1, max_size=6))
    refused = draw(st.frozensets(st.tuples(st.integers(10, 15), st.sampled_from(SKUS)), max_size=3))
    return demand(
        rows,
        destination=draw(st.sampled_from([LEEDS, LONDON, Address()])),
        ship_complete=draw(st.sampled_from([False, False, True])),
        refused=refused,
    )


def rules(**fixed: Any) -> st.SearchStrategy[dict[str, Any]]:
    order = st.lists(
        st.fixed_dictionaries(
            {
                "by": st.sampled_from(["priority", "stock_amount", "stock_left_after", "package_density", "distance"]),
                "direction": st.sampled_from(["asc", "desc"]),
            }
        ),
        max_size=2,
    )
    locations = st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(["store", "warehouse"]),
            "include": st.lists(st.sampled_from(CODES), max_size=3),
            "exclude": st.lists(st.sampled_from(CODES), max_size=2),
            "near": st.sampled_from([{"km": 60}, {"same": ["city"]}]),
            "select_by": st.lists(st.sampled_from(["SELECT_BY_QUOTA", "SELECT_BY_STOCK"]), max_size=2),
        },
    )
    parts: dict[str, st.SearchStrategy[Any]] = {
        "locations": locations,
        "order_by": order,
        "coverage": st.sampled_from(["whole_order", "whole_lines", "split_lines"]),
        "strategy": st.sampled_from(["first_fit", "fewest_packages", "least_cost"]),
        "max_packages": st.sampled_from([None, 1, 2, 3]),
        "transferable": st.booleans(),
        "items": st.sampled_from([{}, {}, {"skus": ["x", "y"]}]),
    }
    return st.fixed_dictionaries({**parts, **{key: st.just(value) for key, value in fixed.items()}})


def all_transfers() -> st.SearchStrategy[tuple[TransferScenario, ...]]:
    one = st.builds(
        lambda products, most, where: transfers({"locations": where}, products=products, max_sources=most),
        st.sampled_from(["all_products", "any_products"]),
        st.sampled_from([None, 1, 2]),
        st.sampled_from([{}, {"type": "warehouse"}, {"select_by": ["SELECT_BY_QUOTA"]}]),
    )
    return st.lists(one, max_size=1).map(tuple)
