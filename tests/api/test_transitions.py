"""`transitions/`: an installation's own ids and slugs, commands switched off and on, calls and permissions of each."""

from collections.abc import Iterator
from typing import Any

import pytest

from domain.kernel import COMMANDS
from domain.transition_settings import calls_of, setting_of
from tests.api.site import Site, serving

START = 43  # start-preparing, C14
PACK = 31  # complete-packaging-with-shipment, C2


@pytest.fixture
def own(database_url: str) -> Iterator[Site]:
    """A site whose commands are its own to set."""
    with serving(database_url) as made:
        made.set_up()
        yield made


def change(site: Site, transition: int, status: int = 200, /, **said: Any) -> Any:
    answer = site.admin("PATCH", f"transitions/{transition}/", said)
    assert answer.status_code == status, answer.text
    return answer.json()


def offered(site: Site, package: int) -> dict[str, int]:
    return {row["slug"]: row["transition"] for row in site.admin.get(f"packages/{package}/")["commands"]}


def test_all_are_listed_as_declared(site: Site) -> None:
    rows = site.admin.get("transitions/?limit=100")["results"]
    assert {row["slug"] for row in rows} == {slug for _, slug in COMMANDS}
    one = site.admin.get(f"transitions/{PACK}/")
    assert (one["slug"], one["is_active"], one["permissions"]) == ("complete-packaging-with-shipment", True, [])
    assert one["settings"] == {
        "sync_remote_order_status": False,
        "remote_invoice_call": None,
        "remote_bill_fulfillment_call": None,
    }


def test_switched_off_it_is_refused_and_offered_nowhere_until_it_is_on_again(own: Site) -> None:
    package = own.package()
    assert "start-preparing" in offered(own, package)
    assert change(own, START, is_active=False)["is_active"] is False
    head = own.log.head().position
    answer = own.admin.command(package, "start-preparing")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "unknown_command")
    assert "switched off" in answer.json()["error"]["message"]
    assert own.admin.command(package, str(START)).status_code == 400
    refused = own.admin.command(package, "ship-package").json()["error"]
    assert "start-preparing" not in refused["allowed"]
    assert "ready-for-packaging" in refused["allowed"]
    assert own.log.head().position == head
    assert "start-preparing" not in offered(own, package)
    listed = own.admin.get(f"packages/?id={package}")["results"][0]["commands"]
    assert "start-preparing" not in [row["slug"] for row in listed]
    assert "start-preparing" not in own.admin.get(f"packages/short/?id={package}")["results"][0]["commands"]
    assert [row["id"] for row in own.admin.get("transitions/?is_active=false")["results"]] == [START]
    change(own, START, is_active=True)
    assert own.admin.command(package, "start-preparing").status_code == 204


def test_own_ids_and_slugs_are_taken_beside_the_declared_ones(own: Site) -> None:
    shown = change(own, START, id=900, slug="begin")
    assert (shown["id"], shown["slug"]) == (900, "begin")
    assert "start-preparing" in shown["aliases"]
    assert own.admin.get("transitions/900/") == own.admin.get(f"transitions/{START}/") == shown
    for name in ("begin", "900", 900, "start-preparing", str(START), "PKG_STATE_TRANSITION"):
        package = own.package()
        assert offered(own, package)["begin"] == 900
        assert own.admin("POST", f"packages/{package}/command/", {"slug": name}).status_code == 204, name
    refused = own.admin.command(package, "begin").json()["error"]
    assert "begin runs from waiting (100)" in refused["message"]
    change(own, 900, id=None, slug=None)
    assert own.admin.command(own.package(), "begin").json()["error"]["code"] == "unknown_command"
    assert own.admin("GET", "transitions/900/").status_code == 404


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"id": PACK}, "id"),
        ({"id": 0}, "id"),
        ({"id": 2**40}, "id"),
        ({"slug": "ship-package"}, "slug"),
        ({"slug": "shipment-order"}, "slug"),
        ({"slug": "12"}, "slug"),
        ({"slug": "a b"}, "slug"),
        ({"slug": "a\n"}, "slug"),
        ({"slug": ""}, "slug"),
        ({"slug": "x" * 101}, "slug"),
        ({"is_active": "no"}, "is_active"),
        ({"settings": {"remote_invoice_call": {"remote_url": "nowhere"}}}, "settings"),
        ({"settings": {"remote_invoice": None}}, "settings"),
        ({"permissions": [""]}, "permissions"),
        ({"permissions": "boss"}, "permissions"),
    ],
)
def test_wrong_input(site: Site, said: dict[str, Any], field: str) -> None:
    head = site.log.head().position
    assert list(change(site, START, 400, **said)["error"]) == [field]
    assert site.log.head().position == head


