"""The planner at work on a real log: scarce stock and quota, re-planning, bad days of the stock service."""

from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from domain.deciding import decide
from domain.kinds import stream_of
from domain.package_commands import PackInput
from domain.package_exceptions import RefuseInput
from domain.package_missing import MissingInput, MissingItem
from domain.settings import DenialReason
from eventlog.log import EventLog
from scenarios import inputs
from scenarios.explain import explain
from scenarios.timing import plan_times
from simulators import program, stock_service
from tests.scenarios.shop import SPLIT, Shop, planning, until


def command(shop: Shop, order: int, slug: str, given_input: Any = None) -> None:
    package = next(p for p in shop.see(order).packages.values() if p.state < 900)
    shop.log.decide(
        stream_of("order", order),
        lambda state, given: decide(state, "package", package.id, slug, given_input, given),
        actor="store",
        command=slug,
    )


def test_an_order_is_planned_reserved_and_can_be_explained(shop: Shop) -> None:
    warehouse = shop.location("WH-01", stock_location_type="warehouse")
    shop.push(warehouse, A=5)
    shop.scenario(SPLIT)
    order = shop.order(A=3)
    with planning(shop.log):
        until(lambda: shop.packages(order) != [])
    assert shop.packages(order) == [(warehouse, 100, 3)]
    assert shop.rows() == [(warehouse, "A", 5, 3)]
    planned = [e.fact for e in shop.log.events(stream_of("order", order)) if type(e.fact).__name__ == "OrderPlanned"]
    with shop.log.listening() as connection:
        case = connection.execute("select packed from plan_inputs where digest = %s", (planned[0].inputs,)).fetchone()
        assert case is not None
        frame_digest = inputs.frame_of(case[0])
        frame = connection.execute("select packed from plan_frames where digest = %s", (frame_digest,)).fetchone()
    assert frame is not None
    said = explain(inputs.unpack(case[0], frame[0]))
    assert "WH-01" in said["sentences"][0]


def test_what_cannot_be_supplied_is_parked_and_planned_when_stock_comes(shop: Shop) -> None:
    warehouse = shop.location("WH-01")
    shop.push(warehouse, A=1)
    shop.scenario(SPLIT)
    order = shop.order(A=3)
    with planning(shop.log, replan=3600):
        until(lambda: shop.packages(order) != [])
        assert sorted(shop.packages(order)) == [(warehouse, 100, 1), (warehouse, 920, 2)]
        shop.push(warehouse, A=10)
        until(lambda: not any(state == 920 for _, state, _ in shop.packages(order)))
    assert sorted(shop.packages(order)) == [(warehouse, 100, 1), (warehouse, 100, 2), (warehouse, 1000, 0)]
    assert shop.rows() == [(warehouse, "A", 10, 3)]


def test_a_refused_package_goes_elsewhere_and_not_back(shop: Shop) -> None:
    near, far = shop.location("ST-001", priority=9), shop.location("ST-002", priority=1)
    for at in (near, far):
        shop.push(at, A=5)
    best_first = {**SPLIT, "order_by": [{"by": "priority", "direction": "desc"}]}
    shop.scenario(best_first, default="ST-001")
    shop.save(DenialReason(shop.log.ids("denial_reason"), "too busy"))
    order = shop.order(A=2)
    with planning(shop.log):
        until(lambda: shop.packages(order) == [(near, 100, 2)])
        command(shop, order, "package-refuse-with-denial-reason", RefuseInput(denial_reason=1))
        until(lambda: (far, 100, 2) in shop.packages(order))
        command(shop, order, "package-refuse-with-denial-reason", RefuseInput(denial_reason=1))
        until(lambda: any(state == 910 for _, state, _ in shop.packages(order)))
    assert shop.rows() == [(near, "A", 5, 0), (far, "A", 5, 0)]


def test_what_was_not_found_is_not_planned_there_again(shop: Shop) -> None:
    first, second = shop.location("ST-001", priority=9), shop.location("ST-002")
    for at in (first, second):
        shop.push(at, A=5)
    shop.scenario({**SPLIT, "order_by": [{"by": "priority", "direction": "desc"}]}, default="ST-001")
    order = shop.order(A=2)
    with planning(shop.log):
        until(lambda: shop.packages(order) == [(first, 100, 2)])
        item = next(iter(shop.see(order).packages.values())).items[0]
        command(shop, order, "product-not-found", MissingInput((MissingItem(item.id, 1),)))
        until(lambda: (second, 100, 2) in shop.packages(order))
    assert shop.rows() == [(first, "A", 0, 0), (second, "A", 5, 2)]


