"""The JSON of scenarios: what is read, what is refused and in which words, what is warned of."""

# ruff: noqa: E501 - a row of a table is read as one line

from datetime import UTC, datetime
from typing import Any

import pytest

from domain.kernel import Refusal
from scenarios import conditions
from scenarios.definition import ItemFilter, LocationFilter, OrderKey, Prerequisite, SplitBy, Weights
from scenarios.parsing import parse_scenario, parse_transfer_scenario
from scenarios.places import Place, Places
from scenarios.warnings import Known, warnings
from tests.scenarios.worlds import LEEDS

STANDARD = {
    "name": "Standard", "status": "active", "priority": 1, "description": "",
    "prerequisites": {"channel": {"type": "static", "values": ["web"]},
                      "cargo_company": {"type": "dynamic", "expression": ""},
                      "payment_type": {"type": "dynamic", "expression": ""},
                      "customer_type": {"type": "dynamic", "expression": ""}},
    "default_stock_location": "WH-01", "initial_status": "100",
    "rules": [
        {"name": "one shop near the customer", "items": {"expression": ""},
         "locations": {"type": "store", "include": [], "exclude": [], "near": {"km": 50},
                       "select_by": ["SELECT_BY_QUOTA"]},
         "order_by": [{"by": "distance", "direction": "asc"}], "coverage": "whole_order", "strategy": "first_fit",
         "transferable": False},
        {"name": "fewest packages", "locations": {},
         "order_by": [{"by": "priority", "direction": "desc"}, {"by": "distance", "direction": "asc"}],
         "coverage": "split_lines", "strategy": "fewest_packages", "max_packages": 4, "transferable": False}],
}  # fmt: skip
WAREHOUSE = {
    "name": "From the warehouse", "status": "active", "priority": 1,
    "prerequisites": {"package_location": {"type": "dynamic", "expression": ""}},
    "products": "all_products", "max_sources": 2,
    "rules": [{"name": "any warehouse", "locations": {"type": "warehouse"},
               "order_by": [{"by": "stock_amount", "direction": "desc"}]}],
}  # fmt: skip


def test_the_example_is_read_as_written():
    made = parse_scenario(STANDARD, id=1, version=2)
    assert (made.id, made.version, made.name, made.active, made.priority) == (1, 2, "Standard", True, 1)
    assert made.prerequisites == (Prerequisite("channel", ("web",)),)
    assert (made.default_stock_location, made.initial_status) == ("WH-01", "100")
    shop, fewest = made.rules
    assert shop.locations == LocationFilter(type="store", km=50.0, by_quota=True)
    assert (shop.order_by, shop.coverage, shop.strategy) == ((OrderKey("distance"),), "whole_order", "first_fit")
    assert fewest.order_by == (OrderKey("priority", True), OrderKey("distance"))
    assert (fewest.coverage, fewest.strategy, fewest.max_packages) == ("split_lines", "fewest_packages", 4)


def test_the_transfer_example_is_read_as_written():
    made = parse_transfer_scenario(WAREHOUSE, id=3, version=1)
    assert (made.id, made.products, made.max_sources, made.package_location) == (3, "all_products", 2, ())
    assert made.rules[0].locations == LocationFilter(type="warehouse")
    assert made.rules[0].order_by == (OrderKey("stock_amount", True),)


def test_what_an_answer_adds_may_be_sent_back():
    answer = {**STANDARD, "id": 4, "version": 9, "warnings": [], "created_date": "2026-11-23T10:00:00Z"}
    assert parse_scenario(answer) == parse_scenario(STANDARD)


