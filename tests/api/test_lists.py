"""Lists and details over HTTP: pages, cursors, sorts, filters, formats, versions, and who sees what."""

import csv
import io
from typing import Any

import pytest

from domain.planning import Leg
from projections.queries import LISTS
from tests.api.site import Client, Site, order

PATHS = (
    "orders",
    "order_items",
    "packages",
    "packages/short",
    "packages/package-items",
    "transfer_orders",
    "transfer_orders/short",
    "transfer-items",
    "shipments",
    "inventory-discrepancies",
    "state-transition-logs",
    "orderexecutionplans",
    "customers",
)


class Shelf:
    """Orders of a customer of their own, so that what other tests leave behind does not count: five packages at the
    warehouse, two at the shop, one that waits for a transfer from the warehouse to the shop."""

    def __init__(self, site: Site) -> None:
        self.site = site
        customer = {"email": "shelf@example.org", "first_name": "Grace", "last_name": "Hopper"}
        whole = [site.order(customer=customer) for _ in range(8)]
        self.orders = [one["id"] for one in whole]
        self.warehouse = [site.plan(one) for one in whole[:5]]
        self.shop = [site.plan(one, "ST-014") for one in whole[5:7]]
        lines = tuple((item["id"], int(item["quantity"])) for item in whole[7]["orderitem_set"])
        legs = (Leg(site.places["WH-01"], lines[:1]),)
        self.moved = site.plan(whole[7], "ST-014", legs)
        self.caught_up()

    def caught_up(self) -> None:
        assert self.site.log.wait_for(["projections"], self.site.log.head().position, 20)


@pytest.fixture(scope="module")
def shelf(site: Site) -> Shelf:
    return Shelf(site)


def _ids(rows: dict[str, Any]) -> list[int]:
    return [row["id"] for row in rows["results"]]


MINE = "packages/?customer_last_name=hopper"


@pytest.mark.parametrize("path", PATHS)
def test_every_list_has_its_page_its_twin_and_its_csv(site: Site, shelf: Shelf, path: str) -> None:
    found = site.admin.get(f"{path}/?limit=1")
    assert set(found) == {"count", "next", "previous", "results"}
    assert len(found["results"]) == (1 if found["count"] else 0)
    assert found["previous"] is None
    if not path.endswith("short"):
        assert site.admin.get(f"{path}/list-simple/?limit=1")["count"] == found["count"]
        assert site.admin("OPTIONS", f"{path}/list-simple/").headers["Allow"]
    text = site.admin("GET", f"{path}/?format=csv&limit=1")
    assert text.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert len(list(csv.reader(io.StringIO(text.text)))) == (2 if found["count"] else 1)


def test_no_list_is_forgotten() -> None:
    """Of the read models' lists all but two have a path here; stock and locations are reference data."""
    assert len(PATHS) == len(LISTS) - 2


def test_pages_follow_each_other_by_next_and_previous(site: Site, shelf: Shelf) -> None:
    whole = _ids(site.admin.get(MINE))
    assert whole == sorted([*shelf.warehouse, *shelf.shop, shelf.moved], reverse=True)
    seen, url, before = [], f"{MINE}&limit=3", None
    while url:
        page = site.admin.get(url if before is None else url.removeprefix(site.url))
        assert page["count"] == 8
        assert (page["previous"] is None) == (before is None)
        seen += _ids(page)
        before, url = page, page["next"]
    assert seen == whole
    assert before is not None
    back = site.admin.get(before["previous"].removeprefix(site.url))
    assert _ids(back) == whole[3:6]


def test_limit_has_a_twin_and_an_end(site: Site, shelf: Shelf) -> None:
    assert len(site.admin.get(f"{MINE}&page_size=2")["results"]) == 2
    assert len(site.admin.get(f"{MINE}&limit=1000")["results"]) == 8
    assert site.admin.get(f"{MINE}&limit=1000&page=100")["results"] == []  # row 10,000 with 100 a page, no further
    assert site.admin.get(f"{MINE}&page=99")["results"] == []


def test_what_is_beyond_the_last_page_by_number_is_said(site: Site) -> None:
    answer = site.admin("GET", "packages/?page=101&limit=100")
    assert answer.status_code == 400
    assert "position__gt" in answer.json()["error"]["page"][0]


def test_a_sort_and_its_twin(site: Site, shelf: Shelf) -> None:
    up = _ids(site.admin.get(f"{MINE}&sort=created_date"))
    assert up == sorted(up)
    assert _ids(site.admin.get(f"{MINE}&ordering=-created_date")) == up[::-1]


