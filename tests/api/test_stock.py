"""Stock over HTTP: by the thousand, row by row, read as it is now."""

from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import pytest

from domain.kinds import stream_of
from eventlog.guard_rebuild import compare
from tests.api.site import Site

NUMBERS = count(1)


def row(sku: str, quantity: Any, code: str = "WH-01") -> dict[str, Any]:
    return {"erp_code": code, "sku": sku, "quantity": quantity}


def fresh() -> str:
    return f"STOCK-{next(NUMBERS)}"


def known(site: Site, sku: str) -> dict[str, tuple[str, str, str]]:
    rows = site.admin.get(f"stock/?sku={sku}")["results"]
    return {r["erp_code"]: (r["quantity"], r["reserved"], r["available"]) for r in rows}


def test_one_event_a_location(site: Site) -> None:
    one, other = fresh(), fresh()
    before = site.log.head().position
    rows = [row(one, 12), row(other, "2.50"), row(one, 3, "ST-014")]
    answer = site.admin("PUT", "stock/", {"stock": rows}, X_Request_ID="a-push")
    assert answer.json() == {"accepted": 3, "rejected": []}
    events = site.log.read(before)
    assert sorted(e.stream for e in events) == sorted(stream_of("stock", site.places[c]) for c in ("WH-01", "ST-014"))
    assert {(e.actor, e.correlation_id, e.command) for e in events} == {("admin", "a-push", "push-stock")}
    assert answer.headers["X-OMS-Position"] == str(events[-1].position)
    assert known(site, one) == {"WH-01": ("12", "0", "12"), "ST-014": ("3", "0", "3")}
    assert known(site, other) == {"WH-01": ("2.5", "0", "2.5")}


def test_reservations_are_read_at_once(site: Site) -> None:
    sku = fresh()
    site.admin.put("stock/", {"stock": [row(sku, 10)]})
    order = site.order()
    item = {"omnitron_id": 1, "sku": sku, "quantity": 4, "name": "T", "price": "1.00"}
    order = site.order(items=[item])
    site.plan(order)
    assert known(site, sku) == {"WH-01": ("10", "4", "6")}
    site.admin.put("stock/", {"stock": [row(sku, 3)]})
    assert known(site, sku) == {"WH-01": ("3", "4", "-1")}


def test_the_last_of_two_rows_counts(site: Site) -> None:
    sku = fresh()
    assert site.admin.put("stock/", {"stock": [row(sku, 1), row(sku, 2)]})["accepted"] == 2
    assert known(site, sku)["WH-01"][0] == "2"


GOOD = [
    (0, "0"),
    (10**12, str(10**12)),
    ("007", "7"),
    ("1E3", "1000"),
    ("0.000001", "0.000001"),
    ("-0", "0"),
    (1.25, "1.25"),
]


@pytest.mark.parametrize(("quantity", "shown"), GOOD)
def test_quantities_that_are_taken(site: Site, quantity: Any, shown: str) -> None:
    sku = fresh()
    assert site.admin.put("stock/", {"stock": [row(sku, quantity)]})["accepted"] == 1
    assert known(site, sku)["WH-01"][0] == shown


BAD: list[Any] = [
    -1,
    "-0.5",
    "NaN",
    "sNaN",
    "Infinity",
    "",
    "many",
    None,
    True,
    [],
    {},
    10**12 + 1,
    "1e13",
    "1e999999999",
    "1e-999999999",
    "0.0000001",
    "1.00000000000000000000000000000000001",
    "9" * 41,
]


@pytest.mark.parametrize("quantity", BAD, ids=str)
def test_a_bad_quantity_stops_no_other_row(site: Site, quantity: Any) -> None:
    good, bad = fresh(), fresh()
    said = site.admin.put("stock/", {"stock": [row(bad, quantity), row(good, 5)]})
    assert said["accepted"] == 1
    [rejected] = said["rejected"]
    assert (rejected["row"], rejected["erp_code"], rejected["sku"]) == (0, "WH-01", bad)
    assert list(rejected["errors"]) == ["quantity"]
    assert known(site, bad) == {}
    assert known(site, good)["WH-01"][0] == "5"


