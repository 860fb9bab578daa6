"""What a plan tells afterwards, with the planner at work: its explanation, and the stock that it saw."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from api.cli import parser
from api.explain_tools import explain
from tests.api.site import Site, order, serving


@pytest.fixture
def planned(database_url: str) -> Iterator[Site]:
    with serving(database_url, planner=True) as site:
        site.set_up()
        definition = {
            "name": "Standard",
            "status": "active",
            "priority": 1,
            "default_stock_location": "WH-01",
            "rules": [{"name": "fewest packages", "coverage": "split_lines", "strategy": "fewest_packages"}],
        }
        site.admin.post("scenarios/", definition)
        site.admin.post("orders/", order("PLANNED"))
        until = time.monotonic() + 30
        while not any(row["package_set"] for row in site.admin.get("orders/?number=PLANNED")["results"]):
            assert time.monotonic() < until, "it was not planned"
            time.sleep(0.05)
        yield site


def test_a_plan_says_why_and_what_stock_it_saw(planned: Site) -> None:
    admin = planned.admin
    row = admin.get("orderexecutionplans/")["results"][0]
    plan = admin.get(f"orderexecutionplans/{row['id']}/")
    assert plan["orderexecutionplanitem_set"] == row["orderexecutionplanitem_set"]
    assert plan["explanation"] and all(isinstance(one, str) for one in plan["explanation"])
    pushed = planned.admin.get("stock/?sku=A&erp_code=WH-01")["results"][0]["quantity"]
    whole = {
        "stock_count": pushed,
        "reservation_count": "0",
        "quantity": pushed,
        "safety_stock": "0",
        "available": pushed,
    }
    assert plan["context"]["stock"]["A"]["WH-01"] == whole

    rows = admin.get("order-stock-info/?order_number=PLANNED")["results"]
    assert {(one["order_item"]["sku"], one["erp_code"]) for one in rows} == {
        (sku, code) for sku in ("A", "B") for code in ("WH-01", "ST-014")
    }
    (one,) = admin.get("order-stock-info/?order_number=PLANNED&erp_code=ST-014&limit=1")["results"]
    assert one["order_item"]["order_number"] == "PLANNED"
    assert one["stock_data"] == {"unit_type": "quantity", **whole}
    assert admin.get("order-stock-info/?order_number=PLANNE")["count"] == 0
    assert "order_number" in admin("GET", "order-stock-info/").json()["error"]
    assert "colour" in admin("GET", "order-stock-info/?order_number=PLANNED&colour=red").json()["error"]

    for name in (str(row["order"]), "PLANNED"):
        assert oms(planned, "explain", name) == (0, plan["explanation"])
        assert oms(planned, "explain", name, "--recheck", "--json")[0] == 0
    status, why_not = oms(planned, "explain", "PLANNED", "--why-not", "ST-014", "--json")
    assert status == 0 and "ST-014" in json.loads(why_not[0])["sentence"]
    assert oms(planned, "explain", "NOT-THERE")[0] == 1


def oms(site: Site, *words: str) -> tuple[int, list[str]]:
    """The status and the lines that it says."""
    said: list[str] = []

    def say(given: Any, answer: Any, text: Any) -> None:
        said.append(json.dumps(answer) if given.json else text(answer))

    status = explain(site.log, None, parser().parse_args(words), say)  # type: ignore[arg-type]  # it asks the log alone
    return status, [line for one in said for line in one.splitlines()]