@pytest.mark.parametrize(
    ("rule", "read"),
    [
        ({"locations": {"near": "city"}}, LocationFilter(same=("city",))),
        ({"locations": {"near": {"same": "city", "km": 5}}}, LocationFilter(same=("city",), km=5.0)),
        ({"locations": {"near": {"same": ["country", "city"]}}}, LocationFilter(same=("country", "city"))),
        ({"locations": {"roles": ["pickup_location"], "tags": ["a"]}}, LocationFilter(roles=("pickup_location",), tags=("a",))),
        ({"locations": {"select_by": ["SELECT_BY_STOCK", "SELECT_BY_NOT_REFUSED"]}}, LocationFilter(by_stock=True)),
        ({"locations": {"order_store": True, "allow_refused": True}}, LocationFilter(order_store=True, allow_refused=True)),
        ({"locations": None}, LocationFilter()),
    ],
)  # fmt: skip
def test_location_filters(rule, read):
    assert parse_scenario({"name": "S", "rules": [rule]}).rules[0].locations == read


def test_item_filters():
    rule = {"items": {"skus": ["x"], "attributes": {"frozen": True, "category": ["a", "b"]}}}
    items = parse_scenario({"name": "S", "rules": [rule]}).rules[0].items
    assert items == ItemFilter(("x",), (("category", ("a", "b")), ("frozen", (True,))))


