"""One row per part of a rule: what it lets through, in which order, and the reason it gives."""

from datetime import UTC, datetime

import pytest

from scenarios.choosing import choose_scenario
from scenarios.definition import LocationFilter
from scenarios.demand import Address
from scenarios.desk import Desk
from scenarios.places import Place
from scenarios.plan import plan
from scenarios.rules import Question, candidates, ranked, reason_against
from scenarios.world import World
from tests.scenarios.worlds import LEEDS, LONDON, YORK, demand, run, scenario, transfers, world

NOWHERE = Address()
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
PACKS = frozenset({"packaging_centre"})
FILTERS = [
    # the filter, the location's fields, the demand's fields, the reason (None: a candidate)
    ({}, {}, {}, None),
    ({}, {"is_active": False}, {}, "not active"),
    ({}, {"closed": "closed until 2026-12-01 08:00: flood"}, {}, "closed until 2026-12-01 08:00: flood"),
    ({}, {"max_per_day": 0}, {"at": NOON}, "its packages of today are given (0 of 0)"),
    ({}, {"max_per_day": 0}, {}, None),
    ({}, {"channel_limits": (("web", 0),)}, {"channel": "web"}, "no room for channel web (0 of 0)"),
    ({}, {"channel_limits": (("web", 0),)}, {"channel": "app"}, None),
    ({"open_at": "now"}, {"closed_days": ("monday",)}, {"at": NOON}, "closed on Monday 2026-11-23"),
    ({"open_at": "now"}, {"closed_days": ("tuesday",)}, {"at": NOON}, None),
    ({}, {"closed_days": ("monday",)}, {"at": NOON}, None),
    (
        {"open_at": "promised"},
        {"closed_days": ("monday",)},
        {"at": NOON, "promised": NOON},
        "ready 2026-11-24 00:00 at the earliest, promised is 2026-11-23 12:00",
    ),
    ({"open_at": "promised"}, {"closed_days": ("monday",)}, {"at": NOON}, None),
    ({}, {"roles": frozenset()}, {}, "not a fulfilment centre"),
    ({"include": ("L",)}, {}, {}, None),
    ({"include": ("M",)}, {}, {}, "not among the included locations"),
    ({"exclude": ("L",)}, {}, {}, "excluded by the rule"),
    ({"exclude": ("M",)}, {}, {}, None),
    ({"type": "store"}, {}, {}, None),
    ({"type": "warehouse"}, {}, {}, "a store, not a warehouse"),
    ({"roles": ("fast_delivery",)}, {"roles": PACKS | {"fast_delivery"}}, {}, None),
    ({"roles": ("fast_delivery",)}, {}, {}, "not a fast delivery"),
    ({"tags": ("city",)}, {"tags": frozenset({"city"})}, {}, None),
    ({"tags": ("city",)}, {}, {}, "not tagged city"),
    ({"order_store": True}, {}, {"retail_store": "L"}, None),
    ({"order_store": True}, {}, {"retail_store": "M"}, "not the store the customer chose (M)"),
    ({"order_store": True}, {}, {}, "the customer chose no store"),
    ({"same": ("city",)}, {"address": LEEDS}, {"destination": Address("GB", "LEEDS")}, None),
    ({"same": ("city",)}, {"address": YORK}, {"destination": LEEDS}, "in another city (York)"),
    ({"same": ("country", "district")}, {"address": YORK}, {"destination": LEEDS}, "district not known"),
    ({"km": 50.0}, {"address": YORK}, {"destination": LEEDS}, None),
    ({"km": 30.0}, {"address": YORK}, {"destination": LEEDS}, "35.6 km away (limit 30)"),
    ({"km": 30.0}, {"address": NOWHERE}, {"destination": LEEDS}, "distance not known"),
    ({"km": 30.0}, {"address": LEEDS}, {"destination": NOWHERE}, "distance not known"),
    ({}, {}, {"refused": frozenset({(1, "x"), (1, "y")})}, "refused these items lately"),
    ({}, {}, {"refused": frozenset({(1, "x")})}, None),
    ({"allow_refused": True}, {}, {"refused": frozenset({(1, "x"), (1, "y")})}, None),
    ({"by_quota": True}, {"max_quota": 3}, {}, None),
    ({"by_quota": True}, {"max_quota": 2}, {}, "no free quota (2 of 2)"),
    ({"by_quota": True}, {"max_quota": 0}, {}, "no free quota (2 of 0)"),
    ({"by_quota": True}, {}, {}, "no max_quota set, so not selectable by quota"),
    ({}, {"max_quota": 0}, {}, None),
    ({"by_stock": True}, {}, {}, None),
    ({"by_stock": True}, {"safety_stock": 5}, {}, "has none of the open items"),
]