def test_a_machine_follows_positions_without_a_gap(site: Site, shelf: Shelf) -> None:
    seen: dict[int, int] = {}
    url = f"{MINE}&position__gt=0&limit=1"
    pages = 0
    while url:
        page = site.admin.get(url)
        pages += 1
        for row in page["results"]:
            seen[row["id"]] = seen.get(row["id"], 0) + 1
        url = (page["next"] or "").removeprefix(site.url)
        assert "page=" not in url
    assert seen == dict.fromkeys([*shelf.warehouse, *shelf.shop, shelf.moved], 1)
    assert pages >= 8


def test_rows_of_one_event_are_never_cut_apart_by_a_page(site: Site, shelf: Shelf) -> None:
    """A package that ships changes its own state and its shipment's in one event: who follows gets both."""
    package = site.package()
    for slug in ("complete-packaging-with-shipment", "ship-package"):
        assert site.admin.command(package, slug).status_code == 204
    shelf.caught_up()
    with site.log.listening() as connection:
        rows = connection.execute("select position, count(*) from state_transition_logs group by 1 having count(*) > 1")
        shared = rows.fetchall()
    assert shared, "no event changed two states, so this would prove nothing"
    everything: list[int] = []
    url = "state-transition-logs/?position__gt=0&limit=1"
    while url:
        page = site.admin.get(url)
        everything += _ids(page)
        url = (page["next"] or "").removeprefix(site.url)
    with site.log.listening() as connection:
        known = [id for (id,) in connection.execute("select id from state_transition_logs").fetchall()]
    assert sorted(everything) == sorted(known)


def test_ids_go_on_by_their_cursor(site: Site, shelf: Shelf) -> None:
    first = site.admin.get(f"{MINE}&id__gt={shelf.warehouse[0]}&limit=2")
    assert _ids(first) == sorted(_ids(first))
    assert f"id__gt={first['results'][-1]['id']}" in first["next"]
    down = site.admin.get(f"{MINE}&id__lt={shelf.moved}&limit=2")
    assert f"id__lt={down['results'][-1]['id']}" in down["next"]
    assert set(_ids(site.admin.get(down["next"].removeprefix(site.url)))).isdisjoint(_ids(down))


@pytest.mark.parametrize(
    ("query", "which"),
    [
        ("stock_location__erp_code=ST-014", "shop+moved"),
        ("stock_location__erp_code__in=ST-014,WH-01", "all"),
        ("state=100&stock_location__erp_code=WH-01", "warehouse"),
        ("state__enum_value__in=50,910", "moved"),
        ("state__enum_value__ne=100", "moved"),
        ("order__channel=web", "all"),
        ("order__channel=%C2%B2", "none"),
        ("product_sku=A", "all"),
        ("product_sku=Z", "none"),
        ("city=Leeds", "all"),
        ("created_date__gte=2100-01-01", "none"),
        ("created_date__gte=2020-01-01T00:00:00Z", "all"),
        ("is_click_and_collect=true", "none"),
        ("cancellation_failure=false", "all"),
        ("state=", "all"),
    ],
)
def test_filters_of_packages(site: Site, shelf: Shelf, query: str, which: str) -> None:
    groups = {
        "shop+moved": [*shelf.shop, shelf.moved],
        "all": [*shelf.warehouse, *shelf.shop, shelf.moved],
        "warehouse": shelf.warehouse,
        "moved": [shelf.moved],
        "none": [],
    }
    found = site.admin.get(f"{MINE}&{query}")
    assert sorted(_ids(found)) == sorted(groups[which])
    assert found["count"] == len(groups[which])


@pytest.mark.parametrize("path", PATHS)
def test_every_filter_of_every_list_answers(site: Site, shelf: Shelf, path: str) -> None:
    """Whatever the text: rows, or a 400 that names this filter."""
    name = next(n for n, p in _paths().items() if p == path)
    names = [*LISTS[name].filters, *(["position__gt"] if getattr(LISTS[name], "cursor", None) else [])]
    for text in ("1", "²", "9" * 30, "true", "2026-11-23", "100,200", "a%00b", "%25_\\"):
        for one in names:
            answer = site.admin("GET", f"{path}/?{one}={text}&limit=1")
            assert answer.status_code in (200, 400), f"{one}={text}: {answer.text}"
            if answer.status_code == 400:
                assert list(answer.json()["error"]) == [one]


def _paths() -> dict[str, str]:
    from api.http.lists import PATHS as paths

    return paths


