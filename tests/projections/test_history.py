"""History, as-of and diff of any object equal an independent fold: random objects, versions, positions and times."""

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from domain.declared import order as orders
from domain.kernel import info
from domain.kinds import kind_of
from domain.location import LocationChanged
from eventlog.log import EventLog
from eventlog.recorded import Recorded
from projections.differences import differences
from projections.history import as_of, diff, history
from projections.objects import render
from tests.projections.stories import Story, reveal


@pytest.fixture(scope="module")
def log(kept_log: EventLog) -> EventLog:
    return kept_log


@pytest.fixture(scope="module")
def story(log: EventLog) -> Iterator[Story]:
    story = Story(log, seed=31)
    story.settings()
    story.orders(25)
    story.steps(120)
    location = log.reference.one("location", 3)
    assert location is not None
    renamed = replace(location.profile, name="Renamed")
    story._tell("location", 3, [LocationChanged(location=3, profile=renamed)])
    story.steps(150)
    yield story


def moments(log: EventLog) -> list[tuple[Recorded, int, Any, dict[str, Any]]]:
    """(event, order id, the order after it, the locations by then), folded by the domain alone."""
    states: dict[int, Any] = {}
    locations: dict[int, Any] = {}
    found = []
    for event in log.read(0, 10**6):
        id = int(event.stream.rpartition("-")[2])
        if event.stream.startswith("location-"):
            locations = {**locations, id: kind_of(event.stream).evolve(locations.get(id), event.fact, event.at)}
        elif event.stream.startswith("order-"):
            states[id] = orders.evolve(states.get(id), event.fact, event.at)
            found.append((event, id, states[id], locations))
    return found  # type: ignore[return-value]  # ids of locations are ints


class Then:
    """The settings as they were, for what a moment is compared with."""

    def __init__(self, log: EventLog, locations: Any) -> None:
        self.log, self.locations = log, locations

    def one(self, kind: str, id: int) -> Any:
        return self.locations.get(id) if kind == "location" else self.log.reference.one(kind, id)

    def find(self, kind: str, key: str) -> Any:
        now = self.log.reference.find(kind, key)
        return None if now is None else self.one(kind, now.id)


THINGS = {"package": "packages", "transfer": "transfers", "shipment": "shipments", "discrepancy": "discrepancies"}


def test_as_of_any_version_position_and_time(log: EventLog, story: Story) -> None:
    chance = random.Random(1)
    every = moments(log)
    seen: set[tuple[str, str]] = set()
    rare = [m for m in every if info(m[0].fact).on == "discrepancy"]
    for event, order, state, locations in [*chance.sample(every, 120), *rare[:5]]:
        about = info(event.fact)
        kinds = [("order", order, state.version)]
        for kind in (about.on, *about.also):
            if kind in THINGS and getattr(event.fact, kind) is not None:
                id = getattr(event.fact, kind)
                kinds.append((kind, id, getattr(state, THINGS[kind])[id].version))
        for kind, id, version in kinds:
            expected = render(kind, id, state, Then(log, locations), reveal)
            assert expected is not None
            assert as_of(log, kind, id, reveal, order, version=version) == expected
            seen.add((kind, "version"))
            assert as_of(log, kind, id, reveal, order, position=event.position) == expected
        # Of several events with the same time the last counts.
        last = [m for m in every if m[0].at == event.at and m[1] == order][-1]
        assert as_of(log, "order", order, reveal, at=event.at) == render(
            "order", order, last[2], Then(log, last[3]), reveal
        )
    assert {kind for kind, _ in seen} >= {"order", "package", "transfer", "shipment", "discrepancy"}


def test_a_position_between_two_events_is_the_earlier(log: EventLog, story: Story) -> None:
    every = moments(log)
    event, order, _, _ = every[40]
    head = log.head().position
    later = [e.position for e, id, *_ in every if id == order and e.position > event.position]
    between = min([*later, head + 1]) - 1
    shown = as_of(log, "order", order, reveal, position=between)
    first = as_of(log, "order", order, reveal, position=event.position)
    assert shown is not None and first is not None
    assert shown["modified_date"] == first["modified_date"]


def test_locations_are_shown_as_they_were(log: EventLog, story: Story) -> None:
    change = next(e for e in log.read(0, 10**6) if type(e.fact) is LocationChanged)
    package, order = next(
        (p, o)
        for e, o, state, _ in moments(log)
        if e.position < change.position
        for p in state.packages.values()
        if p.location == 3
    )
    before = as_of(log, "package", package.id, reveal, order, position=change.position - 1)
    after = as_of(log, "package", package.id, reveal, order, position=change.position)
    assert before is not None and before["stock_location"]["name"] == "Store 3"
    assert after is not None and after["stock_location"]["name"] == "Renamed"
    assert as_of(log, "location", 3, reveal, version=1)["name"] == "Store 3"  # type: ignore[index]  # it is there
    assert diff(log, "location", 3, 1, 2, reveal) == {
        "changes": [{"field": "name", "from": "Store 3", "to": "Renamed"}]
    }


