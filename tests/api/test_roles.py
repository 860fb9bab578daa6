"""Who may do what (spec 3.1): keys, roles, and the locations of a store's user."""

import time

import pytest

from domain.planning import Leg, Placement
from tests.api.site import PASSWORD, Client, Site, serving


@pytest.mark.parametrize("body", [{"password": "wrong"}, {"username": "nobody-here"}])
def test_a_wrong_name_or_password_is_400_and_says_not_which(site: Site, body: dict[str, str]) -> None:
    answer = site.nobody("POST", "/api/i1/auth/login/", {"username": "admin", "password": PASSWORD, **body})
    assert answer.status_code == 400
    (texts,) = answer.json()["error"].values()
    assert "admin" not in str(texts)
    assert answer.json()["status_code"] == 400


def test_log_in_names_what_is_missing(site: Site) -> None:
    answer = site.nobody("POST", "/api/i1/auth/login/", {"username": "admin"})
    assert answer.json()["error"] == {"password": ["Missing data for required field."]}


def test_guessing_is_slowed_down(database_url: str) -> None:
    body = {"username": "guessed", "password": "wrong"}
    with serving(database_url) as site:  # of its own: the address of all these tests is slowed down with the name
        answers = [site.nobody("POST", "/api/i1/auth/login/", body) for _ in range(14)]
    assert {answer.status_code for answer in answers} == {400, 429}
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) > 0


@pytest.mark.parametrize("header", [None, "", "Token", "Token wrong", "Basic YTpi", "Token \xe9", "wrong"])
def test_without_a_key_nothing_is_shown(site: Site, header: str | None) -> None:
    sent = {} if header is None else {"Authorization": header}
    for path in ("orders/", "packages/1/", "channels/", "audit/order/1/history/"):
        answer = site.nobody("GET", path, **sent)
        assert (answer.status_code, answer.json()["status_code"]) == (401, 401)


def test_bearer_does_as_well(site: Site) -> None:
    assert site.nobody("GET", "packages/", Authorization=f"Bearer {site.admin.key}").status_code == 200


def test_a_key_that_was_taken_away_opens_nothing_a_moment_later(site: Site) -> None:
    user = site.user("leaver", "viewer")
    assert user("GET", "packages/").status_code == 200
    with site.log.listening() as connection:
        connection.execute("delete from api_keys where user_id = (select max(user_id) from api_keys)")
    until = time.monotonic() + 5
    while user("GET", "packages/").status_code == 200:
        assert time.monotonic() < until, "the key goes on opening"
        time.sleep(0.1)
    assert user("GET", "packages/").status_code == 401


@pytest.mark.parametrize(
    ("role", "may", "may_not"),
    [
        ("viewer", ["GET packages/", "GET orders/"], ["POST orders/", "POST scenarios/", "POST channels/"]),
        ("planner", ["GET packages/", "POST scenarios/"], ["POST channels/", "PUT stock/", "POST orders/"]),
        ("integration", ["POST orders/", "PUT stock/"], ["POST scenarios/"]),
        ("store", ["GET packages/"], ["POST orders/", "PUT stock/", "POST scenarios/", "POST channels/"]),
        ("support", ["GET packages/", "GET audit/order/1/history/"], ["POST orders/", "POST channels/"]),
    ],
)
def test_roles(site: Site, role: str, may: list[str], may_not: list[str]) -> None:
    """An empty body is refused for its fields where the role may, for the role where it may not."""
    user = site.user(f"one-{role}", role)
    for request in may:
        method, path = request.split()
        assert user(method, path, None if method == "GET" else {}).status_code in (200, 400, 404), request
    for request in may_not:
        method, path = request.split()
        answer = user(method, path, {})
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden"), request


def test_a_viewer_commands_nothing(site: Site) -> None:
    package = site.package()
    assert site.user("looks-on", "viewer").command(package, "start-preparing").status_code == 403
    assert site.admin.get(f"packages/{package}/")["state"]["enum_value"] == "100"


def test_another_locations_package_is_not_there(site: Site) -> None:
    clerk = site.user("clerk", "store", site.places["ST-014"])
    own, other = site.package("ST-014"), site.package("WH-01")
    listed = {row["id"] for row in clerk.get("packages/?limit=100")["results"]}
    assert own in listed
    assert other not in listed
    assert clerk("GET", f"packages/{own}/").status_code == 200
    assert clerk("GET", f"packages/{other}/").status_code == 404
    assert clerk.command(other, "start-preparing").status_code == 404
    assert clerk.command(own, "start-preparing").status_code == 204
    rows = [{"package": id, "slug": "ready-for-packaging"} for id in (own, other)]
    results = clerk.post("packages/commands/", {"commands": rows}, 200)["results"]
    assert [row["status_code"] for row in results] == [204, 404]
    assert site.admin.get(f"packages/{other}/")["state"]["enum_value"] == "100"
    order = site.admin.get(f"packages/{other}/")["order_id"]
    assert clerk("GET", f"orders/{order}/").status_code == 404
    assert {row["erp_code"] for row in clerk.get("stock_locations/")["results"]} == {"ST-014"}
    assert {row["erp_code"] for row in clerk.get("stock/")["results"]} == {"ST-014"}


def test_a_transfer_is_sent_by_its_source_and_received_by_its_destination(site: Site) -> None:
    source = site.user("source-clerk", "store", site.places["WH-01"])
    destination = site.user("destination-clerk", "store", site.places["ST-014"])
    order = site.order()
    item = order["orderitem_set"][0]
    lines = tuple((row["id"], row["quantity"]) for row in order["orderitem_set"])
    leg = Leg(site.places["WH-01"], ((item["id"], item["quantity"]),))
    site.record(f"order-{order['id']}", Placement(site.places["ST-014"], "by the test", lines, (leg,)))
    (transfer,) = site.log.state(f"order-{order['id']}").state.transfers
    path = f"transfer_orders/{transfer}/command/"

    def send(user: Client, slug: str) -> int:
        return user("POST", path, {"slug": slug}).status_code

    assert send(destination, "transfer-dispatch") in (403, 404)
    assert send(source, "transfer-dispatch") == 204
    assert send(source, "transfer-delivered") in (403, 404)
    assert send(destination, "transfer-delivered") == 204
