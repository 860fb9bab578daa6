"""The stock service over real HTTP: its answers, who may ask, its bad days, and goods that leave."""

from contextlib import closing

import pytest
import requests

from simulators import program, stock_service
from simulators.door import Auth
from simulators.journal import Journal
from tests.simulators import web

LEVELS = [
    {"erp_code": "ST-014", "sku": "85123A", "quantity": 12},
    {"erp_code": "WH-01", "sku": "85123A", "quantity": 300},
    {"erp_code": "WH-01", "sku": "71053", "quantity": 5},
    {"erp_code": "ST-014", "sku": "71053", "quantity": 0},
]
EVERYTHING = {
    "results": [
        {"sku": "85123A", "stocks": [{"erp_code": "ST-014", "quantity": 12}, {"erp_code": "WH-01", "quantity": 300}]},
        {"sku": "71053", "stocks": [{"erp_code": "WH-01", "quantity": 5}]},
        {"sku": "NEVER", "stocks": []},
    ]
}


@pytest.fixture
def service():
    with program.serving(stock_service.build(seed=1)) as url:
        assert web.put(f"{url}/admin/levels", json={"stock": LEVELS}).json() == {"accepted": 4}
        yield url


def ask(url, *skus, kind="multiple", **more):
    return web.get(f"{url}/{kind}", params=[("sku", sku) for sku in skus], **more)


def knobs(url, **turned):
    answer = web.patch(f"{url}/admin/knobs", json=turned)
    assert answer.status_code == 200, answer.text


def move(url, *moves):
    rows = [{"key": key, "erp_code": code, "sku": sku, "quantity": quantity} for key, code, sku, quantity in moves]
    return web.post(f"{url}/moves", json={"moves": rows}).json()


def test_multiple_answers_each_sku_asked_once_known_or_not(service):
    assert ask(service, "85123A", "71053", "NEVER", "71053").json() == EVERYTHING


def test_single_answers_one_sku(service):
    stocks = [{"erp_code": "WH-01", "quantity": 5}]
    assert ask(service, "71053", kind="single").json() == {"sku": "71053", "stocks": stocks}


def test_a_question_without_sku_is_refused(service):
    assert ask(service).status_code == 400
    assert ask(service, kind="single").status_code == 400


def test_asking_takes_nothing_and_goods_that_left_are_gone(service):
    ask(service, "71053")
    assert ask(service, "71053").json()["results"][0]["stocks"][0]["quantity"] == 5
    assert move(service, ("a", "WH-01", "71053", 2), ("b", "ST-014", "71053", -1)) == {"moved": 2, "repeats": 0}
    stocks = [{"erp_code": "ST-014", "quantity": 1}, {"erp_code": "WH-01", "quantity": 3}]
    assert ask(service, "71053").json()["results"][0]["stocks"] == stocks


def test_a_move_reported_twice_acts_once(service):
    move(service, ("a", "WH-01", "71053", 2))
    assert move(service, ("a", "WH-01", "71053", 2), ("b", "WH-01", "71053", 1)) == {"moved": 1, "repeats": 1}
    assert ask(service, "71053").json()["results"][0]["stocks"][0]["quantity"] == 2


def test_more_goods_left_than_were_known_leaves_nothing_and_is_counted(service):
    move(service, ("a", "WH-01", "71053", 9))
    assert ask(service, "71053").json()["results"][0]["stocks"] == []
    assert web.get(f"{service}/report").json()["below_zero"] == 1


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        {"erp_code": "WH-01", "sku": "71053", "quantity": 1.5},
        {"erp_code": "WH-01", "sku": "71053", "quantity": -1},
        {"erp_code": "WH-01", "sku": "71053", "quantity": True},
        {"erp_code": "WH-01", "sku": "", "quantity": 1},
        {"sku": "71053", "quantity": 1},
    ],
)
def test_a_wrong_row_sets_none(service, wrong):
    good = {"erp_code": "WH-01", "sku": "71053", "quantity": 77}
    answer = web.put(f"{service}/admin/levels", json={"stock": [good, wrong]})
    assert answer.status_code == 400
    assert ask(service, "71053").json()["results"][0]["stocks"][0]["quantity"] == 5


def test_basic_auth():
    with program.serving(stock_service.build(auth=Auth("basic_auth", "shop", "secret"))) as url:
        assert ask(url, "A").status_code == 401
        assert ask(url, "A", auth=("shop", "wrong")).status_code == 401
        assert ask(url, "A", headers={"Authorization": "Basic !"}).status_code == 401
        assert ask(url, "A", auth=("shop", "secret")).status_code == 200