def test_history_tells_every_event_once(log: EventLog, story: Story) -> None:
    every = moments(log)
    order = max((id for _, id, *_ in every), key=lambda id: sum(1 for m in every if m[1] == id))
    told = history(log, "order", order)["results"]
    mine = [m for m in every if m[1] == order]
    assert [(r["position"], r["version"], r["event"], r["command"]) for r in told] == [
        (e.position, state.version, info(e.fact).name, e.command) for e, _, state, _ in mine
    ]
    assert set(told[0]) >= {
        *("position", "version", "at", "event", "sentence", "actor", "command", "correlation", "causation"),
        *("data", "changes"),
    }
    assert told[0]["changes"] == [] and told[0]["data"]["personal"] == "sealed"
    assert "sealed" + str(order) not in str(told) and "@example.org" not in str(told)
    package = next(iter(mine[-1][2].packages))
    of_package = history(log, "package", package, order)["results"]
    assert [r["version"] for r in of_package] == list(range(1, len(of_package) + 1))
    assert {r["position"] for r in of_package} < {r["position"] for r in told}


def test_changes_lead_from_version_to_version(log: EventLog, story: Story) -> None:
    """Each step's changes are the difference of the objects before and after it."""
    every = moments(log)
    packages = [(o, p) for o, order in {m[1]: m[2] for m in every}.items() for p in order.packages]
    for order, package in random.Random(2).sample(packages, 15):
        for step in history(log, "package", package, order)["results"][1:]:
            version = step["version"]
            changed = diff(log, "package", package, version - 1, version, reveal, order)
            assert changed is not None
            # Events of the order between the two versions show in the objects too, so a step's changes are among these.
            fields = {c["field"]: c for c in changed["changes"]}
            state = [c for c in step["changes"] if c["field"] == "state"]
            assert [fields.get("state")] == state or not state
    order, package = packages[0]
    assert diff(log, "package", package, 1, 10**6, reveal, order) is None
    born = diff(log, "package", package, 0, 1, reveal, order)
    assert born is not None and {"field": "id", "from": None, "to": package} in born["changes"]


def test_sentences_are_whole(log: EventLog, story: Story) -> None:
    said = set()
    for id in {m[1] for m in moments(log)}:
        for step in history(log, "order", id)["results"]:
            assert "{" not in step["sentence"] and "?" not in step["sentence"], step
            said.add(step["event"])
    assert len(said) > 15
    text = history(log, "order", 1)["results"][0]["sentence"]
    assert text == "Order R1000001 came in."


def test_what_was_never_there(log: EventLog, story: Story) -> None:
    assert as_of(log, "order", 10**6, reveal) is None
    assert as_of(log, "package", 10**6, reveal, 1, position=10**6) is None
    assert as_of(log, "order", 1, reveal, version=10**6) is None
    assert as_of(log, "order", 1, reveal, position=0) is None
    assert history(log, "order", 10**6) == {"results": []}
    with pytest.raises(ValueError, match="order of package 1"):
        history(log, "package", 1)


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 2}, [("a", 1, 2)]),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 1, "c": 3}}, [("a.c", 2, 3)]),
        ({"a": None}, {"a": {"b": 1}}, [("a", None, {"b": 1})]),
        ({"s": {"id": 1, "enum_value": "100"}}, {"s": {"id": 2, "enum_value": "200"}}, [("s", "100", "200")]),
        ({"l": [{"id": 7, "n": 1}]}, {"l": [{"id": 7, "n": 2}]}, [("l[7].n", 1, 2)]),
        (
            {"l": [{"id": 7}]},
            {"l": [{"id": 8}]},
            [("l[7]", {"id": 7}, None), ("l[8]", None, {"id": 8})],
        ),
        ({"l": [1, 2]}, {"l": [1]}, [("l", [1, 2], [1])]),
        ({"commands": [1], "modified_date": 1}, {"commands": [2], "modified_date": 2}, []),
        (None, {"a": 1}, [("a", None, 1)]),
    ],
)
def test_differences(before: Any, after: Any, changes: list[tuple[str, Any, Any]]) -> None:
    assert [(c["field"], c["from"], c["to"]) for c in differences(before, after)] == changes
