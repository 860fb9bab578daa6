"""What holds for every plan of any order in any world (spec 2.1, 2.8)."""

from collections import Counter
from copy import deepcopy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.demand import Demand
from scenarios.desk import Desk
from scenarios.explain import explain, recheck
from scenarios.inputs import Frame, keep, unpack
from scenarios.places import Place
from scenarios.plan import plan
from scenarios.planned import apply_plan, plan_bytes, undo_plan
from scenarios.rules import OF_LOCATION, Question, candidates, packs, ranked, reason_against
from scenarios.world import Overlay, World
from tests.scenarios.worlds import all_transfers, demands, rules, scenario, worlds

several = st.lists(rules(), min_size=1, max_size=3)


def state(seen: World) -> object:
    rows = {sku: (row.free.tolist(), row.reserved or {}) for sku, row in seen._rows.items()}
    return deepcopy((seen.places.rows, seen.quota, rows))


@given(demands(), worlds(), several, all_transfers())
@settings(max_examples=160)
def test_no_line_is_lost_or_invented_and_nothing_is_oversold(wanted, seen, chosen, by):
    before = state(seen)
    made = plan(wanted, seen, scenario(*chosen), by)
    assert state(seen) == before, "a plan changes nothing"

    placed: Counter[int] = Counter()
    for package in made.packages:
        assert package.lines
        placed.update({line.line: line.quantity for line in package.lines})
        for transfer in package.transfers:
            assert transfer.source != package.location
            assert transfer.lines
    for open_line in made.open_lines:
        placed[open_line.line] += open_line.quantity
    assert placed == {line.id: line.quantity for line in wanted.lines}

    taken: Counter[tuple[int, str]] = Counter()
    for package in made.packages:
        for sku, n in package.own().items():
            assert n > 0, "a transfer brings a part of the package"
            taken[package.location, sku] += n
        for transfer in package.transfers:
            for line in transfer.lines:
                taken[transfer.source, line.sku] += line.quantity
    for (location, sku), n in taken.items():
        assert n <= seen.available(sku)[seen.places.ordinal[location]]
        assert (location, sku) not in wanted.refused
    if wanted.ship_complete:
        assert not (made.packages and made.open_lines)
    assert made.proven == (made.lower_bound == len(made.packages))
    assert made.lower_bound <= len(made.packages)


@given(demands(), worlds(), several, all_transfers())
@settings(max_examples=80)
def test_no_location_outside_its_filters_and_none_over_quota(wanted, seen, chosen, by):
    made_by = scenario(*chosen)
    made = plan(wanted, seen, made_by, by)
    named = {rule.name: rule for rule in made_by.rules}
    held = Counter({place.id: seen.quota[at] for at, place in enumerate(seen.places.rows)})
    per_rule: Counter[str] = Counter()
    for package in made.packages:
        rule, place = named[package.rule], seen.places.rows[seen.places.ordinal[package.location]]
        assert [ask(place, rule.locations) for ask in OF_LOCATION] == [None] * len(OF_LOCATION)
        assert not rule.items.skus or {line.sku for line in package.lines} <= set(rule.items.skus)
        km = seen.places.km(wanted.destination)[seen.places.ordinal[package.location]]
        assert rule.locations.km is None or km <= rule.locations.km
        if rule.locations.by_quota:
            assert place.max_quota is not None and held[place.id] < place.max_quota
        held[place.id] += 1
        per_rule[rule.name] += 1
        if rule.coverage == "whole_lines":
            whole = {line.id: line.quantity for line in wanted.lines}
            open_before = Counter(whole)
            for earlier in made.packages[: made.packages.index(package)]:
                if earlier.rule != package.rule:
                    open_before.subtract({line.line: line.quantity for line in earlier.lines})
            assert all(line.quantity == open_before[line.line] for line in package.lines)
        if not rule.transferable:
            assert not package.transfers
        for transfer in package.transfers:
            source, where = seen.places.rows[seen.places.ordinal[transfer.source]], by[0].rules[0].locations
            assert [ask(source, where) for ask in OF_LOCATION if ask is not packs] == [None] * (len(OF_LOCATION) - 1)
        assert by == () or by[0].max_sources is None or len(package.transfers) <= by[0].max_sources
    for name, n in per_rule.items():
        most = named[name].max_packages
        assert most is None or n <= most
        assert named[name].coverage != "whole_order" or n == 1


