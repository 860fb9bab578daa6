"""Conditions in CEL: what they may ask, what they say when they are wrong, and that none can take long."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.choosing import choose_scenario
from scenarios.conditions import FUNCTIONS, ITEM, LONGEST, ORDER, Wrong, check, holds, of_line, of_order, of_place
from scenarios.demand import Line
from tests.scenarios.worlds import LEEDS, demand, run, scenario, transfers, world

LINE = Line(1, "x", 3, {"frozen": True, "category": "toys", "seller": "S1", "weight": 2.5})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("frozen", True),
        ("!fragile && quantity == 3", True),
        ("category in ['toys', 'games']", True),
        ("attributes.seller == 'S2'", False),
        ("attributes.unheard_of == 1", False),
        ("has(attributes.unheard_of)", False),
        ("double(attributes.weight) * double(quantity) > 7.0", True),
        ("channel == 'web' && amount < 1.0", True),
        ("sku.startsWith('x')", True),
        ("size(skus) > 1", False),
        ("sku / 2 == 1", False),
    ],
)
def test_a_condition_holds_or_not(text, expected):
    assert holds(text, {**of_order(demand({"x": 3}, channel="web")), **of_line(LINE)}) is expected


def test_every_variable_that_is_allowed_is_there():
    wanted = demand({"x": 3}, destination=LEEDS)
    assert set(of_order(wanted)) == set(ORDER)
    assert set(of_line(LINE)) == set(ITEM)
    assert holds("location.city == 'Leeds' && 'packaging_centre' in location.roles", of_place(PLACE))


PLACE = world({"A": {}}, None, A={"address": LEEDS}).places.rows[0]


@given(st.text(alphabet="()[]!-+&|?:.'\"aox1 ,<=", max_size=60) | st.text(max_size=40))
@settings(max_examples=150)
def test_any_text_is_a_condition_or_is_refused_in_words(text):
    try:
        check(text, ORDER)
    except Wrong as wrong:
        assert wrong.text
    else:
        assert holds(text, of_order(demand({"x": 1}))) in (True, False)


@pytest.mark.parametrize("one", ["(", "!", "-", "[", "channel.", "true?", "channel[0]", "channel+"])
def test_depth_breaks_nothing(one):
    with pytest.raises(Wrong):
        check(one * LONGEST, ORDER)
    text = one * (LONGEST // len(one))
    try:
        check(text, ORDER)
    except Wrong as wrong:
        assert wrong.text


def test_functions_that_may_be_named_are_few():
    assert "matches" not in FUNCTIONS


def test_dynamic_prerequisites_choose_the_scenario(now):
    dear = {"channel": {"type": "dynamic", "expression": "value == 'web' && pieces > 2"}}
    one = scenario({}, prerequisites=dear)
    assert choose_scenario(demand({"x": 3}, channel="web"), [one], now).scenario == one
    assert choose_scenario(demand({"x": 2}, channel="web"), [one], now).reasons == (
        (7, "S: channel is web: value == 'web' && pieces > 2 does not hold"),
    )


def test_a_rule_takes_the_lines_its_condition_holds_for():
    seen = world({"A": {"x": 5, "y": 5}, "B": {"y": 5}})
    rule = {"items": {"expression": "quantity > 2 || sku == 'y'"}, "locations": {"include": ["B"]}}
    assert run(demand({"x": 2, "y": 1}), seen, rule) == ["B y1"]


def test_a_transfer_scenario_asks_for_the_packages_location():
    seen = world({"A": {"x": 1}, "B": {"x": 1, "y": 1}})
    asked = {"package_location": {"type": "dynamic", "expression": "location.erp_code == 'B' && lines == 2"}}
    by = transfers(prerequisites=asked)
    rule = {"coverage": "whole_order", "transferable": True}
    assert run(demand({"x": 2, "y": 1}), seen, rule, by=(by,)) == ["B x2 y1 <- A x1"]
    assert run(demand({"x": 2}), seen, rule, by=(by,)) == []