def test_token_auth_and_a_token_that_runs_out():
    with program.serving(stock_service.build(auth=Auth("token", "shop", "secret"))) as url:
        wrong = web.post(f"{url}/auth/login/", json={"username": "shop", "password": "guess"})
        assert wrong.status_code == 400
        key = web.post(f"{url}/auth/login/", json={"username": "shop", "password": "secret"}).json()["key"]
        assert ask(url, "A").status_code == 401
        assert ask(url, "A", headers={"Authorization": "Token guess"}).status_code == 401
        for scheme in ("Token", "Bearer"):
            assert ask(url, "A", headers={"Authorization": f"{scheme} {key}"}).status_code == 200
        web.delete(f"{url}/admin/keys")
        assert ask(url, "A", headers={"Authorization": f"Token {key}"}).status_code == 401


def test_errors_at_the_given_rate_and_again_none(service):
    knobs(service, error_rate=0.5)
    failed = sum(ask(service, "71053").status_code == 500 for _ in range(40))
    assert 8 <= failed <= 32
    knobs(service, error_rate=0.0)
    assert all(ask(service, "71053").ok for _ in range(10))
    counts = web.get(f"{service}/report").json()
    assert (counts["spoiled"], counts["requests"]) == (failed, 50)


def test_the_same_seed_has_the_same_bad_luck():
    def luck(seed):
        with program.serving(stock_service.build(seed=seed)) as url:
            knobs(url, error_rate=0.5)
            return [ask(url, "A").status_code for _ in range(20)]

    assert luck(5) == luck(5)
    assert luck(5) != luck(6)


@pytest.mark.parametrize("kind", ["multiple", "single"])
def test_nonsense_is_never_a_right_answer(service, kind):
    knobs(service, wrong_json_rate=1.0)
    for _ in range(20):
        answer = ask(service, "71053", kind=kind)
        assert answer.status_code == 200
        assert not rightly_shaped(answer, kind)


def rightly_shaped(answer, kind):
    """Whether a careful client could take this for stock."""
    try:
        told = answer.json()
        rows = told["results"] if kind == "multiple" else [told]
        quantities = [stock["quantity"] for row in rows for stock in row["stocks"] if row["sku"]]
    except (ValueError, TypeError, KeyError):
        return False
    return all(isinstance(quantity, int) and quantity >= 0 for quantity in quantities)


def test_half_an_answer_names_half_of_the_skus(service):
    knobs(service, half_answer_rate=1.0)
    assert [row["sku"] for row in ask(service, "85123A", "71053", "NEVER").json()["results"]] == ["71053"]


def test_an_answer_that_is_cut_off_breaks_the_connection(service):
    knobs(service, cut_rate=1.0)
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        ask(service, "85123A", "71053")


def test_down_means_no_answer_at_all_and_it_recovers(service):
    knobs(service, down=True)
    with pytest.raises(requests.ConnectionError):
        ask(service, "71053")
    knobs(service, down=False)
    assert ask(service, "85123A", "71053", "NEVER").json() == EVERYTHING


def test_a_slow_service_is_slower_than_the_client_waits(service):
    knobs(service, latency=2)
    with pytest.raises(requests.ReadTimeout):
        web.get(f"{service}/multiple?sku=A", timeout=0.2)


@pytest.mark.parametrize("wrong", [{"latencyy": 1}, {"error_rate": 2}, {"error_rate": "0.5"}, {"down": 1}, [], None])
def test_a_wrong_knob_turns_nothing(service, wrong):
    before = web.get(f"{service}/admin/knobs").json()
    assert web.patch(f"{service}/admin/knobs", json=wrong).status_code == 400
    assert web.get(f"{service}/admin/knobs").json() == before


def test_the_journal_brings_levels_and_moves_back(tmp_path):
    path = tmp_path / "stock.jsonl"
    with closing(Journal(path)) as journal, program.serving(stock_service.build(journal=journal)) as url:
        web.put(f"{url}/admin/levels", json={"stock": LEVELS})
        move(url, ("a", "WH-01", "71053", 2))
    with path.open("ab") as torn:
        torn.write(b'{"move": {"key": "b", "erp_c')
    with closing(Journal(path)) as journal, program.serving(stock_service.build(journal=journal)) as url:
        assert ask(url, "71053").json()["results"][0]["stocks"] == [{"erp_code": "WH-01", "quantity": 3}]
        assert move(url, ("a", "WH-01", "71053", 2)) == {"moved": 0, "repeats": 1}
