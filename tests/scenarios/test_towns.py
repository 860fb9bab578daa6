"""An address without coordinates is planned from the middle of its city, and the explanation says so (spec 5)."""

from datetime import UTC, datetime

import pytest

from domain.order import Destination, Order, OrderItem, OrderReceived, evolve
from domain.personal import Personal
from domain.states import OrderStatus
from scenarios.demands import demand_of
from scenarios.explain import explain
from scenarios.inputs import Frame, keep, unpack
from scenarios.places import Place
from scenarios.towns import point_of
from tests.domain.given import Books
from tests.scenarios.worlds import LEEDS, LONDON, YORK, scenario, world

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
PLACES = [Place(1, "A", address=LONDON), Place(2, "B", address=YORK), Place(3, "C", address=LEEDS)]


@pytest.mark.parametrize(
    ("country", "city", "point"),
    [
        ("United Kingdom", "Leeds", (53.8, -1.55)),
        ("GB", "LEEDS ", (53.8, -1.55)),
        (None, "leeds", (53.8, -1.55)),
        ("Türkiye", "İstanbul", (41.01, 28.95)),
        ("TURKEY", "istanbul", (41.01, 28.95)),
        ("Türkiye", "Leeds", None),
        ("France", "Leeds", None),
        ("United Kingdom", "Nowhere", None),
        ("United Kingdom", None, None),
    ],
)
def test_towns_are_found_by_name_and_country(
    country: str | None, city: str | None, point: tuple[float, float] | None
) -> None:
    assert point_of(country, city) == point


def order(**where: object) -> Order:
    fact = OrderReceived(
        order=1,
        number="R1",
        channel=1,
        status=OrderStatus.approved,
        items=(OrderItem(1, "x", 1),),
        destination=Destination(**where),  # type: ignore[arg-type]  # fields of several types
        personal=Personal("key", "sealed"),
    )
    return evolve(None, fact, NOW)


def told(**where: object) -> tuple[str, str | None, list[str]]:
    """Where it is packed, from where distances were measured, and the sentences, from the kept inputs."""
    seen = world({code: {"x": 1} for code in "ABC"}, PLACES)
    demand = demand_of(order(**where), Books(), NOW)
    inputs = keep(demand, seen, Frame(seen.places.rows, scenario({"order_by": [{"by": "distance"}]})))
    said = explain(unpack(inputs.packed, inputs.frame.packed))
    return said["rules"][0]["chosen"][0], said["distances_from"], said["sentences"][1:]


def test_without_coordinates_the_middle_of_the_city_counts_and_is_told() -> None:
    sentence = "The address has no coordinates: distances are from the middle of Leeds"
    assert told(country="United Kingdom", city="Leeds") == ("C", "city", [sentence])


def test_coordinates_of_the_address_go_before_those_of_the_city() -> None:
    assert told(country="United Kingdom", city="Leeds", latitude=53.96, longitude=-1.08) == ("B", "address", [])


def test_where_nobody_knows_the_city_there_is_no_distance() -> None:
    assert told(country="United Kingdom", city="Nowhere") == ("A", None, [])
