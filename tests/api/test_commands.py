"""The command endpoints over HTTP: answers, headers, input, what is refused, what is asked twice, who is first."""

import threading
from collections import Counter

import pytest

from domain.planning import Leg, Placement
from tests.api.site import Site


def test_a_command_answers_204_with_the_version_and_the_position(site: Site) -> None:
    package = site.package()
    answer = site.admin.command(package, "start-preparing")
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["ETag"] == '"2"'
    assert int(answer.headers["X-OMS-Position"]) == site.log.head().position
    assert site.admin.get(f"packages/{package}/")["state"]["enum_value"] == "200"


@pytest.mark.parametrize("name", ["complete-packaging-with-shipment", "31", 31])
def test_a_command_goes_by_slug_or_number(site: Site, name: object) -> None:
    answer = site.admin("POST", f"packages/{site.package()}/command/", {"slug": name})
    assert answer.status_code == 204, answer.text


def test_an_alias_stands_for_its_slug(site: Site) -> None:
    assert site.admin.command(site.package(), "PKG_STATE_TRANSITION").status_code == 204


def test_a_wrong_state_is_named_with_all_that_is_allowed_now(site: Site) -> None:
    package = site.package()
    site.admin.command(package, "complete-packaging-without-shipment")
    answer = site.admin.command(package, "start-preparing")
    shown = site.admin.get(f"packages/{package}/")
    assert answer.status_code == 400
    assert answer.json() == {
        "error": {
            "code": "state_conflict",
            "message": f"Package {shown['number']} is packed (500); start-preparing runs from waiting (100).",
            "state": "500",
            "allowed": [command["slug"] for command in shown["commands"]],
        },
        "status_code": 400,
    }


def test_a_missing_input_is_named(site: Site) -> None:
    answer = site.admin.command(site.package(), "package-refuse-with-denial-reason")
    assert (answer.status_code, answer.json()) == (
        400,
        {"error": {"denial_reason": ["Missing data for required field."]}, "status_code": 400},
    )


def test_inputs_may_stand_inside_input_parameters(site: Site) -> None:
    inputs = {"denial_reason": site.reason, "and": "what is not known"}
    answer = site.admin.command(site.package(), "package-refuse-with-denial-reason", input_parameters=inputs)
    assert answer.status_code == 204, answer.text


@pytest.mark.parametrize("quantity", [-1, 0, 7, 1.5, "two", True, [1], 10**30])
def test_no_quantity_but_one_that_can_be_missing(site: Site, quantity: object) -> None:
    package = site.package()
    item = site.admin.get(f"packages/{package}/")["packageitem_set"][0]["id"]
    rows = [{"id": item, "quantity": quantity, "reason": "not_found"}]
    head = site.log.head().position
    answer = site.admin.command(package, "product-not-found", package_items=rows)
    assert answer.status_code == 400
    assert list(answer.json()["error"]) == ["package_items"]
    assert site.log.head().position == head


def test_what_is_missing_is_recorded(site: Site) -> None:
    site.stock(site.places["WH-01"], "LOST")  # of its own: nobody believes in its stock afterwards
    package = site.plan(site.order(items=[{"sku": "LOST", "quantity": 3}]))
    item = site.admin.get(f"packages/{package}/")["packageitem_set"][0]["id"]
    rows = [{"id": item, "quantity": 2, "reason": "not_found"}]
    assert site.admin.command(package, "product-not-found", package_items=rows).status_code == 204
    shown = site.admin.get(f"packages/{package}/")
    assert shown["state"]["enum_value"] == "920"
    assert shown["packageitem_set"][0]["discrepancy_reason"] == "not_found"


def test_the_body_names_the_object_of_the_address(site: Site) -> None:
    package = site.package()
    answer = site.admin("POST", f"packages/{package}/command/", {"package": package + 1, "slug": "start-preparing"})
    assert answer.status_code == 400
    assert site.admin.get(f"packages/{package}/")["state"]["enum_value"] == "100"


