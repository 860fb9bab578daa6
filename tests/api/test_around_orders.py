"""What stands around orders (spec 3.2): baskets, stock's history, reports, addresses, setup, carriers' names."""

from typing import Any

import pytest

from tests.api.site import Client, Site, location, order


def availability(client: Client, query: str, status: int = 200) -> Any:
    answer = client("GET", f"query-stock-availability?{query}")
    assert answer.status_code == status, answer.text
    return answer.json()


@pytest.fixture(scope="module")
def basket(site: Site) -> Site:
    """Two shops of a town of their own: one with 3 of X and 1 of Y, the other with 1 of X."""
    for code, tags in (("BK-1", ["town"]), ("BK-2", ["town", "late"])):
        site.admin.post("stock_locations/", location(code, tags=tags))
    rows = [("BK-1", "X", 3), ("BK-1", "Y", 1), ("BK-2", "X", 1)]
    site.admin.put("stock/", {"stock": [{"erp_code": c, "sku": s, "quantity": q} for c, s, q in rows]})
    return site


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("sku=X&tag=town", {"BK-1": True, "BK-2": True}),
        ("sku=X&sku=Y&tag=town", {"BK-1": True, "BK-2": False}),
        ("sku=X&sku=X&tag=town", {"BK-1": True, "BK-2": False}),
        ("sku=X&sku=X&sku=X&sku=X&tag=town", {"BK-1": False, "BK-2": False}),
        ("sku=X&erp_code=BK-2", {"BK-2": True}),
        ("sku=X&erp_code=BK-2&erp_code=none", {"BK-2": True, "none": False}),
        ("sku=X&tag=late&tag=other", {"BK-2": True}),
        ("sku=none&tag=town", {"BK-1": False, "BK-2": False}),
    ],
)
def test_who_has_all_of_a_basket(basket: Site, query: str, found: dict[str, bool]) -> None:
    assert availability(basket.admin, query) == found


def test_without_a_place_all_active_ones_are_asked(basket: Site) -> None:
    found = availability(basket.admin, "sku=X")
    assert {"BK-1", "BK-2", "WH-01"} <= set(found) and found["WH-01"] is False
    shop = next(one for one in basket.admin.get("stock_locations/?erp_code=BK-2")["results"])
    keeper = basket.user("basket-keeper", "store", shop["id"])
    assert availability(keeper, "sku=X") == {"BK-2": True}
    assert availability(keeper, "sku=X&erp_code=BK-1", 400)["code"] == "NO_STOCK_LOCATION"


def test_safety_stock_and_closed_places_do_not_count(site: Site) -> None:
    kept = site.admin.post("stock_locations/", location("BK-3", tags=["edge"], safety_stock=2))
    site.admin.put("stock/", {"stock": [{"erp_code": "BK-3", "sku": "Z", "quantity": 3}]})
    assert availability(site.admin, "sku=Z&tag=edge") == {"BK-3": True}
    assert availability(site.admin, "sku=Z&sku=Z&tag=edge") == {"BK-3": False}
    assert site.admin("PATCH", f"stock_locations/{kept['id']}/", {"is_active": False}).status_code == 200
    assert availability(site.admin, "sku=Z&tag=edge", 400)["code"] == "NO_STOCK_LOCATION"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "SKU_REQUIRED"),
        ("sku=", "SKU_REQUIRED"),
        ("&".join(["sku=A"] * 101), "TOO_MANY"),
        ("sku=A&" + "&".join(["erp_code=A"] * 51), "TOO_MANY"),
        ("sku=A&" + "&".join(["tag=A"] * 21), "TOO_MANY"),
        ("sku=A&colour=red", "UNKNOWN_PARAMETER"),
        ("sku=A%00", "INVALID_PARAMETER"),
        ("sku=A&erp_code=nowhere", "NO_STOCK_LOCATION"),
    ],
)
def test_a_wrong_question_says_what_is_wrong(site: Site, query: str, code: str) -> None:
    said = availability(site.admin, query, 400)
    assert set(said) == {"error", "message", "code", "timestamp"}
    assert said["code"] == code and said["message"]