@pytest.mark.parametrize(
    ("change", "path", "text"),
    [
        ({"name": ""}, "name", "Required, a text that is not empty."),
        ({"name": None}, "name", "Required, a text that is not empty."),
        ({"rules": []}, "rules", "Required: at least one rule."),
        ({"rules": "all"}, "rules", "Must be a list of objects."),
        ({"rules": [7]}, "rules[0]", "Must be an object."),
        ({"status": "on"}, "status", "'on' is not one of active, passive."),
        ({"priority": "high"}, "priority", "Must be a whole number from -2147483647 to 2147483647."),
        ({"priority": 10**30}, "priority", "Must be a whole number from -2147483647 to 2147483647."),
        ({"initial_status": "200"}, "initial_status", "'200' is not one of 100, 150."),
        ({"valid_from": "soon"}, "valid_from", "Must be a time with its zone, as 2026-11-23T10:00:00Z."),
        ({"valid_from": "2026-11-23T10:00:00Z", "valid_to": "2026-11-23T10:00:00Z"}, "valid_to", "Must be after valid_from."),
        ({"prerequisites": {"chanel": {}}}, "prerequisites.chanel",
         "Unknown. Allowed: cargo_company, channel, customer_type, delivery_type, payment_type."),
        ({"prerequisites": {"channel": {"type": "dynamic", "expression": "channel = 'web'"}}}, "prerequisites.channel.expression",
         "column 9: token recognition error at: '= '."),
        ({"prerequisites": {"channel": {"type": "dynamic", "expression": "chanel == 'web'"}}}, "prerequisites.channel.expression",
         "column 1: there is no 'chanel'; there are " + ", ".join((*conditions.ORDER, "value")) + "."),
        ({"prerequisites": {"channel": {"type": "dynamic", "expression": "amount"}}}, "prerequisites.channel.expression",
         "must say true or false, and says 1.0."),
        ({"prerequisites": {"channel": {"type": "dynamic", "values": ["web"]}}}, "prerequisites.channel.values",
         "Only with type static; a dynamic one has an expression."),
        ({"prerequisites": {"channel": {"type": "static", "expression": "lines > 1"}}}, "prerequisites.channel.expression",
         "Only with type dynamic; a static one has values."),
        ({"prerequisites": {"channel": {"type": "static", "values": "web"}}}, "prerequisites.channel.values", "Must be a list of texts."),
        ({"rules": [{"coverage": "most"}]}, "rules[0].coverage", "'most' is not one of whole_order, whole_lines, split_lines."),
        ({"rules": [{}, {"strategy": "best"}]}, "rules[1].strategy", "'best' is not one of first_fit, fewest_packages, least_cost."),
        ({"rules": [{"transferabel": True}]}, "rules[0].transferabel",
         "Unknown. Allowed: coverage, items, locations, max_packages, name, order_by, split_by, strategy, transferable, weights."),
        ({"rules": [{"transferable": "yes"}]}, "rules[0].transferable", "Must be true or false."),
        ({"rules": [{"max_packages": 0}]}, "rules[0].max_packages", "Must be a whole number from 1 to 2147483647."),
        ({"rules": [{"max_packages": True}]}, "rules[0].max_packages", "Must be a whole number from 1 to 2147483647."),
        ({"rules": [{"order_by": [{"by": "cost"}]}]}, "rules[0].order_by[0].by",
         "'cost' is not one of priority, stock_amount, stock_left_after, package_density, distance, shipping_cost, target_packaging_time."),
        ({"rules": [{"order_by": [{}]}]}, "rules[0].order_by[0].by",
         "Required, one of priority, stock_amount, stock_left_after, package_density, distance, shipping_cost, target_packaging_time."),
        ({"rules": [{"order_by": [{"by": "distance", "direction": "up"}]}]}, "rules[0].order_by[0].direction", "'up' is not one of asc, desc."),
        ({"rules": [{"locations": {"near": {"km": -1}}}]}, "rules[0].locations.near.km", "Must be a number of kilometres from 0 to 40000."),
        ({"rules": [{"locations": {"near": {"km": float("nan")}}}]}, "rules[0].locations.near.km", "Must be a number of kilometres from 0 to 40000."),
        ({"rules": [{"locations": {"near": "street"}}]}, "rules[0].locations.near", "'street' is not one of country, city, township, district."),
        ({"rules": [{"locations": {"type": "shop"}}]}, "rules[0].locations.type", "'shop' is not one of store, warehouse."),
        ({"rules": [{"locations": {"select_by": ["QUOTA"]}}]}, "rules[0].locations.select_by",
         "'QUOTA' is not one of SELECT_BY_QUOTA, SELECT_BY_STOCK, SELECT_BY_NOT_REFUSED."),
        ({"rules": [{"locations": {"open_at": "noon"}}]}, "rules[0].locations.open_at", "'noon' is not one of promised, now."),
        ({"rules": [{"items": {"expression": "frozen && [1].exists(x, x > 0)"}}]}, "rules[0].items.expression",
         "column 15: 'exists' goes through lists, which is not allowed; use `in`."),
        ({"rules": [{"items": {"expression": "frozen || " * 200 + "frozen"}}]}, "rules[0].items.expression", "longer than 1000 characters."),
        ({"rules": [{"items": {"expression": "shout(sku)"}}]}, "rules[0].items.expression",
         "column 1: there is no function 'shout'; there are contains, double, endsWith, has, int, size, startsWith, string."),
        ({"rules": [{"items": {"expression": "sku + 1 == 2"}}]}, "rules[0].items.expression",
         "Unsupported operation: string + int. CEL does not coerce between types — both operands must be the same type. Convert explicitly with int(x), uint(x), double(x) or string(x) as appropriate.."),
        ({"rules": [{"items": {"attributes": {"a": {}}}}]}, "rules[0].items.attributes.a", "Must be a value, or a list of values that are allowed."),
        ({"rules": [{"split_by": {"weight": 0}}]}, "rules[0].split_by.weight", "Must be above 0."),
        ({"rules": [{"split_by": {"pieces": 0.5}}]}, "rules[0].split_by.pieces", "Must be a whole number from 1 to 2147483647."),
        ({"rules": [{"weights": {"package": -1}}]}, "rules[0].weights.package", "Must be a number from 0 to 1000000."),
    ],
)  # fmt: skip
def test_a_wrong_field_is_refused_by_its_place(change, path, text):
    with pytest.raises(Refusal) as refused:
        parse_scenario({**STANDARD, **change})
    assert refused.value.code == "invalid"
    assert refused.value.extra["fields"] == {path: [text]}


def test_all_wrong_fields_are_named_at_once():
    with pytest.raises(Refusal) as refused:
        parse_transfer_scenario({"rules": [{"coverage": "whole_order"}], "products": "some_products", "max_sources": 0})
    assert set(refused.value.extra["fields"]) == {"name", "rules[0].coverage", "products", "max_sources"}


def test_a_scenario_that_is_no_object_is_refused():
    no_object: Any = ["Standard"]
    with pytest.raises(Refusal) as refused:
        parse_scenario(no_object)
    assert "_schema" in refused.value.extra["fields"]


