"""Reads from a streaming replica, a real one: it answers, is waited for, and where it cannot, the primary does."""

import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg_pool import ConnectionPool

from api.http import replica
from eventlog.connect import only_row
from eventlog.embedded import USER, EmbeddedServer
from projections import queries
from tests.api.site import SETTINGS, Site, order, serving

QUICK = {"fsync": "off", "autovacuum": "off"}


@dataclass
class Pair:
    """A site on `primary` that reads from `standby`."""

    site: Site
    primary: EmbeddedServer
    standby: EmbeddedServer

    def ask(self, server: EmbeddedServer, text: str) -> Any:
        with psycopg.connect(server.url, autocommit=True) as connection:
            return only_row(connection.execute(text.encode()))[0]

    @contextmanager
    def paused(self) -> Iterator[None]:
        """The replica stays where it is."""
        self.ask(self.standby, "select pg_wal_replay_pause()")
        self.until(lambda: self.ask(self.standby, "select pg_get_wal_replay_pause_state()") == "paused")
        try:
            yield
        finally:
            self.ask(self.standby, "select pg_wal_replay_resume()")

    def counted(self, server: str, because: str = "") -> int:
        """Requests whose reads this server answered so far."""
        text = self.site.nobody("GET", "/metrics").text
        found = re.search(rf'oms_reads_total{{server="{server}",because="{because}"}} (\d+)', text)
        return int(found[1]) if found else 0

    @contextmanager
    def unsparing(self) -> Iterator[None]:
        """The replica cancels at once what is in the way of its replay."""
        self._set("set max_standby_streaming_delay = 0", "0")
        try:
            yield
        finally:
            self._set("reset max_standby_streaming_delay", "30s")

    def _set(self, text: str, shown: str) -> None:
        with psycopg.connect(self.standby.url, autocommit=True) as connection:
            connection.execute(f"alter system {text}".encode())
            connection.execute("select pg_reload_conf()")
        self.until(lambda: self.ask(self.standby, "show max_standby_streaming_delay") == shown)

    def until(self, true: Callable[[], bool]) -> None:
        end = time.monotonic() + 20
        while not true():
            assert time.monotonic() < end
            time.sleep(0.02)

    def well(self) -> None:
        """Waits until reads go to the replica, which has everything."""
        self.site.caught_up()
        head = self.site.log.head().position
        before = self.counted("replica")
        self.until(lambda: bool(self.numbers("", head)) and self.counted("replica") > before)

    def numbers(self, number: str, least: int = 0) -> list[str]:
        """The orders of a number, all where none is said, in a list that is at least of a position."""
        found = self.site.admin.get(f"orders/?number={number}", X_OMS_Min_Position=str(least))
        return [one["number"] for one in found["results"]]

    def take(self, number: str) -> tuple[int, int]:
        """An order is taken in, and in the primary's read models: its id and position."""
        made = self.site.admin("POST", "orders/", order(number))
        self.site.caught_up()
        return made.json()["id"], int(made.headers["X-OMS-Position"])


@pytest.fixture(scope="module")
def made() -> Iterator[Pair]:
    home = Path(tempfile.mkdtemp(prefix="daybook-test-"))
    home.chmod(0o755)  # the servers' unprivileged user passes through it
    with EmbeddedServer(home / "primary", QUICK) as primary, _standby(primary, home / "standby") as standby:
        settings = replace(SETTINGS, read_database_url=standby.url)
        with serving(primary.url, settings=settings) as site:
            site.set_up()
            pair = Pair(site, primary, standby)
            pair.take("FIRST")
            yield pair
    shutil.rmtree(home)


def _standby(primary: EmbeddedServer, home: Path) -> EmbeddedServer:
    """Copied from the running primary, and to follow it."""
    standby = EmbeddedServer(home, QUICK)
    place = standby.place
    copied = [place.program("pg_basebackup"), "-D", str(place.data), "-h", str(primary.place.socket), "-U", USER]
    subprocess.run([*copied, "-R", "-c", "fast", "--no-sync"], check=True, cwd=place.root, **place.run_as())
    return standby


@pytest.fixture
def pair(made: Pair, monkeypatch: pytest.MonkeyPatch) -> Pair:
    made.well()
    monkeypatch.setattr(replica, "PATIENCE", 30.0)  # so that no slow test run makes the replica late
    return made


