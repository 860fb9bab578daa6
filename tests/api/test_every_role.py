"""What each role may, over the whole table of routes (spec 3.1): tried over HTTP, judged by what the roles are for."""

from typing import Any

import pytest

from api.http.routes import ALL, ANYBODY, ROUTES, Route
from api.http.users import ROLES
from tests.api.site import Client, Site
from tests.api.test_every_route import address, is_error

ASKING = [one for one in ROUTES if one.roles is not ANYBODY]
OWN_ACCOUNT = "/api/i1/auth/"


@pytest.fixture(scope="module")
def clients(site: Site) -> dict[str, Client]:
    place = site.places["ST-014"]
    return {role: site.user(f"every-{role}", role, *((place,) if role == "store" else ())) for role in ROLES}


@pytest.mark.parametrize("role", ROLES)
def test_every_route_is_open_to_who_may_and_closed_to_who_may_not(
    site: Site, clients: dict[str, Client], role: str
) -> None:
    """Asked about nothing that is there, so that nothing is written: who may is told what is wrong, who may not only
    that."""
    head = site.log.head().position
    for route in ASKING:
        if "verify" in route.path or route.path.startswith(OWN_ACCOUNT):
            continue
        body: dict[str, Any] | None = None if route.method == "GET" else {}
        answer = clients[role](route.method, address(route.path), body)
        said = f"{role} {route.method} {route.path}: {answer.status_code} {answer.text[:200]}"
        if role not in route.roles or (role == "store" and route.reach == ALL):
            is_error(answer, 403)
        else:
            assert answer.status_code not in (401, 403), said
            assert answer.status_code < 500, said
    assert site.log.head().position == head


def test_an_admin_may_everything() -> None:
    assert [one.path for one in ASKING if "admin" not in one.roles] == []


@pytest.mark.parametrize("role", ["viewer", "support"])
def test_who_only_reads_writes_nothing(role: str) -> None:
    """To simulate is to ask: nothing is written (tests/api/test_simulate.py)."""
    assert [path for path in _writes(role) if not path.endswith("/simulate")] == []


def test_a_planner_writes_scenarios_only() -> None:
    assert [path for path in _writes("planner") if "scenarios" not in path and "simulate" not in path] == []


def test_a_store_user_writes_only_what_is_of_its_locations() -> None:
    """Whatever else names the role is closed by its reach."""
    open_to = [one for one in ASKING if "store" in one.roles and one.method != "GET" and one.reach != ALL]
    assert [one.path for one in open_to if one.reach != "own" and not one.path.startswith(OWN_ACCOUNT)] == []


@pytest.mark.parametrize("role", sorted(set(ROLES) - {"admin", "support"}))
def test_audit_is_for_support(role: str) -> None:
    named = ("/audit/", "/audit_events/", "/application_settings/", "/users/")
    assert [one.path for one in ASKING if role in one.roles and any(part in one.path for part in named)] == []


@pytest.mark.parametrize("role", ["planner", "support", "store", "viewer"])
def test_webhooks_are_set_by_integrations(role: str) -> None:
    assert [path for path in _writes(role) if path.startswith("/whisperer")] == []


def _writes(role: str) -> list[str]:
    def is_write(one: Route) -> bool:
        return one.method != "GET" and one.method != "OPTIONS" and not one.path.startswith(OWN_ACCOUNT)

    return [one.path for one in ASKING if role in one.roles and is_write(one)]