def test_every_bad_row_is_told_with_all_that_is_wrong(site: Site) -> None:
    rows: list[Any] = [
        "x",
        None,
        {},
        row("", -1, "NOWHERE"),
        row("S" * 256, 1),
        {"erp_code": 7, "sku": 7, "quantity": 7},
    ]
    head = site.log.head().position
    answer = site.admin("PUT", "stock/", {"stock": rows})
    said = answer.json()
    assert (answer.status_code, said["accepted"], [r["row"] for r in said["rejected"]]) == (200, 0, [0, 1, 2, 3, 4, 5])
    wrong = [sorted(r["errors"]) for r in said["rejected"]]
    assert wrong[2:] == [["erp_code", "quantity", "sku"], ["erp_code", "quantity", "sku"], ["sku"], ["erp_code"]]
    assert site.log.head().position == head
    assert "X-OMS-Position" not in answer.headers


@pytest.mark.parametrize("body", [{}, {"stock": None}, {"stock": {}}, {"stock": "x"}])
def test_a_body_without_rows(site: Site, body: dict[str, Any]) -> None:
    answer = site.admin("PUT", "stock/", body)
    assert (answer.status_code, list(answer.json()["error"])) == (400, ["stock"])


def test_ten_thousand_long_skus_are_stored_in_events_that_fit(site: Site) -> None:
    """More than an event may hold, so the location's levels go into several."""
    rows = [row(f"{n:05}" + "X" * 250, n) for n in range(10_000)]
    before = site.log.state(stream_of("stock", site.places["WH-01"])).version
    assert site.admin.put("stock/", {"stock": rows}) == {"accepted": 10_000, "rejected": []}
    assert site.log.state(stream_of("stock", site.places["WH-01"])).version > before + 1
    assert known(site, rows[-1]["sku"])["WH-01"][0] == "9999"


def test_an_idempotency_key_pushes_once(site: Site) -> None:
    sku = fresh()
    body = {"stock": [row(sku, 5), row(sku, -1)]}
    first = site.admin("PUT", "stock/", body, Idempotency_Key="push-key")
    site.admin.put("stock/", {"stock": [row(sku, 8)]})
    again = site.admin("PUT", "stock/", body, Idempotency_Key="push-key")
    assert (again.json(), again.headers["X-OMS-Position"]) == (first.json(), first.headers["X-OMS-Position"])
    assert known(site, sku)["WH-01"][0] == "8"
    other = {"stock": [row(sku, 6)]}
    assert site.admin("PUT", "stock/", other, Idempotency_Key="push-key").status_code == 422


def test_one_idempotency_key_at_once_pushes_once(site: Site) -> None:
    body = {"stock": [row(fresh(), 5)]}
    head = site.log.head().position
    with ThreadPoolExecutor(6) as threads:
        answers = list(
            threads.map(lambda _: site.admin("PUT", "stock/", body, Idempotency_Key="push at once"), range(6))
        )
    assert {(a.status_code, a.headers["X-OMS-Position"]) for a in answers} == {(200, str(head + 1))}
    assert site.log.head().position == head + 1


def test_a_store_sees_its_own_stock_and_pushes_none(site: Site) -> None:
    sku = fresh()
    site.admin.put("stock/", {"stock": [row(sku, 1), row(sku, 2, "ST-014")]})
    store = site.user("stock-of-a-store", "store", site.places["ST-014"])
    assert [r["erp_code"] for r in store.get(f"stock/?sku={sku}")["results"]] == ["ST-014"]
    assert store("PUT", "stock/", {"stock": [row(sku, 9)]}).status_code == 403
    assert known(site, sku)["WH-01"][0] == "1"


def test_pages_and_filters(site: Site) -> None:
    skus = [fresh() for _ in range(5)]
    site.admin.put("stock/", {"stock": [row(sku, 1) for sku in skus]})
    first = site.admin.get(f"stock/?sku__in={','.join(skus)}&limit=2")
    assert (first["count"], len(first["results"])) == (5, 2)
    second = site.admin.get("/" + first["next"].split("/", 3)[3])
    assert [r["sku"] for r in first["results"] + second["results"]] == sorted(skus)[:4]
    assert site.admin("GET", "stock/?colour=red").status_code == 400


def test_the_guard_rows_are_those_of_the_events(site: Site) -> None:
    """What pushes did to the rows is what the log says of them."""
    site.admin.put("stock/", {"stock": [row(fresh(), "1E1"), row(fresh(), "2.50"), row(fresh(), 3, "ST-014")]})
    assert compare(site.log.database_url) == []
