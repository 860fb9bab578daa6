"""A thousand orders at once for the last hundred pieces; then fifty more come, for the fifty oldest (spec 2.1)."""

import time
from concurrent.futures import ThreadPoolExecutor

from domain.kinds import stream_of
from domain.order import OrderPlanned
from scenarios.waiting import Needs
from tests.scenarios.shop import SPLIT, Shop, planning, until

ORDERS, PIECES, MORE = 1000, 100, 50


def test_the_last_pieces_are_planned_once_and_what_comes_goes_to_the_oldest(shop: Shop) -> None:
    warehouse = shop.location("WH-01")
    shop.push(warehouse, A=PIECES)
    shop.scenario(SPLIT)
    with planning(shop.log, planners=2, replan=3600) as planners:
        with ThreadPoolExecutor(8) as customers:
            orders = list(customers.map(lambda _: shop.order(A=1), range(ORDERS)))
        until(lambda: planned(shop) == ORDERS, seconds=180)
        placed = {order for order in orders if shop.packages(order)[0][1] == 100}
        assert len(placed) == PIECES
        assert shop.rows() == [(warehouse, "A", PIECES, PIECES)]
        waiting = sorted(set(orders) - placed, key=lambda order: shop.log.events(stream_of("order", order))[0].position)
        assert {reason(shop, order) for order in waiting} == {"out of stock"}
        until(lambda: all(planner.waiting == len(waiting) for planner in planners))

        tried = sum(planner.counts.tried for planner in planners)
        began = time.monotonic()
        shop.push(warehouse, A=PIECES + MORE)
        until(lambda: shop.rows() == [(warehouse, "A", PIECES + MORE, PIECES + MORE)])
        print(f"{MORE} pieces were planned {time.monotonic() - began:.2f} s after they came")
    helped = [order for order in waiting if any(state == 100 for _, state, _ in shop.packages(order))]
    assert helped == waiting[:MORE]
    tried = sum(planner.counts.tried for planner in planners) - tried
    assert tried < len(waiting) // 2  # two planners may meet at one order; who cannot be helped is not looked at again


def planned(shop: Shop) -> int:
    with shop.log.listening() as connection:
        found = connection.execute("select count(distinct stream) from log where topic = 'OrderPlanned'").fetchone()
    return int(found[0]) if found else 0


def reason(shop: Shop, order: int) -> str:
    """Why it waits, as its plan says."""
    plans = [e.fact for e in shop.log.events(stream_of("order", order)) if isinstance(e.fact, OrderPlanned)]
    (left,) = plans[-1].choices["open"]
    return str(left["reason"])


def test_only_who_may_be_helped_has_a_turn_oldest_first(shop: Shop) -> None:
    needs = Needs()
    wants: dict[str, list[int]] = {"A": [], "B": []}
    for n in range(10):
        sku = "AB"[n % 2]
        order = shop.see(shop.order(**{sku: 1}))
        needs.put(order, n + 1, 1000.0)
        wants[sku].append(order.id)
    assert needs.take(0.0, 100) == []
    left = 3
    needs.round("A", needs.by_sku["A"], 50, lambda: left)
    assert [need.order for need in needs.take(0.0, 2)] == wants["A"][:2]
    left = 1
    assert [need.order for need in needs.take(0.0, 100)] == wants["A"][2:3]
    left = 0
    assert needs.take(0.0, 100) == [] and not needs.rounds


def test_what_another_planner_should_take_is_left_to_it_while_there_is_something_for_it(shop: Shop) -> None:
    needs = Needs()
    order = shop.see(shop.order(A=1))
    needs.put(order, 1, 1000.0)
    there = 1
    needs.round("A", [order.id], 50, lambda: there)
    assert needs.take(10.0, 100, lambda _: False) == []
    assert needs.take(10.1, 100) == []  # looked at again a little later
    assert [need.order for need in needs.take(11.0, 100, lambda need: need.passed == 10.0)] == [order.id]
    needs.by_order[order.id].seen = 50
    needs.give_back(needs.by_order[order.id], 1000.0)
    needs.round("A", [order.id], 60, lambda: there)
    assert needs.take(12.0, 100, lambda _: False) == []
    there = 0
    assert needs.take(20.0, 100) == [] and not needs.rounds  # the other one did it
