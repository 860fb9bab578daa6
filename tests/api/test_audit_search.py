"""From what a support engineer has in hand to the objects; and the whole chain that one request began (spec 6.1)."""

from uuid import uuid4

import pytest

from tests.api.site import Site


def found(site: Site, text: str) -> set[tuple[str, int]]:
    return {(row["kind"], row["id"]) for row in site.admin.get(f"audit/search/?q={text}")["results"]}


def test_by_numbers_and_codes(site: Site) -> None:
    package = site.package()
    shown = site.admin.get(f"packages/{package}/")
    order = shown["order_id"]
    assert ("package", package) in found(site, shown["number"])
    assert ("order", order) in found(site, shown["order_number"])
    assert ("package", package) in found(site, shown["packageitem_set"][0]["product"]["sku"])
    assert ("location", site.places["WH-01"]) in found(site, "WH-01")
    assert ("user", 1) in found(site, "admin")
    assert found(site, "nothing-is-called-so") == set()
    email = site.admin.get(f"orders/{order}/")["customer"]["email"]
    assert ("order", order) in found(site, email)


def test_by_command_and_by_request(site: Site) -> None:
    package = site.package()
    request = f"req-{uuid4().hex}"
    body = {"slug": "start-preparing"}
    answer = site.admin("POST", f"packages/{package}/command/", body, X_Request_ID=request)
    assert answer.status_code == 204
    [row] = [
        row
        for row in site.admin.get(f"audit/package/{package}/history/")["results"]
        if row["command"] == "start-preparing"
    ]
    assert row["correlation"] == request
    assert found(site, request) == {("package", package)}
    assert found(site, row["command_id"]) == {("package", package)}


def test_the_chain_of_a_request(site: Site) -> None:
    package = site.package()
    request = f"req-{uuid4().hex}"
    for slug in ("start-preparing", "ready-for-packaging", "complete-packaging-with-shipment"):
        answer = site.admin("POST", f"packages/{package}/command/", {"slug": slug}, X_Request_ID=request)
        assert answer.status_code == 204
    rows = site.admin.get(f"audit/correlation/{request}/")["results"]
    assert [row["command"] for row in rows[:2]] == ["start-preparing", "ready-for-packaging"]
    assert {row["correlation"] for row in rows} == {request}
    assert [row["position"] for row in rows] == sorted(row["position"] for row in rows)
    assert {(row["kind"], row["id"]) for row in rows} >= {("package", package)}
    assert "shipment" in {row["kind"] for row in rows}
    assert all("?" not in row["sentence"] for row in rows)
    rest = site.admin.get(f"audit/correlation/{request}/?after={rows[1]['position']}")["results"]
    assert rest == rows[2:]


@pytest.mark.parametrize(
    ("path", "field"),
    [("search/", "q"), ("search/?q=", "q"), ("search/?q=a&page=2", "page"), (f"search/?q={'x' * 300}", "q")],
)
def test_what_is_no_search(site: Site, path: str, field: str) -> None:
    answer = site.admin("GET", f"audit/{path}")
    assert answer.status_code == 400 and field in answer.json()["error"]


def test_what_nobody_began(site: Site) -> None:
    assert site.admin("GET", "audit/correlation/nobody/").status_code == 404
    assert site.admin("GET", "audit/correlation/nobody/?after=x").status_code == 400
    assert site.user("audit-viewer", "viewer")("GET", "audit/search/?q=WH-01").status_code == 403