def test_what_a_part_of_a_batch_took_the_next_part_does_not_take_again(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scenarios.worker.SENT", 2)
    shop.push(shop.location("ST-001"), A=3)
    shop.scenario(SPLIT, default="ST-001")
    orders = [shop.order(A=1) for _ in range(7)]
    with planning(shop.log, replan=3600) as (planner,):
        until(lambda: all(shop.packages(order) for order in orders))
    assert (planner.counts.batches, planner.counts.refused) == (1, 0)
    assert [shop.packages(order)[0][1] for order in orders] == [100, 100, 100, 920, 920, 920, 920]


def test_planners_at_once_never_oversell_and_the_oldest_get_it(shop: Shop) -> None:
    """Three planners, 60 orders of one piece, 25 pieces in two shops; then 10 more."""
    one, other = shop.location("ST-001"), shop.location("ST-002")
    shop.push(one, A=10)
    shop.push(other, A=15)
    shop.scenario(SPLIT, default="ST-001")
    orders = [shop.order(A=1) for _ in range(60)]

    def placed() -> list[int]:
        return [order for order in orders if any(state == 100 for _, state, _ in shop.packages(order))]

    with planning(shop.log, planners=3, replan=3600):
        until(lambda: all(shop.packages(order) for order in orders))
        assert len(placed()) == 25
        assert [reserved for *_, reserved in shop.rows()] == [10, 15]
        waiting = [order for order in orders if order not in placed()]
        shop.push(one, A=20)
        until(lambda: len(placed()) == 35)
    assert set(placed()) & set(waiting) == set(waiting[:10])
    assert [reserved for *_, reserved in shop.rows()] == [20, 15]


def test_quota_is_never_exceeded_and_a_freed_slot_is_used(shop: Shop) -> None:
    store = shop.location("ST-001", max_quota=3)
    shop.push(store, A=100)
    shop.scenario({**SPLIT, "locations": {"select_by": ["SELECT_BY_QUOTA"]}}, default="ST-001")
    orders = [shop.order(A=1) for _ in range(8)]

    def held() -> int:
        return sum(state in (100, 200) for order in orders for _, state, _ in shop.packages(order))

    with planning(shop.log, planners=2, replan=3600):
        until(lambda: all(shop.packages(order) for order in orders))
        assert held() == 3
        done = next(o for o in orders if shop.packages(o)[0][1] == 100)
        command(shop, done, "ready-for-packaging")  # 400 holds no slot
        until(lambda: held() == 3)
    with shop.log.listening() as connection:
        assert connection.execute("select quota, max_quota from capacity").fetchall() == [(3, 3)]


def test_without_a_scenario_the_order_waits_with_the_reason_and_is_planned_once_there_is_one(shop: Shop) -> None:
    store = shop.location("ST-001")
    shop.push(store, A=5)
    order = shop.order(A=1)
    with planning(shop.log, replan=3600):
        until(lambda: shop.see(order).unplanned != ())
        assert shop.see(order).unplanned == ("there is no active scenario",)
        shop.scenario(SPLIT, default="ST-001")
        until(lambda: shop.packages(order) == [(store, 100, 1)])
    assert shop.see(order).unplanned == ()


def test_a_planner_begins_though_its_process_has_not_heard_of_all_locations(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it knows of them may be a moment older than the guards that it loads."""
    monkeypatch.setattr("eventlog.reference.run_tail", lambda *_args, **_more: None)
    with closing(EventLog.open(shop.log.database_url)) as late:
        assert late.reference.all("location") == []
        warehouse = shop.location("WH-01")
        shop.push(warehouse, A=5)
        shop.scenario(SPLIT)
        order = shop.order(A=3)
        with planning(late):
            until(lambda: shop.packages(order) == [(warehouse, 100, 3)], 20)


def test_a_plan_names_what_began_it(shop: Shop) -> None:
    """The order's own request; then, for what waited, the push that brought the goods, also past a new start."""
    warehouse = shop.location("WH-01")
    shop.scenario(SPLIT)
    order = shop.order("req-order", A=1)

    def causes(*facts: str) -> list[tuple[str, str]]:
        events = {str(event.event_id): type(event.fact).__name__ for event in shop.log.read(0, 1000)}
        mine = (e for e in shop.log.events(stream_of("order", order)) if type(e.fact).__name__ in facts)
        return [(event.correlation_id, events[event.causation_id]) for event in mine]

    with planning(shop.log, replan=3600):
        until(lambda: len(causes("OrderPlanned")) == 1)
    shop.push(warehouse, "req-push", A=5)
    with planning(shop.log, replan=3600):
        until(lambda: len(causes("OrderPlanned")) == 2)
    assert causes("OrderPlanned") == [("req-order", "OrderReceived"), ("req-push", "StockPushed")]


def test_a_planner_starts_again_from_its_checkpoint(shop: Shop) -> None:
    store = shop.location("ST-001")
    shop.scenario(SPLIT, default="ST-001")
    order = shop.order(A=2)
    with planning(shop.log, replan=3600):
        until(lambda: shop.packages(order) == [(store, 920, 2)])
    with shop.log.listening() as connection:
        times = plan_times(connection)
    assert sum(count for _, count, _ in times) >= 1 and all(0 < took <= count * up_to for up_to, count, took in times)
    shop.push(store, A=5)  # while no planner is there
    with planning(shop.log, replan=3600) as planners:
        until(lambda: (store, 100, 2) in shop.packages(order))
        until(lambda: planners[0].waiting == 0)
    assert shop.rows() == [(store, "A", 5, 2)]


BAD_DAYS: dict[str, dict[str, Any]] = {
    "down": {"down": True},
    "errors": {"error_rate": 1.0},
    "wrong": {"wrong_json_rate": 1.0},
    "half": {"half_answer_rate": 1.0},
    "cut": {"cut_rate": 1.0},
    "slow": {"latency": 60.0},
    "drip": {"drip": 0.2},
}


@pytest.mark.parametrize("bad_day", BAD_DAYS.values(), ids=BAD_DAYS)
def test_on_a_bad_day_of_the_stock_service_orders_wait_and_are_planned_when_it_recovers(
    shop: Shop, bad_day: dict[str, Any]
) -> None:
    with program.serving(stock_service.build()) as url:
        rows = [{"erp_code": "ST-001", "sku": sku, "quantity": 4} for sku in ("A", "B")]
        requests.put(f"{url}/admin/levels", json={"stock": rows}, timeout=5).raise_for_status()
        engine = {"auth": {"type": "anonymous"}, "service": {"url": f"{url}/multiple", "type": "multiple"}}
        store = shop.location("ST-001", engine=engine)
        shop.scenario(SPLIT, default="ST-001")
        requests.patch(f"{url}/admin/knobs", json=bad_day, timeout=5).raise_for_status()
        order = shop.order(A=3, B=1)
        with planning(shop.log, patience=2.0):
            until(lambda: shop.see(order).unplanned != ())
            assert "stock service" in shop.see(order).unplanned[0]
            assert shop.packages(order) == []
            good = {knob: False if value is True else 0.0 for knob, value in bad_day.items()}
            requests.patch(f"{url}/admin/knobs", json=good, timeout=5).raise_for_status()
            until(lambda: shop.packages(order) == [(store, 100, 4)])
    assert shop.rows() == [(store, "A", 4, 3), (store, "B", 4, 1)]
    created = next(
        e.fact for e in shop.log.events(stream_of("order", order)) if type(e.fact).__name__ == "PackageCreated"
    )
    assert [(level.sku, int(level.quantity)) for level in sorted(created.levels)] == [("A", 4), ("B", 4)]
    assert all(level.asked_at <= datetime.now(UTC) for level in created.levels)


def test_an_answer_that_cannot_know_of_goods_that_just_left_is_not_believed_twice(shop: Shop) -> None:
    """Two pieces leave; the service still says 4 within its settling time: only two of them are there."""
    with program.serving(stock_service.build()) as url:
        rows = [{"erp_code": "ST-001", "sku": "A", "quantity": 4}]
        requests.put(f"{url}/admin/levels", json={"stock": rows}, timeout=5).raise_for_status()
        engine = {"auth": {"type": "anonymous"}, "service": {"url": f"{url}/multiple", "type": "multiple"}}
        store = shop.location("ST-001", engine=engine)
        shop.scenario(SPLIT, default="ST-001")
        with planning(shop.log, replan=3600):
            first = shop.order(A=2)
            until(lambda: shop.packages(first) == [(store, 100, 2)])
            command(shop, first, "complete-packaging-with-shipment", PackInput())
            second = shop.order(A=3)
            until(lambda: shop.packages(second) != [])
    assert sorted(shop.packages(second)) == [(store, 100, 2), (store, 920, 1)]
    assert shop.rows() == [(store, "A", 2, 2)]


def test_until_the_next_count_an_answer_never_knows_of_goods_that_left(shop: Shop) -> None:
    with program.serving(stock_service.build()) as url:
        rows = [{"erp_code": "ST-001", "sku": "A", "quantity": 4}]
        requests.put(f"{url}/admin/levels", json={"stock": rows}, timeout=5).raise_for_status()
        engine = {"service": {"url": f"{url}/multiple"}, "settle_minutes": "until_next_count"}
        store = shop.location("ST-001", engine=engine)
        shop.scenario(SPLIT, default="ST-001")
        with planning(shop.log, replan=3600):
            first = shop.order(A=2)
            until(lambda: shop.packages(first) == [(store, 100, 2)])
            command(shop, first, "complete-packaging-with-shipment", PackInput())
            shop.push(store, A=3)  # counted: what left before it is known by now
            second = shop.order(A=4)
            until(lambda: shop.packages(second) != [])
    assert shop.packages(second) == [(store, 100, 4)]
