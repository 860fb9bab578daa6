"""Why not LOCATION (spec 2.6): the first condition that failed, and the smallest change that would have let it win."""

# ruff: noqa: E501 - a row of a table is read as one line

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.changes import changed
from scenarios.inputs import Frame, Inputs, keep
from scenarios.places import Place
from scenarios.plan import plan
from scenarios.smallest import WORK, smallest, smallest_change, tries_for, wins
from scenarios.why_not import why_not
from tests.scenarios.worlds import (
    LEEDS,
    LONDON,
    YORK,
    all_transfers,
    demand,
    demands,
    rules,
    scenario,
    transfers,
    world,
    worlds,
)

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
PLACES = [
    Place(1, "A", address=LEEDS, priority=10, max_quota=5),
    Place(2, "B", address=YORK, priority=20, max_quota=5),
    Place(3, "C", address=LONDON, priority=5, max_quota=5, type="warehouse"),
]
NEAREST = {"order_by": [{"by": "distance"}]}
IMPORTANT = {"order_by": [{"by": "priority", "direction": "desc"}]}
STOCK = {"A": {"x": 9, "y": 9}, "B": {"x": 9, "y": 1}, "C": {"x": 9, "y": 9}}
QUOTA = {"locations": {"select_by": ["SELECT_BY_QUOTA"]}}


def inputs(wanted, seen, *of, by=()) -> Inputs:
    return keep(wanted, seen, Frame(seen.places.rows, scenario(*of), by))


def asked(rule, code, order=None, places=None, stock=None, **held):
    seen = world(stock or STOCK, places or PLACES)
    for at, n in held.items():
        seen.slots({"A": 1, "B": 2, "C": 3}[at], n)
    said = why_not(inputs(demand({"x": 2, "y": 2}, destination=LEEDS, **(order or {})), seen, rule), code)
    return said["condition"], [(c["what"], c["of"], c["from"], c["to"]) for c in said["changes"]], said["sentence"]


ROWS = [
    ({**QUOTA, **NEAREST}, "A", {"A": 7}, "no free quota (7 of 5)", [("max_quota", "", 5, 8)]),
    ({**NEAREST, "locations": {"near": {"km": 30}}, "strategy": "fewest_packages"}, "B", {}, "35.6 km away (limit 30)",
     [("locations.near.km", "", 30.0, 35.575), ("locations.exclude", "A", None, None)]),
    ({**IMPORTANT, "coverage": "whole_order"}, "B", {}, "lacks y (rank 1 of 3)", [("stock", "y", 1, 2)]),
    ({**IMPORTANT, "coverage": "whole_order"}, "C", {}, "others stand before it (rank 3 of 3)", [("priority", "", 5, 11)]),
    ({**NEAREST, "coverage": "whole_order"}, "C", {}, "others stand before it (rank 3 of 3)",
     [("locations.exclude", "A", None, None)]),
    ({**NEAREST, "locations": {"type": "store"}, "coverage": "whole_order"}, "C", {}, "a warehouse, not a store",
     [("locations.type", "", "store", None), ("locations.exclude", "A", None, None)]),
    ({"locations": {"include": ["B"]}, "coverage": "whole_order"}, "A", {}, "not among the included locations",
     [("locations.include", "A", None, None)]),
    ({"locations": {"exclude": ["A"]}, "coverage": "whole_order"}, "A", {}, "excluded by the rule",
     [("locations.not_excluded", "A", None, None)]),
    ({"locations": {"tags": ["city", "old"]}}, "A", {}, "not tagged city", [("tag", "city", False, True), ("tag", "old", False, True)]),
    ({"locations": {"near": "city"}}, "B", {}, "in another city (York)",
     [("locations.near.same", "city", None, None), ("locations.exclude", "A", None, None)]),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "code", "held", "condition", "changes"), ROWS)
def test_the_condition_and_the_smallest_change(rule, code, held, condition, changes):
    assert asked(rule, code, **held)[:2] == (condition, changes)


def one(**fields):
    return [Place(1, "A", **fields), Place(2, "B")]


OF_PLACES = [
    (one(is_active=False), {}, {}, [("is_active", "", False, True)]),
    (one(closed="closed until Friday"), {}, {}, [("closed_until", "", "closed until Friday", None)]),
    (one(roles=frozenset()), {}, {}, [("role", "packaging_centre", False, True)]),
    (one(max_per_day=3), {"at": NOON}, {}, [("max_packages_per_day", "", 3, 5)]),
    (one(channel_limits=(("web", 2),)), {"channel": "web"}, {}, [("channel_limit", "web", 2, 5)]),
    (one(week=(((600, 700),),) * 7), {"at": NOON}, {"open_at": "now"}, [("locations.open_at", "", "now", None)]),
    (one(packaging_minutes=90), {"at": NOON, "promised": NOON + timedelta(hours=1)}, {"open_at": "promised"},
     [("promised", "", "2026-11-23T13:00:00Z", "2026-11-23T13:30:00Z")]),
    (one(), {"retail_store": "B"}, {"order_store": True}, [("retail_store", "", "B", "A")]),
    (one(), {"refused": frozenset({(1, "x"), (1, "y")})}, {}, [("refusal", "x", True, False), ("refusal", "y", True, False)]),
]  # fmt: skip


