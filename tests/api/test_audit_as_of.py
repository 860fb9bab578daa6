"""`audit/as-of/`: the list as it was, over HTTP."""

from urllib.parse import quote

import pytest

from tests.api.site import Site


def test_a_list_as_it_was(site: Site) -> None:
    package = site.package()
    site.admin.command(package, "start-preparing")
    rows = site.admin.get(f"audit/package/{package}/history/")["results"]
    born, started = rows[0], next(row for row in rows if row["command"] == "start-preparing")
    order = site.admin.get(f"packages/{package}/")["order_id"]
    path = f"audit/as-of/packages/?order={order}"
    for point, state in (
        (f"position={started['position'] - 1}", "100"),
        (f"position={started['position']}", "200"),
        (f"at={quote(started['at'])}", "200"),
    ):
        found = site.admin.get(f"{path}&{point}")
        assert (found["count"], [one["id"] for one in found["results"]]) == (1, [package])
        assert found["results"][0]["state"]["enum_value"] == state
        assert site.admin.get(f"{path}&{point}&state={state}")["count"] == 1
        assert site.admin.get(f"{path}&{point}&state=900")["count"] == 0
    assert site.admin.get(f"{path}&position={born['position'] - 1}")["results"] == []
    assert site.admin.get(path)["results"][0] == site.admin.get(f"packages/{package}/")
    assert order in [one["id"] for one in site.admin.get("audit/as-of/orders/?limit=100")["results"]]
    assert isinstance(site.admin.get("audit/as-of/transfers/")["results"], list)


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("packages/?colour=red", "colour"),
        ("packages/?product_sku=A", "product_sku"),
        ("packages/?at=yesterday", "at"),
        ("packages/?position=x", "position"),
        ("packages/?at=2026-01-01&position=1", "at"),
        ("packages/?sort=number", "sort"),
    ],
)
def test_what_is_not_known_then(site: Site, path: str, field: str) -> None:
    answer = site.admin("GET", f"audit/as-of/{path}")
    assert answer.status_code == 400 and field in answer.json()["error"]


def test_who_may_not_and_what_is_not(site: Site) -> None:
    assert site.admin("GET", "audit/as-of/unicorns/").status_code == 404
    assert site.user("as-of-viewer", "viewer")("GET", "audit/as-of/packages/").status_code == 403
