"""Stock locations over HTTP: every field comes back, the load is that of the guard row, passwords stay sealed."""

from datetime import UTC, datetime
from typing import Any

import pytest

from domain.kinds import stream_of
from eventlog.secrets import Secrets
from integrations.stock_services import AskedServices
from scenarios.demands import place_of
from scenarios.inquiry import Inquiry
from scenarios.world import World
from simulators import program, stock_service
from simulators.door import Auth
from tests.api.site import SECRET, SETTINGS, Site, location

ALL: dict[str, Any] = {
    "name": "Leeds Briggate",
    "stock_location_type": "store",
    "is_active": False,
    "priority": -3,
    "max_quota": 40,
    "is_fulfillment_center": False,
    "is_pickup_location": True,
    "is_delivery_location": False,
    "is_transfer_location": True,
    "is_return_available": True,
    "is_fast_delivery_available": True,
    "tags": ["city", "north"],
    "conf": {"printer": 2},
    "omnitron_id": 77,
    "daytime_phone": "1",
    "evening_phone": "2",
    "fax_number": "3",
    "email": "shop@example.org",
    "target_packaging_minutes": 30,
    "target_exit_minutes": 60,
    "opening_hours": {"monday": [["09:00", "18:00"]]},
    "closed_days": ["2026-12-25"],
    "cut_off": "17:30",
    "closed_until": {"until": "2026-12-01T08:00:00Z", "reason": "flood", "user": "ann"},
    "max_packages_per_day": 100,
    "channel_limits": {"web": 5},
    "safety_stock": 2,
    "auto_reroute_after": 900,
}
ENGINE: dict[str, Any] = {
    "auth": {"type": "basic_auth", "username": "shop", "password": "sesame-of-the-shop"},
    "service": {"url": "https://stock.example.org/stock", "type": "multiple"},
    "settle_minutes": 5,
}


def test_every_field_comes_back(site: Site) -> None:
    made = site.admin.post("stock_locations/", location("ST-L1", **ALL))
    for shown in (made, site.admin.get(f"stock_locations/{made['id']}/")):
        assert {name: shown[name] for name in ALL} == ALL
        assert (shown["quota"], shown["available_quota"], shown["engine"]) == (0, 40, None)
        assert shown["address"]["city"]["name"] == "Leeds"
        assert (shown["address"]["latitude"], shown["address"]["longitude"]) == ("53.79648", "-1.54785")
    again = site.admin("PUT", f"stock_locations/{made['id']}/", made)  # as it was told
    assert again.status_code == 200, again.text
    assert again.json() == made


def test_put_replaces_and_patch_changes(site: Site) -> None:
    made = site.admin.post("stock_locations/", location("ST-L2", **ALL))
    path = f"stock_locations/{made['id']}/"
    patched = site.admin("PATCH", path, {"max_quota": None, "address": {"city": {"name": "York"}}}).json()
    assert (patched["max_quota"], patched["available_quota"], patched["tags"]) == (None, None, ALL["tags"])
    assert (patched["address"]["city"]["name"], patched["address"]["line"]) == ("York", "")
    put = site.admin.put(path, {"erp_code": "ST-L2", "name": "Plain"})
    assert (put["is_active"], put["tags"], put["max_quota"], put["priority"]) == (True, [], None, 0)


def test_the_code_stays(site: Site) -> None:
    made = site.admin.post("stock_locations/", location("ST-L3"))
    answer = site.admin("PATCH", f"stock_locations/{made['id']}/", {"erp_code": "ST-L4"})
    assert (answer.status_code, list(answer.json()["error"])) == (400, ["erp_code"])


def test_the_load_is_that_of_now(site: Site) -> None:
    made = site.admin.post("stock_locations/", location("ST-L5", max_quota=3))
    site.places["ST-L5"] = made["id"]
    site.stock(made["id"], "A", "B")
    site.package("ST-L5")
    shown = site.admin.get(f"stock_locations/{made['id']}/")
    assert (shown["quota"], shown["available_quota"]) == (1, 2)
    [row] = site.admin.get("stock_locations/?erp_code=ST-L5")["results"]
    assert (row["quota"], row["available_quota"]) == (1, 2)
    changed = site.admin("PATCH", f"stock_locations/{made['id']}/", {"max_quota": 10}).json()
    assert (changed["quota"], changed["available_quota"]) == (1, 9)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"priority": "high"}, "priority"),
    ({"max_quota": True}, "max_quota"),
    ({"safety_stock": -1}, "safety_stock"),
    ({"email": "nobody"}, "email"),
    ({"cut_off": "25:00"}, "cut_off"),
    ({"cut_off": "9 o'clock"}, "cut_off"),
    ({"closed_until": {"until": "tomorrow"}}, "closed_until"),
    ({"closed_until": {"until": "2026-12-01T08:00:00"}}, "closed_until"),
    ({"channel_limits": {"web": -1}}, "channel_limits"),
    ({"channel_limits": {"web": "many"}}, "channel_limits"),
    ({"tags": [1.5, []]}, "tags"),
    ({"conf": "none"}, "conf"),
    ({"address": {"latitude": "91", "longitude": "0"}}, "address"),
    ({"address": {"latitude": "NaN", "longitude": "0"}}, "address"),
    ({"address": {"latitude": "10"}}, "address"),
    ({"address": {"latitude": "1e-999999999", "longitude": "0"}}, "address"),
    ({"address": {"latitude": "10.0000000000000001", "longitude": "0"}}, "address"),
    ({"address": {"city": "Leeds"}}, "address"),
    ({"address": {"city": {"name": ""}}}, "address"),
    ({"engine": {}}, "engine"),
    ({"engine": {**ENGINE, "service": {"url": "ftp://stock.example.org"}}}, "engine"),
    ({"engine": {**ENGINE, "service": {"url": "https://me:pass@stock.example.org"}}}, "engine"),
    ({"engine": {**ENGINE, "service": {**ENGINE["service"], "type": "some"}}}, "engine"),
    ({"engine": {**ENGINE, "auth": {"type": "basic_auth", "username": "u"}}}, "engine"),
    ({"engine": {**ENGINE, "auth": {"type": "token", "username": "u", "password": "p"}}}, "engine"),
    ({"engine": {**ENGINE, "auth": {**ENGINE["auth"], "pasword": "p"}}}, "engine"),
    ({"engine": {**ENGINE, "auth": {**ENGINE["auth"], "password": "********"}}}, "engine"),
    ({"engine": {**ENGINE, "settle_minutes": -1}}, "engine"),
]


