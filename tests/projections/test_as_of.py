"""Lists as they were: by any filter, at any position, what an independent fold of the log finds."""

import random
from typing import Any

import pytest

from domain.declared import order as orders
from projections import as_of, listing
from tests.projections.conftest import World

KINDS = {"orders": None, "packages": "packages", "transfers": "transfers"}


def things(world: World, position: int, what: str) -> dict[int, Any]:
    """id → object (with its order) as the log alone makes them up to a position."""
    folded: dict[str, Any] = {}
    for event in world.log.read(0, position) if position else []:
        if event.stream.startswith("order-"):
            folded[event.stream] = orders.evolve(folded.get(event.stream), event.fact, event.at)
    collection = KINDS[what]
    if collection is None:
        return {one.id: (one, one) for one in folded.values()}
    return {id: (thing, one) for one in folded.values() for id, thing in getattr(one, collection).items()}


def ids(world: World, what: str, position: int, **params: str) -> list[int]:
    past = as_of.listed(world.log, what, position)
    found: list[int] = []
    for page in range(1, 100):
        page_found = listing.select(world.connection, past, params, world.log.reference, page=page, limit=50)
        found += [row[0] for row in page_found.rows]
        if len(page_found.rows) < 50:
            assert page_found.count == len(found) or not page_found.rows
            return found
    raise AssertionError("pages without an end")


@pytest.mark.parametrize("what", KINDS)
def test_any_list_at_any_position(world: World, what: str) -> None:
    chance = random.Random(7)
    head = world.log.head().position
    seen_states = set()
    for position in [0, 1, head, *chance.sample(range(1, head), 25)]:
        there = things(world, position, what)
        assert ids(world, what, position) == sorted(there, reverse=True)
        for state in {str(thing.state.value) for thing, _ in there.values()}:
            wanted = [id for id, (thing, _) in there.items() if str(thing.state.value) == state]
            assert ids(world, what, position, state=state) == sorted(wanted, reverse=True)
            seen_states.add(state)
    assert len(seen_states) > 3


def test_by_location_channel_and_order(world: World) -> None:
    position = world.log.head().position * 2 // 3
    there = things(world, position, "packages")
    for location in {thing.location for thing, _ in there.values()}:
        wanted = [id for id, (thing, _) in there.items() if thing.location == location]
        assert ids(world, "packages", position, stock_location=str(location)) == sorted(wanted, reverse=True)
    order = next(iter(there.values()))[1]
    assert ids(world, "packages", position, order=str(order.id)) == sorted(order.packages, reverse=True)
    channel = world.log.reference.one("channel", order.channel)
    assert channel is not None
    wanted = [id for id, (_, one) in there.items() if one.channel == order.channel]
    assert ids(world, "packages", position, order__channel=str(order.channel)) == sorted(wanted, reverse=True)


def test_a_time_is_its_last_position(world: World) -> None:
    events = world.log.read(0, 10**6)
    for event in random.Random(3).sample(events, 30):
        last = max(e.position for e in events if e.at <= event.at)
        assert as_of.position_at(world.connection, event.at) == last
    assert as_of.position_at(world.connection, events[0].at.replace(year=2000)) == 0


def test_the_objects_are_as_they_were(world: World) -> None:
    position = world.log.head().position // 2
    past = as_of.listed(world.log, "packages", position)
    page = listing.select(world.connection, past, {}, world.log.reference, limit=10)
    shown = past.show(world.connection, page.rows, world.log.reference, lambda _: None)
    there = things(world, position, "packages")
    assert [one["id"] for one in shown] == [row[0] for row in page.rows]
    for one in shown:
        assert one["state"]["enum_value"] == str(there[one["id"]][0].state.value)
