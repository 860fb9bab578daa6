"""Each declared job does its work on a real installation: run, and looked at what came of it."""

from datetime import timedelta
from typing import Any

import psycopg
import pytest
import requests
from psycopg import sql

from api.jobs.clock import Jobs
from api.jobs.declared import JOBS
from api.jobs.housekeeping import _old_plans
from api.jobs.turn import Turn
from api.settings import Settings
from domain.personal import Personal
from domain.pickup import PickupCodeMade
from scenarios import keeping
from scenarios.inputs import Frame, keep
from simulators import program, stock_service
from tests.api.site import SECRET, Site, serving
from tests.scenarios.shop import SPLIT, Shop, planning, until
from tests.scenarios.worlds import demand, scenario, world


@pytest.fixture
def own(database_url: str) -> Any:
    with serving(database_url) as site:
        site.set_up()
        site.package()
        yield site


def run(site: Site, name: str, **more: Any) -> dict[str, Any]:
    found = Jobs(site.log, Settings(secret_key=SECRET, **more)).now(name, "test")
    assert found is not None
    return found


def test_every_job_comes_to_an_end(own: Site) -> None:
    told = {job.name: run(own, job.name) for job in JOBS}
    assert {name: (one["state"], one["error"]) for name, one in told.items()} == {
        job.name: ("finished", None) for job in JOBS
    }
    assert told["log-verification"]["outcome"]["position"] == own.log.head().position


def test_a_changed_event_and_a_cut_tail_are_found(own: Site) -> None:
    assert run(own, "log-verification")["state"] == "finished"
    with own.log.listening() as connection:
        connection.execute("update log set actor = 'somebody else' where position = 3")
    told = run(own, "log-verification")
    assert told["state"] == "failed" and "position 3" in told["error"]
    with own.log.listening() as connection:
        connection.execute("delete from log where position = (select position from head)")
    assert (
        "was cut off" in run(own, "log-verification")["error"]
        or "written anew" in run(own, "log-verification")["error"]
    )


def test_partitions_are_there_before_they_are_needed(own: Site) -> None:
    assert run(own, "upkeep")["outcome"] == {"partitions made": 1}
    assert run(own, "upkeep")["outcome"] == {"partitions made": 0}
    with own.log.listening() as connection:
        months = connection.execute(
            "select to_regclass('request_audit_' || to_char(now() at time zone 'UTC' + interval '1 month', 'YYYY_MM'))"
        ).fetchone()
    assert months and months[0]


def test_old_plan_inputs_go_and_frames_that_nobody_names_any_more(log: Any) -> None:
    """A frame is as old as its last use: what plans of today name stays, however long ago it was made."""
    shop = Shop(log)
    shop.push(shop.location("WH-01"), A=5)
    shop.scenario(SPLIT)
    order = shop.order(A=1)
    with planning(log):
        until(lambda: shop.packages(order) != [])
    turn = Turn(log, Settings(), "retention", 1, 1)
    with log.listening() as connection:
        assert counts(connection) == (1, 1)
        aged(connection, "plan_frames", 91)
        aged(connection, "plan_inputs", 89)
        kept = dict(connection.execute("select digest, packed from plan_frames").fetchall())
        connection.execute(keeping.KEEP_FRAMES, (list(kept), list(kept.values())))  # a planner uses it again
        assert _old_plans(connection, turn) == (0, 0)
        aged(connection, "plan_inputs", 2)
        assert _old_plans(connection, turn) == (1, 0)
        aged(connection, "plan_frames", 90)
        assert _old_plans(connection, turn) == (0, 0)  # somebody may have named it within its half day
        aged(connection, "plan_frames", 2)
        assert _old_plans(connection, turn) == (0, 1)


def test_a_planner_says_again_that_it_uses_a_frame(log: Any) -> None:
    """It remembers what it has said, but not for ever."""
    now, said = 0.0, []

    class Connection:
        def execute(self, statement: str, _values: Any) -> None:
            said.append(statement)

    seen = world({"A": {"x": 1}})
    inputs = keep(demand({"x": 1}), seen, Frame(seen.places.rows, scenario()))
    kept = keeping.Kept(lambda: now)
    for now in (1.0, 2.0, keeping.FRAME_SECONDS + 3.0):  # noqa: B007 - the clock
        kept.keep(Connection(), [inputs])  # type: ignore[arg-type]  # it is only asked to execute
    assert said.count(keeping.KEEP_FRAMES) == 2 and said.count(keeping.KEEP_INPUTS) == 3


def aged(connection: psycopg.Connection[Any], table: str, days: int) -> None:
    statement = sql.SQL("update {} set at = at - make_interval(days => %s)").format(sql.Identifier(table))
    connection.execute(statement, (days,))


def counts(connection: psycopg.Connection[Any]) -> tuple[int, int]:
    row = connection.execute("select (select count(*) from plan_inputs), (select count(*) from plan_frames)").fetchone()
    assert row is not None
    return row[0], row[1]


def test_what_waits_without_news_is_planned_when_all_are_called(log: Any) -> None:
    """The stock service has some now; nothing in the log says so."""
    shop = Shop(log)
    with program.serving(stock_service.build()) as url:
        engine = {"service": {"url": f"{url}/multiple"}}
        store = shop.location("ST-001", engine=engine)
        shop.scenario(SPLIT, default="ST-001")
        order = shop.order(A=1)
        with planning(log):
            until(lambda: shop.packages(order) == [(store, 920, 1)])
            asked = requests.get(f"{url}/report", timeout=5).json()["requests"]
            rows = [{"erp_code": "ST-001", "sku": "A", "quantity": 4}]
            requests.put(f"{url}/admin/levels", json={"stock": rows}, timeout=5).raise_for_status()
            with log.listening() as connection:
                keeping.call_all(connection)
            until(lambda: (store, 100, 1) in shop.packages(order))
        assert requests.get(f"{url}/report", timeout=5).json()["requests"] > asked


def test_expired_pickup_codes_are_let_go_of(own: Site) -> None:
    package = own.package()
    order = own.admin.get(f"packages/{package}/")["order_id"]
    for slug in ("complete-packaging-with-shipment", "ready-for-pickup"):
        assert own.admin.command(package, slug).status_code == 204
    own.caught_up()
    assert run(own, "pickup-codes")["outcome"] == {"orders waiting": 1, "codes gone": 0}
    past = own.log.now() - timedelta(minutes=1)
    made = PickupCodeMade(package=package, digest="d", salt="s", expires_at=past, sealed=Personal("k", "sealed"))
    own.log.decide(f"order-{order}", lambda _s, _g: [made], actor="test", command="make-pickup-code")
    assert run(own, "pickup-codes")["outcome"] == {"orders waiting": 1, "codes gone": 1}
    assert own.log.state(f"order-{order}").state.packages[package].pickup.code is None
    assert run(own, "pickup-codes")["outcome"] == {"orders waiting": 1, "codes gone": 0}