def test_the_limits_themselves_are_fine(basket: Site) -> None:
    query = "&".join(["sku=X"] * 100 + ["erp_code=BK-1"] * 50 + ["tag=town"] * 20)
    assert availability(basket.admin, query) == {"BK-1": False}


def test_stock_has_a_history(site: Site) -> None:
    place = site.admin.post("stock_locations/", location("HI-1"))
    for quantity in (5, 7, "2.5"):
        rows = [{"erp_code": "HI-1", "sku": sku, "quantity": quantity} for sku in ("A", "B")]
        site.admin.put("stock/", {"stock": rows})
    told = site.admin.get("stock/history/?erp_code=HI-1&sku=A")
    assert [row["quantity"] for row in told["results"]] == ["2.5", "7", "5"]
    assert (told["count"], told["next"]) == (3, None)
    row = told["results"][0]
    assert (row["stock_location"], row["erp_code"], row["actor"]) == (place["id"], "HI-1", "admin")
    page = site.admin.get("stock/history/?erp_code=HI-1&limit=4")
    told = [(row["sku"], row["quantity"]) for row in page["results"]]
    assert told == [("A", "2.5"), ("B", "2.5"), ("A", "7"), ("B", "7")]
    rest = site.admin.get(page["next"].removeprefix(site.url))
    assert [row["quantity"] for row in rest["results"]] == ["5", "5"]
    assert site.admin("GET", "stock/history/").status_code == 400
    assert site.admin("GET", "stock/history/?erp_code=nowhere").status_code == 404
    assert site.admin("GET", "stock/history/?erp_code=HI-1&colour=red").status_code == 400


def test_reports_count_per_location(site: Site) -> None:
    place = site.admin.post("stock_locations/", location("RP-1"))
    site.places["RP-1"] = place["id"]
    site.stock(place["id"], "A", "B")
    packages = [site.package("RP-1") for _ in range(3)]
    assert site.admin.command(packages[0], "start-preparing").status_code == 204
    site.caught_up()
    (row,) = site.admin.get("reports/package-location-movements/?erp_code=RP-1")["results"]
    assert (row["id"], row["total"], row["states"]) == (place["id"], 3, {"100": 2, "200": 1})
    (row,) = site.admin.get("reports/transfer-location-movements/?erp_code=RP-1")["results"]
    assert (row["states"], row["incoming"], row["total"]) == ({}, {}, 0)
    keeper = site.user("reporter", "store", place["id"])
    assert [row["erp_code"] for row in keeper.get("reports/package-location-movements/")["results"]] == ["RP-1"]


def test_addresses_of_locations(site: Site) -> None:
    place = site.admin.post("stock_locations/", location("AD-1"))
    for path in ("stock_location_addresses/", "stock_location_addresses/list-simple/"):
        (row,) = site.admin.get(f"{path}?erp_code=AD-1")["results"]
        assert (row["stock_location"], row["city"]["name"], row["country"]["code"]) == (place["id"], "Leeds", "GB")
    assert "OPTIONS" in site.admin("OPTIONS", "stock_location_addresses/list-simple/").headers["Allow"]


def test_another_system_tells_of_locations_by_their_code(site: Site) -> None:
    told = {"erp_code": "TE-1", "name": "Told", "max_quota": 5}
    made = site.admin.post("stocklocations-webhook", told, 200)
    assert (made["erp_code"], made["max_quota"], made["quota"]) == ("TE-1", 5, 0)
    again = site.admin.post("stocklocations-webhook", {"erp_code": "TE-1", "max_quota": 6}, 200)
    assert (again["id"], again["name"], again["max_quota"]) == (made["id"], "Told", 6)
    answer = site.admin("POST", "stocklocations-webhook", {"erp_code": "TE-2"})
    assert (answer.status_code, list(answer.json()["error"])) == (400, ["name"])
    assert made["id"] in [row["id"] for row in site.admin.get("stocklocations-webhook?limit=100")["results"]]