@pytest.mark.parametrize(("where", "place", "order", "reason"), FILTERS)
def test_a_filter_gives_its_reason_and_removes(where, place, order, reason):
    seen = World([Place(1, "L", **place)])
    seen.set_known(1, "y", 5)
    seen.slots(1, 2)
    wanted = demand({"x": 1, "y": 1}, **order)
    desk = Desk(wanted, seen)
    rows = (desk.stock("x"), desk.stock("y"))
    q = Question(desk, LocationFilter(**where), wanted.destination, ("x", "y"), (1, 1), rows)
    assert reason_against(q, 0) == reason
    assert candidates(q) == ([] if reason else [0])


def key(by, direction="asc"):
    return {"order_by": [{"by": by, "direction": direction}]}


PLACES = [
    Place(3, "C", address=LEEDS, priority=10, max_quota=10),
    Place(2, "B", address=YORK, priority=30, max_quota=4),
    Place(1, "A", address=LONDON, priority=20),
    Place(4, "D", priority=20, max_quota=0),
]
STOCK = {"A": {"x": 9}, "B": {"x": 2}, "C": {"x": 5}, "D": {"x": 5}}
ORDERS = [
    ({}, "ABCD"),
    (key("priority", "desc"), "BADC"),
    (key("priority"), "CADB"),
    (key("distance"), "CBAD"),
    (key("shipping_cost"), "ABCD"),
    (key("target_packaging_time"), "ABCD"),
    (key("distance", "desc"), "ABCD"),
    (key("stock_amount", "desc"), "ACDB"),
    (key("stock_amount"), "BCDA"),
    (key("stock_left_after"), "BCDA"),
    (key("stock_left_after", "desc"), "ACDB"),
    (key("package_density"), "CBAD"),
    (key("package_density", "desc"), "BCAD"),
    ({"order_by": [{"by": "priority", "direction": "desc"}, {"by": "distance"}]}, "BADC"),
    ({"order_by": [{"by": "stock_amount", "direction": "desc"}, {"by": "distance", "direction": "asc"}]}, "ACDB"),
]


@pytest.mark.parametrize(("rule", "expected"), ORDERS)
def test_the_order_of_candidates(rule, expected):
    seen = world(STOCK, PLACES)
    for place in PLACES:
        seen.slots(place.id, 2)
    desk = Desk(demand({"x": 3}, destination=LEEDS), seen)
    one = scenario(rule).rules[0]
    q = Question(desk, one.locations, LEEDS, ("x",), (3,), (desk.stock("x"),))
    assert "".join(PLACES[at].erp_code for at in ranked(q, candidates(q), one.order_by)) == expected


