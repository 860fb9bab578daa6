"""One's own account: keys that expire and are given back one by one, the password changed, guessing slowed down."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import psycopg
import pytest

from api.http import passwords, throttle
from eventlog.recorded import Decision, Unavailable, Written
from tests.api.site import PASSWORD, Client, Site, serving

AUTH = "/api/i1/auth"


@pytest.fixture
def own(database_url: str) -> Iterator[Site]:
    """A site of its own: whoever tries too often slows down everybody at this address."""
    with serving(database_url) as made:
        yield made


def soon(client: Client, status: int, path: str = "states/") -> None:
    until = time.monotonic() + 10
    while (found := client("GET", path).status_code) != status:
        assert time.monotonic() < until, found
        time.sleep(0.05)


def test_a_password_is_checked_at_its_own_price(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """What new ones cost may be raised."""
    site.user("settled", "viewer")
    monkeypatch.setattr(passwords, "WORK", 2 * passwords.WORK)
    assert passwords.has_password(site.log, "settled", PASSWORD)
    assert not passwords.has_password(site.log, "settled", f"{PASSWORD}!")


def test_logging_out_gives_back_this_key_and_no_other(site: Site) -> None:
    one, other = site.user("leaves", "viewer"), site.log_in("leaves")
    assert one("POST", f"{AUTH}/logout/").status_code == 204
    soon(one, 401)
    assert other("GET", "states/").status_code == 200


def test_keys_are_listed_and_taken_back_one_by_one(site: Site) -> None:
    one, other = site.user("many-keys", "viewer"), site.log_in("many-keys")
    rows = one.get(f"{AUTH}/keys/")
    assert [row["current"] for row in rows] == [False, True]
    assert rows[0]["remote_addr"] == "127.0.0.1"
    assert rows[0]["user_agent"].startswith("python-requests")
    assert all(row["expires_date"] > row["created_date"] for row in rows)
    assert not any(key in str(rows) for key in (one.key, other.key) if key)
    assert site.admin("DELETE", f"{AUTH}/keys/{rows[0]['id']}/").status_code == 404  # not the admin's own
    assert one("DELETE", f"{AUTH}/keys/{rows[0]['id']}/").status_code == 204
    soon(other, 401)
    assert [row["current"] for row in one.get(f"{AUTH}/keys/")] == [True]
    assert one("DELETE", f"{AUTH}/keys/{rows[0]['id']}/").status_code == 404


def test_an_admin_takes_back_one_key_of_a_user(site: Site) -> None:
    user = site.user("watched", "viewer")
    [id] = [row["id"] for row in site.admin.get("users/?username=watched")["results"]]
    [key] = site.admin.get(f"users/{id}/keys/")
    assert site.admin("DELETE", f"users/{id}/keys/{key['id']}/").status_code == 204
    soon(user, 401)
    assert site.admin("DELETE", f"users/{id}/keys/{key['id']}/").status_code == 404


def test_a_key_expires(site: Site) -> None:
    site.user("short", "viewer")
    said = {"username": "short", "password": PASSWORD, "expires_in": 60}
    client = Client(site.url, site.nobody.post(f"{AUTH}/login/", said, 200)["key"])
    assert client("GET", "states/").status_code == 200
    with site.log.listening() as connection:
        connection.execute("update api_keys set expires_at = now() where expires_at < now() + interval '2 minutes'")
    soon(client, 401)
    for wrong in (0, 59, 10**9, "long", None, True):
        answer = site.nobody("POST", f"{AUTH}/login/", {**said, "expires_in": wrong})
        assert (answer.status_code, list(answer.json()["error"])) == (400, ["expires_in"])


def test_keys_and_passwords_are_kept_hashed(site: Site) -> None:
    user = site.user("hashed", "viewer")
    with site.log.listening() as connection:
        kept = str(connection.execute("select * from api_keys").fetchall())
        kept += str(connection.execute("select * from passwords").fetchall())
    assert user.key is not None
    assert user.key not in kept
    assert PASSWORD not in kept


def test_a_changed_password_opens_and_takes_back_the_other_keys(site: Site) -> None:
    one, other = site.user("changes", "viewer"), site.log_in("changes")
    new = "quite another password"

    def change(old: Any, password: Any) -> Any:
        return one("POST", f"{AUTH}/password/", {"old_password": old, "new_password": password})

    for old, password, field in (
        (new, new, "old_password"),
        (PASSWORD, "short", "new_password"),
        (PASSWORD, 8, "new_password"),
    ):
        answer = change(old, password)
        assert (answer.status_code, list(answer.json()["error"])) == (400, [field])
    assert other("GET", "states/").status_code == 200
    assert change(PASSWORD, new).status_code == 204
    soon(other, 401)
    assert one("GET", "states/").status_code == 200
    answers = [site.nobody("POST", f"{AUTH}/login/", {"username": "changes", "password": p}) for p in (PASSWORD, new)]
    assert [answer.status_code for answer in answers] == [400, 200]


def test_guessing_is_slowed_down_over_all_processes(own: Site) -> None:
    own.user("guessed", "viewer")
    wrong = {"username": "guessed", "password": "wrong"}
    with own.log.listening() as connection:  # another process has seen these
        for _ in range(throttle.LIMITS["both"] - 2):
            assert throttle.tried(connection, "guessed", "127.0.0.1") == 0
    answers = [own.nobody("POST", f"{AUTH}/login/", wrong) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [400, 400, 429, 429]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= throttle.WINDOW + 1
    right = {"username": "Guessed", "password": PASSWORD}  # as another writing of the same name
    assert own.nobody("POST", f"{AUTH}/login/", right).status_code == 429
    assert own.log_in("admin").key  # another name at the same address goes on
    with own.log.listening() as connection:
        connection.execute("update login_tries set since = since - interval '2 minutes'")
    assert own.nobody("POST", f"{AUTH}/login/", {**right, "username": "guessed"}).status_code == 200


def test_an_address_and_a_name_have_limits_of_their_own(own: Site) -> None:
    with own.log.listening() as connection:
        waits = [throttle.tried(connection, f"name-{n}", "10.0.0.1") for n in range(throttle.LIMITS["address"] + 1)]
        assert [wait > 0 for wait in waits] == [False] * throttle.LIMITS["address"] + [True]
        waits = [throttle.tried(connection, "one", f"10.0.1.{n}") for n in range(throttle.LIMITS["name"] + 1)]
        assert [wait > 0 for wait in waits] == [False] * throttle.LIMITS["name"] + [True]


def test_who_logs_in_rightly_is_never_slowed_down(own: Site) -> None:
    for _ in range(throttle.LIMITS["both"] + 2):
        own.log_in("admin")


def test_a_password_guessed_from_inside_counts_as_a_try(own: Site) -> None:
    user = own.user("inside", "viewer")
    said = {"old_password": "wrong", "new_password": "does not matter"}
    answers = [user("POST", f"{AUTH}/password/", said).status_code for _ in range(throttle.LIMITS["both"] + 1)]
    assert answers == [400] * throttle.LIMITS["both"] + [429]


def test_a_user_is_never_there_without_a_password(own: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever dies between the two has written the password of nobody, and it can be done again."""
    said = {"username": "crashed", "password": PASSWORD, "roles": ["viewer"]}

    def dies(*_: Any) -> Any:
        raise Unavailable("killed")

    with monkeypatch.context() as patched:
        patched.setattr(own.log, "append", dies)
        assert own.admin("POST", "users/", said, Idempotency_Key="crash").status_code == 503
    assert own.admin.get("users/?username=crashed")["results"] == []
    with monkeypatch.context() as patched:
        patched.setattr(passwords, "_hash", dies)
        assert own.admin("POST", "users/", said, Idempotency_Key="crash").status_code == 503
    assert own.admin.get("users/?username=crashed")["results"] == []
    made = own.admin("POST", "users/", said, Idempotency_Key="crash")
    again = own.admin("POST", "users/", said, Idempotency_Key="crash")
    assert (made.status_code, again.status_code, made.json()) == (201, 201, again.json())
    assert own.log_in("crashed").key