def test_unknown_commands_and_objects(site: Site) -> None:
    package = site.package()
    unknown = site.admin.command(package, "fly-to-the-moon")
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (400, "unknown_command")
    assert site.admin("POST", f"packages/{package}/command/", {}).status_code == 400
    for path in ("packages/987654321/command/", "transfer_orders/987654321/command/", f"packages/{10**30}/command/"):
        answer = site.admin("POST", path, {"slug": "start-preparing"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found"), path


def test_a_dry_run_shows_the_events_and_writes_none(site: Site) -> None:
    package = site.package()
    head = site.log.head().position
    path = f"packages/{package}/command/?dry_run=true"
    shown = site.admin.post(path, {"slug": "ship-package"}, 400)
    assert shown["error"]["code"] == "state_conflict"
    shown = site.admin.post(path, {"slug": "complete-packaging-with-shipment"}, 200)
    assert [event["event"] for event in shown["events"]] == ["PackagePacked", "ShipmentCreated"]
    bulk = {"commands": [{"package": package, "slug": "start-preparing"}]}
    shown = site.admin.post("packages/commands/?dry_run=true", bulk, 200)
    assert [event["event"] for event in shown["results"][0]["events"]] == ["PackagePreparing"]
    assert site.log.head().position == head


def test_if_match_refuses_what_has_moved_on(site: Site) -> None:
    package = site.package()
    path, body = f"packages/{package}/command/", {"slug": "start-preparing"}
    assert site.admin("POST", path, body, If_Match='"7"').status_code == 412
    first = site.admin("POST", path, body, If_Match='"1"')
    assert first.status_code == 204
    second = site.admin("POST", path, {"slug": "ready-for-packaging"}, If_Match='"1"')
    assert (second.status_code, second.json()["status_code"]) == (412, 412)
    third = site.admin("POST", path, {"slug": "ready-for-packaging"}, If_Match=first.headers["ETag"])
    assert third.status_code == 204


def test_an_accepted_command_is_answered_again_and_not_done_again(site: Site) -> None:
    package = site.package()
    path, body = f"packages/{package}/command/", {"slug": "complete-packaging-with-shipment"}
    first = site.admin("POST", path, body, Idempotency_Key=f"pack-{package}")
    site.admin.command(package, "ship-package")
    head = site.log.head().position
    again = site.admin("POST", path, body, Idempotency_Key=f"pack-{package}")
    for name in ("ETag", "X-OMS-Position"):
        assert again.headers[name] == first.headers[name]
    assert (first.status_code, again.status_code, site.log.head().position) == (204, 204, head)
    other = site.admin("POST", path, {"slug": "ship-package"}, Idempotency_Key=f"pack-{package}")
    assert other.status_code == 422
    elsewhere = site.admin("POST", f"packages/{site.package()}/command/", body, Idempotency_Key=f"pack-{package}")
    assert elsewhere.status_code == 422


def test_a_refused_command_is_decided_anew_under_its_key(site: Site) -> None:
    package = site.package()
    path, body, key = f"packages/{package}/command/", {"slug": "ship-package"}, f"ship-{package}"
    assert site.admin("POST", path, body, Idempotency_Key=key).status_code == 400
    site.admin.command(package, "complete-packaging-without-shipment")
    assert site.admin("POST", path, body, Idempotency_Key=key).status_code == 204


def test_keys_of_two_users_are_two_keys(site: Site) -> None:
    other = site.user("erp-of-keys", "integration")
    path = f"packages/{site.package()}/command/"
    assert site.admin("POST", path, {"slug": "start-preparing"}, Idempotency_Key="same").status_code == 204
    assert other("POST", path, {"slug": "ready-for-packaging"}, Idempotency_Key="same").status_code == 204


def test_the_same_command_sent_twice_at_once_under_one_key_acts_once(site: Site) -> None:
    package = site.package()
    path, body = f"packages/{package}/command/", {"slug": "complete-packaging-with-shipment"}
    answers = _at_once(8, lambda _: site.admin("POST", path, body, Idempotency_Key=f"once-{package}"))
    assert {answer.status_code for answer in answers} == {204}
    assert {answer.headers["X-OMS-Position"] for answer in answers} == {answers[0].headers["X-OMS-Position"]}
    assert len(_events(site, package, "PackagePacked")) == 1


def test_of_two_commands_at_once_one_wins_and_the_other_learns_what_is_allowed(site: Site) -> None:
    slugs = ("start-preparing", "complete-packaging-without-shipment")
    for _ in range(10):
        package = site.package()
        answers = _at_once(2, lambda n, package=package: site.admin.command(package, slugs[n]))
        outcome = Counter(answer.status_code for answer in answers)
        shown = site.admin.get(f"packages/{package}/")
        if outcome == {204: 2}:  # picking first, then packing: each was allowed when its turn came
            assert shown["state"]["enum_value"] == "500"
            assert [e["event"] for e in _history(site, package)][1:] == ["PackagePreparing", "PackagePacked"]
            continue
        assert outcome == {204: 1, 400: 1}
        refused = next(answer.json()["error"] for answer in answers if answer.status_code == 400)
        assert refused["code"] == "state_conflict"
        assert refused["allowed"] == [command["slug"] for command in shown["commands"]]
        assert len(_history(site, package)) == 2


def test_many_at_once_leave_one_outcome(site: Site) -> None:
    package = site.package()
    answers = _at_once(12, lambda _: site.admin.command(package, "deallocate-package-reservations"))
    assert Counter(answer.status_code for answer in answers) == {204: 1, 400: 11}
    assert len(_events(site, package, "PackageReservationsDeallocated")) == 1


def test_many_in_one_call_are_answered_one_by_one(site: Site) -> None:
    packed, waiting = site.package(), site.package()
    site.admin.command(packed, "complete-packaging-without-shipment")
    rows = [
        {"package": packed, "slug": "ship-package"},
        {"package": waiting, "slug": "ship-package"},
        {"package": 987654321, "slug": "ship-package"},
        {"package": waiting, "slug": "package-refuse-with-denial-reason"},
        {"package": waiting, "slug": "start-preparing"},
    ]
    results = site.admin.post("packages/commands/", {"commands": rows}, 200)["results"]
    assert [(row["package"], row["status_code"]) for row in results] == [
        (packed, 204),
        (waiting, 400),
        (987654321, 404),
        (waiting, 400),
        (waiting, 204),
    ]
    assert results[0] == {"package": packed, "status_code": 204}
    assert results[1]["error"]["code"] == "state_conflict"
    assert results[3]["error"] == {"denial_reason": ["Missing data for required field."]}


def test_many_in_one_call_are_done_once_under_one_key(site: Site) -> None:
    one, other = site.package(), site.package()
    body = {"commands": [{"package": id, "slug": "start-preparing"} for id in (one, other)]}
    for _ in range(2):
        results = site.admin.post("packages/commands/", body, 200, Idempotency_Key=f"bulk-{one}")["results"]
        assert [row["status_code"] for row in results] == [204, 204]
    assert [len(_history(site, id)) for id in (one, other)] == [2, 2]


def test_a_transfer_leaves_its_source_and_arrives(site: Site) -> None:
    order = site.order()
    item = order["orderitem_set"][0]
    lines = tuple((row["id"], row["quantity"]) for row in order["orderitem_set"])
    leg = Leg(site.places["WH-01"], ((item["id"], item["quantity"]),))
    site.record(f"order-{order['id']}", Placement(site.places["ST-014"], "by the test", lines, (leg,)))
    (transfer,) = site.log.state(f"order-{order['id']}").state.transfers.values()
    site.caught_up()
    shown = site.admin.get(f"packages/{transfer.package}/")
    assert (shown["state"]["enum_value"], shown["transfer_orders"]) == ("50", [transfer.id])
    path = f"transfer_orders/{transfer.id}/command/"
    for slug in ("transfer-ready-for-dispatch", "transfer-dispatch"):
        answer = site.admin("POST", path, {"transfer": transfer.id, "slug": slug})
        assert answer.status_code == 204, answer.text
    short = [{"id": transfer.items[0].id, "quantity": 5}]
    body = {"transfer": transfer.id, "slug": "transfer-delivered", "transfer_items": short}
    assert site.admin("POST", path, body).status_code == 204
    assert site.admin.get(f"transfer_orders/{transfer.id}/")["state"]["enum_value"] == "transferred"
    assert site.admin.get(f"packages/{transfer.package}/")["state"]["enum_value"] == "100"
    again = site.admin("POST", path, body).json()["error"]
    assert (again["code"], again["state"], again["allowed"]) == ("state_conflict", "transferred", [])


def _at_once(n: int, send):
    """The answers of `send(0)`, `send(1)`, … sent by threads that start together."""
    barrier, answers = threading.Barrier(n), [None] * n

    def run(index: int) -> None:
        barrier.wait()
        answers[index] = send(index)

    threads = [threading.Thread(target=run, args=(index,)) for index in range(n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def _history(site: Site, package: int):
    return site.admin.get(f"audit/package/{package}/history/")["results"]


def _events(site: Site, package: int, name: str):
    return [event for event in _history(site, package) if event["event"] == name]


def test_a_key_is_of_one_body_even_where_another_would_change_nothing(site: Site) -> None:
    package = site.package()
    assert site.admin.command(package, "complete-packaging-without-shipment").status_code == 204
    path, said = f"packages/{package}/command/", {"slug": "update-invoice", "invoice_number": "INV-1"}
    first = site.admin("POST", path, said, Idempotency_Key="invoice-1")
    again = site.admin("POST", path, said, Idempotency_Key="invoice-1")
    assert (first.status_code, again.status_code) == (204, 204)
    assert again.headers["X-OMS-Position"] == first.headers["X-OMS-Position"]
    other = site.admin("POST", path, {**said, "comment": "another"}, Idempotency_Key="invoice-1")
    assert (other.status_code, other.json()["error"]["code"]) == (422, "idempotency_key_reused")
