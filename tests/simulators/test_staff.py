"""Staff over real HTTP against a small stand-in for the API: what they do, how often, and that nothing is lost or done
twice when the API, the stock service or the staff themselves go away in the middle."""

import json
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
import requests

from simulators import program, staff, stock_service, text_messages
from simulators.journal import Journal
from simulators.staff_choices import Rates, about_package
from simulators.staff_client import Client, Unanswered
from simulators.staff_work import Staff
from tests.simulators import web
from tests.simulators.fake_api import PHONE, FakeApi

GOOD_DAY = Rates(refuse=0, miss=0, by_steps=0, attempt=0, mistake=0)
PICKED_UP = ["complete-packaging-without-shipment", "ready-for-pickup", "deliver-to-customer"]


@pytest.fixture
def api():
    return FakeApi()


@contextmanager
def at_work(api, **options):
    """Runs the staff until there is nothing to do; gives the tally."""
    usual: dict[str, Any] = {"token": "first-key", "pause": 0.01, "threads": 4}
    with program.serving(api.app()) as url:
        yield staff.run(url, **(usual | options))


def slugs(api, number):
    return [slug for done, slug, _ in api.log if done == number]


def test_a_package_goes_all_the_way(api):
    api.add_package("R1P1")
    with at_work(api, rates=GOOD_DAY) as tally:
        assert api.states() == {"R1P1": "900"}
    done = ["complete-packaging-with-shipment", "ship-package", "update-shipment-status"]
    assert slugs(api, "R1P1") == done
    assert tally.acknowledged == Counter(done)
    assert (tally.refused, tally.unanswered, tally.idle) == (Counter(), 0, 3)
    assert api.log[-1][2] == {"package": 1, "slug": "update-shipment-status", "status": "delivered"}


def test_a_package_by_steps_and_with_a_vain_attempt(api):
    api.add_package("R1P1")
    with at_work(api, rates=Rates(refuse=0, miss=0, by_steps=1, attempt=1)):
        assert api.states() == {"R1P1": "900"}
    assert slugs(api, "R1P1") == [
        *("start-preparing", "ready-for-packaging", "complete-packaging-with-shipment", "ship-package"),
        *("update-shipment-status", "update-shipment-status"),
    ]
    assert api.log[-2][2]["status"] == "attempted_delivery"


def test_refusing_names_a_reason_in_use(api):
    api.add_package("R1P1")
    with at_work(api, rates=Rates(refuse=1, miss=0)):
        assert api.states() == {"R1P1": "910"}
    assert api.log[0][2]["denial_reason"] == 4


def test_without_a_reason_nobody_refuses_and_the_package_waits(api):
    api.add_package("R1P1")
    api.reasons.clear()
    with at_work(api, rates=Rates(refuse=1, miss=0)) as tally:
        assert api.states() == {"R1P1": "100"}
    assert not tally.acknowledged


def test_missing_names_an_item_and_no_more_pieces_than_it_has(api):
    for n in range(30):
        api.add_package(f"R{n}P1", pieces=3)
    with at_work(api, rates=Rates(refuse=0, miss=1)):
        assert set(api.states().values()) == {"920"}
    missed = [body["package_items"][0] for _, _, body in api.log]
    assert {gone["quantity"] for gone in missed} == {1, 2, 3}
    assert {gone["id"] % 10 for gone in missed} == {0, 1}
    assert {gone["reason"] for gone in missed} == {"not_found"}


@contextmanager
def inbox(*texts):
    with program.serving(text_messages.build()) as url:
        for text in texts:
            web.post(f"{url}/messages", json={"to": PHONE, "text": text})
        yield url