FIT, FEW, LEAST = ({"strategy": name} for name in ("first_fit", "fewest_packages", "least_cost"))
WHOLE, LINES, SPLIT = {"coverage": "whole_order"}, {"coverage": "whole_lines"}, {"coverage": "split_lines"}
SMALL = {"A": {"x": 2}, "B": {"x": 3, "y": 1}, "C": {"z": 9, "x": 1}}
ALL = {"x": 3, "y": 1, "z": 1}
STRATEGIES = [
    (FIT | WHOLE, ALL, []),
    (FIT | WHOLE, {"x": 3, "y": 1}, ["B x3 y1"]),
    (FIT | LINES, ALL, ["B x3 y1", "C z1"]),
    (FIT | SPLIT, ALL, ["A x2", "B x1 y1", "C z1"]),
    (FIT | SPLIT | {"max_packages": 2}, ALL, ["A x2", "B x1 y1"]),
    (FEW | WHOLE, ALL, []),
    (FEW | WHOLE, {"z": 2, "x": 1}, ["C x1 z2"]),
    (FEW | LINES, ALL, ["B x3 y1", "C z1"]),
    (FEW | LINES, {"x": 4, "z": 1}, ["C z1"]),
    (FEW | SPLIT, ALL, ["B x3 y1", "C z1"]),
    (FEW | SPLIT, {"x": 6}, ["A x2", "B x3", "C x1"]),
    (FEW | SPLIT | {"max_packages": 1}, ALL, ["B x3 y1"]),
    (FEW | LINES | {"max_packages": 1}, ALL, ["B x3 y1"]),
    (FIT | {"items": {"skus": ["y"]}}, ALL, ["B y1"]),
    (LEAST | SPLIT, ALL, ["B x3 y1", "C z1"]),
    (LEAST | WHOLE, {"x": 3, "y": 1}, ["B x3 y1"]),
    (LEAST | WHOLE, ALL, []),
    (LEAST | LINES, {"x": 4, "z": 1}, ["C z1"]),
    (FIT | SPLIT | {"split_by": {"pieces": 2}}, {"x": 3, "y": 1}, ["A x2", "B x1 y1"]),
    (FEW | SPLIT | {"split_by": {"pieces": 2}}, {"x": 3, "y": 1}, ["B x1 y1", "B x2"]),
    (FEW | SPLIT | {"split_by": {"pieces": 2}, "max_packages": 1}, {"x": 3, "y": 1}, ["B x2"]),
    (FEW | {"split_by": {"keep_apart": ["frozen"]}}, {"x": 3, "y": 1}, ["B x3 y1"]),
]


@pytest.mark.parametrize(("rule", "wanted", "expected"), STRATEGIES)
def test_strategies_and_coverage(rule, wanted, expected):
    assert sorted(run(demand(wanted), world(SMALL), rule)) == sorted(sorted_line(text, wanted) for text in expected)


def sorted_line(text, wanted):
    """Lines stand in the order of the demand."""
    code, *lines = text.split()
    order = list(wanted)
    return " ".join([code, *sorted(lines, key=lambda line: order.index(line[0]))])


TRANSFERS = [
    (FIT | WHOLE, {}, ["A x3 y1 z1 <- B x1 y1 <- C z1"]),
    (FIT | WHOLE | {"locations": {"type": "warehouse"}}, {}, []),
    (FIT | LINES, {}, ["A x3 y1 z1 <- B x1 y1 <- C z1"]),
    (FIT | SPLIT, {}, ["A x3 y1 z1 <- B x1 y1 <- C z1"]),
    (FEW | WHOLE, {}, ["B x3 y1 z1 <- C z1"]),
    (FEW | SPLIT, {}, ["B x3 y1 z1 <- C z1"]),
    (FIT | WHOLE, {"max_sources": 1}, ["B x3 y1 z1 <- C z1"]),
    (FIT | SPLIT, {"max_sources": 1}, ["A x2", "B x1 y1 z1 <- C z1"]),
    (FIT | LINES, {"max_sources": 1, "products": "any_products"}, ["A x3 y1 <- B x1 y1", "B z1 <- C z1"]),
    (FIT | SPLIT, {"max_sources": 1, "products": "any_products"}, ["A x3 y1 <- B x1 y1", "B z1 <- C z1"]),
    (FIT | WHOLE, {"max_sources": 1, "products": "any_products"}, ["B x3 y1 z1 <- C z1"]),
    (FIT | WHOLE, {"where": {"exclude": ["B"]}}, ["B x3 y1 z1 <- C z1"]),
    (FIT | WHOLE, {"prerequisites": {"package_location": {"type": "static", "values": ["C"]}}},
     ["C x3 y1 z1 <- B x2 y1"]),
    (FIT | WHOLE, {"status": "passive"}, []),
    (FIT | WHOLE, {"products": "listed_products", "product_list": ["y", "z"]}, ["B x3 y1 z1 <- C z1"]),
    (FIT | SPLIT, {"products": "listed_products", "product_list": ["y"]}, ["A x2 y1 <- B y1", "B x1", "C z1"]),
    (LEAST | WHOLE, {}, ["B x3 y1 z1 <- C z1"]),
    (LEAST | SPLIT | {"weights": {"package": 10, "transfer": 1, "kilometre": 0}}, {}, ["B x3 y1 z1 <- C z1"]),
    (LEAST | SPLIT | {"weights": {"package": 1, "transfer": 10, "kilometre": 0}}, {}, ["B x3 y1", "C z1"]),
    (FIT | WHOLE, {"prerequisites": {"channel": {"type": "static", "values": ["app"]}}}, []),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "transfer", "expected"), TRANSFERS)
