"""Packages cut afterwards (`split_by`), and least cost: their laws."""

from collections import Counter
from datetime import UTC, datetime
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.cutting import cut
from scenarios.definition import SplitBy
from scenarios.demand import Line
from scenarios.plan import plan
from scenarios.strategies import Pick
from scenarios.transfers import Brought
from tests.scenarios.worlds import LEEDS, YORK, demand, demands, run, scenario, world, worlds

LINES = [
    Line(1, "a", 5, {"weight": 2, "volume": 0.5}),
    Line(2, "b", 9, {"weight": "0.7", "frozen": True}),
    Line(3, "c", 2, {"weight": 30}),
    Line(4, "d", 4),
]


@given(
    st.fixed_dictionaries({}, optional={i: st.integers(1, line.quantity) for i, line in enumerate(LINES)}),
    st.dictionaries(st.sampled_from(range(4)), st.integers(1, 3), max_size=2),
    st.sampled_from([None, 3.0, 20.0]),
    st.sampled_from([None, 0.6, 1.5]),
    st.sampled_from([None, 1, 4]),
    st.sampled_from([(), ("frozen",)]),
)
def test_what_is_cut_is_all_there_and_within_its_limits(own, brought, weight, volume, pieces, apart):
    by = SplitBy(weight, volume, pieces, apart)
    pick = Pick(0, own, Brought([(1, brought)] if brought else []))
    parts = cut(LINES, pick, by)
    total: Counter[tuple[int | None, int]] = Counter()
    for part in parts:
        held: Counter[int] = Counter(part.own)
        total.update({(None, line): n for line, n in part.own.items()})
        for source, amounts in part.brought.legs:
            held.update(amounts)
            total.update({(source, line): n for line, n in amounts.items()})
        assert held
        n = sum(held.values())
        assert pieces is None or n <= pieces
        alone = {2} & set(held)  # heavier than any limit by itself, so with what weighs nothing at most
        if n > 1 and weight is not None and not alone:
            assert sum(size(i, "weight") * k for i, k in held.items()) <= weight + 1e-6
        if n > 1 and volume is not None:
            assert sum(size(i, "volume") * k for i, k in held.items()) <= volume + 1e-6
        if apart:
            assert len({LINES[i].attributes.get("frozen") for i in held}) == 1
    expected: Counter[tuple[int | None, int]] = Counter()
    expected.update({(None, i): n for i, n in own.items()})
    expected.update({(1, i): n for i, n in brought.items()})
    assert total == expected


def size(line: int, name: str) -> float:
    return float(str(LINES[line].attributes.get(name, 0)))


def test_cut_packages_take_a_slot_each_and_what_has_none_waits():
    seen = world({"A": {"x": 9}}, None, A={"max_quota": 2})
    rule = {"locations": {"select_by": ["SELECT_BY_QUOTA"]}, "split_by": {"pieces": 2}}
    made = plan(demand({"x": 9}), seen, scenario(rule))
    assert [[line.quantity for line in package.lines] for package in made.packages] == [[2], [2]]
    assert [(line.quantity, line.reason) for line in made.open_lines] == [(5, "in stock, but no rule could place it")]


@given(demands(), worlds(), st.sampled_from([0.0, 0.01, 0.5]), st.sampled_from([1.0, 50.0]))
@settings(max_examples=80)
def test_least_cost_is_between_its_bound_and_the_exact_least(wanted, seen, kilometre, package):
    rule = {"strategy": "least_cost", "weights": {"package": package, "kilometre": kilometre}}
    made = plan(wanted, seen, scenario(rule))
    if not made.packages or not made.choices or "cost" not in made.choices[0]:
        return
    km = [min(one, 20_038.0) for one in seen.places.km(wanted.destination)]
    prices = [round(package + kilometre * one, 6) for one in km]
    cost = made.choices[0]["cost"]
    assert abs(cost - sum(prices[seen.places.ordinal[p.location]] for p in made.packages)) < 1e-4
    need: Counter[str] = Counter()
    for line in wanted.lines:
        need[line.sku] += line.quantity
    usable = {
        sku: [
            n if place.is_active and (place.id, sku) not in wanted.refused else 0
            for place, n in zip(seen.places.rows, seen.available(sku), strict=True)
        ]
        for sku in need
    }
    target = {sku: min(n, sum(usable[sku])) for sku, n in need.items()}
    everybody = range(len(prices))
    exact = min(
        sum(prices[at] for at in some)
        for k in range(len(prices) + 1)
        for some in combinations(everybody, k)
        if all(sum(usable[sku][at] for at in some) >= n for sku, n in target.items())
    )
    assert made.choices[0]["least"] <= exact + 1e-4
    assert exact <= cost + 1e-4
    if made.choices[0]["least"] == cost:
        assert abs(cost - exact) < 1e-4


def test_least_cost_weighs_lateness_against_kilometres():
    now = datetime(2026, 11, 23, 10, tzinfo=UTC)
    near = {"address": LEEDS, "closed_days": ("monday",)}
    seen = world({"A": {"x": 1}, "B": {"x": 1}}, None, A=near, B={"address": YORK})
    wanted = demand({"x": 1}, destination=LEEDS, at=now, promised=now)
    rule = {"strategy": "least_cost", "weights": {"kilometre": 1, "lateness": 1}}
    assert run(wanted, seen, rule) == ["A x1"], "14 hours late are cheaper than 36 kilometres"
    rule["weights"] = {"kilometre": 0.1, "lateness": 1}
    assert run(wanted, seen, rule) == ["B x1"]
