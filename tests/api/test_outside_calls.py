"""What waits for people is listed and tried again; carriers report by signed messages and are asked by a job (A6)."""

import json
import time
from typing import Any
from uuid import uuid4

import pytest
import requests

from api.call_tools import run as run_tool
from api.cli import parser
from api.jobs.neighbours import carrier_status, old_calls
from api.jobs.turn import JobFailed, Turn
from domain.settings import CargoCompany, save
from eventlog.secrets import Secrets
from integrations import queue
from integrations.kinds import CALL_KINDS, Caused
from simulators import fast_cargo, program, signatures
from tests.api.site import SECRET, SETTINGS, Site

CALLS = "integrations/calls/"
KEY = "a secret of the carrier"


def a_call(site: Site, *, failed: bool = True) -> int:
    """A call about a shipment, as the follower queues it, that the runner gave up."""
    event = site.log.read(limit=1)[0]
    caused = Caused(f"shipment-{uuid4().hex}", uuid4().hex, "carrier:fast", {"shipment": 1, "company": 1})
    with site.log.listening() as connection:
        queue.add(connection, event, CALL_KINDS["carrier.cancellation"], [caused])
        [row] = queue.listed(connection, {"subject": caused.subject})
        if failed:
            connection.execute(
                "update integration_calls set state = 'failed', note = 'no', tries = 20 where id = %s", (row["id"],)
            )
    return int(row["id"])


def test_what_failed_is_listed_and_retried(site: Site) -> None:
    id = a_call(site)
    found = site.admin.get(f"{CALLS}?state=failed&kind=carrier.cancellation&limit=100")
    [row] = [row for row in found["results"] if row["id"] == id]
    assert (row["state"], row["note"], row["tries"], row["system"]) == ("failed", "no", 20, "carrier:fast")
    assert row["description"] == "Cancels a shipment at its carrier." and found["count"] >= 1
    assert site.admin("POST", f"{CALLS}{id}/retry/", {}).status_code == 204
    shown = site.admin.get(f"{CALLS}{id}/")
    assert (shown["state"], shown["tries"], shown["attempts"]) == ("waiting", 0, []) and shown["due_date"]
    assert 'oms_integration_calls_waiting{kind="carrier.cancellation"}' in site.nobody("GET", "/metrics").text
    assert site.admin("POST", f"{CALLS}{id}/drop/", {}).status_code == 400
    assert site.admin("POST", f"{CALLS}{id}/drop/", {"reason": "done by phone"}).status_code == 204
    assert site.admin.get(f"{CALLS}{id}/")["note"] == "done by phone (admin)"
    again = site.admin("POST", f"{CALLS}{id}/retry/", {})
    assert again.status_code == 400 and "over" in again.json()["error"]["message"]


@pytest.mark.parametrize("query", ["state=broken", "order=R1", "colour=red", "sort=id", "page=200&limit=100"])
def test_what_no_list_can_answer(site: Site, query: str) -> None:
    assert site.admin("GET", f"{CALLS}?{query}").status_code == 400


def test_traffic_is_shown_and_filtered(site: Site) -> None:
    with site.log.listening() as connection:
        connection.execute(
            "insert into integration_attempts (system, what, method, place, status, seconds, outcome)"
            " values ('sms', 'text message', 'POST', 'sms.example.org/messages', 200, 0.1, 'ok')"
        )
    found = site.admin.get("integrations/traffic/?system=sms")["results"]
    assert [row["place"] for row in found] == ["sms.example.org/messages"]
    assert site.admin.get(f"integrations/traffic/?system=sms&id__lt={found[0]['id']}")["results"] == []
    for wrong in ("id__lt=x", "outcome=well", "page=2", "sort=id", "colour=red"):
        assert site.admin("GET", f"integrations/traffic/?{wrong}").status_code == 400, wrong