A = Place(1, "A", address=LEEDS)
B = Place(2, "B", address=LEEDS, max_quota=5)
W = Place(3, "W", type="warehouse", is_active=False)
BARE = [Place(4, "X"), Place(5, "Y", max_quota=0)]
QUOTA = {"select_by": ["SELECT_BY_QUOTA"]}
WEB = {"channel": {"type": "static", "values": ["web", "wbe"]}}
WARNED: list[tuple[dict[str, Any], list[Place], list[str]]] = [
    ({}, [A, B, W], []),
    ({"default_stock_location": None}, [A], ["No default_stock_location: it can plan nothing, since what no rule places has no location to wait at."]),
    ({"default_stock_location": "Z"}, [A], ["default_stock_location: no location has the erp code Z, so it can plan nothing."]),
    ({"rules": [{"locations": QUOTA}]}, [A, B, W], ["rules[0] (rule 1): SELECT_BY_QUOTA selects never 1 of its 2 locations, without a max_quota: A."]),
    ({"rules": [{"locations": QUOTA}]}, [A, *BARE], [
        "It can plan nothing: no rule of it can match as things are.",
        "rules[0] (rule 1): SELECT_BY_QUOTA selects none of its 3 locations, without a max_quota: A, X, Y."]),
    ({"rules": [{"locations": {"include": ["Q"]}}]}, [A, W], [
        "It can plan nothing: no rule of it can match as things are.",
        "rules[0] (rule 1): locations.include: no location has the erp code Q.",
        "rules[0] (rule 1): It can never match: no location passes as things are (1 not among the included locations; 1 not active)."]),
    ({"rules": [{"locations": {"type": "warehouse"}}, {}]}, [A, W], [
        "rules[0] (rule 1): It can never match: no location passes as things are (1 a store, not a warehouse; 1 not active)."]),
    ({"rules": [{"locations": {"include": ["A"], "exclude": ["A"]}}, {}]}, [A], [
        "rules[0] (rule 1): locations.exclude: takes away what include names: A.",
        "rules[0] (rule 1): It can never match: no location passes as things are (1 excluded by the rule)."]),
    ({"rules": [{"locations": {"tags": ["city"]}}, {}]}, [A], [
        "rules[0] (rule 1): locations.tags: no location is tagged city.",
        "rules[0] (rule 1): It can never match: no location passes as things are (1 not tagged city)."]),
    ({"rules": [{"locations": {"order_store": True, "type": "warehouse"}}, {}]}, [A, Place(9, "V", type="warehouse")], [
        "rules[0] (rule 1): locations.order_store: customers choose stores, and the rule takes warehouses only."]),
    ({"rules": [{"name": "all"}, {"name": "late", "locations": {"type": "store"}}]}, [A], [
        "rules[1] (late): It can never match: “all” before it takes all that is in stock anywhere."]),
    ({"rules": [{"name": "all"}, {"name": "brought", "transferable": True}]}, [A], []),
    ({"rules": [{"name": "all", "max_packages": 2}, {"name": "late"}]}, [A], []),
    ({"rules": [{"items": {"expression": "1 == 2"}}, {}]}, [A], ["rules[0] (rule 1): It can never match: its items' condition is never true."]),
    ({"rules": [{"items": {"expression": "category == 'a' && category == 'b'"}}, {}]}, [A], [
        "rules[0] (rule 1): It can never match: its items' condition is never true."]),
    ({"rules": [{"items": {"expression": "category == 'a' || category == 'b'"}}]}, [A], []),
    ({"rules": [{"coverage": "whole_order", "max_packages": 2}]}, [A], ["rules[0] (rule 1): max_packages: whole_order makes one package at most."]),
    ({"rules": [{"locations": {"near": {"km": 5, "same": ["city"]}}}]}, BARE, [
        "rules[0] (rule 1): locations.near.km: none of its locations says where it is, so none is near.",
        "rules[0] (rule 1): locations.near.same: none of its locations says its city, so none is in the same."]),
    ({"rules": [{"order_by": [{"by": "distance"}, {"by": "shipping_cost"}, {"by": "priority"}, {"by": "priority"}]}]}, [A], [
        "rules[0] (rule 1): order_by shipping_cost: none of its locations says anything of it, so it decides nothing.",
        "rules[0] (rule 1): order_by priority: stands there twice; the second decides nothing."]),
    ({"rules": [{"locations": {"open_at": "now"}}]}, [A], ["rules[0] (rule 1): locations.open_at: none of its locations has hours, so it removes nobody."]),
    ({"rules": [{"strategy": "least_cost", "weights": {"package": 0, "kilometre": 0, "transfer": 0, "lateness": 0}}]}, [A], [
        "rules[0] (rule 1): weights: all are 0, so every choice costs the same."]),
    ({"rules": [{"transferable": True}]}, [B], ["rules[0] (rule 1): transferable: there is no active transfer scenario, so nothing is brought."]),
    ({"prerequisites": WEB}, [B], ["prerequisites.channel: there is no channel wbe."]),
    ({"prerequisites": {"channel": {"type": "dynamic", "expression": "channel == 'a' && channel == 'b'"}}}, [B], [
        "prerequisites.channel.expression: it is never true, so no order fits."]),
    ({"valid_to": "2026-01-01T00:00:00Z"}, [B], ["valid_to: it was valid until 2026-01-01T00:00:00+00:00, and plans nothing any more."]),
    ({"priority": 9}, [B], ["priority: scenario “First” stands before it and asks for nothing, so no order comes to it."]),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "places", "expected"), WARNED)