def test_what_a_customer_fetches_is_handed_over_for_the_code_of_their_text_message(api):
    """Their number may have got another order's code, and a code of another package of this order."""
    for number, code in (("R1P1", "123456"), ("R1P2", "654321")):
        api.add_package(number, fetched_at="ST-001")
        api.codes[number] = code
    texts = ("Your order R2 waits for you. Your pickup code: 999999", *(
        f"Your order R1 waits for you. Your pickup code: {code}" for code in ("123456", "654321")
    ))  # fmt: skip
    with inbox(*texts) as url, at_work(api, rates=GOOD_DAY, inbox_url=url) as tally:
        assert set(api.states().values()) == {"900"}
    assert slugs(api, "R1P1") == slugs(api, "R1P2") == PICKED_UP
    assert tally.refused == Counter({"input": 1}), "the first code of the order, at the second package"


def test_a_customer_who_has_not_been_told_the_code_is_waited_for(api):
    api.add_package("R1P1", fetched_at="ST-001")
    with inbox() as url, at_work(api, rates=GOOD_DAY, inbox_url=url) as tally:
        assert api.states() == {"R1P1": "550"}
    with inbox("Order R1: 123456") as url, at_work(api, rates=GOOD_DAY, inbox_url=url, errand=60.0):
        assert api.states() == {"R1P1": "550"}, "told, and still on the way"
    assert not tally.refused


def test_a_customer_who_says_the_code_wrongly_says_it_again_and_no_more_codes_than_there_are(api, tmp_path):
    journal = tmp_path / "staff.jsonl"
    for number, code in (("R1P1", "123456"), ("R2P1", "111111")):
        api.add_package(number, fetched_at="ST-001")
        api.codes[number] = code
    with inbox("R1 123456", "R2 222222") as url:
        wrong = {"rates": replace(GOOD_DAY, mistake=1), "inbox_url": url, "journal": journal}
        with at_work(api, **wrong) as tally:
            assert api.states() == {"R1P1": "900", "R2P1": "550"}
        assert tally.refused == Counter({"input": 3})
        web.post(f"{url}/messages", json={"to": PHONE, "text": "R2 111111"})
        with at_work(api, **wrong) as tally:  # other staff, who find in the journal what was tried
            assert api.states()["R2P1"] == "900"
        assert not tally.refused


def test_without_codes_it_is_handed_over_without_one(api):
    api.add_package("R1P1", fetched_at="ST-001")
    with at_work(api, rates=GOOD_DAY):
        assert slugs(api, "R1P1") == PICKED_UP


def test_what_is_packed_elsewhere_than_its_customer_comes_to_is_shipped(api):
    api.add_package("R1P1", erp_code="WH-01", fetched_at="ST-001")
    with at_work(api, rates=GOOD_DAY):
        assert slugs(api, "R1P1")[:2] == ["complete-packaging-with-shipment", "ship-package"]


def test_between_two_looks_so_many_actions_what_is_nearly_done_first(api):
    for number, state in (("R1P1", "100"), ("R2P1", "500"), ("R3P1", "400")):
        api.add_package(number, state)
    api.add_transfer("R4P1T1")
    with at_work(api, rates=GOOD_DAY, most=2, threads=1):
        assert set(api.states().values()) == {"900"}
    rounds = [("R4P1T1", "R2P1")] * 2 + [("R3P1", "R1P1")] + [("R1P1", "R3P1")] * 2
    assert [number for number, _, _ in api.log] == [number for pair in rounds for number in pair]


def test_transfers_are_sent_and_received(api):
    api.add_transfer("R1P1T1")
    api.add_transfer("R2P1T1")
    with at_work(api, rates=Rates(by_steps=0)):
        assert set(api.states("transfer_orders").values()) == {"transferred"}
    assert slugs(api, "R1P1T1") == ["transfer-dispatch", "transfer-delivered"]


def test_transfers_by_steps_and_a_piece_short(api):
    api.add_transfer("R1P1T1")
    with at_work(api, rates=Rates(by_steps=1, lost=1)):
        assert api.states("transfer_orders") == {"R1P1T1": "transferred"}
    assert slugs(api, "R1P1T1") == ["transfer-ready-for-dispatch", "transfer-dispatch", "transfer-delivered"]
    assert sum(item["quantity"] for item in api.log[-1][2]["transfer_items"]) == 5