def test_keys_are_good_for_users_that_are_there(own: Site) -> None:
    user = own.user("gone", "viewer")
    [row] = own.admin.get("users/?username=gone")["results"]
    assert own.admin("PATCH", f"users/{row['id']}/", {"is_active": False}).status_code == 200
    soon(user, 401)
    with own.log.listening() as connection, pytest.raises(psycopg.errors.UniqueViolation):
        connection.execute("insert into passwords (user_id, salt, hash) values (1, '', '')")


def test_two_admins_who_take_the_role_from_each_other_at_once_leave_one(
    own: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each has looked that the other is an admin before one of them writes."""
    admins = {"admin": own.admin, "other": own.user("other", "admin")}
    ids = {row["username"]: row["id"] for row in own.admin.get("users/")["results"]}
    append, both, first = own.log.append, Barrier(2), iter((True, True))

    def together(decision: Decision) -> Written:
        if next(first, False):
            both.wait(30)
        return append(decision)

    def demote(name: str) -> Any:
        [whom] = [id for other, id in ids.items() if other != name]
        return admins[name]("PATCH", f"users/{whom}/", {"roles": ["viewer"]})

    monkeypatch.setattr(own.log, "append", together)
    with ThreadPoolExecutor(2) as threads:
        answers = sorted(threads.map(demote, admins), key=lambda answer: answer.status_code)
    assert [answer.status_code for answer in answers] == [200, 400]
    assert answers[1].json()["error"] == {"roles": ["There is no other admin; somebody has to be one."]}
    own.log.reference.refresh()
    assert ["admin" in user.roles for user in own.log.reference.all("user")].count(True) == 1
