"""The receiver of docs/webhooks.md, run as it stands there; and what the page promises of names and figures."""

import json
import os
import re
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

import requests
from standardwebhooks.webhooks import Webhook

from tests.webhooks.conftest import Outbox
from tests.webhooks.lives import channel, live, location
from tests.webhooks.receiver import wait_for
from webhook_outbox.breaker import LONGEST_PAUSE, OPENS_AT
from webhook_outbox.replay import MOST, Range, replay
from webhook_outbox.schedule import RETRIES, STANDARD
from webhook_outbox.signing import new_secret

PAGE = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text()
PROGRAM = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)[0]
SECRET = new_secret()


@contextmanager
def running(home: Path) -> Iterator[tuple[str, list[str]]]:
    """Its address, and the lines that it says."""
    (home / "receiver.py").write_text(PROGRAM)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {**os.environ, "SECRET": SECRET, "DATABASE": str(home / "kept.db"), "PORT": str(port)}
    said: list[str] = []
    with subprocess.Popen(
        [sys.executable, str(home / "receiver.py")],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        Thread(target=lambda lines: said.extend(lines), args=(process.stdout,), daemon=True).start()
        try:
            wait_for(lambda: _listens(port), 60)
            yield f"http://127.0.0.1:{port}/hook", said
        finally:
            process.kill()


def _listens(port: int) -> bool:
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0


def kept(home: Path) -> dict[str, tuple[int, dict]]:
    with sqlite3.connect(home / "kept.db") as db:
        rows = db.execute("select name, position, payload from objects").fetchall()
    db.close()
    return {name: (position, json.loads(body)) for name, position, body in rows}


def test_it_is_short() -> None:
    assert len([line for line in PROGRAM.splitlines() if line.strip()]) <= 20


def test_it_keeps_the_newest_of_each_object_and_nothing_twice(outbox: Outbox, tmp_path: Path) -> None:
    with running(tmp_path) as (url, said):
        id = outbox.subscribe(url, secret_key=SECRET)
        channel(outbox.log)
        location(outbox.log)
        live(outbox.log, outbox.keyring, range(1, 6))
        outbox.fan_out()
        outbox.sender()
        outbox.fanned_out()
        outbox.settled()
        found = kept(tmp_path)
        assert found.keys() == {"stock_location 1", *(f"{k} {n}" for k in ("order", "package") for n in range(1, 6))}
        assert found["package 1"][1]["event"]["type"] == "package.status.transitioned"
        assert replay(outbox.connection, id, Range(from_position=0), dry_run=False)["count"] == 41
        outbox.settled()
        assert kept(tmp_path) == found and said == []


def signed(body: bytes, secret: str) -> dict[str, str]:
    now = datetime.now(UTC)
    signature = Webhook(secret).sign("m1", now, body.decode())
    return {"webhook-id": "m1", "webhook-timestamp": str(int(now.timestamp())), "webhook-signature": signature}


def test_it_sees_what_is_forged_missing_or_late(tmp_path: Path) -> None:
    def message(uuid: str, previous: str | None, position: int) -> bytes:
        event = {"type": "order.received", "uuid": uuid, "previous": previous, "position": position, "sequence": 1}
        return json.dumps({"event": event, "payload": {"id": 7}}).encode()

    with running(tmp_path) as (url, said):
        first = message("a", None, 10)
        try:
            assert requests.post(url, first, headers=signed(first, new_secret()), timeout=20).status_code != 200
        except requests.ConnectionError:
            assert kept(tmp_path) == {}
        later = message("c", "b", 12)
        for body in (first, first, later):
            assert requests.post(url, body, headers=signed(body, SECRET), timeout=20).status_code == 200
        wait_for(lambda: said == ["missing before c\n"])
        late = message("b", "a", 11)
        assert requests.post(url, late, headers=signed(late, SECRET), timeout=20).status_code == 200
        assert kept(tmp_path)["order 7"][0] == 12


def test_the_figures_of_the_page() -> None:
    hours = [f"{s // 3600}" for s in STANDARD if s >= 3600]
    assert f"after 5 s, 5 min, 30 min, {', '.join(hours)} h" in PAGE
    assert f"({RETRIES} retries)" in PAGE and f"{MOST:,} messages" in PAGE
    assert f"{OPENS_AT} different objects" in PAGE and f"… {LONGEST_PAUSE:.0f} s" in PAGE