def test_an_unknown_filter_names_the_known_ones(site: Site) -> None:
    answer = site.admin("GET", "packages/?colour=red")
    assert answer.status_code == 400
    (text,) = answer.json()["error"]["colour"]
    assert "stock_location__erp_code" in text and "position__gt" in text
    assert list(site.admin("GET", "packages/?self=1").json()["error"]) == ["self"]


def test_a_parameter_stands_once(site: Site) -> None:
    answer = site.admin("GET", "packages/?state=100&state=200")
    assert (answer.status_code, list(answer.json()["error"])) == (400, ["state"])


@pytest.mark.parametrize("format", ["pdf", "html"])
def test_another_format_is_406_and_names_those_there_are(site: Site, format: str) -> None:
    answer = site.admin("GET", f"orders/?format={format}")
    assert answer.status_code == 406
    assert "json, csv, xlsx, xls" in answer.json()["error"]["message"]


def test_details_are_as_in_the_list_with_the_version_as_etag(site: Site, shelf: Shelf) -> None:
    package = shelf.site.package()
    shelf.caught_up()
    listed = site.admin.get(f"packages/?id={package}")["results"][0]
    answer = site.admin("GET", f"packages/{package}/")
    assert answer.json() == listed
    assert answer.headers["ETag"] == '"1"'
    assert site.admin.command(package, "start-preparing").headers["ETag"] == '"2"'
    assert site.admin("GET", f"packages/{package}/").headers["ETag"] == '"2"'
    stale = site.admin("POST", f"packages/{package}/command/", {"slug": "ready-for-packaging"}, If_Match='"1"')
    assert stale.status_code == 412


def test_every_kind_of_detail_is_there(site: Site, shelf: Shelf) -> None:
    packed = shelf.site.package()
    assert site.admin.command(packed, "complete-packaging-with-shipment").status_code == 204
    shelf.caught_up()
    for path in (
        "orders",
        "packages",
        "packages/package-items",
        "transfer_orders",
        "shipments",
        "state-transition-logs",
    ):
        row = site.admin.get(f"{path}/?limit=1")["results"][0]
        assert site.admin.get(f"{path}/{row['id']}/") == row, path
    item = site.admin.get(f"packages/{packed}/")["packageitem_set"][0]
    assert site.admin.get(f"/api/v1/package-item/{item['id']}/") == item
    plan = site.admin.get(f"packages/{packed}/")["plan"]
    assert site.admin.get(f"orderexecutionplans/{plan}/")["orderexecutionplanitem_set"][0]["package"] == packed


@pytest.fixture(scope="module")
def keeper(site: Site, shelf: Shelf) -> Client:
    return site.user("shopkeeper", "store", site.places["ST-014"])


def test_a_store_sees_its_own(site: Site, shelf: Shelf, keeper: Client) -> None:
    assert sorted(_ids(keeper.get(MINE))) == sorted([*shelf.shop, shelf.moved])
    assert keeper.get(MINE)["count"] == 3
    theirs = {row["id"] for row in keeper.get("orders/?customer_last_name=hopper")["results"]}
    assert theirs == {*shelf.orders[5:]}


def test_what_is_at_another_location_is_not_found(site: Site, shelf: Shelf, keeper: Client) -> None:
    theirs, others = site.admin.get(f"packages/{shelf.shop[0]}/"), site.admin.get(f"packages/{shelf.warehouse[0]}/")
    for package, status in ((theirs, 200), (others, 404)):
        for path in (
            f"packages/{package['id']}/",
            f"orders/{package['order_id']}/",
            f"packages/package-items/{package['packageitem_set'][0]['id']}/",
        ):
            assert keeper("GET", path).status_code == status, path


def test_both_ends_of_a_transfer_may_read_it(site: Site, shelf: Shelf, keeper: Client) -> None:
    (transfer,) = site.admin.get(f"packages/{shelf.moved}/")["transfer_orders"]
    source = site.user("storeman", "store", site.places["WH-01"])
    for user in (keeper, source):
        assert user("GET", f"transfer_orders/{transfer}/").status_code == 200
        assert transfer in _ids(user.get("transfer_orders/"))
    assert source("GET", f"packages/{shelf.moved}/").status_code == 404


def test_read_your_own_writes_by_position(site: Site) -> None:
    made = site.admin("POST", "orders/", order("OWN-WRITE"))
    found = site.admin.get("orders/?number=OWN-WRITE", X_OMS_Min_Position=made.headers["X-OMS-Position"])
    assert _ids(found) == [made.json()["id"]]