def test_the_rates_are_met_and_the_seed_decides_whatever_the_threads_do(api):
    for n in range(200):
        api.add_package(f"R{n}P1")
    rates = Rates(refuse=0.2, miss=0.1, by_steps=0.5, ship=0.5, deliver=0.5)
    with at_work(api, rates=rates, seed=7, threads=8) as tally:
        states = api.states()
    assert 22 <= tally.acknowledged["package-refuse-with-denial-reason"] <= 60
    assert 8 <= tally.acknowledged["product-not-found"] <= 36
    assert {"910", "920", "500", "600", "900"} <= set(states.values()) <= {"910", "920", "500", "600", "700", "900"}

    def again(seed, threads):
        other = FakeApi()
        for n in reversed(range(200)):
            other.add_package(f"R{n}P1")
        with at_work(other, rates=rates, seed=seed, threads=threads):
            return other.states()

    assert again(7, 1) == states
    assert again(8, 8) != states


def test_a_command_that_is_not_offered_is_not_tried(api):
    api.add_package("R1P1")
    shown = api.show("packages", api.rows["packages"][0])
    assert about_package(0, GOOD_DAY, shown, []) is not None
    assert about_package(0, GOOD_DAY, shown | {"commands": [{"slug": "block-package"}]}, []) is None


def test_more_packages_than_a_list_holds(api):
    for n in range(250):
        api.add_package(f"R{n}P1", "600")
    with at_work(api, rates=GOOD_DAY):
        assert set(api.states().values()) == {"900"}


def test_only_their_own_locations(api):
    api.add_package("R1P1", erp_code="ST-001")
    api.add_package("R2P1", erp_code="ST-002")
    api.add_transfer("R3P1T1")
    with at_work(api, rates=GOOD_DAY, locations=["ST-002"]):
        assert api.states() == {"R1P1": "100", "R2P1": "900"}
        assert api.states("transfer_orders") == {"R3P1T1": "waiting"}
    with at_work(api, rates=GOOD_DAY, locations=["WH-01"]):
        assert api.states("transfer_orders") == {"R3P1T1": "in_transit"}
    with at_work(api, rates=GOOD_DAY, locations=["ST-001"]):
        assert api.states("transfer_orders") == {"R3P1T1": "transferred"}


def test_login_and_login_again_when_the_key_has_run_out(api):
    api.add_package("R1P1")
    api.keys.clear()
    with at_work(api, token="", username="staff", password="secret", rates=GOOD_DAY):
        assert api.states() == {"R1P1": "900"}
    api.add_package("R2P1")
    with at_work(api, token="run-out", username="staff", password="secret", rates=GOOD_DAY):
        assert api.states()["R2P1"] == "900"
    with pytest.raises(requests.HTTPError), at_work(api, token="", username="staff", password="guess"):
        pass


def test_an_api_that_is_busy_is_asked_again(api):
    api.add_package("R1P1")
    api.bad_answers.extend([503, 502, 429, 500, 503])
    with at_work(api, rates=GOOD_DAY) as tally:
        assert api.states() == {"R1P1": "900"}
    assert tally.unanswered == 0


def test_a_command_whose_answer_was_lost_acts_once(api):
    for n in range(5):
        api.add_package(f"R{n}P1")
    api.lost_answers = 7
    with at_work(api, rates=GOOD_DAY) as tally:
        assert set(api.states().values()) == {"900"}
    assert len(api.log) == sum(tally.acknowledged.values()) == 15
    assert not tally.refused


def test_no_answer_in_all_the_time_there_was(api):
    with program.serving(api.app()) as url:
        pass  # nobody listens there any more
    with pytest.raises(Unanswered):
        Client(url, token="first-key", patience=0.1).get("/api/v1/oms/packages/")


