"""A receiver on its bad days: each costs its own try and nothing else, and whatever came to it was signed."""

import hashlib
import hmac
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from standardwebhooks.webhooks import Webhook

from domain.settings import Subscription
from simulators.bad_days import DAYS, BadDays, Came, TurningName, having
from tests.at_work import LOOPBACK
from tests.webhooks.conftest import Outbox
from tests.webhooks.lives import deciding, received, write
from tests.webhooks.receiver import wait_for
from webhook_outbox.attempt import Courier, Outcome, Target
from webhook_outbox.dialing import ANSWER_BYTES, Dialer
from webhook_outbox.endpoint_secrets import Secrets
from webhook_outbox.signing import new_secret
from webhook_outbox.targets import check_url

SECRET = new_secret()
BODY = b'{"event":{"type":"order.received"},"payload":{}}'
PATIENCE = 2.0
"""Seconds a receiver has here; fifteen in life."""


@pytest.fixture
def days() -> Iterator[BadDays]:
    with having() as made:
        yield made


def send(url: str, allowed=LOOPBACK) -> tuple[Outcome, float]:
    courier = Courier(Dialer(allowed), PATIENCE)
    target = Target(Subscription(id=1, user=1, target_url=url, event_type="*"), Secrets(SECRET))
    begun = time.monotonic()
    try:
        return courier.send(target, "order.received", uuid4(), BODY), time.monotonic() - begun
    finally:
        courier.close()


def verify(came: Came) -> None:
    """As the public package does it, and by hand."""
    Webhook(SECRET).verify(came.body, came.headers)
    digest = hmac.new(SECRET.encode(), came.body, hashlib.sha256).hexdigest()
    assert came.headers["X-Whisperer-Signature"] == f"sha256={digest}"
    assert came.headers["X-Whisperer-Event"]


EXPECTED = {
    "fine": (200, None),
    "500": (500, None),
    "timeout": (None, "no answer within 2 s"),
    "drip-headers": (None, "no answer within 2 s"),
    "drip-body": (200, None),
    "400mb": (200, None),
    "400mb-headers": (None, "HTTPException"),
    "gzip-bomb": (200, None),
    "reset": (None, "Connection"),
    "nonsense": (None, "BadStatusLine"),
    "redirect-inside": (302, None),
    "410": (410, None),
    "429": (429, None),
}


def test_each_day_is_expected() -> None:
    assert EXPECTED.keys() == DAYS.keys()


@pytest.mark.parametrize("day", DAYS)
def test_a_bad_day_costs_its_own_try(days: BadDays, day: str) -> None:
    outcome, seconds = send(f"{days.url}/{day}")
    status, error = EXPECTED[day]
    assert outcome.status == status and (outcome.error or "").startswith(error or "")
    assert outcome.delivered is (status == 200)
    assert seconds < PATIENCE + 5, "and a machine that is busy"
    assert len(outcome.answer) <= ANSWER_BYTES
    assert outcome.retry_after == (2 if day == "429" else None)
    assert len(days.came) == 1, "redirects are not followed, nothing is sent twice"
    verify(days.came[0])
    assert days.sent < 32 * 1024 * 1024, "what is not wanted is not read"


def test_wrong_tls_gets_nothing() -> None:
    with having(tls=True) as days:
        outcome, _ = send(f"{days.url}/fine")
        assert outcome.status is None and "CERTIFICATE_VERIFY_FAILED" in (outcome.error or "")
        assert days.came == []


def test_a_name_that_turns_inside_gets_nothing(monkeypatch, days: BadDays) -> None:
    """Public when it was saved, loopback when it is dialled."""
    name = TurningName("turning.test", "8.8.8.8", "127.0.0.1")
    monkeypatch.setattr(socket, "getaddrinfo", name)
    port = days.url.rpartition(":")[2]
    assert check_url(f"https://turning.test:{port}/", ()) is None
    outcome, _ = send(f"https://turning.test:{port}/fine", allowed=())
    assert outcome.status is None and "127.0.0.1 is not a public address" in (outcome.error or "")
    assert name.asked == 2 and outcome.address is None and days.came == []


def figure(process: subprocess.Popen, name: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+)", Path(f"/proc/{process.pid}/status").read_text(), re.MULTILINE)
    assert found
    return int(found[1])


STATES = "select endpoint, state, count(*), max(tries) from webhook_deliveries group by 1, 2 order by 1, 2"


def test_all_of_them_at_once_leave_the_good_one_alone(outbox: Outbox, days: BadDays) -> None:
    """Also the memory and the threads of the sender."""
    several = [day for day in DAYS if day != "fine"] * 3
    for n, day in enumerate(several):
        outbox.subscribe(f"{days.url}/{day}/{n}", "order.*", secret_key=SECRET)
    outbox.subscribe(f"{days.url}/fine", "order.*", secret_key=SECRET)
    outbox.fan_out()

    def good() -> int:
        return len([came for came in list(days.came) if came.path == "/fine"])

    command = [sys.executable, "-m", "tests.webhooks.program", "sender", outbox.log.database_url]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as sender:
        try:
            assert sender.stdout is not None and sender.stdout.readline() == b"running\n"
            write(outbox.log, deciding(received(outbox.keyring, 1)))
            wait_for(lambda: [c for c in days.came if c.path == "/fine"])
            before, orders = figure(sender, "VmHWM"), 60
            write(outbox.log, *(deciding(received(outbox.keyring, id)) for id in range(2, orders + 1)))
            wait_for(lambda: good() == orders, 30, lambda: f"{good()} came; {outbox.rows(STATES)}")
            wait_for(lambda: len({c.path for c in days.came}) == len(several) + 1, 60)
            wait_for(lambda: outbox.rows("select 1 from webhook_attempts where url like '%%400mb/%%'"), 60)
            threads, after = figure(sender, "Threads"), figure(sender, "VmHWM")
        finally:
            sender.kill()
    assert threads < 80
    assert after - before < 80 * 1024, f"{before} kB became {after} kB"
    for came in list(days.came):
        verify(came)
