"""What stands behind Instore's page (spec 6.5): its lists, each filter of them, the counts, what a code may mean."""

from typing import Any

import pytest

from domain.planning import Leg
from tests.api.site import Site
from tests.console.visitor import Visitor, visitor

HERE, ELSEWHERE = "ST-014", "WH-01"
ITEM = {"name": "LAMP", "price": "1.00", "tax_rate": "0.00", "discount_amount": "0.00", "attributes": {}, "quantity": 3}


@pytest.fixture(scope="module")
def wanted(site: Site) -> dict[str, Any]:
    """A package here that waits for a transfer from elsewhere, of an order unlike all others."""
    site.stock(site.places[ELSEWHERE], "LAMP-1")
    site.stock(site.places[HERE], "LAMP-1")
    order = site.order(
        customer={"email": "zelda@example.org", "first_name": "Zelda", "last_name": "Quill"},
        items=[{"omnitron_id": 7001, "sku": "LAMP-1", "barcode": "4012345000017", **ITEM}],
        date_placed="2026-10-03T10:00:00Z",
    )
    leg = Leg(site.places[ELSEWHERE], ((order["orderitem_set"][0]["id"], 2),))
    package = site.plan(order, HERE, legs=(leg,))
    [transfer] = site.admin.get(f"packages/{package}/")["transfer_orders"]
    number = site.admin.get(f"packages/{package}/")["number"]
    return {"package": package, "transfer": transfer, "number": number, "order": order["number"]}


@pytest.fixture(scope="module")
def clerk(site: Site) -> Visitor:
    site.package(HERE)
    site.user("d-clerk", "store", *site.places.values())
    return visitor(site, "d-clerk")


@pytest.mark.parametrize(("what", "at"), [("packages", HERE), ("expected", HERE), ("dispatch", ELSEWHERE)])
def test_each_filter_of_each_list_finds_it_and_nothing_else(
    wanted: dict[str, Any], clerk: Visitor, what: str, at: str
) -> None:
    id = wanted["package" if what == "packages" else "transfer"]
    filters = {
        "date": "2026-10-03",
        "order": wanted["order"],
        "package": wanted["number"],
        "barcode": "4012345000017",
        "sku": "LAMP-1",
        "first": "zel",
        "last": "quill",
    }
    path = f"/instore/data/list/{what}/?at={at}"
    assert id in [one["id"] for one in clerk.get(path).json()["objects"]]
    for name, text in filters.items():
        found = clerk.get(f"{path}&{name}={text}").json()
        assert ([one["id"] for one in found["objects"]], found["count"]) == ([id], 1), name
        other = "2026-10-04" if name == "date" else "nothing-like-it"
        assert clerk.get(f"{path}&{name}={other}").json()["count"] == 0, name
    assert clerk.get(f"/instore/data/list/{what}/?at=nowhere").json()["objects"] == []


def test_counts_are_of_the_location(wanted: dict[str, Any], clerk: Visitor) -> None:
    here = clerk.get(f"/instore/data/counts/?at={HERE}").json()
    there = clerk.get(f"/instore/data/counts/?at={ELSEWHERE}").json()
    assert here["packages"]["50"] == 1 and here["packages"]["100"] >= 1 and here["expected"]["waiting"] == 1
    assert there["dispatch"]["waiting"] == 1 and "50" not in there["packages"]


def test_a_code_is_looked_for_by_what_it_may_be(site: Site, wanted: dict[str, Any], clerk: Visitor) -> None:
    transfer = site.admin.get(f"transfer_orders/{wanted['transfer']}/")["number"]
    for code, kind, by in (
        (wanted["number"], "package", "package"),
        (transfer, "transfer", "package"),
        (wanted["order"], "package", "package"),  # packages' numbers begin with their order's
        ("4012345000017", "transfer", "barcode"),  # its package waits: nobody picks it yet
        ("LAMP-1", "transfer", "sku"),
    ):
        found = clerk.get(f"/instore/data/found/?at={HERE}&code={code}").json()
        assert (found["objects"][0]["id"], found["objects"][0]["kind"], found["by"]) == (wanted[kind], kind, by), code
    assert clerk.get(f"/instore/data/found/?at={HERE}&code=nothing").json()["objects"] == []