def test_warnings_say_what_is_seldom_meant_and_why(fields, places, expected):
    first = parse_scenario({"name": "First", "priority": 5, "rules": [{}]}, id=1)
    alone = "priority" not in fields
    known = Known(
        channels={"web"},
        carriers=set(),
        others=[] if alone else [first],
        transfers=places != [B],
        now=datetime(2026, 11, 23, tzinfo=UTC),
    )
    code = {"default_stock_location": places[0].erp_code}
    made = parse_scenario({"name": "S", "rules": [{}], **code, **fields}, id=2)
    assert warnings(made, Places(places), known) == expected


def test_warnings_of_transfer_scenarios():
    asked = {"package_location": {"values": ["A", "Z"]}}
    by = parse_transfer_scenario({"name": "S", "rules": [{"name": "fine"}], "prerequisites": asked})
    assert warnings(by, Places([A, B])) == ["package_location: no location has the erp code Z."]
    none = parse_transfer_scenario({"name": "S", "rules": [{"locations": {"type": "warehouse"}}]})
    assert warnings(none, Places([A]))[0] == "It can bring nothing: no rule of it can match as things are."


def test_the_new_parts_are_read_as_written():
    rule = {
        "items": {"expression": "frozen && quantity > 2"},
        "locations": {"open_at": "promised"},
        "strategy": "least_cost",
        "weights": {"package": 4, "transfer": 2},
        "split_by": {"weight": 20, "pieces": 10, "keep_apart": ["frozen", "seller"]},
    }
    asked = {"channel": {"type": "dynamic", "expression": "value in ['web', 'app'] && amount > 50.0"}}
    made = parse_scenario({"name": "S", "rules": [rule], "prerequisites": asked})
    one = made.rules[0]
    assert made.prerequisites == (Prerequisite("channel", (), "value in ['web', 'app'] && amount > 50.0"),)
    assert (one.items.expression, one.locations.open_at) == ("frozen && quantity > 2", "promised")
    assert one.weights == Weights(package=4, transfer=2)
    assert one.split_by == SplitBy(weight=20, pieces=10, keep_apart=("frozen", "seller"))


def test_a_list_of_products_is_required_where_only_listed_ones_are_brought():
    with pytest.raises(Refusal) as refused:
        parse_transfer_scenario({**WAREHOUSE, "products": "listed_products"})
    assert refused.value.extra["fields"] == {
        "product_list": ["Required with listed_products: the SKUs that may be brought."]
    }
    made = parse_transfer_scenario({**WAREHOUSE, "products": "listed_products", "product_list": ["x"]})
    assert (made.products, made.product_list) == ("listed_products", ("x",))
