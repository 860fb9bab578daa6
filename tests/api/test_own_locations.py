"""A user who is limited to locations sees and touches nothing of another: by every route, whatever its filters, formats
and ids (spec 3.1). Routes that are added are tried with the others."""

import io
import re
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from openpyxl import load_workbook

from api.http.routes import ALL, ANYBODY, ROUTES, Route
from domain.planning import Leg, Placement
from tests.api.site import Client, Site, location, order
from tests.api.test_every_route import address, named

OWN_CODE, OTHER_CODE, HIDDEN = "ST-OWN", "ST-HIDDEN", "HIDDEN"
"""HIDDEN stands in every text of what belongs to the other location."""

ITEMS = ("packages/package-items", "/api/v1/package-item")
LIMITED = ("store", "integration", "support", "planner")
"""Each route is tried by the first of these who may call it at all; an admin is never limited."""
READS = [one for one in ROUTES if one.method == "GET" and one.roles is not ANYBODY and "verify" not in one.path]
ACCOUNT = "/api/i1/auth/"
"""One's own account, whoever one is."""

WRITES = [
    one for one in ROUTES if one.method != "GET" and one.roles is not ANYBODY and not one.path.startswith(ACCOUNT)
]


@dataclass
class Told:
    """What stands at the two locations, and who is limited to the first of them."""

    clients: dict[str, Client]
    hidden: dict[str, list[int]]
    own: dict[str, int]
    shared: dict[str, int]

    def caller(self, route: Route) -> Client:
        """Of who may call it; of the store's where only an admin may."""
        return self.clients[next((role for role in LIMITED if role in route.roles), "store")]


@pytest.fixture(scope="module")
def told(site: Site) -> Told:
    for code, name in ((OWN_CODE, "Mine"), (OTHER_CODE, HIDDEN)):
        made = site.admin.post("stock_locations/", location(code, name=name, max_quota=1000))
        site.places[code] = made["id"]
        site.stock(made["id"], "A", "B", *((HIDDEN,) if code == OTHER_CODE else ()))
    own = site.package(OWN_CODE)
    assert site.admin.command(own, "complete-packaging-with-shipment").status_code == 204
    hidden_order = _order(site, f"{HIDDEN}-1", 0)
    hidden = site.plan(hidden_order, OTHER_CODE)
    assert site.admin.command(hidden, "complete-packaging-with-shipment").status_code == 204
    missing = site.plan(_order(site, f"{HIDDEN}-2", 1), OTHER_CODE)
    item = site.admin.get(f"packages/{missing}/")["packageitem_set"][0]["id"]
    rows = [{"id": item, "quantity": 1, "reason": "defective"}]
    assert site.admin.command(missing, "product-not-found", package_items=rows).status_code == 204
    moved = _order(site, f"{HIDDEN}-3", 2)
    lines = tuple((row["id"], int(row["quantity"])) for row in moved["orderitem_set"])
    site.plan(moved, OTHER_CODE, (Leg(site.places["WH-01"], lines[:1]),))
    shared = _shared(site)
    site.caught_up()
    users = {role: site.user(f"limited-{role}", role, site.places[OWN_CODE]) for role in LIMITED}
    return Told(users, _hidden(site), {"package": own}, shared)


def _order(site: Site, number: str, n: int) -> dict[str, Any]:
    said = order(number)
    said["customer"] = {"email": f"{HIDDEN}@example.org", "first_name": HIDDEN, "last_name": HIDDEN}
    said["items"] = [{**row, "omnitron_id": 7_000_000 + 10 * n + i} for i, row in enumerate(said["items"])]
    made: dict[str, Any] = site.admin.post("orders/", said)
    return made


def _shared(site: Site) -> dict[str, int]:
    """An order in two packages, one at each location."""
    made = site.order()
    first, second = ((row["id"], int(row["quantity"])) for row in made["orderitem_set"])
    stream = f"order-{made['id']}"
    placements = [
        Placement(site.places[code], "by the test", (line,)) for code, line in ((OWN_CODE, first), (OTHER_CODE, second))
    ]
    site.record(stream, *placements)
    own, other = sorted(site.log.state(stream).state.packages)
    assert site.admin.command(other, "start-preparing").status_code == 204
    return {"order": made["id"], "own": own, "other": other}


def _hidden(site: Site) -> dict[str, list[int]]:
    """Every list's ids that are another location's: of the orders that are, of what belongs to them."""
    orders = [row["id"] for row in site.admin.get(f"orders/?number={HIDDEN}&limit=100")["results"]]
    assert len(orders) == 3
    found: dict[str, list[int]] = {"orders": orders}
    for name in ("packages", "transfer_orders", "orderexecutionplans", "state-transition-logs"):
        found[name] = [row["id"] for id in orders for row in site.admin.get(f"{name}/?order={id}&limit=100")["results"]]
    packages = [row for id in found["packages"] for row in [site.admin.get(f"packages/{id}/")]]
    found["packages/package-items"] = [item["id"] for row in packages for item in row["packageitem_set"]]
    found["shipments"] = [row["shipment"]["id"] for row in packages if row["shipment"]]
    found["inventory-discrepancies"] = [
        row["id"] for row in site.admin.get(f"inventory-discrepancies/?erp_code={OTHER_CODE}&limit=100")["results"]
    ]
    found["stock_locations"] = [site.places[OTHER_CODE], site.places["WH-01"]]
    assert all(found.values()), found
    return found