@pytest.mark.parametrize(("fields", "field"), WRONG)
@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_wrong_fields_are_named(site: Site, method: str, fields: dict[str, Any], field: str) -> None:
    path = "stock_locations/" if method == "POST" else f"stock_locations/{site.places['WH-01']}/"
    head = site.log.head().position
    answer = site.admin(method, path, location("ST-WRONG", **fields) if method == "POST" else fields)
    assert (answer.status_code, list(answer.json()["error"])) == (400, [field]), answer.text
    assert site.log.head().position == head


# --- the stock service's password


def test_a_password_is_in_no_event_and_no_answer(site: Site) -> None:
    answer = site.admin("POST", "stock_locations/", location("ST-E1", engine=ENGINE))
    assert answer.status_code == 201, answer.text
    said = answer.json()["engine"]
    assert said["service"] == ENGINE["service"]
    assert "sesame-of-the-shop" not in answer.text
    with site.log.listening() as connection:
        [row] = connection.execute("select data from log where stream = %s", (f"location-{answer.json()['id']}",))
        assert "sesame-of-the-shop" not in row[0]
        for everything in ("select * from secrets", "select * from claims"):
            assert "sesame-of-the-shop" not in str(connection.execute(everything).fetchall())
    assert Secrets(site.log.listening, SECRET).read(said["auth"]["password"]) == "sesame-of-the-shop"


def test_a_password_as_it_was_told_stays(site: Site) -> None:
    made = site.admin.post("stock_locations/", location("ST-E2", engine=ENGINE))
    path = f"stock_locations/{made['id']}/"
    assert site.admin.put(path, made)["engine"] == made["engine"]
    for told in ("********", "sesame-of-the-shop"):
        auth = {**ENGINE["auth"], "password": told}
        assert site.admin("PATCH", path, {"engine": {**ENGINE, "auth": auth}}).json()["engine"] == made["engine"]
    assert site.admin("GET", path).headers["ETag"] == '"1"'


@pytest.mark.parametrize("part", [{"service": {"url": "https://thief.example.org"}}, {"auth": {"username": "thief"}}])
def test_a_kept_password_goes_nowhere_else(site: Site, part: dict[str, Any]) -> None:
    """Who may read its name could otherwise have it sent to themselves."""
    made = site.admin.post("stock_locations/", location(f"ST-{next(iter(part))}", engine=ENGINE))
    engine = {name: {**made["engine"][name], **part.get(name, {})} for name in ("auth", "service")}
    answer = site.admin("PATCH", f"stock_locations/{made['id']}/", {"engine": engine})
    assert (answer.status_code, list(answer.json()["error"])) == (400, ["engine"])
    other = site.admin("POST", "stock_locations/", location("ST-OTHER", engine=made["engine"]))
    if other.status_code == 201:  # taken as a password that reads so, and never as what is kept under it
        name = other.json()["engine"]["auth"]["password"]
        assert Secrets(site.log.listening, SECRET).read(name) == made["engine"]["auth"]["password"]


def test_the_planner_asks_with_the_sealed_password_and_with_a_new_one(site: Site) -> None:
    secrets = Secrets(site.log.listening, SECRET)
    inquiry = Inquiry(lambda: datetime.now(UTC), AskedServices(SETTINGS.webhook_allow, secrets.read))
    with program.serving(stock_service.build(auth=Auth("basic_auth", "shop", "right"))) as url:

        def engine(password: str) -> dict[str, Any]:
            auth = {"type": "basic_auth", "username": "shop", "password": password}
            return {"engine": {"auth": auth, "service": {"url": f"{url}/multiple"}}}

        id = site.admin.post("stock_locations/", location("ST-E3", **engine("wrong")))["id"]

        def reason() -> str | None:
            """Why it could not be asked."""
            place = site.log.state(stream_of("location", id)).state
            world = World([place_of(place)])
            with site.log.listening() as connection:
                return inquiry.ask(connection, world, [place], {"A"}).reason

        assert "401" in (reason() or "")
        site.admin("PATCH", f"stock_locations/{id}/", engine("right"))
        assert reason() is None
        site.admin("PATCH", f"stock_locations/{id}/", engine("lost"))
        with site.log.listening() as connection:
            connection.execute("delete from secrets where name = %s", (secrets.name_of("lost"),))
        assert "cannot be read" in (reason() or "")


@pytest.mark.parametrize(("said", "status"), [("until_next_count", 201), ("2.5", 201), ("never", 400), (-1, 400)])
def test_how_long_an_answer_does_not_know_of_moves(site: Site, said: Any, status: int) -> None:
    engine = {"service": {"url": "https://stock.example.org/"}, "settle_minutes": said}
    answer = site.admin("POST", "stock_locations/", location(f"ST-S{said}", engine=engine))
    assert answer.status_code == status, answer.text