def test_an_action_without_an_answer_is_sent_again_with_the_same_key(api):
    api.add_package("R1P1")
    api.lost_answers = 2
    with at_work(api, rates=GOOD_DAY, patience=0.01) as tally:
        assert api.states() == {"R1P1": "900"}
    assert tally.unanswered == 2
    assert len(api.log) == sum(tally.acknowledged.values()) == 3


def test_refused_thrice_is_left_lying(api):
    api.add_package("R1P1")
    api.run = lambda kind, id, body: ({"error": {"code": "state_conflict"}, "status_code": 400}, 400)
    with at_work(api, rates=GOOD_DAY, until=lambda tally: tally.rounds == 8) as tally:
        assert tally.refused == Counter({"state_conflict": 3})
        assert tally.idle == 5


def test_the_journal_holds_each_acknowledged_action_once(api, tmp_path):
    for n in range(10):
        api.add_package(f"R{n}P1")
    journal = tmp_path / "staff.jsonl"
    with at_work(api, rates=GOOD_DAY, journal=journal):
        pass
    rows = [json.loads(line) for line in journal.read_text().splitlines()]
    done = [row["acknowledged"] for row in rows if "acknowledged" in row]
    assert sorted((row["number"], row["slug"]) for row in done) == sorted((n, slug) for n, slug, _ in api.log)
    assert all(row["status"] == 204 and row["position"] for row in done)


def test_staff_who_went_away_in_the_middle_finish_what_they_began(api, tmp_path):
    """The command was done, and the goods were not reported when the staff were killed."""
    api.add_package("R1P1")
    journal, stock = tmp_path / "staff.jsonl", stock_service.build()
    with program.serving(api.app()) as url, program.serving(stock) as stock_url:
        levels = [{"erp_code": "ST-001", "sku": sku, "quantity": 10} for sku in ("SKU0", "SKU1")]
        web.put(f"{stock_url}/admin/levels", json={"stock": levels})
        before = Journal(journal)
        (action,) = Staff(Client(url, token="first-key"), 0, GOOD_DAY, before).work()
        before.append({"acting": action.asdict()})
        before.close()
        web.post(
            f"{url}/api/v1/oms/packages/1/command/",
            json=action.body,
            headers={"Authorization": "Token first-key", "Idempotency-Key": action.key},
        )
        staff.run(url, token="first-key", rates=GOOD_DAY, journal=journal, stock_url=stock_url, pause=0.01)
        assert slugs(api, "R1P1").count("complete-packaging-with-shipment") == 1
        assert api.states() == {"R1P1": "900"}
        answer = web.get(f"{stock_url}/single?sku=SKU0").json()
        assert answer["stocks"] == [{"erp_code": "ST-001", "quantity": 8}]


def test_goods_that_leave_and_arrive_are_reported(api):
    api.add_package("R1P1")
    api.add_transfer("R2P1T1")
    with program.serving(stock_service.build()) as stock_url:
        places = [(code, sku) for code in ("ST-001", "WH-01") for sku in ("SKU0", "SKU1")]
        levels = [{"erp_code": code, "sku": sku, "quantity": 10} for code, sku in places]
        web.put(f"{stock_url}/admin/levels", json={"stock": levels})
        with at_work(api, rates=Rates(refuse=0, miss=0, lost=1), stock_url=stock_url):
            pass
        told = [web.get(f"{stock_url}/single?sku={sku}").json()["stocks"] for sku in ("SKU0", "SKU1")]
        left = {(stock["erp_code"], n): stock["quantity"] for n, stocks in enumerate(told) for stock in stocks}
        assert left["WH-01", 0] == left["WH-01", 1] == 7
        # Packed 2 of each; received 3 of one SKU and, a piece being lost, 2 of the other.
        assert sorted((left["ST-001", 0], left["ST-001", 1])) == [10, 11]


def test_until_ends_the_work(api):
    for n in range(20):
        api.add_package(f"R{n}P1")
    with at_work(api, rates=GOOD_DAY, until=lambda tally: sum(tally.acknowledged.values()) >= 20) as tally:
        assert set(api.states().values()) == {"500"}
    assert tally.rounds == 1