def test_the_replica_answers_reads(pair: Pair) -> None:
    with pair.paused():
        id, _ = pair.take("LATER")
        assert pair.numbers("LATER") == [], "it is at the primary only"
        package = pair.site.package()
        assert pair.site.admin.command(package, "start-preparing").status_code == 204, "commands find it at the primary"
        assert pair.site.admin.get(f"orders/{id}/")["number"] == "LATER", "what is missed there is looked for again"
        assert pair.numbers("LATER") == []


def test_a_position_is_waited_for_there(pair: Pair) -> None:
    before = pair.counted("replica")
    with ThreadPoolExecutor(1) as threads:
        with pair.paused():
            _, position = pair.take("WAITED")
            asked = threads.submit(pair.numbers, "WAITED", position)
            pair.until(lambda: pair.ask(pair.standby, POLLED) > 0)
            assert not asked.done()
        assert asked.result() == ["WAITED"]
    assert pair.counted("replica") == before + 1


POLLED = "select count(*) from pg_stat_activity where application_name = 'daybook reads' and query like '%followers%'"


def test_who_lags_longer_is_not_waited_for(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replica, "PATIENCE", 0.05)
    before = pair.counted("primary", "behind")
    with pair.paused():
        _, position = pair.take("BEHIND")
        assert pair.numbers("BEHIND", position) == ["BEHIND"]
        assert pair.numbers("BEHIND") == ["BEHIND"], "nor is it asked until it has come"
    assert pair.counted("primary", "behind") == before + 2
    pair.well()


def test_a_read_that_replay_cancels_is_asked_of_the_primary(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    true = queries.select

    def select(connection: Any, *given: Any, **more: Any) -> Any:
        if connection.execute("select pg_is_in_recovery()").fetchone()[0]:
            connection.execute("select pg_sleep(60) from orders limit 1")
        return true(connection, *given, **more)

    monkeypatch.setattr(queries, "select", select)
    before = pair.counted("primary", "conflict")
    with ThreadPoolExecutor(1) as threads:
        asked = threads.submit(pair.numbers, "FIRST")
        pair.until(lambda: pair.ask(pair.standby, SLEEPS) == 1)
        with pair.unsparing():
            with psycopg.connect(pair.primary.url) as connection:
                connection.execute("lock table orders in access exclusive mode")
            assert asked.result() == ["FIRST"]
    assert pair.counted("primary", "conflict") == before + 1


SLEEPS = "select count(*) from pg_stat_activity where query like '%pg_sleep(60)%' and pid <> pg_backend_pid()"


def test_another_database_is_not_asked(pair: Pair, caplog: pytest.LogCaptureFixture) -> None:
    """After a restore into another one, say."""
    with ConnectionPool[Any](pair.primary.url, min_size=1, open=True) as primary:
        other = replica.Replica(pair.standby.database_url("postgres"), "", 1, primary)
        pair.until(lambda: other.trouble != replica.UNSEEN)
        other.close()
    assert other.trouble == replica.STRANGE
    assert "reads go to the primary, the replica is strange" in caplog.text


def test_connections_to_a_server_that_went_away_are_not_kept(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replica, "LOOK_SECONDS", 60.0)
    with ConnectionPool[Any](pair.primary.url, min_size=1, open=True) as primary, ExitStack() as stack:
        other = replica.Replica(pair.standby.url, "", 3, primary)
        stack.callback(other.close)
        pair.until(lambda: other.trouble is None)
        for connection in three(other.pool):
            pair.ask(pair.standby, f"select pg_terminate_backend({connection.info.backend_pid})")
        other.trouble = replica.AWAY
        other._look()
        assert [connection.execute("select 1").fetchone() for connection in three(other.pool)] == [(1,)] * 3


def three(pool: ConnectionPool[Any]) -> Iterator[psycopg.Connection[Any]]:
    """Connections that are there at the same time."""
    with ExitStack() as stack:
        yield from [stack.enter_context(pool.connection()) for _ in range(3)]


def test_the_primary_answers_while_the_replica_is_down(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replica, "PATIENCE", 0.5)
    before = pair.counted("primary", "away")
    pair.standby.stop()
    _, position = pair.take("ALONE")
    assert pair.numbers("ALONE", position) == ["ALONE"]
    assert pair.numbers("FIRST") == ["FIRST"]
    assert pair.counted("primary", "away") == before + 2
    pair.standby.start()
    pair.well()
    assert pair.numbers("ALONE") == ["ALONE"]