def test_missing_goods_are_brought(rule, transfer, expected):
    fields = dict(transfer)
    by = transfers({"locations": fields.pop("where", {})}, **fields)
    assert run(demand(ALL), world(SMALL), rule | {"transferable": True}, by=(by,)) == expected
    assert "<-" not in "".join(run(demand(ALL), world(SMALL), rule, by=(by,))), "only where the rule allows it"


HUBS = [
    # the hub of the transfer scenario, where the goods go by (None: straight); no row: nothing is brought
    (None, ["straight"]),
    ({}, ["H"]),
    ({"order_by": [{"by": "priority", "direction": "desc"}]}, ["K"]),
    ({"locations": {"exclude": ["H"]}}, ["K"]),
    ({"locations": {"include": ["A"]}}, []),
    ({"locations": {"type": "warehouse"}}, []),
]


@pytest.mark.parametrize(("hub", "expected"), HUBS)
def test_goods_go_by_way_of_a_hub_in_two_legs(hub, expected):
    roles = frozenset({"packaging_centre", "transfer_location"})
    places = [Place(1, "A"), Place(2, "B"), Place(3, "H", roles=roles), Place(4, "K", roles=roles, priority=9)]
    seen = world({"A": {"x": 1}, "B": {"y": 1}, "H": {}, "K": {}}, places)
    rule = {"coverage": "whole_order", "transferable": True, "locations": {"include": ["A"]}}
    made = plan(demand({"x": 1, "y": 1}), seen, scenario(rule), (transfers(hub=hub),))
    codes = {place.id: place.erp_code for place in places} | {None: "straight"}
    assert [codes[leg.via] for package in made.packages for leg in package.transfers] == expected


def test_a_hub_that_is_the_source_or_the_destination_is_no_detour():
    roles = frozenset({"packaging_centre", "transfer_location"})
    places = [Place(1, "A", roles=roles), Place(2, "B", roles=roles)]
    seen = world({"A": {"x": 1}, "B": {"y": 1}}, places)
    rule = {"coverage": "whole_order", "transferable": True, "locations": {"include": ["A"]}}
    for hub in ("A", "B"):
        by = transfers(hub={"locations": {"include": [hub]}})
        [package] = plan(demand({"x": 1, "y": 1}), seen, scenario(rule), (by,)).packages
        assert [leg.via for leg in package.transfers] == [None]


def test_a_source_need_not_pack_but_a_dispatch_location_must():
    places = [Place(1, "A"), Place(2, "B", roles=frozenset())]
    seen = world({"A": {"x": 1}, "B": {"x": 1, "y": 1}}, places)
    rule = {"coverage": "whole_order", "transferable": True}
    assert run(demand({"x": 1, "y": 1}), seen, rule, by=(transfers(),)) == ["A x1 y1 <- B y1"]
    assert run(demand({"y": 1}), seen, {}) == []


def test_goods_that_one_package_is_brought_are_gone_for_the_next():
    seen = world({"A": {"x": 1}, "B": {"x": 1}, "C": {"x": 1}})
    rule = {"coverage": "split_lines", "transferable": True, "locations": {"exclude": ["C"]}}
    by = transfers({}, max_sources=1, products="any_products")
    assert run(demand({"x": 4}), seen, rule, by=(by,)) == ["A x2 <- B x1", "B x1 <- C x1"]


