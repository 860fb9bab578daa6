"""Pickup codes: made, sealed, sent once, said at the counter; another one after too many wrong ones."""

import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from domain.application_settings import ApplicationSetting
from domain.kernel import Refusal
from domain.package_commands import PackInput
from domain.picking_up import PickupInput
from domain.states import PackageStatus
from integrations.text_messages import masked
from simulators import program, text_messages
from tests.integrations.conftest import Bench
from tests.integrations.orders import set_up, waiting
from tests.webhooks.receiver import wait_for

NUMBER = "+447700900123"


@pytest.fixture
def shop(bench: Bench) -> Bench:
    set_up(bench)
    setting(bench, 1, "IS_OTP_ENABLED", True)
    bench.follower()
    bench.runner()
    return bench


@pytest.fixture
def provider() -> Iterator[str]:
    with program.serving(text_messages.build()) as url:
        yield url


def setting(bench: Bench, id: int, key: str, value: Any) -> None:
    bench.save(ApplicationSetting(id, key, value))


def ready(bench: Bench, **fields: Any) -> None:
    waiting(bench, [1], delivery_type="store_pickup", **fields)
    bench.command("complete-packaging-without-shipment", PackInput())
    bench.command("ready-for-pickup")


def texts(url: str) -> list[str]:
    found = requests.get(f"{url}/admin/messages", timeout=5).json()["results"]
    assert {message["to"] for message in found} <= {NUMBER}
    return [message["text"] for message in found]


def code_in(text: str) -> str:
    found = re.search(r"\b\d{6}\b", text)
    assert found, text
    return found[0]


def refused(bench: Bench, otp: str) -> str:
    with pytest.raises(Refusal) as refusal:
        bench.command("deliver-to-customer", PickupInput(otp))
    if refusal.value.facts:  # as the API writes them
        bench.log.decide("order-1", lambda _o, _g: refusal.value.facts, actor="ada", command="deliver-to-customer")
    return refusal.value.message


def test_the_customer_says_the_code_that_was_sent(shop: Bench, provider: str) -> None:
    requests.patch(f"{provider}/admin/knobs", json={"lost_answers": 2}, timeout=5)
    setting(shop, 2, "SMS_SETTINGS", {"provider": "http", "url": f"{provider}/messages", "sender": "Shop"})
    ready(shop)
    shop.until("done", "done")
    [text] = texts(provider)  # once, though two answers were lost
    assert text.startswith("Your order R1 waits") and "R1" in text
    code = code_in(text)
    wrong = f"{(int(code) + 1) % 10**6:06}"
    assert "4 tries left" in refused(shop, wrong)
    shop.command("deliver-to-customer", PickupInput(code))
    assert shop.package().state is PackageStatus.delivered
    events = shop.log.read(limit=100)
    assert code not in str([e.fact for e in events]) and "PickupCodeSent" in [type(e.fact).__name__ for e in events]
    assert code not in str(shop.calls())


def test_another_code_after_too_many_wrong_ones(shop: Bench, provider: str) -> None:
    setting(shop, 2, "SMS_SETTINGS", {"url": f"{provider}/messages", "template": {"tr-tr": "Kod {code}"}})
    setting(shop, 3, "OTP_SETTINGS", {"digits": 6, "tries": 2, "minutes": 5})
    ready(shop, extra={"language_code": "tr-tr"})
    shop.until("done", "done")
    first = code_in(texts(provider)[0])
    wrong = f"{(int(first) + 1) % 10**6:06}"
    assert "1 tries left" in refused(shop, wrong)
    assert "a new one is sent" in refused(shop, wrong)
    assert "is being sent" in refused(shop, first)
    shop.until("done", "done", "done", "done")
    second = code_in(texts(provider)[1])
    assert texts(provider)[1] == f"Kod {second}"
    if second != first:
        refused(shop, first)
    shop.command("deliver-to-customer", PickupInput(second))


def test_nobody_to_send_it_is_for_people(shop: Bench) -> None:
    ready(shop)
    calls = shop.until("done", "failed")
    assert calls[1]["note"] == "SMS_SETTINGS does not say who sends text messages"


def test_the_log_alone_tells_neither_number_nor_code(shop: Bench, caplog: pytest.LogCaptureFixture) -> None:
    setting(shop, 2, "SMS_SETTINGS", {"provider": "log"})
    with caplog.at_level(logging.INFO, "daybook.text_messages"):
        ready(shop)
        shop.until("done", "done")
    [line] = [record.getMessage() for record in caplog.records if record.name == "daybook.text_messages"]
    assert masked(NUMBER) in line and NUMBER not in line and not re.search(r"\d{6}", line)
    wait_for(lambda: shop.package().pickup is not None)


def test_without_one_time_passwords_nobody_is_told(shop: Bench) -> None:
    setting(shop, 1, "IS_OTP_ENABLED", False)
    ready(shop)
    shop.followed()
    assert shop.calls() == []
