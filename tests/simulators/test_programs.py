"""The programs as they are started: one line when ready, a clean end, and a memory that survives a kill -9."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager

import pytest

from simulators import program, stock_service
from tests.simulators import web
from tests.simulators.fake_api import FakeApi
from tests.simulators.test_erp import message, post, report


@contextmanager
def started(name, *arguments, **environment):
    command = [sys.executable, "-m", f"simulators.{name}", *map(str, arguments)]
    environment = os.environ | environment
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            assert process.stdout
            yield process, process.stdout.readline()
        finally:
            process.kill()


def address(line):
    found = re.search(r"http://127\.0\.0\.1:\d+", line)
    assert found, line
    return found.group()


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("stock_service", "stock service ready at"),
        ("erp", "ERP ready at"),
        ("order_source", "Order source ready at"),
    ],
)
@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_ready_line_and_clean_end(name, says, ending):
    with started(name, "--port", 0) as (process, line):
        assert line.startswith(says)
        assert web.get(f"{address(line)}/report").ok
        process.send_signal(ending)
        rest, errors = process.communicate(timeout=10)
        assert (process.returncode, rest, errors) == (0, "", "")


def test_the_erp_forgets_nothing_it_answered_when_it_is_killed(tmp_path):
    journal, previous = tmp_path / "erp.jsonl", None
    for start in range(3):
        with started("erp", "--journal", journal) as (process, line):
            url = address(line)
            assert report(url)["distinct"] == start * 20
            for n in range(20):
                uuid = f"{start}-{n}"
                assert post(url, message(uuid, previous, start * 20 + n)).status_code == 200
                previous = uuid
            process.kill()
    with started("erp", "--journal", journal) as (_, line):
        counts = report(address(line))
    assert (counts["distinct"], counts["gaps"], counts["out_of_order"], counts["objects"]) == (60, 0, 0, 1)


def test_the_stock_service_asks_for_the_authentication_it_was_started_with():
    with started("stock_service", "--auth", "basic_auth", "--username", "shop", "--password", "x") as (_, line):
        assert web.get(f"{address(line)}/single?sku=A").status_code == 401
        assert web.get(f"{address(line)}/single?sku=A", auth=("shop", "x")).status_code == 200


def test_staff_work_until_idle_and_say_what_they_did():
    api = FakeApi()
    api.add_package("R1P1")
    rates = ("--refuse", 0, "--miss", 0, "--by-steps", 0, "--attempt", 0)
    with program.serving(api.app()) as url:
        arguments = ("--url", url, "--username", "staff", "--until-idle", "--pause", 0.01, *rates)
        with started("staff", *arguments, STAFF_PASSWORD="secret") as (process, line):
            assert line == f"staff at work at {url}\n"
            rest, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (0, "")
    assert sum(json.loads(rest)["acknowledged"].values()) == 3
    assert api.states() == {"R1P1": "900"}


def test_staff_killed_again_and_again_do_everything_once(tmp_path):
    api = FakeApi()
    for n in range(30):
        api.add_package(f"R{n}P1")
    with program.serving(api.app()) as url, program.serving(stock_service.build()) as stock_url:
        levels = [{"erp_code": "ST-001", "sku": sku, "quantity": 100} for sku in ("SKU0", "SKU1")]
        web.put(f"{stock_url}/admin/levels", json={"stock": levels})
        rates = ("--refuse", 0, "--miss", 0, "--attempt", 0)
        arguments = (
            "--url",
            url,
            "--stock-url",
            stock_url,
            "--journal",
            tmp_path / "staff.jsonl",
            "--pause",
            0.01,
            *rates,
        )
        for acted in (10, 35, 60):
            with started("staff", *arguments, "--think", 0.01, STAFF_TOKEN="first-key") as (process, _):
                while len(api.log) < acted:
                    assert process.poll() is None, process.stderr.read()
                    time.sleep(0.001)
                process.kill()
        with started("staff", *arguments, "--until-idle", STAFF_TOKEN="first-key") as (process, _):
            assert process.wait(timeout=30) == 0
        assert set(api.states().values()) == {"900"}
        assert max(Counter((number, slug) for number, slug, _ in api.log).values()) == 1
        for sku in ("SKU0", "SKU1"):
            stocks = web.get(f"{stock_url}/single?sku={sku}").json()["stocks"]
            assert stocks == [{"erp_code": "ST-001", "quantity": 100 - 30 * 2}]


def test_staff_stop_on_request_while_the_api_is_away(tmp_path):
    with program.serving(FakeApi().app()) as url:
        pass  # nobody listens there any more
    (tmp_path / "password").write_text("secret\n")
    with started("staff", "--url", url, "--password-file", tmp_path / "password") as (process, _):
        process.terminate()
        rest, errors = process.communicate(timeout=10)
        assert (process.returncode, errors) == (0, "")
        assert json.loads(rest)["acknowledged"] == {}


def test_what_there_is_to_start():
    said = subprocess.run([sys.executable, "-m", "simulators"], capture_output=True, text=True, check=True).stdout
    for name in ("stock_service", "erp", "staff"):
        assert f"python -m simulators.{name}" in said