def test_traffic_goes_on_where_it_ended(site: Site) -> None:
    with site.log.listening() as connection:
        for _ in range(3):
            connection.execute(
                "insert into integration_attempts (system, what, method, place, status, seconds, outcome)"
                " values ('paged', 'question', 'GET', 'paged.example.org/', 200, 0.1, 'resting')"
            )
    first = site.admin.get("integrations/traffic/?system=paged&outcome=resting&limit=2")
    rest = site.admin.get("integrations/traffic/?" + first["next"].partition("?")[2])
    ids = [row["id"] for row in (*first["results"], *rest["results"])]
    assert len(ids) == 3 and ids == sorted(ids, reverse=True) and rest["next"] is None


def test_the_same_by_oms_calls(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    id = a_call(site)

    def oms(*words: str) -> tuple[int, str]:
        arguments = parser().parse_args(["calls", *words])
        said: list[str] = []
        code = run_tool(site.log, None, arguments, lambda _a, answer, text: said.append(text(answer)))  # type: ignore[arg-type]  # it asks the log alone
        return code, "\n".join(said)

    assert f"{id:>8} failed" in oms("list", "--state", "failed", "--limit", "1000")[1]
    assert "carrier.cancellation" in oms("show", str(id))[1]
    assert oms("retry", str(id)) == (0, f"call {id} is made again")
    assert oms("drop", str(id), "--reason", "by phone")[0] == 0
    assert oms("drop", str(id), "--reason", "by phone")[0] == 1
    assert oms("show", "987654321")[0] == 1
    assert oms("traffic")[0] == 0


# --- carriers that report


@pytest.fixture(scope="module")
def connected(site: Site) -> dict[str, int]:
    """Two connected carriers; the API keeps their secret."""
    made = {}
    for slug, adapter in (("told-fast", "fast_cargo"), ("told-steady", "steady_parcel")):
        conf = {"adapter": adapter, "url": "http://127.0.0.1:9", "secret_key": KEY}
        body = {"name": slug, "slug": slug, "conf": conf}
        made[slug] = site.admin.post("cargo-companies/", body)["id"]
        assert site.admin.get(f"cargo-companies/{made[slug]}/")["conf"]["secret_key"] == "********"
    return made


def packed(site: Site, carrier: str, awb: str) -> int:
    package = site.plan(site.order(cargo_company=carrier))
    body = {"parcels": [{"awb_number": awb}]}
    assert site.admin.command(package, "complete-packaging-with-shipment", **body).status_code == 204
    site.caught_up()
    return package


def tell(site: Site, slug: str, body: bytes, key: str = KEY, **more: str) -> requests.Response:
    at = more.get("at", str(int(time.time())))
    headers = {"webhook-id": "m1", "webhook-timestamp": at}
    headers["webhook-signature"] = signatures.standard(key, "m1", at, body)
    url = f"{site.url}/api/v1/oms/carriers/{slug}/status/"
    return requests.post(url, data=body, headers=headers, timeout=20)


def state(site: Site, package: int) -> str:
    return str(site.admin.get(f"packages/{package}/")["state"]["enum_value"])


def fast(*steps: tuple[str, str]) -> bytes:
    return json.dumps({"events": [{"awb": awb, "status": status} for awb, status in steps]}).encode()


def test_a_signed_message_moves_the_package(site: Site, connected: dict[str, int]) -> None:
    package = packed(site, "told-fast", "TF1")
    answer = tell(site, "told-fast", fast(("TF1", "DELIVERED"), ("NOBODY", "DELIVERED"), ("TF1", "LOST_IN_SPACE")))
    assert (answer.status_code, answer.json()) == (200, {"taken": 1, "unknown": ["NOBODY"]})
    assert state(site, package) == "900"
    site.caught_up()
    log = site.admin.get(f"state-transition-logs/?object_id={package}&content_type=package")
    states = [row["new_state"]["enum_value"] for row in log["results"]]
    assert {"600", "900"} <= set(states), "from 500 by way of 600"
    chain = site.admin.get(f"audit/correlation/{answer.headers['X-Request-ID']}/")["results"]
    assert {row["command"] for row in chain} == {"carrier-report"}
    head = site.log.head().position
    assert tell(site, "told-fast", fast(("TF1", "NOT_HOME"), ("TF1", "DELIVERED"))).status_code == 200
    assert site.log.head().position == head, "late, or again: nothing changes"


def test_the_same_in_xml(site: Site, connected: dict[str, int]) -> None:
    package = packed(site, "told-steady", "TS1")
    body = b'<statuses><status consignment="TS1" code="30"/></statuses>'
    assert tell(site, "told-steady", body).json()["taken"] == 1
    assert state(site, package) == "700"


def test_whose_message_it_was_stands_in_who_talked_to_whom(site: Site, connected: dict[str, int]) -> None:
    packed(site, "told-fast", "TF3")

    def heard() -> int:
        said = site.admin.get("traffic/?party=carrier:told-fast&limit=100")["results"]
        return sum((row["from"], row["to"]) == ("carrier:told-fast", "daybook") for row in said)

    before = heard()
    assert tell(site, "told-fast", fast(("TF3", "DELIVERED"))).ok
    assert tell(site, "told-fast", fast(("TF3", "DELIVERED")), key="another secret").status_code == 401
    assert heard() == before + 1, "who only says to be one is not taken for it"


def test_a_message_that_is_not_to_be_trusted_changes_nothing(site: Site, connected: dict[str, int]) -> None:
    packed(site, "told-fast", "TF2")
    body = fast(("TF2", "DELIVERED"))
    head = site.log.head().position
    url = f"{site.url}/api/v1/oms/carriers/told-fast/status/"
    assert requests.post(url, data=body, timeout=20).status_code == 401
    assert tell(site, "told-fast", body, key="another secret").status_code == 401
    assert tell(site, "told-fast", body, at=str(int(time.time()) - 3600)).status_code == 401
    assert tell(site, "no-such-carrier", body).status_code == 404
    assert tell(site, "fast", body).status_code == 404, "not connected"
    assert tell(site, "told-fast", b"<xml/>").status_code == 400
    assert tell(site, "told-steady", b'<!DOCTYPE x [<!ENTITY a "b">]><statuses/>').status_code == 400
    assert site.log.head().position == head


def test_another_carriers_number_is_not_its_own(site: Site, connected: dict[str, int]) -> None:
    package = packed(site, "told-fast", "SAME1")
    body = b'<statuses><status consignment="SAME1" code="50"/></statuses>'
    assert tell(site, "told-steady", body).json() == {"taken": 0, "unknown": ["SAME1"]}
    assert state(site, package) == "500"


def test_a_job_asks_what_nobody_told(site: Site, connected: dict[str, int]) -> None:
    with program.serving(fast_cargo.build()) as url:
        keep = Secrets(site.log.listening, SECRET).keep
        conf: dict[str, Any] = {"adapter": "fast_cargo", "url": url, "secret_key": keep(KEY)}
        id = connected["told-fast"]
        record = CargoCompany(id, "told-fast", "told-fast", conf=conf)
        site.log.decide(f"cargo_company-{id}", lambda s, _: save(s, record), actor="t", command="t")
        said = {"reference": "R", "to": {"line": "x"}}
        awb = requests.post(f"{url}/v1/shipments", json=said, timeout=10).json()["awb"]
        package = packed(site, "told-fast", awb)
        requests.post(f"{url}/admin/parcels/{awb}", json={"status": "picked_up"}, timeout=10)
        turn = Turn(site.log, SETTINGS_WITH_KEY, "carrier-status", 1, 1)
        with pytest.raises(JobFailed, match="told-steady"):  # that one is not there, and stops no other
            carrier_status(turn)
        assert state(site, package) == "600"
    assert old_calls(turn) == {"requests and calls": 0}


SETTINGS_WITH_KEY = SETTINGS.__class__(webhook_allow=SETTINGS.webhook_allow, secret_key=SECRET)