@given(demands(), worlds(), several, all_transfers(), st.randoms(use_true_random=False))
@settings(max_examples=50)
def test_the_same_input_gives_the_same_plan_however_the_locations_came_in(wanted, seen, chosen, by, random):
    made_by = scenario(*chosen)
    first = plan_bytes(plan(wanted, seen, made_by, by))
    assert plan_bytes(plan(wanted, seen, made_by, by)) == first
    places = list(seen.places.rows)
    random.shuffle(places)
    other = World(places)
    for sku in {line.sku for line in wanted.lines}:
        for at, n in enumerate(seen.available(sku)):
            place = seen.places.rows[at]
            other.set_known(place.id, sku, n + place.safety_stock)
    for at, n in enumerate(seen.quota):
        other.slots(seen.places.rows[at].id, n)
    assert plan_bytes(plan(wanted, other, made_by, by)) == first


def simple_walk(wanted: Demand, seen: World, rule: dict) -> list[tuple[int, dict[int, int]]]:
    """first_fit without transfers, written down anew: what the spec says in the plainest words."""
    made_by = scenario(rule).rules[0]
    desk = Desk(wanted, seen)
    open_lines = {line.id: line for line in wanted.lines if not made_by.items.skus or line.sku in made_by.items.skus}
    if not open_lines:
        return []
    skus = list(dict.fromkeys(line.sku for line in open_lines.values()))
    pieces = [sum(line.quantity for line in open_lines.values() if line.sku == sku) for sku in skus]
    rows = [desk.usable(sku, made_by.locations) for sku in skus]
    q = Question(desk, made_by.locations, wanted.destination, tuple(skus), tuple(pieces), tuple(rows))
    fit = [at for at in seen.places.by_code if reason_against(q, at) is None]
    assert fit == candidates(q)
    left = {i: line.quantity for i, line in open_lines.items()}
    found: list[Any] = []
    for at in ranked(q, fit, made_by.order_by):
        stock = {sku: row[at] for sku, row in zip(skus, rows, strict=True)}
        gives = {}
        for i, line in open_lines.items():
            n = min(left[i], stock[line.sku])
            if made_by.coverage != "split_lines" and n < left[i]:
                n = 0
            if n:
                gives[i] = n
                stock[line.sku] -= n
        if made_by.coverage == "whole_order" and gives != {i: n for i, n in left.items() if n}:
            continue
        if gives and (made_by.max_packages is None or len(found) < made_by.max_packages):
            found.append((seen.places.rows[at].id, gives))
            for i, n in gives.items():
                left[i] -= n
    return found


@given(demands(), worlds(), rules(strategy="first_fit", transferable=False))
@settings(max_examples=160)
def test_first_fit_is_the_simple_walk(wanted, seen, rule):
    made = plan(wanted, seen, scenario(rule))
    walked = simple_walk(wanted, seen, rule)
    placed = sum(sum(gives.values()) for _, gives in walked)
    if wanted.ship_complete and placed < sum(line.quantity for line in wanted.lines):
        walked = []
    assert [(p.location, {line.line: line.quantity for line in p.lines}) for p in made.packages] == walked


def plain_greedy(wanted: Demand, seen: World, refused_ok: bool = False) -> int:
    """Packages of a greedy that always takes the location with most pieces of what is left."""
    left: Counter[str] = Counter()
    n = 0
    for line in wanted.lines:
        left[line.sku] += line.quantity
    stock = {
        place.id: {sku: seen.available(sku)[at] if (place.id, sku) not in wanted.refused else 0 for sku in left}
        for at, place in enumerate(seen.places.rows)
        if place.is_active
    }
    while stock:
        best = max(stock, key=lambda id: sum(min(left[sku], has) for sku, has in stock[id].items()))
        gives = {sku: min(left[sku], has) for sku, has in stock.pop(best).items()}
        if not any(gives.values()):
            break
        left.subtract(gives)
        n += 1
    return n


