"""The JSON of scenarios: what is read, what is refused and in which words, what is warned of."""

# ruff: noqa: E501 - a row of a table is read as one line

from typing import Any

import pytest

from domain.kernel import Refusal
from scenarios.definition import ItemFilter, LocationFilter, OrderKey, Prerequisite
from scenarios.parsing import parse_scenario, parse_transfer_scenario
from scenarios.places import Place, Places
from scenarios.warnings import warnings

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
        ({"prerequisites": {"channel": {"type": "dynamic", "expression": "channel == 'web'"}}}, "prerequisites.channel.expression",
         'Expressions are not evaluated yet. Allowed: "" (any), or a static list of values.'),
        ({"prerequisites": {"channel": {"type": "static", "values": "web"}}}, "prerequisites.channel.values", "Must be a list of texts."),
        ({"rules": [{"coverage": "most"}]}, "rules[0].coverage", "'most' is not one of whole_order, whole_lines, split_lines."),
        ({"rules": [{}, {"strategy": "least_cost"}]}, "rules[1].strategy", "'least_cost' is not one of first_fit, fewest_packages."),
        ({"rules": [{"transferabel": True}]}, "rules[0].transferabel",
         "Unknown. Allowed: coverage, items, locations, max_packages, name, order_by, split_by, strategy, transferable."),
        ({"rules": [{"transferable": "yes"}]}, "rules[0].transferable", "Must be true or false."),
        ({"rules": [{"max_packages": 0}]}, "rules[0].max_packages", "Must be a whole number from 1 to 2147483647."),
        ({"rules": [{"max_packages": True}]}, "rules[0].max_packages", "Must be a whole number from 1 to 2147483647."),
        ({"rules": [{"order_by": [{"by": "shipping_cost"}]}]}, "rules[0].order_by[0].by",
         "'shipping_cost' is not one of priority, stock_amount, stock_left_after, package_density, distance."),
        ({"rules": [{"order_by": [{}]}]}, "rules[0].order_by[0].by",
         "Required, one of priority, stock_amount, stock_left_after, package_density, distance."),
        ({"rules": [{"order_by": [{"by": "distance", "direction": "up"}]}]}, "rules[0].order_by[0].direction", "'up' is not one of asc, desc."),
        ({"rules": [{"locations": {"near": {"km": -1}}}]}, "rules[0].locations.near.km", "Must be a number of kilometres from 0 to 40000."),
        ({"rules": [{"locations": {"near": {"km": float("nan")}}}]}, "rules[0].locations.near.km", "Must be a number of kilometres from 0 to 40000."),
        ({"rules": [{"locations": {"near": "street"}}]}, "rules[0].locations.near", "'street' is not one of country, city, township, district."),
        ({"rules": [{"locations": {"type": "shop"}}]}, "rules[0].locations.type", "'shop' is not one of store, warehouse."),
        ({"rules": [{"locations": {"select_by": ["QUOTA"]}}]}, "rules[0].locations.select_by",
         "'QUOTA' is not one of SELECT_BY_QUOTA, SELECT_BY_STOCK, SELECT_BY_NOT_REFUSED."),
        ({"rules": [{"locations": {"open_at": "promised"}}]}, "rules[0].locations.open_at", "Opening hours are not looked at yet. Allowed: none."),
        ({"rules": [{"items": {"expression": "frozen"}}]}, "rules[0].items.expression",
         "Expressions are not evaluated yet. Allowed: skus, attributes."),
        ({"rules": [{"items": {"attributes": {"a": {}}}}]}, "rules[0].items.attributes.a", "Must be a value, or a list of values that are allowed."),
        ({"rules": [{"split_by": {"weight": 5}}]}, "rules[0].split_by", "Packages cannot be cut afterwards yet. Allowed: none."),
    ],
)  # fmt: skip
def test_a_wrong_field_is_refused_by_its_place(change, path, text):
    with pytest.raises(Refusal) as refused:
        parse_scenario({**STANDARD, **change})
    assert refused.value.code == "invalid"
    assert refused.value.extra["fields"] == {path: [text]}


def test_all_wrong_fields_are_named_at_once():
    with pytest.raises(Refusal) as refused:
        parse_transfer_scenario(
            {"rules": [{"coverage": "whole_order"}], "products": "listed_products", "max_sources": 0}
        )
    assert set(refused.value.extra["fields"]) == {"name", "rules[0].coverage", "products", "max_sources"}


def test_a_scenario_that_is_no_object_is_refused():
    no_object: Any = ["Standard"]
    with pytest.raises(Refusal) as refused:
        parse_scenario(no_object)
    assert "_schema" in refused.value.extra["fields"]


def test_warnings_name_what_is_seldom_meant():
    places = Places([Place(1, "A"), Place(2, "B", max_quota=5), Place(3, "W", type="warehouse", is_active=False)])
    rules = [
        {"name": "quota", "locations": {"select_by": ["SELECT_BY_QUOTA"]}},
        {"name": "gone", "locations": {"include": ["Q"]}},
        {"name": "warehouses", "locations": {"type": "warehouse"}},
        {"name": "fine"},
    ]
    assert warnings(parse_scenario({"name": "S", "rules": rules, "default_stock_location": "Z"}), places) == [
        "default_stock_location: no location has the erp code Z.",
        "rules[0] (quota): SELECT_BY_QUOTA never selects 1 of its 2 locations, which have no max_quota: A.",
        "rules[1] (gone): locations.include: no location has the erp code Q.",
        "rules[1] (gone): No location can pass this rule as things are.",
        "rules[2] (warehouses): No location can pass this rule as things are.",
    ]
    fine = {"name": "S", "rules": [{"name": "fine"}]}
    assert warnings(parse_scenario({**fine, "default_stock_location": "A"}), places) == []
    assert warnings(parse_scenario(fine), places) == [
        "No default_stock_location: what no rule places has no location to wait at."
    ]
    by = parse_transfer_scenario({**fine, "prerequisites": {"package_location": {"values": ["A", "Z"]}}})
    assert warnings(by, places) == ["package_location: no location has the erp code Z."]
