"""The demo's orders that customers fetch, planned by the scenarios that are set up for them."""

from datetime import UTC, datetime

from scenarios.choosing import choose_scenario
from scenarios.parsing import parse_scenario, parse_transfer_scenario
from scenarios.places import Place
from scenarios.plan import plan
from simulators import setup_bodies
from tests.scenarios.worlds import demand, packed, world

SHOPS = [Place(1, "ST-001", max_quota=1), Place(2, "ST-002", max_quota=9)]
PLACES = [*SHOPS, Place(3, "WH-01", type="warehouse", max_quota=9)]
SCENARIOS = [
    parse_scenario(body, id)
    for id, body in enumerate([*setup_bodies.scenarios(), *setup_bodies.pickup_scenarios()], start=1)
]
TRANSFERS = tuple(
    parse_transfer_scenario(body, id)
    for id, body in enumerate([*setup_bodies.transfer_scenarios(), *setup_bodies.pickup_transfer_scenarios()], start=1)
)
FETCHED = {"channel": "web", "delivery_type": "store_pickup", "retail_store": "ST-001"}


def planned(wanted, seen):
    choice = choose_scenario(wanted, SCENARIOS, datetime(2026, 11, 29, tzinfo=UTC))
    assert choice.scenario is not None
    return choice.scenario.name, packed(plan(wanted, seen, choice.scenario, TRANSFERS), seen)


def test_all_of_it_waits_in_the_chosen_shop_and_what_it_lacks_is_brought_there():
    """`z` lies nowhere, and holds up nothing of the rest."""
    seen = world({"ST-001": {"x": 1}, "ST-002": {"x": 9, "y": 9}, "WH-01": {"x": 9}}, PLACES)
    wanted = demand({"x": 3, "y": 1, "z": 1}, **FETCHED)
    assert planned(wanted, seen) == ("Click and collect", ["ST-001 x3 y1 <- WH-01 x2 <- ST-002 y1"])


def test_a_shop_that_refused_is_still_the_one_its_customer_chose():
    seen = world({"ST-001": {"x": 1}, "ST-002": {"x": 9}, "WH-01": {}}, PLACES)
    refused = demand({"x": 1}, **FETCHED, refused=frozenset({(1, "x")}))
    assert planned(refused, seen) == ("Click and collect", ["ST-001 x1"])


def test_without_a_free_slot_there_it_waits_and_goes_nowhere_else():
    seen = world({"ST-001": {"x": 1}, "ST-002": {"x": 9}, "WH-01": {"x": 9}}, PLACES)
    seen.slots(1, 1)
    assert planned(demand({"x": 1}, **FETCHED), seen) == ("Click and collect", [])


def test_what_is_brought_home_is_planned_as_before():
    seen = world({"ST-001": {"x": 1}, "ST-002": {}, "WH-01": {}}, PLACES)
    name, _ = planned(demand({"x": 1}, channel="web", delivery_type="home"), seen)
    assert name == "Standard"
