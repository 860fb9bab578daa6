"""A period under another scenario (spec 2.7): the control run differs in nothing, nothing is written."""

import json
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from api.cli import parser
from api.simulate_tools import simulate as command
from domain.deciding import decide
from domain.kinds import stream_of
from domain.package_commands import PackInput
from domain.package_exceptions import RefuseInput
from domain.settings import DenialReason
from scenarios.parsing import parse_scenario
from scenarios.replaying import Replay
from scenarios.simulated import simulate
from tests.scenarios.shop import Shop, planning, until

STANDARD = [{"name": "fewest", "strategy": "fewest_packages", "locations": {"select_by": ["SELECT_BY_QUOTA"]}}]
WALK = [{"name": "by code", "order_by": [{"by": "priority"}]}]


def definition(rules: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {"name": "Standard", "status": "active", "default_stock_location": "A", "rules": rules, **more}


@pytest.fixture
def month(shop: Shop) -> Shop:
    """Orders planned whole and split, one refused and planned elsewhere, one that waited until stock came, one that
    found no scenario, goods packed and pushed anew."""
    places = {code: shop.location(code, max_quota=6, priority=n) for n, code in enumerate("ABC")}
    for code, levels in {"A": {"x": 20, "y": 1}, "B": {"x": 9, "z": 4}, "C": {"x": 9, "y": 9, "z": 9}}.items():
        shop.push(places[code], **levels)
    shop.save(DenialReason(shop.log.ids("denial_reason"), "Too busy"))
    shop.scenario(*STANDARD, default="A")
    with planning(shop.log, replan=3600):
        orders = [shop.order(x=1, y=1), shop.order(x=2, z=1), shop.order(y=1, z=1), shop.order(x=1), shop.order(q=2)]
        until(lambda: all(shop.packages(order) for order in orders))
        do(shop, orders[0], "package-refuse-with-denial-reason", RefuseInput(denial_reason=1))
        do(shop, orders[1], "complete-packaging-without-shipment", PackInput())
        until(lambda: all(state != 910 for _, state, _ in shop.packages(orders[0])))
        shop.push(places["B"], q=5)
        orders += [shop.order(x=3, y=2, z=2) for _ in range(3)]
        until(lambda: all(shop.packages(order) for order in orders))
        until(lambda: all(state != 920 for _, state, _ in shop.packages(orders[4])))
    return shop


def do(shop: Shop, order: int, slug: str, said: Any) -> None:
    package = next(p for p in shop.see(order).packages.values() if p.state < 900)
    shop.log.decide(
        stream_of("order", order),
        lambda state, given: decide(state, "package", package.id, slug, said, given),
        actor="store",
        command=slug,
    )


def bounds(shop: Shop) -> tuple[Any, Any]:
    now = shop.log.now()
    return now - timedelta(days=1), now + timedelta(days=1)


def kept(shop: Shop) -> list[Any]:
    names = ("log", "plan_inputs", "plan_frames", "availability", "capacity", "commands", "claims", "streams")
    with shop.log.listening() as connection:
        counts = [connection.execute(f"select count(*) from {name}".encode()).fetchall() for name in names]  # noqa: S608 - constants
    return [shop.log.head(), *counts]


def test_the_control_run_differs_in_nothing_and_another_scenario_is_reported(month: Shop) -> None:
    before = kept(month)
    for draft in (None, parse_scenario(definition(STANDARD))):
        said = simulate(month.log, *bounds(month), draft)
        assert (said["differ"], said["orders_that_differ"]) == (0, [])
        assert said["really"] == said["simulated"]
        assert said["orders"] == 8
        assert said["plannings"]["on_kept_inputs"] == said["plannings"]["all"] >= 10
        assert all(row["peak_load"]["really"] == row["peak_load"]["simulated"] for row in said["locations"])
    found = Replay(month.log, *bounds(month), parse_scenario(definition(WALK))).run()
    assert found.twins
    for id, twin in found.twins.items():
        order = month.see(id)
        pieces = Counter(twin.open)
        for package in twin.packages:
            pieces.update(package.lines)
        assert pieces == Counter({i.id: i.quantity for i in order.items}), "no piece is lost or invented"
    said = simulate(month.log, *bounds(month), parse_scenario(definition(WALK)))
    assert said["simulated"]["packages"] > said["really"]["packages"]
    assert said["simulated"]["split_rate"] > said["really"]["split_rate"]
    assert len(said["orders_that_differ"]) == said["differ"] == len(found.twins)
    assert sum(row["packages"]["simulated"] for row in said["locations"]) == said["simulated"]["packages"]
    assert kept(month) == before


def test_goods_are_never_given_twice_in_the_simulation(month: Shop) -> None:
    found = Replay(month.log, *bounds(month), parse_scenario(definition(WALK))).run()
    world = found.past.world
    free = {sku: world.available(sku) for sku in "xyzq"}
    for sku, rows in free.items():
        stock = Counter[int]()
        for location, n in _moved(found, month, sku).items():
            stock[location] = n
        for place, n in zip(world.places.rows, rows, strict=True):
            assert n - stock[place.id] >= 0, (sku, place.erp_code)


def _moved(found: Any, month: Shop, sku: str) -> Counter[int]:
    from scenarios.twins import difference

    moved: Counter[int] = Counter()
    for id, twin in found.twins.items():
        stock, _slots = difference(twin, month.see(id), month.log.now())
        for (location, one), n in stock.items():
            if one == sku:
                moved[location] += n
    return moved


def test_where_inputs_are_no_longer_kept_the_log_tells_the_world(month: Shop) -> None:
    with month.log.listening() as connection:
        connection.execute("delete from plan_inputs")
    said = simulate(month.log, *bounds(month))
    assert said["plannings"]["on_the_log"] == said["plannings"]["all"]
    assert said["really"] == said["simulated"]


def test_a_draft_that_fits_nobody_leaves_all_waiting(month: Shop) -> None:
    asked = {"channel": {"type": "static", "values": ["moon"]}}
    said = simulate(month.log, *bounds(month), parse_scenario(definition(STANDARD, prerequisites=asked)))
    assert said["simulated"]["packages"] == 0
    assert said["simulated"]["pieces_unplanned"] == 31
    new = simulate(month.log, *bounds(month), parse_scenario(definition(STANDARD, name="New", prerequisites=asked)))
    assert new["really"] == new["simulated"], "the scenario of then still stands behind it"


def test_the_program_prints_it_and_draws_it(month: Shop, tmp_path: Path) -> None:
    begin, end = (at.isoformat() for at in bounds(month))
    said: list[str] = []

    def say(arguments: Any, answer: Any, text: Any) -> None:
        said.append(json.dumps(answer) if arguments.json else text(answer))

    def run(*more: str) -> int:
        return command(month.log, None, parser().parse_args(["simulate", *more]), say)  # type: ignore[arg-type]  # unused

    assert run("--from", begin, "--to", end) == 0
    assert "0 orders went another way" in said.pop()
    draft = tmp_path / "draft.json"
    draft.write_text(json.dumps(definition(WALK)))
    assert run("--from", begin, "--to", end, "--scenario", str(draft), "--charts", str(tmp_path), "--json") == 0
    assert json.loads(said.pop())["differ"] > 0
    for name in ("load.svg", "packages.svg"):
        assert ElementTree.parse(tmp_path / name).getroot().tag.endswith("svg")  # noqa: S314 - our own
    assert run("--order", "1", "--scenario", str(draft), "--why-not", "C") == 0
    assert said.pop().startswith("Package P1 at ")
    for wrong in (["--from", "x", "--to", end], ["--from", end, "--to", begin], ["--order", "99"], []):
        assert run(*wrong) == 2
    draft.write_text("{")
    assert run("--from", begin, "--to", end, "--scenario", str(draft)) == 2
    draft.write_text('{"rules": []}')
    assert run("--from", begin, "--to", end, "--scenario", str(draft)) == 2
    assert said == []
