"""Users over HTTP: made by admins, each with a password that is nowhere told, keys that can be taken away."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import pytest

from tests.api.site import PASSWORD, Client, Site

NUMBERS = count(1)


def body(**fields: Any) -> dict[str, Any]:
    return {"username": f"user-{next(NUMBERS)}", "password": PASSWORD, "roles": ["viewer"], **fields}


def soon(known: Client, status: int) -> bool:
    """Whether a key is answered so within the second that a key is remembered, and a little."""
    until = time.monotonic() + 5
    while time.monotonic() < until:
        if known("GET", "stock/").status_code == status:
            return True
        time.sleep(0.1)
    return False


def test_a_user_is_made_logs_in_and_is_limited(site: Site) -> None:
    said = body(roles=["store"], locations=["ST-014"])
    made = site.admin.post("users/", said)
    assert (made["username"], made["roles"], made["locations"]) == (said["username"], ["store"], ["ST-014"])
    user = site.log_in(said["username"])
    assert {r["erp_code"] for r in user.get("stock/?sku=A")["results"]} == {"ST-014"}
    assert [row["erp_code"] for row in user.get("stock_locations/?limit=100")["results"]] == ["ST-014"]
    assert user("GET", f"stock_locations/{site.places['WH-01']}/").status_code == 404
    for method, path in (("GET", "users/"), ("POST", "users/"), ("POST", f"users/{made['id']}/revoke/")):
        assert user(method, path, body()).status_code == 403


def test_a_password_is_nowhere(site: Site) -> None:
    said = body(password="a-password-to-look-for")
    answer = site.admin("POST", "users/", said, Idempotency_Key="a user")
    assert "a-password-to-look-for" not in answer.text
    again = site.admin("POST", "users/", said, Idempotency_Key="a user")
    assert (again.status_code, again.json()) == (201, answer.json())
    [event] = site.log.events(f"user-{answer.json()['id']}")
    assert "a-password-to-look-for" not in str(event)
    with site.log.listening() as connection:
        assert "a-password-to-look-for" not in str(connection.execute("select * from claims").fetchall())
        assert "a-password-to-look-for" not in str(connection.execute("select * from passwords").fetchall())


def test_of_many_of_one_name_one_is_made_and_its_password_holds(site: Site) -> None:
    said = body()
    passwords = [f"{PASSWORD} {n}" for n in range(6)]
    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda p: site.admin("POST", "users/", {**said, "password": p}), passwords))
    assert Counter(a.status_code for a in answers) == {201: 1, 400: 5}
    works = passwords[[a.status_code for a in answers].index(201)]
    login = site.nobody("POST", "/api/i1/auth/login/", {"username": said["username"], "password": works})
    assert login.status_code == 200


def test_revoking_takes_every_key(site: Site) -> None:
    said = body()
    id = site.admin.post("users/", said)["id"]
    users = [site.log_in(said["username"]) for _ in range(2)]
    assert all(soon(user, 200) for user in users)
    assert site.admin.post(f"users/{id}/revoke/", None, 200) == {"revoked": 2}
    assert all(soon(user, 401) for user in users)
    assert site.admin.post(f"users/{id}/revoke/", None, 200) == {"revoked": 0}
    assert soon(site.log_in(said["username"]), 200)


def test_a_new_password_takes_every_key_and_a_user_switched_off_has_none(site: Site) -> None:
    said = body()
    id = site.admin.post("users/", said)["id"]
    user = site.log_in(said["username"])
    assert site.admin("PATCH", f"users/{id}/", {"password": "another password"}).status_code == 200
    assert soon(user, 401)
    old, new = (
        site.nobody("POST", "/api/i1/auth/login/", {"username": said["username"], "password": p}).status_code
        for p in (PASSWORD, "another password")
    )
    assert (old, new) == (400, 200)
    assert site.admin("PATCH", f"users/{id}/", {"password": PASSWORD}).status_code == 200
    user = site.log_in(said["username"])
    assert soon(user, 200)
    assert site.admin("PATCH", f"users/{id}/", {"is_active": False}).json()["is_active"] is False
    assert soon(user, 401)


def test_roles_change_at_once(site: Site) -> None:
    said = body()
    id = site.admin.post("users/", said)["id"]
    user = site.log_in(said["username"])
    assert user("POST", "channels/", {"name": "by a viewer"}).status_code == 403
    changed = site.admin("PATCH", f"users/{id}/", {"roles": ["integration"]}).json()
    assert changed["roles"] == ["integration"]
    until = time.monotonic() + 5
    while user("POST", "channels/", {"name": ""}).status_code == 403 and time.monotonic() < until:
        time.sleep(0.05)
    assert user("POST", "channels/", {"name": f"by {said['username']}"}).status_code == 201


def test_an_admin_stays_one(site: Site) -> None:
    [me] = site.admin.get("users/?username=admin")["results"]
    for change in ({"roles": ["viewer"]}, {"is_active": False}):
        assert site.admin("PATCH", f"users/{me['id']}/", change).status_code == 400
    assert site.admin.get(f"users/{me['id']}/")["roles"] == ["admin"]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"username": ""}, "username"),
        ({"username": "u" * 151}, "username"),
        ({"username": "admin"}, "username"),
        ({"password": "short"}, "password"),
        ({"password": None}, "password"),
        ({"password": 12345678}, "password"),
        ({"roles": []}, "roles"),
        ({"roles": ["king"]}, "roles"),
        ({"roles": "admin"}, "roles"),
        ({"locations": ["NOWHERE"]}, "locations"),
        ({"locations": [1.5]}, "locations"),
    ],
)
def test_wrong_input(site: Site, fields: dict[str, Any], field: str) -> None:
    head = site.log.head().position
    answer = site.admin("POST", "users/", body(**fields))
    assert (answer.status_code, list(answer.json()["error"])) == (400, [field])
    assert site.log.head().position == head


def test_a_name_stays(site: Site) -> None:
    id = site.admin.post("users/", body())["id"]
    answer = site.admin("PATCH", f"users/{id}/", {"username": "another-name"})
    assert (answer.status_code, list(answer.json()["error"])) == (400, ["username"])
