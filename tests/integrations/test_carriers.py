"""Carriers from the log: a label at once, a label later, cancelled, moved, brought back; the state that waits."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from flask import Flask, Response

from domain.cancelling import PackageRefundAccepted
from domain.carriers import CargoCompanyCondition
from domain.kinds import stream_of
from domain.package_commands import PackInput
from domain.returning import UnpackInput
from domain.settings import CargoCompany
from domain.shipment import Parcel
from domain.shipping import LabelInput, ShipmentInfoInput
from domain.states import PackageStatus, ShipmentStatus
from integrations.carriers.adapter import Wire
from integrations.carriers.steady_parcel import SteadyParcel
from integrations.outside import Outside, System
from integrations.trouble import Unanswered
from simulators import fast_cargo, program, steady_parcel
from tests.at_work import LOOPBACK
from tests.integrations.conftest import Bench
from tests.integrations.orders import FAST, STEADY, set_up, waiting
from tests.webhooks.lives import deciding, write
from tests.webhooks.receiver import wait_for
from webhook_outbox.breaker import OPENS_AT

PACK, SHIP = "complete-packaging-with-shipment", "ship-package"
P, S = PackageStatus, ShipmentStatus


@dataclass
class Yard:
    """A shop with both carriers beside it."""

    bench: Bench
    fast: str
    steady: str

    def knobs(self, url: str, **turned: Any) -> None:
        assert requests.patch(f"{url}/admin/knobs", json=turned, timeout=10).status_code == 200

    def report(self, url: str) -> dict[str, Any]:
        return dict(requests.get(f"{url}/report", timeout=10).json())

    def parcels(self, url: str) -> list[dict[str, Any]]:
        return list(requests.get(f"{url}/admin/parcels", timeout=10).json()["results"])

    def pack(self, package: int = 1, **fields: Any) -> None:
        waiting(self.bench, [package], **fields)
        self.bench.command(PACK, PackInput(), package=package)

    def until(self, state: PackageStatus, package: int = 1) -> None:
        wait_for(lambda: self.bench.package(package).state is state, 30, lambda: str(self.bench.calls()))


@pytest.fixture
def yard(bench: Bench) -> Iterator[Yard]:
    with ExitStack() as stack:
        fast = stack.enter_context(program.serving(fast_cargo.build()))
        steady = stack.enter_context(program.serving(steady_parcel.build(label_after=0.1)))
        set_up(
            bench,
            CargoCompany(FAST, "Fast Cargo", "fast", conf={"adapter": "fast_cargo", "url": fast}),
            CargoCompany(STEADY, "Steady", "steady", True, {"adapter": "steady_parcel", "url": steady}),
        )
        bench.follower()
        bench.runner()
        yield Yard(bench, fast, steady)


def test_a_label_at_once(yard: Yard) -> None:
    yard.bench.save(CargoCompany(FAST, "Fast Cargo", "fast", True, {"adapter": "fast_cargo", "url": yard.fast}))
    yard.pack()
    assert yard.bench.package().state is P.waiting_cargo_label
    yard.until(P.packed)
    shipment = yard.bench.shipment()
    assert shipment.awb_number == "FC00000001" and shipment.state is S.labelled and shipment.query_number
    assert shipment.label is not None and shipment.label.media_type == "application/pdf"
    content = yard.bench.log.documents(yard.bench.keyring).read(shipment.label.digest)
    assert content is not None and content.startswith(b"%PDF-")
    [parcel] = yard.parcels(yard.fast)
    assert parcel["reference"] == f"R1P1-{shipment.id}"
    asked = parcel["asked"]
    assert asked["to"] == {
        "name": "Ada Byron", "line": "2 High St", "postcode": "LS1 2AB", "city": "Leeds", "country": "GB",
        "phone": "+447700900123",
    }  # fmt: skip
    assert asked["origin"] == "LEEDS-7" and asked["from"]["line"] == "1 Briggate"
    assert asked["contents"] == [{"sku": "85123A", "name": "T-LIGHT HOLDER", "quantity": 2}]


def test_a_label_only_later_leaves_the_package_waiting_for_it(yard: Yard) -> None:
    yard.pack(cargo_company=STEADY)
    wait_for(lambda: yard.bench.shipment().awb_number is not None)
    commands = [e.command for e in yard.bench.log.read(limit=100)]
    yard.until(P.packed)
    after = [e.command for e in yard.bench.log.read(limit=100)]
    assert after.index("carrier-number") < after.index("carrier-label")
    if "carrier-label" not in commands:  # seen between the two
        assert "PackageLabelled" not in commands
    label = yard.bench.shipment().label
    assert label is not None and label.media_type == "application/pdf"
    assert yard.report(yard.steady)["shipments"] == 1


def test_a_zpl_label(yard: Yard) -> None:
    conf = {"adapter": "fast_cargo", "url": yard.fast, "label_format": "ZPL"}
    yard.bench.save(CargoCompany(FAST, "Fast Cargo", "fast", True, conf))
    yard.pack()
    yard.until(P.packed)
    label = yard.bench.shipment().label
    assert label is not None and label.media_type == "application/zpl"


def test_conditions_choose_the_carrier(yard: Yard) -> None:
    rules = ('location.erp_code == "elsewhere"', 'country == "United Kingdom" && pieces == 2 && amount < 1.0')
    for id, expression in enumerate(rules, 1):
        company = FAST if id == 1 else STEADY
        yard.bench.save(CargoCompanyCondition(id, f"rule {id}", company, expression, priority=id))
    yard.pack()
    assert yard.bench.shipment().cargo_company == STEADY
    assert yard.bench.package().state is P.waiting_cargo_label  # its label is required, the order's carrier's is not
    yard.until(P.packed)
    yard.bench.save(CargoCompany(STEADY, "Steady", "steady", True, is_active=False))
    yard.pack(2)
    assert yard.bench.shipment(2).cargo_company == FAST


def test_a_parcel_that_is_not_answered_for_holds_up_no_other() -> None:
    """It is told at the end; a carrier that answers for none is soon asked no more."""
    app, asked = Flask("steady"), []

    @app.get("/consignments/<name>/status")
    def status(name: str) -> Response:
        asked.append(name)
        return Response('<status code="50"/>', 500 if name.startswith("BAD") else 200, mimetype="application/xml")

    with program.serving(app) as url:
        line = SteadyParcel(Wire(Outside(LOOPBACK), System("steady"), url))
        told, reports = [], line.reports(["A", "BAD1", "B"])
        with pytest.raises(Unanswered, match="500"):
            for one in reports:
                told.append(one)
        assert told == [("A", "delivered"), ("B", "delivered")]
        asked.clear()
        with pytest.raises(Unanswered, match="500"):
            list(line.reports(f"BAD{n}" for n in range(50)))
        assert OPENS_AT <= len(asked) <= 2 * OPENS_AT


def test_unpacked_it_is_cancelled_at_the_carrier_and_packed_again_announced_anew(yard: Yard) -> None:
    yard.pack()
    yard.bench.until("done")
    yard.bench.command("unpack-package", UnpackInput("wrong box"))
    yard.bench.until("done", "done")
    assert yard.report(yard.fast)["cancelled"] == 1
    yard.bench.command(PACK, PackInput())
    yard.bench.until("done", "done", "done")
    assert yard.bench.shipment().awb_number == "FC00000002"
    assert yard.report(yard.fast) == {
        **yard.report(yard.fast), "parcels": 2, "cancelled": 1, "shipments": 2, "cancellations": 1, "doubled": 0,
    }  # fmt: skip


def test_what_was_announced_without_an_answer_is_cancelled_by_our_reference(yard: Yard) -> None:
    """The answer is lost, then the package is unpacked: the carrier must not wait for a parcel that never comes."""
    yard.knobs(yard.fast, lost_answer_rate=1.0)
    yard.pack()
    wait_for(lambda: yard.report(yard.fast)["parcels"] == 1)
    yard.bench.command("unpack-package", UnpackInput())
    yard.knobs(yard.fast, lost_answer_rate=0.0)
    calls = yard.bench.until("dropped", "done")
    assert calls[0]["note"] == "the shipment is cancelled"
    assert yard.report(yard.fast)["cancelled"] == 1 and yard.report(yard.fast)["parcels"] == 1


def test_another_carrier_gets_it_and_the_first_is_told(yard: Yard) -> None:
    yard.pack()
    yard.bench.until("done")
    yard.bench.command("update-shipment-info", ShipmentInfoInput(cargo_company="steady"))
    yard.bench.until("done", "done", "done")
    assert yard.report(yard.fast)["cancelled"] == 1 and yard.report(yard.steady)["parcels"] == 1
    shipment = yard.bench.shipment()
    assert (shipment.cargo_company, shipment.awb_number) == (STEADY, "SP00000001") and shipment.label is not None


def test_a_number_told_by_hand_is_nobody_elses_business(yard: Yard) -> None:
    waiting(yard.bench, [1, 2])
    yard.bench.command(PACK, PackInput(parcels=(Parcel("HAND1"),)))
    yard.bench.command("complete-packaging-without-shipment", PackInput(), package=2)
    yard.bench.command(SHIP, package=2)  # makes a shipment, and tells the carrier nothing
    yard.bench.command("unpack-package", UnpackInput())
    yard.bench.followed()
    assert yard.bench.calls() == [] and yard.report(yard.fast)["parcels"] == 0


def test_the_label_asked_again(yard: Yard) -> None:
    yard.pack()
    yard.bench.until("done")
    conf = {"adapter": "fast_cargo", "url": yard.fast, "label_format": "zpl"}
    yard.bench.save(CargoCompany(FAST, "Fast Cargo", "fast", conf=conf))
    yard.bench.command("update-shipment-label", LabelInput())
    yard.bench.until("done", "done")
    label = yard.bench.shipment().label
    assert label is not None and label.media_type == "application/zpl"
    assert yard.report(yard.fast)["shipments"] == 1


def test_a_carrier_that_says_no_leaves_the_package_waiting_and_a_person_asks_again(yard: Yard) -> None:
    waiting(yard.bench, [1], cargo_company=STEADY)
    yard.bench.save(CargoCompany(STEADY, "Steady", "steady", True, {"adapter": "unknown", "url": yard.steady}))
    yard.bench.command(PACK, PackInput())
    [call] = yard.bench.until("failed")
    assert "there is no adapter 'unknown'; there are fast_cargo, steady_parcel" in call["note"]
    assert yard.bench.package().state is P.waiting_cargo_label
    yard.bench.save(CargoCompany(STEADY, "Steady", "steady", True, {"adapter": "steady_parcel", "url": yard.steady}))
    yard.bench.command("update-shipment-label", LabelInput())  # C23, as a person does
    yard.until(P.packed)
    assert len(yard.bench.calls()) == 1


@pytest.mark.parametrize("carrier", [FAST, STEADY])
def test_a_refund_is_brought_back_by_the_carrier(yard: Yard, carrier: int) -> None:
    yard.pack(cargo_company=carrier)
    yard.until(P.packed)
    wait_for(lambda: yard.bench.shipment().label is not None)
    yard.bench.command(SHIP)
    fact = PackageRefundAccepted(package=1, items=((100, 1),))
    write(yard.bench.log, deciding((stream_of("order", 1), fact)))
    wait_for(lambda: yard.bench.shipment().return_number is not None, 30, lambda: str(yard.bench.calls()))
    url = yard.fast if carrier == FAST else yard.steady
    back = yard.parcels(url)[-1]
    assert back["number"] == yard.bench.shipment().return_number
    assert back["reference"].endswith("-R") and back["asked"]["to"]["line"] == "1 Briggate"
    assert (yard.bench.shipment().return_label is not None) == (carrier == FAST)


def test_a_forgotten_customer_is_for_people(yard: Yard) -> None:
    waiting(yard.bench, [1])
    yard.bench.keyring.forget(yard.bench.log.state(stream_of("order", 1)).state.personal.key)
    yard.bench.command(PACK, PackInput())
    [call] = yard.bench.until("failed")
    assert "forgotten" in call["note"] and yard.report(yard.fast)["parcels"] == 0