@pytest.mark.parametrize(("places", "order", "where", "changes"), OF_PLACES)
def test_what_is_of_the_location_or_the_order(places, order, where, changes):
    seen = world({"A": {"x": 9, "y": 9}, "B": {"x": 9, "y": 9}}, places)
    seen.tallies.count(1, "2026-11-23", 4)
    seen.tallies.hold(1, "web", 4)
    kept = inputs(demand({"x": 2, "y": 2}, **order), seen, {"locations": where, "coverage": "whole_order"})
    said = why_not(kept, "A")
    assert [(c["what"], c["of"], c["from"], c["to"]) for c in said["changes"]] == changes


def test_it_is_said_in_a_sentence():
    assert asked({**QUOTA, **NEAREST}, "A", A=7)[2] == (
        "A was not chosen by “rule 1”: no free quota (7 of 5). It would have been if its max_quota were 8 (is 5)."
    )
    assert asked(NEAREST, "A")[2] == "A was chosen."
    assert asked({**NEAREST, "coverage": "whole_order"}, "C")[2] == (
        "C was not chosen by “rule 1”: others stand before it (rank 3 of 3). It would have been if A was left out."
    )
    nothing = asked({**NEAREST, "items": {"skus": ["z"]}}, "A")
    assert nothing == (
        "no line was open for any rule",
        [],
        "A was not chosen: no line was open for any rule. No single rule could be changed so that it wins.",
    )


ENOUGH = st.sampled_from([2, 5, 12, 30, 1000])  # plans: wherever they end, what is told holds


@settings(max_examples=40, deadline=None)  # each plans some dozen times
@given(worlds(), demands(), st.lists(rules(), min_size=1, max_size=2), all_transfers(), st.integers(0, 5), ENOUGH)
def test_the_change_lets_it_win_and_one_unit_less_does_not(seen, wanted, of, by, which, most):
    kept = inputs(wanted, seen, *of, by=by)
    at = which % len(seen.places)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("scenarios.smallest.tries_for", lambda _inputs: most)
        found = smallest_change(kept, at)
    if found is not None:
        assert not wins(kept, at)
        the_law(kept, at, *found)


def the_law(kept, at, index, changes):
    assert changes
    assert wins(changed(kept, at, index, changes), at)
    for n, change in enumerate(changes):
        rest = [*changes[:n], *([change.less()] if change.unit else []), *changes[n + 1 :]]
        assert not wins(changed(kept, at, index, rest), at), (change, changes)


@settings(max_examples=60, deadline=None)
@given(worlds(), demands(), st.lists(rules(), min_size=1, max_size=2), all_transfers())
def test_a_kept_world_is_planned_alike_whether_it_is_built_or_looked_at(seen, wanted, of, by):
    kept = inputs(wanted, seen, *of, by=by)
    made = [plan(kept.case.demand, view, kept.frame.scenario, by) for view in (kept.world(), kept.view())]
    assert made[0] == made[1]


LARGE = [
    ({"strategy": "fewest_packages"}, True, 7),
    ({"strategy": "first_fit"}, False, 35),
    ({"coverage": "whole_order"}, True, 35),  # hundreds of SKUs it lacks, each to be tried for itself
    ({"strategy": "fewest_packages", "transferable": True}, True, 0),
]


@pytest.mark.parametrize(("rule", "spent", "most"), LARGE)
def test_a_large_order_is_answered_with_a_bounded_number_of_plans(rule, spent, most, monkeypatch):
    """600 lines, 60 locations with a ninth of them each."""
    stock = {
        f"L{at:02d}": {f"s{n}": 1 + (at + n) % 3 for n in range(600) if (n * 7 + at * 11) % 9 == 0} for at in range(60)
    }
    seen = world(stock, [Place(at + 1, code, priority=at) for at, code in enumerate(stock)])
    wanted = demand({f"s{n}": 2 for n in range(600)})
    kept = inputs(wanted, seen, {"order_by": [{"by": "priority"}], **rule}, by=(transfers(),))
    plans, found = [], []

    def counted(*given):
        plans.append(given)
        assert len(plans) <= most + 1, "more plans than were to be made"
        return plan(*given)

    monkeypatch.setattr("scenarios.smallest.WORK", WORK // 4)  # the suite's time
    assert tries_for(kept) == most
    monkeypatch.setattr("scenarios.smallest.plan", counted)

    def kept_too(*given):
        found.append(smallest(*given))
        return found[0]

    monkeypatch.setattr("scenarios.why_not.smallest", kept_too)
    said = why_not(kept, "L59")
    assert len(plans) == said["tries"] + 1
    assert (said["chosen"], said["spent"]) == (False, spent)
    assert said["condition"].startswith("lacks s")
    if spent:
        assert said["changes"] == []
        rest = f" further than {most} tries." if most else ": the order is too large for that."
        assert said["sentence"] == (
            f"L59 was not chosen: {said['condition']}. The smallest change that lets it win was not looked for{rest}"
        )
    else:
        monkeypatch.undo()
        the_law(kept, 59, found[0].index, found[0].changes)


def test_of_many_skus_only_those_are_told_that_are_needed():
    """The one package goes to who serves most: A has 13 SKUs of 20, B none."""
    skus = [f"s{n:02d}" for n in range(20)]
    seen = world({"A": dict.fromkeys(skus[:13], 3), "B": {"other": 1}})
    kept = inputs(demand(dict.fromkeys(skus, 3)), seen, {"strategy": "fewest_packages", "max_packages": 1})
    found = smallest_change(kept, 1)
    assert found is not None
    index, changes = found
    assert 13 < len(changes) < 20
    the_law(kept, 1, index, changes)
