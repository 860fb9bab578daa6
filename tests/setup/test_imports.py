"""Files become channels, locations, stock and orders: with a dry run, a report by row, the same again without harm, and
on after a kill."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.jobs.clock import Jobs
from api.settings import Settings
from api.setup import tasks
from api.setup.work import JOB
from tests.api.site import SECRET, Site, serving
from tests.scenarios.shop import until
from tests.setup.test_sheets import workbook

SAMPLES = Path(__file__).parents[2] / "docs" / "samples"
ORDER = ("channels", "cargo_companies", "reasons", "stock_locations", "stock", "orders", "cancellation_reasons")
COUNTS = ("created", "changed", "unchanged", "rejected")


@pytest.fixture
def own(database_url: str) -> Iterator[Site]:
    with serving(database_url) as site:
        yield site


def send(site: Site, kind: str, data: bytes, *, dry: bool = False) -> dict[str, Any]:
    answer = site.admin("POST", f"imports/?kind={kind}{'&dry_run=true' if dry else ''}", data)
    assert answer.status_code == 202 and answer.json()["status"] == "READY", answer.text
    return dict(answer.json())


def work(site: Site) -> dict[str, Any] | None:
    return Jobs(site.log, Settings(secret_key=SECRET)).now(JOB, "test")


def brought(site: Site, kind: str, data: bytes, *, dry: bool = False) -> dict[str, Any]:
    id = send(site, kind, data, dry=dry)["id"]
    told = work(site)
    assert told is not None and told["error"] is None, told
    return dict(site.admin.get(f"imports/{id}/"))


def counts(task: dict[str, Any]) -> tuple[Any, ...]:
    return (task["status"], *(task[name] for name in COUNTS))


def test_the_samples_of_the_docs_set_an_installation_up(own: Site) -> None:
    """Each first on a dry run, then in earnest, then again."""
    here = {kind: len((SAMPLES / f"{kind}.csv").read_text().splitlines()) - 1 for kind in ORDER} | {"orders": 2}
    assert {path.stem for path in SAMPLES.iterdir()} == set(ORDER)
    for kind in ORDER:
        data, n = (SAMPLES / f"{kind}.csv").read_bytes(), here[kind]
        if kind in ("channels", "cargo_companies", "reasons", "stock_locations"):
            assert own.admin.get(f"setup/{kind}/is_required/")["is_required"]
            assert own.admin.get(f"setup/{kind}/get_async_status/")["status"] == "READY"
            assert own.admin.post(f"setup/{kind}/execute/", {}, 200)["status"] == "ABORTED"
        head = own.log.head().position
        new = ("FINISHED", 0, n, 0, 0) if kind == "stock" else ("FINISHED", n, 0, 0, 0)
        assert counts(brought(own, kind, data, dry=True)) == new
        assert own.log.head().position == head
        assert counts(brought(own, kind, data)) == new
        position = own.log.head().position
        assert position > head
        again = brought(own, kind, data)
        if kind != "stock":
            assert counts(again) == ("FINISHED", 0, 0, n, 0)
            assert own.log.head().position == position
        if kind in ("stock", "cancellation_reasons"):
            continue  # no steps of the set-up: stock comes with the days, reasons are one step
        assert not own.admin.get(f"setup/{kind}/is_required/")["is_required"]
        assert own.admin.get(f"setup/{kind}/get_async_status/")["status"] == "FINISHED"
    assert own.admin.get("stock_locations/is_required/") == {"step": "stock_locations", "is_required": False}
    own.caught_up()
    order = own.admin.get("orders/?number=100001")["results"][0]
    assert [(item["product"]["sku"], item["quantity"]) for item in order["orderitem_set"]] == [
        ("85123A", 6),
        ("71053", 1),
    ]
    assert order["orderitem_set"][0]["attributes"] == {"colour": "white"}
    assert order["customer"]["email"] == "ada@example.org"
    place = own.admin.get("stock_locations/?erp_code=ST-014")["results"][0]
    assert (place["tags"], place["is_pickup_location"], place["address"]["city"]["name"]) == (
        ["city", "centre"],
        True,
        "Leeds",
    )
    assert {(row["erp_code"], row["sku"]): row["quantity"] for row in own.admin.get("stock/")["results"]}[
        "ST-014", "71053"
    ] == "2.5"


def test_wrong_rows_are_told_and_stop_no_other(own: Site) -> None:
    for kind in ORDER[:4]:
        brought(own, kind, (SAMPLES / f"{kind}.csv").read_bytes())
    book = workbook(
        ("number", "channel", "amount", "items.sku", "items.quantity", "items.price"),
        ("1", "web", 10.5, "A", 1, 10.5),
        ("2", "moon", 10, "A", 1, 10),
        ("3", "web", 1.005, "A", 1, 1),
        ("4", "web", 3, "A", 1, 1),
        (None, None, None, "B", "two", 1),
        ("4", None, None, "C", 1, 1),
        ("1", "web", 1, "A", 1, 1),
    )
    for dry in (True, False):
        task = brought(own, "orders", book, dry=dry)
        # Rows 5 to 7 are orders 4, one without a number, and 4 again; the last is the first one's number.
        assert (task["created"], task["unchanged"], task["rejected"], task["rows"]) == (2, 1, 4, 7), task
        problems = own.admin.get(f"imports/{task['id']}/problems/?limit=100")["results"]
        fields = {(row["row"], row["field"]) for row in problems}
        assert {(3, "channel"), (4, "amount"), (6, "number"), (6, "items.quantity"), (7, "channel")} <= fields
        assert "there are market, web" in next(row["text"] for row in problems if row["row"] == 3)
    stock = b"erp_code,sku,quantity\nWH-01,A,5\nMARS,A,1\nWH-01,A,-1\nWH-01,,1\n"
    task = brought(own, "stock", stock)
    assert counts(task) == ("FINISHED", 0, 1, 0, 3)
    problems = own.admin.get(f"imports/{task['id']}/problems/")["results"]
    assert [(row["row"], row["field"]) for row in problems] == [(3, "erp_code"), (4, "quantity"), (5, "sku")]


@pytest.mark.parametrize(
    ("data", "says"),
    [(b"erp_code,skew\nWH-01,A\n", "no column 'skew'"), (b"PK\x03\x04no", "no workbook")],
)
def test_a_wrong_file_is_refused_whole(own: Site, data: bytes, says: str) -> None:
    head = own.log.head().position
    task = brought(own, "stock", data)
    assert task["status"] == "FAILED" and says in task["message"]
    assert own.log.head().position == head
    assert own.admin("POST", "imports/?kind=stock", b"a\x00b").status_code == 400
    assert own.admin("POST", "imports/?kind=tea", b"a").status_code == 400
    assert own.admin("POST", "imports/?kind=stock").status_code == 400


def test_a_file_is_sealed_while_it_waits_and_gone_when_it_is_done(own: Site) -> None:
    for kind in ORDER[:2]:
        brought(own, kind, (SAMPLES / f"{kind}.csv").read_bytes())
    data = (SAMPLES / "orders.csv").read_bytes()
    first, second = send(own, "orders", data)["id"], send(own, "orders", data)["id"]
    with own.log.listening() as connection:
        sealed = tasks.file_of(connection, first)
        assert sealed is not None and b"ada@" not in sealed
        assert own.admin("POST", f"imports/{second}/abort/").json()["status"] == "ABORTED"
        work(own)
        assert [tasks.file_of(connection, id) for id in (first, second)] == [None, None]
    assert own.admin.get(f"imports/{first}/")["status"] == "FINISHED"
    assert own.admin("POST", f"imports/{first}/abort/").status_code == 409


def test_killed_with_9_it_goes_on_and_each_order_is_there_once(own: Site, database_url: str) -> None:
    for kind in ORDER[:2]:
        brought(own, kind, (SAMPLES / f"{kind}.csv").read_bytes())
    n = 1500
    rows = "".join(f"K{i:05},web,5.10,A,2,2.55\n" for i in range(n))
    id = send(own, "orders", ("number,channel,amount,items.sku,items.quantity,items.price\n" + rows).encode())["id"]
    program = subprocess.Popen([sys.executable, "-m", "tests.setup.program", database_url])
    try:
        until(lambda: own.admin.get(f"imports/{id}/")["rows"] > 0)
    finally:
        program.kill()
        program.wait()
    task = own.admin.get(f"imports/{id}/")
    assert own.admin.get("setup/orders/get_async_status/")["status"] in ("WORKING", "FINISHED")
    if task["status"] != "FINISHED":
        until(lambda: work(own) is not None and own.admin.get(f"imports/{id}/")["status"] == "FINISHED")
    task = own.admin.get(f"imports/{id}/")
    assert task["created"] + task["unchanged"] == n and task["rejected"] == 0
    received = [e for p in range(0, own.log.head().position, 1000) for e in own.log.read(p, 1000)]
    assert len([e for e in received if type(e.fact).__name__ == "OrderReceived"]) == n
