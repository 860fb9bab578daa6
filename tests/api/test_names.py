"""A name is held once, also under a race; one that was given free can be taken again; the same request twice is one."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import pytest

from tests.api.site import Site, location
from tests.api.test_examples import SCENARIO

NUMBERS = count(1)
REASONS = "packages/package_denial_reason/"


def new(path: str) -> tuple[dict[str, Any], str]:
    """A body of its own, and the field that is unique in it."""
    n = next(NUMBERS)
    bodies: dict[str, tuple[dict[str, Any], str]] = {
        "channels/": ({"name": f"channel {n}"}, "name"),
        "cargo-companies/": ({"name": f"Carrier {n}"}, "slug"),
        REASONS: ({"title": f"Reason {n}"}, "title"),
        "scenarios/": ({**SCENARIO, "name": f"Scenario {n}"}, "name"),
        "stock_locations/": (location(f"ST-N{n}"), "erp_code"),
    }
    return bodies[path]


@pytest.mark.parametrize("path", ["channels/", "cargo-companies/", REASONS, "scenarios/", "stock_locations/"])
def test_of_many_at_once_one_is_made(site: Site, path: str) -> None:
    body, _ = new(path)
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: site.admin("POST", path, body), range(8)))
    assert Counter(a.status_code for a in answers) == {201: 1, 400: 7}
    for answer in answers:
        if answer.status_code == 400:
            assert set(answer.json()["error"]) <= {"name", "slug", "title", "erp_code"}


@pytest.mark.parametrize("path", ["channels/", "cargo-companies/", REASONS, "scenarios/"])
def test_a_removed_name_can_be_taken_again_and_again(site: Site, path: str) -> None:
    body, field = new(path)
    ids = []
    for _ in range(3):
        made = site.admin.post(path, body)
        ids.append(made["id"])
        assert field in made
        assert site.admin("DELETE", f"{path}{made['id']}/").status_code == 204
    assert len(set(ids)) == 3
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: site.admin("POST", path, body), range(4)))
    assert Counter(a.status_code for a in answers) == {201: 1, 400: 3}


def test_a_rename_gives_the_old_name_free_and_comes_back(site: Site) -> None:
    first = site.admin.post(REASONS, {"title": "Once so"})["id"]
    site.admin.put(f"{REASONS}{first}/", {"title": "Now so"})
    second = site.admin.post(REASONS, {"title": "Once so"})["id"]
    back = site.admin("PUT", f"{REASONS}{first}/", {"title": "Once so"})
    assert (back.status_code, list(back.json()["error"])) == (400, ["title"])
    assert site.admin("DELETE", f"{REASONS}{second}/").status_code == 204
    assert site.admin.put(f"{REASONS}{first}/", {"title": "Once so"})["title"] == "Once so"
    assert site.admin("POST", REASONS, {"title": "Once so"}).status_code == 400


def test_two_are_renamed_to_one_name_at_once(site: Site) -> None:
    ids = [site.admin.post(REASONS, {"title": f"Before {n}"})["id"] for n in range(6)]
    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda id: site.admin("PATCH", f"{REASONS}{id}/", {"title": "Wanted by all"}), ids))
    assert Counter(a.status_code for a in answers) == {200: 1, 400: 5}
    titles = [row["title"] for row in site.admin.get(f"{REASONS}?limit=100")["results"]]
    assert titles.count("Wanted by all") == 1


def test_name_and_slug_are_one_space(site: Site) -> None:
    """Both name a channel in an order, so one's slug cannot be another's name."""
    site.admin.post("channels/", {"name": "Shop window", "slug": "window"})
    answer = site.admin("POST", "channels/", {"name": "window", "slug": "other"})
    assert (answer.status_code, list(answer.json()["error"])) == (400, ["name"])


def test_slugs_are_made_of_names(site: Site) -> None:
    assert site.admin.post("channels/", {"name": "Web TR"})["slug"] == "Web TR"
    carrier = site.admin.post("cargo-companies/", {"name": "Çok Hızlı & Co."})
    assert carrier["slug"] == "cok-hzl-co"
    assert site.admin.put(f"cargo-companies/{carrier['id']}/", {"name": "Renamed Co."})["slug"] == "cok-hzl-co"


def test_an_idempotency_key_gives_the_first_answer(site: Site) -> None:
    body, _ = new("channels/")
    first = site.admin("POST", "channels/", body, Idempotency_Key="channel-key")
    site.admin.put(f"channels/{first.json()['id']}/", {**body, "channel_type": "changed since"})
    head = site.log.head().position
    again = site.admin("POST", "channels/", body, Idempotency_Key="channel-key")
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["X-OMS-Position"] == first.headers["X-OMS-Position"]
    other = site.admin("POST", "channels/", {**body, "name": "else"}, Idempotency_Key="channel-key")
    assert other.status_code == 422
    assert site.log.head().position == head


def test_one_idempotency_key_at_once_makes_one(site: Site) -> None:
    body, _ = new("stock_locations/")
    with ThreadPoolExecutor(6) as threads:
        answers = list(
            threads.map(lambda _: site.admin("POST", "stock_locations/", body, Idempotency_Key="at once"), range(6))
        )
    assert [a.status_code for a in answers] == [201] * 6
    assert len({a.json()["id"] for a in answers}) == 1


def test_if_match_on_a_record_that_moved_on(site: Site) -> None:
    body, _ = new(REASONS)
    made = site.admin("POST", REASONS, body)
    path = f"{REASONS}{made.json()['id']}/"
    assert made.headers["ETag"] == '"1"'
    changed = site.admin("PATCH", path, {"priority": 2}, If_Match='"1"')
    assert (changed.status_code, changed.headers["ETag"]) == (200, '"2"')
    assert site.admin("PATCH", path, {"priority": 3}, If_Match='"1"').status_code == 412
    assert site.admin("DELETE", path, If_Match='"1"').status_code == 412
    assert site.admin.get(path)["priority"] == 2


def test_the_same_again_writes_nothing(site: Site) -> None:
    made = site.admin.post(REASONS, {"title": "Unchanging"})
    head = site.log.head().position
    answer = site.admin("PUT", f"{REASONS}{made['id']}/", {"title": "Unchanging"})
    assert (answer.status_code, answer.json()) == (200, made)
    assert site.log.head().position == head


@pytest.mark.parametrize("path", ["packages/package_denial_reason/", "package-denial-reason/"])
def test_the_older_path_is_the_same_list(site: Site, path: str) -> None:
    body, _ = new(REASONS)
    id = site.admin.post(path, body)["id"]
    for same in ("packages/package_denial_reason/", "package-denial-reason/"):
        assert site.admin.get(f"{same}{id}/")["title"] == body["title"]
        for twin in ("", "list-simple/"):
            found = site.admin.get(f"{same}{twin}?title={body['title']}")
            assert [row["id"] for row in found["results"]] == [id]


WRONG: list[tuple[str, dict[str, Any], str]] = [
    (REASONS, {"title": ""}, "title"),
    (REASONS, {"title": "  "}, "title"),
    (REASONS, {"title": None}, "title"),
    (REASONS, {"title": "T" * 256}, "title"),
    (REASONS, {"title": ["x"]}, "title"),
    (REASONS, {"title": "t", "remote_id": "r" * 101}, "remote_id"),
    (REASONS, {"title": "t", "priority": -1}, "priority"),
    (REASONS, {"title": "t", "priority": 1.5}, "priority"),
    (REASONS, {"title": "t", "priority": True}, "priority"),
    (REASONS, {"title": "t", "exclude_for": -1}, "exclude_for"),
    (REASONS, {"title": "t", "exclude_for": 2**31}, "exclude_for"),
    (REASONS, {"title": "t", "is_active": "yes"}, "is_active"),
    ("channels/", {"name": "c", "conf": []}, "conf"),
    ("channels/", {"name": "c", "conf": {"n": 2**70}}, "conf"),
    ("channels/", {"name": "c", "slug": ""}, "slug"),
    ("cargo-companies/", {"name": "c", "label_required": "no"}, "label_required"),
    ("cargo-companies/", {"slug": "c"}, "name"),
]


@pytest.mark.parametrize(("path", "body", "field"), WRONG)
def test_wrong_input_is_refused_on_its_field(site: Site, path: str, body: dict[str, Any], field: str) -> None:
    head = site.log.head().position
    answer = site.admin("POST", path, body)
    assert (answer.status_code, list(answer.json()["error"])) == (400, [field])
    assert site.log.head().position == head


def test_the_limits_themselves_are_allowed(site: Site) -> None:
    body = {"title": "T" * 255, "remote_id": "r" * 100, "priority": 0, "exclude_for": 0, "is_active": False}
    made = site.admin.post(REASONS, body)
    assert {name: made[name] for name in body} == body


def test_fractions_in_conf_come_back_as_they_went(site: Site) -> None:
    conf = {"rate": 0.25, "deep": [{"x": -1.5}], "n": 7, "none": None}
    made = site.admin.post("channels/", {"name": "with conf", "conf": conf})
    assert made["conf"] == conf
    assert site.admin.get(f"channels/{made['id']}/")["conf"] == conf


def test_what_a_write_causes_bears_its_name(site: Site) -> None:
    made = site.admin("POST", REASONS, {"title": "Traced"}, X_Request_ID="request-of-a-reason")
    [event] = site.log.events(f"denial_reason-{made.json()['id']}")
    assert (event.actor, event.correlation_id, event.command) == ("admin", "request-of-a-reason", "save-denial reason")
    assert made.headers["X-OMS-Position"] == str(event.position)
