"""A discrepancy is closed with a count, which is the stock that is known from then on (spec 1.9)."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.api.site import Site, serving


@pytest.fixture
def site(database_url: str) -> Iterator[Site]:
    with serving(database_url) as site:
        site.set_up()
        yield site


def missed(site: Site) -> int:
    """A piece of A was not found at WH-01; the id of the discrepancy."""
    package = site.package()
    item = site.admin.get(f"packages/{package}/")["packageitem_set"][0]
    row = {"id": item["id"], "quantity": 1, "reason": "not_found"}
    assert site.admin.command(package, "product-not-found", package_items=[row]).status_code == 204
    site.caught_up()
    id: int = max(row["id"] for row in site.admin.get("inventory-discrepancies/?limit=100")["results"])
    return id


def known(site: Site) -> str:
    site.caught_up()
    rows: Any = site.admin.get("stock/?sku=A&erp_code=WH-01")["results"]
    return str(rows[0]["quantity"])


def is_open(site: Site, id: int) -> bool:
    """By the filter, which must say the one or the other."""
    found = {way: site.admin.get(f"inventory-discrepancies/?id={id}&open={way}")["count"] for way in ("true", "false")}
    assert sorted(found.values()) == [0, 1]
    return bool(found["true"])


def test_a_count_is_the_stock_from_then_on(site: Site) -> None:
    id = missed(site)
    path = f"inventory-discrepancies/{id}/close/"
    assert known(site) == "0" and is_open(site, id)
    said = site.admin.post(path, {"counted": 7}, 200)
    assert (said["counted"], known(site)) == (7, "7") and said["closed_date"]
    assert site.admin.post(path, {"counted": 7}, 200) == said
    assert site.admin("POST", path, {"counted": 8}).status_code in (400, 409)
    assert known(site) == "7" and not is_open(site, id)


def test_closed_without_a_count_the_stock_stays(site: Site) -> None:
    said = site.admin.post(f"inventory-discrepancies/{missed(site)}/close/", {}, 200)
    assert said["counted"] is None and said["closed_date"] and known(site) == "0"


@pytest.mark.parametrize("counted", [-1, 1.5, "many", True, 10**10])
def test_what_is_no_count_is_refused(site: Site, counted: Any) -> None:
    answer = site.admin("POST", f"inventory-discrepancies/{missed(site)}/close/", {"counted": counted})
    assert (answer.status_code, list(answer.json()["error"])) == (400, ["counted"])
    assert site.admin("POST", "inventory-discrepancies/999999/close/", {}).status_code == 404


def test_only_who_is_there_closes_it(site: Site) -> None:
    path = f"inventory-discrepancies/{missed(site)}/close/"
    there = site.user("ann", "store", site.places["WH-01"])
    elsewhere = site.user("bob", "store", site.places["ST-014"])
    assert elsewhere("POST", path, {"counted": 1}).status_code == 404
    assert there("POST", path, {"counted": 1}).status_code == 200


def test_how_long_answers_are_not_believed_is_a_setting(site: Site) -> None:
    site.admin.post("settings/application_settings/", {"key": "DISCREPANCY_DAYS", "json_value": 2})
    missed(site)
    with site.log.listening() as connection:
        query = "select extract(epoch from frozen_until - clock_timestamp()) from availability where sku = 'A'"
        seconds = [float(row[0]) for row in connection.execute(query) if row[0] is not None]
    assert len(seconds) == 1 and 2 * 86_400 - 3_600 < seconds[0] <= 2 * 86_400