def tries(route: Route, told: Told) -> list[str]:
    """Addresses of a route that ask for what is hidden: its ids, and each of its filters."""
    if "<" in route.path:
        found = []
        for name, ids in told.hidden.items():
            under = re.sub(r"/<int:\w+>.*", "", route.path)
            if under.endswith(f"/{name}") or "<kind>" in route.path or (name, under) == ITEMS:
                found += [address(route.path, str(id)) for id in ids[:3]]
        return found or [address(route.path, str(told.hidden["packages"][0]))]
    values = [HIDDEN, OTHER_CODE, str(told.hidden["orders"][0]), str(told.hidden["packages"][0]), f"{HIDDEN}-1"]
    found = [route.path, *(f"{route.path}?format={form}" for form in ("csv", "xlsx"))]
    for name in route.query:
        if name not in ("page", "limit", "page_size", "sort", "ordering", "format"):
            found += [f"{route.path}?limit=100&{name}={value}" for value in values]
    return [f"{where}{'&' if '?' in where else '?'}limit=100" if "limit=" not in where else where for where in found]


def readable(answer: requests.Response) -> str:
    """What a person reads of it; a table as its cells."""
    if "spreadsheet" not in answer.headers["Content-Type"]:
        return answer.text
    sheets = load_workbook(io.BytesIO(answer.content)).worksheets
    return " ".join(str(cell) for sheet in sheets for row in sheet.iter_rows(values_only=True) for cell in row)


@named(READS)
def test_nothing_of_another_location_is_read(told: Told, route: Route) -> None:
    client = told.caller(route)
    for where in tries(route, told):
        answer = client("GET", where)
        assert answer.status_code in (200, 400, 403, 404, 406), f"{where}: {answer.status_code} {answer.text[:300]}"
        if answer.status_code == 200:
            assert route.reach != ALL, where
            text = readable(answer)
            assert HIDDEN not in text, f"{where}: {text[max(text.find(HIDDEN) - 200, 0) :][:400]}"
        if route.reach == ALL:
            assert answer.status_code == 403, where
        if "<int:id>" in route.path and route.reach == "own":
            assert answer.status_code == 404, where


@named(WRITES)
def test_nothing_of_another_location_is_touched(site: Site, told: Told, route: Route) -> None:
    """Whatever it is asked with: refused, and not an event written."""
    client = told.caller(route)
    head = site.log.head().position
    ids = told.hidden["transfer_orders" if "transfer" in route.path else "packages"][:2]
    if "stock_locations" in route.path or "location" in route.path:
        ids = told.hidden["stock_locations"]
    for where in {address(route.path, str(id)) for id in ids}:
        answer = client(route.method, where, touching(route, told))
        assert answer.status_code < 500, f"{where}: {answer.status_code} {answer.text[:300]}"
        if route.reach == ALL:
            assert answer.status_code == 403, f"{where}: {answer.status_code} {answer.text[:300]}"
        for row in answer.json().get("results", []) if answer.status_code == 200 else []:
            assert row["status_code"] >= 400, row
    assert site.log.head().position == head


def touching(route: Route, told: Told) -> dict[str, Any]:
    """A body that would do something, if one might."""
    if route.path.endswith("packages/commands/"):
        rows = told.hidden["packages"]
        return {
            "commands": [{"package": id, "slug": slug} for id in rows for slug in ("cancel-package", "ship-package")]
        }
    if route.path.endswith("/command/"):
        return {"slug": "transfer-dispatch" if "transfer" in route.path else "cancel-package"}
    if route.path.endswith("/stock/"):
        return {"stock": [{"erp_code": OTHER_CODE, "sku": "A", "quantity": 1}]}
    return {"name": "taken over", "erp_code": OTHER_CODE, "max_quota": 1, "counted": 1}


def test_a_shared_order_names_own_packages_only(site: Site, told: Told) -> None:
    clerk = told.clients["store"]
    shown = clerk.get(f"orders/{told.shared['order']}/")
    assert shown["package_set"] == [told.shared["own"]]
    [listed] = clerk.get(f"orders/?id={told.shared['order']}")["results"]
    assert listed["package_set"] == [told.shared["own"]]
    assert len(site.admin.get(f"orders/{told.shared['order']}/")["package_set"]) == 2
    assert [row["id"] for row in clerk.get(f"packages/?order={told.shared['order']}")["results"]] == [
        told.shared["own"]
    ]
    logs = clerk.get(f"state-transition-logs/?order={told.shared['order']}&limit=100")["results"]
    assert told.shared["other"] not in [row["object_id"] for row in logs if row["content_type"] == "package"]
    everybody = site.admin.get(f"state-transition-logs/?order={told.shared['order']}&limit=100")["results"]
    assert told.shared["other"] in [row["object_id"] for row in everybody if row["content_type"] == "package"]
    assert clerk("GET", f"packages/{told.shared['other']}/").status_code == 404


def test_what_is_their_own_they_see_and_touch(site: Site, told: Told) -> None:
    clerk = told.clients["store"]
    assert clerk.get(f"packages/{told.own['package']}/")["stock_location"]["erp_code"] == OWN_CODE
    assert told.own["package"] in [row["id"] for row in clerk.get("packages/?limit=100")["results"]]
    assert [row["erp_code"] for row in clerk.get("stock_locations/")["results"]] == [OWN_CODE]
    assert {row["erp_code"] for row in clerk.get("stock/")["results"]} == {OWN_CODE}
    assert clerk.command(told.own["package"], "ship-package").status_code == 204


def test_counts_are_of_their_own(told: Told) -> None:
    for name in ("packages", "orders", "shipments", "transfer_orders", "inventory-discrepancies", "stock"):
        shown = told.clients["store"].get(f"{name}/?limit=100")
        assert shown["count"] == len(shown["results"]), name