def test_places_are_known_from_addresses(site: Site) -> None:
    there = {"country": {"name": "Narnia", "code": "NN"}, "city": {"name": "Beruna"}, "township": {"name": "Ford"}}
    taken = site.admin.post("orders/", order("PLACES", shipping_address={**there, "district": {"name": "East"}}))
    here = {"country": there["country"], "city": {"name": "Cair"}}
    site.admin.post("stock_locations/", location("PL-1", address=here))
    site.caught_up()
    address = taken["shipping_address"]
    (country,) = site.admin.get("localization/countries/?name=narnia")["results"]
    assert (country["id"], country["code"]) == (address["country"]["pk"], "NN")
    cities = site.admin.get(f"localization/cities/?country={country['id']}")["results"]
    assert [city["name"] for city in cities] == ["Beruna", "Cair"]
    assert cities[0]["id"] == address["city"]["pk"] and address["city"]["country"] == country["id"]
    (township,) = site.admin.get(f"localization/townships/list-simple/?city={cities[0]['id']}")["results"]
    (district,) = site.admin.get(f"localization/districts/?township={township['id']}")["results"]
    assert (township["name"], district["name"], district["id"]) == ("Ford", "East", address["district"]["pk"])
    assert [one["id"] for one in site.admin.get(f"orders/?city={cities[0]['id']}")["results"]] == [taken["id"]]


def test_cities_that_are_known_have_a_place(site: Site) -> None:
    """From there distances are measured to addresses without coordinates."""
    for city, country in (("Whitby", "United Kingdom"), ("Whitby", "Narnia")):
        site.order(shipping_address={"line": "1", "city": {"name": city}, "country": {"name": country}})
    site.caught_up()
    rows = site.admin.get("localization/cities/?name=whitby")["results"]
    assert sorted([row["latitude"], row["longitude"]] for row in rows if row["latitude"]) == [["54.49", "-0.61"]]
    assert len(rows) == 2


def test_customers_are_one_each(site: Site) -> None:
    customer = {"email": "one@example.org", "first_name": "Lucy", "last_name": "Pevensie"}
    orders = [site.order(customer=customer) for _ in range(2)]
    site.caught_up()
    (row,) = site.admin.get("customers/list-simple/?last_name=pev")["results"]
    assert row["id"] == orders[0]["customer"]["id"] == orders[1]["customer"]["id"]
    assert (row["email"], row["first_name"]) == ("one@example.org", "Lucy")
    found = site.admin.get(f"orders/?customer={row['id']}")["results"]
    assert {one["id"] for one in found} == {one["id"] for one in orders}


def test_setup_says_what_is_there(site: Site) -> None:
    for step in ("channels", "stock_locations", "cargo_companies", "reasons", "orders"):
        assert site.admin.get(f"setup/{step}/is_required/") == {"step": step, "is_required": False}
        assert site.admin.post(f"setup/{step}/execute/", {}, 200)["status"] == "FINISHED"
        assert site.admin.get(f"setup/{step}/get_async_status/")["status"] == "FINISHED"


def test_a_location_has_a_name_at_a_carrier(site: Site) -> None:
    said = {"stock_location": "WH-01", "cargo_company": "fast", "origin_id": "LDS-1"}
    made = site.admin.post("stocklocations-senderaddress/", said)
    assert (made["stock_location"], made["cargo_company"], made["remote_id"]) == (site.places["WH-01"], 1, None)
    for field, value in (("stock_location", "nowhere"), ("cargo_company", 99), ("origin_id", "")):
        answer = site.admin("POST", "stocklocations-senderaddress/", {**said, field: value})
        assert (answer.status_code, list(answer.json()["error"])) == (400, [field])


def test_conditions_name_a_carrier(site: Site) -> None:
    made = site.admin.post("cargo-company-conditions/", {"name": "heavy", "cargo_company": "Fast Cargo", "priority": 2})
    assert (made["cargo_company"], made["priority"], made["expression"]) == (1, 2, "")
    changed = site.admin("PATCH", f"cargo-company-conditions/{made['id']}/", {"is_active": False})
    assert changed.json()["is_active"] is False
    twice = site.admin("POST", "cargo-company-conditions/", {"name": "heavy", "cargo_company": 1})
    assert (twice.status_code, list(twice.json()["error"])) == (400, ["name"])