def test_rules_take_what_earlier_rules_left_and_each_package_takes_a_slot():
    seen = world({"A": {"x": 1, "y": 1}, "B": {"y": 1}}, A={"max_quota": 1}, B={"max_quota": 1})
    quota = {"select_by": ["SELECT_BY_QUOTA"]}
    first = {"items": {"skus": ["x"]}, "locations": quota}
    assert run(demand({"x": 1, "y": 1}), seen, first, {"locations": quota}) == ["A x1", "B y1"]
    assert run(demand({"x": 1, "y": 1}), seen, first, {}) == ["A x1", "A y1"]


def test_refused_skus_are_left_out_line_by_line():
    seen = world({"A": {"x": 5, "y": 5}, "B": {"x": 5}})
    refused = frozenset({(1, "x")})
    assert run(demand({"x": 1, "y": 1}, refused=refused), seen, {}) == ["A y1", "B x1"]
    assert run(demand({"x": 1, "y": 1}, refused=refused), seen, {"locations": {"allow_refused": True}}) == ["A x1 y1"]


def test_a_ship_complete_order_is_placed_whole_or_waits_whole():
    made = plan(demand({"x": 3, "q": 1}, ship_complete=True), world(SMALL), scenario({}))
    assert made.packages == ()
    assert [(line.sku, line.quantity, line.reason) for line in made.open_lines] == [
        ("x", 3, "waits: the order ships complete"),
        ("q", 1, "out of stock"),
    ]
    assert len(plan(demand({"x": 3}, ship_complete=True), world(SMALL), scenario({})).packages) == 2


def test_two_lines_of_one_sku_share_its_stock():
    seen = world({"A": {"x": 4}, "B": {"x": 3}})
    lines = [("x", 3), ("x", 3)]
    assert run(demand(lines), seen, FIT | LINES) == ["A x3", "B x3"]
    assert run(demand(lines), seen, FEW | LINES) == ["A x3", "B x3"]
    assert run(demand(lines), seen, FEW | SPLIT) == ["A x3 x1", "B x2"]
    assert run(demand(lines), seen, FIT | WHOLE) == []
    assert run(demand(lines), world({"A": {"x": 6}}), FEW | WHOLE) == ["A x3 x3"]


@pytest.mark.parametrize(
    ("fields", "order", "reason"),
    [
        ({}, {}, None),
        ({"status": "passive"}, {}, "S: passive"),
        ({"prerequisites": {"channel": {"type": "static", "values": ["web"]}}}, {"channel": "web"}, None),
        (
            {"prerequisites": {"channel": {"type": "static", "values": ["web", "app"]}}},
            {"channel": "shop"},
            "S: channel is shop, wanted is web or app",
        ),
        (
            {"prerequisites": {"delivery_type": {"type": "static", "values": ["home"]}}},
            {},
            "S: delivery type is not given, wanted is home",
        ),
        ({"prerequisites": {"channel": {"type": "dynamic", "expression": ""}}}, {"channel": "shop"}, None),
        ({"valid_from": "2026-12-01T00:00:00Z"}, {}, "S: valid from 2026-12-01T00:00:00+00:00"),
        ({"valid_to": "2026-11-23T10:00:00Z"}, {}, "S: was valid until 2026-11-23T10:00:00+00:00"),
        ({"valid_from": "2026-11-23T10:00:00Z", "valid_to": "2026-11-23T10:00:01Z"}, {}, None),
    ],
)
def test_a_scenario_fits_or_says_why_not(fields, order, reason, now):
    one = scenario({}, **fields)
    choice = choose_scenario(demand({"x": 1}, **order), [one], now)
    assert choice.scenario == (None if reason else one)
    assert choice.reasons == (((7, reason),) if reason else ())


def test_the_smallest_priority_is_tried_first(now):
    later, first = scenario({}, priority=2), scenario({}, priority=1, status="passive")
    choice = choose_scenario(demand({"x": 1}), [later, first], now)
    assert (choice.scenario, choice.reasons) == (later, ((7, "S: passive"),))