@given(demands(), worlds())
@settings(max_examples=160)
def test_fewest_packages_is_between_its_bound_and_the_exact_optimum_and_serves_all_there_is(wanted, seen):
    rule = {"coverage": "split_lines", "strategy": "fewest_packages"}
    made = plan(wanted, seen, scenario(rule))
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
    if wanted.ship_complete and target != need:
        assert not made.packages
        return
    assert sum(line.quantity for line in made.open_lines) == sum(need.values()) - sum(target.values())
    optimum = min(
        mask.bit_count()
        for mask in range(1 << len(seen.places))
        if all(sum(n for at, n in enumerate(usable[sku]) if mask >> at & 1) >= target[sku] for sku in need)
    )
    assert made.lower_bound <= optimum <= len(made.packages) <= plain_greedy(wanted, seen)


@given(demands(), worlds(), several, all_transfers())
@settings(max_examples=60)
def test_a_plan_applied_and_undone_leaves_the_world_as_it_was(wanted, seen, chosen, by):
    before = state(seen)
    shown = Overlay(seen)
    made = plan(wanted, shown, scenario(*chosen), by)
    apply_plan(shown, made)
    assert state(seen) == before, "an overlay keeps to itself"
    for package in made.packages:
        at = seen.places.ordinal[package.location]
        for sku, n in package.own().items():
            assert shown.reserved(package.location, sku) >= seen.reserved(package.location, sku) + n
        assert shown.quota[at] > seen.quota[at]
    undo_plan(shown, made)
    for sku in {line.sku for line in wanted.lines}:
        assert shown.available(sku) == seen.available(sku)
    assert shown.quota == seen.quota
    apply_plan(seen, made)
    undo_plan(seen, made)
    assert state(seen) == before


@given(demands(), worlds(), several, all_transfers())
@settings(max_examples=50)
def test_kept_inputs_give_the_same_plan_byte_for_byte_and_explain_it(wanted, seen, chosen, by):
    frame = Frame(seen.places.rows, scenario(*chosen), by)
    made = plan(wanted, seen, frame.scenario, by)
    kept = keep(wanted, seen, frame, "2026-11-23T10:00:00Z")
    again = unpack(kept.packed, frame.packed)
    assert again.digest == kept.digest and again.case == kept.case
    assert recheck(again, plan_bytes(made))
    told = explain(again)
    assert len(told["sentences"]) == len(made.packages) + len(made.open_lines)
    codes = {place.id: place.erp_code for place in seen.places.rows}
    if made.packages:
        assert [code for rule in told["rules"] for code in rule["chosen"]] == [codes[p.location] for p in made.packages]
        left = {line["line"]: line["quantity"] for line in told["rules"][-1]["open"]}
        assert left == {line.line: line.quantity for line in made.open_lines}
    for rule in told["rules"]:
        for one in rule["candidates"]:
            assert ("removed_by" in one) != ("rank" in one)


@given(st.lists(st.tuples(st.sampled_from("krmq"), st.integers(1, 3), st.sampled_from("xy"), st.integers(-3, 9))))
def test_the_world_is_known_minus_reserved_minus_safety(steps):
    seen = World([Place(1, "A"), Place(2, "B", safety_stock=2)])
    known: Counter[Any] = Counter()
    reserved: Counter[Any] = Counter()
    for kind, location, sku, n in steps:
        if location == 3:
            seen.put_place(Place(3, "C"))
        if kind == "k":
            seen.set_known(location, sku, n)
            known[location, sku] = n
        elif kind == "r":
            seen.reserve(location, sku, n)
            reserved[location, sku] += n
        elif kind == "m":
            seen.move(location, sku, n)
            known[location, sku] += n
    for sku in "xy":
        expected = [max(0, known[p.id, sku] - reserved[p.id, sku] - p.safety_stock) for p in seen.places.rows]
        assert seen.available(sku).tolist() == expected
        assert [seen.reserved(p.id, sku) for p in seen.places.rows] == [reserved[p.id, sku] for p in seen.places.rows]