def test_a_name_of_ones_own_is_one_commands_only(own: Site) -> None:
    change(own, START, id=901, slug="mine")
    assert list(change(own, PACK, 400, slug="mine")["error"]) == ["slug"]
    assert list(change(own, PACK, 400, id=901)["error"]) == ["id"]
    change(own, START, slug="start-preparing")
    change(own, PACK, slug="mine")
    assert change(own, PACK, id=PACK, slug="mine")["id"] == PACK


def test_what_follows_a_command_is_set_part_by_part_and_its_secret_masked(own: Site) -> None:
    call = {
        "remote_url": "https://invoice.example.org/make",
        "auth": {"request_type": "token", "token": "hush", "token_prefix": "Bearer"},
        "timeouts": {"connect": 60, "read": 10},
        "generate_invoice_number": True,
    }
    change(own, PACK, settings={"remote_invoice_call": call})
    shown = change(own, PACK, settings={"sync_remote_order_status": True})["settings"]
    assert shown["sync_remote_order_status"] is True
    assert shown["remote_invoice_call"]["auth"]["token"] == "********"
    command = COMMANDS["package", "complete-packaging-with-shipment"]
    held = calls_of(own.log.reference, command)
    assert held["remote_invoice_call"]["remote_url"] == call["remote_url"]
    assert held["remote_invoice_call"]["auth"]["token"].startswith("sealed:")
    assert held["remote_bill_fulfillment_call"] is None
    of_channel = calls_of(own.log.reference, command, {"sync_remote_order_status": False})
    assert (of_channel["sync_remote_order_status"], of_channel["remote_invoice_call"]) == (False, None)
    assert change(own, PACK, settings={"remote_invoice_call": None})["settings"]["remote_invoice_call"] is None


def test_extra_permissions_come_by_groups(own: Site) -> None:
    clerk = own.user("clerk", "store", own.places["WH-01"])
    change(own, START, permissions=["lead"])
    package = own.package()
    answer = clerk.command(package, "start-preparing")
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden")
    assert "lead" in answer.json()["error"]["message"]
    group = own.admin.post("/api/v1/permission_groups/", {"name": "Leads", "permissions": ["lead"]})
    assert own.admin.get("/api/v1/permission_groups/") == [group]
    [user] = own.admin.get("users/?username=clerk")["results"]
    assert own.admin("PATCH", f"users/{user['id']}/", {"groups": [group["id"]]}).json()["groups"] == [group["id"]]
    assert clerk.command(package, "start-preparing").status_code == 204
    assert own.admin("DELETE", f"/api/v1/permission_groups/{group['id']}/").status_code == 204
    assert clerk.command(own.package(), "start-preparing").status_code == 403
    assert own.admin.command(own.package(), "start-preparing").status_code == 204


def test_each_change_is_an_event(own: Site) -> None:
    change(own, START, is_active=False)
    before = own.log.head().position
    change(own, START, is_active=False)
    assert own.log.head().position == before
    history = own.admin.get(f"audit/transition/{START}/history/")["results"]
    assert [row["event"] for row in history] == ["TransitionSaved"]
    assert history[0]["actor"] == "admin"
    assert setting_of(own.log.reference, COMMANDS["package", "start-preparing"]).version == 1
