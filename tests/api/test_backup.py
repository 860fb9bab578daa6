"""A backup holds no key and nothing plain of a person; what is restored goes on, in a new epoch, and who was forgotten
after the backup is forgotten there, too."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from api.backing_up import BackupFailed, back_up, restore
from eventlog.embedded import EmbeddedServer
from eventlog.log import EventLog
from eventlog.place import pg_program
from eventlog.verify import verify
from tests.api.site import SECRET, Client, Site, serving


@pytest.fixture
def into(postgres: EmbeddedServer) -> Iterator[str]:
    """An empty database."""
    with psycopg.connect(postgres.database_url("postgres"), autocommit=True) as connection:
        connection.execute("drop database if exists test_restored with (force)")
        connection.execute("create database test_restored")
    yield postgres.database_url("test_restored")
    with psycopg.connect(postgres.database_url("postgres"), autocommit=True) as connection:
        connection.execute("drop database test_restored with (force)")


def emails(client: Client) -> dict[str, str | None]:
    return {row["number"]: row["customer"]["email"] for row in client.get("orders/?limit=100")["results"]}


def test_what_is_backed_up_is_restored_and_goes_on(database_url: str, into: str, tmp_path: Path) -> None:
    file, keys = tmp_path / "daybook.dump", tmp_path / "apart" / "keys.jsonl"
    with serving(database_url) as site:
        site.set_up()
        kept, gone = (site.order(customer={"email": f"{who}@example.org", "first_name": who}) for who in ("eve", "kim"))
        package = site.plan(kept)
        site.caught_up()
        first = back_up(site.log.direct_url, file, keys)
        assert first["position"] == site.log.head().position and (first["keys"], first["forgotten"]) == (2, 0)
        assert os.stat(file).st_mode & 0o077 == os.stat(keys).st_mode & 0o077 == 0
        assert b"@example.org" not in keys.read_bytes()
        unpacked = subprocess.run(
            [pg_program("pg_restore"), "--file=-", str(file)], capture_output=True, check=True
        ).stdout
        assert b"OrderReceived" in unpacked and b"eve@" not in unpacked and b"kim@" not in unpacked
        with pytest.raises(BackupFailed, match="there already"):
            back_up(site.log.direct_url, file, keys)
        after = site.order()  # after the backup: not in it
        forget(site, gone["customer"]["id"])
        again = back_up(site.log.direct_url, tmp_path / "later.dump", keys)
        assert (again["keys"], again["forgotten"]) == (2, 1)
    done = restore(file, keys, into, SECRET)
    assert (done["position"], done["epoch"], done["forgotten"]) == (first["position"], 2, 1)
    with pytest.raises(BackupFailed, match="tables already"):
        restore(file, keys, into, SECRET)
    assert verify(into).wrong is None
    with serving(into) as site:
        site.caught_up()
        shown = emails(site.admin)
        assert shown[kept["number"]] == "eve@example.org"
        assert shown[gone["number"]] is None
        assert after["number"] not in shown
        assert site.admin.get("customers/list-simple/?email=kim@example.org")["count"] == 0
        assert site.admin.get("customers/list-simple/?email=eve@example.org")["count"] == 1
        site._number = 1000
        assert site.order()["id"] not in (kept["id"], gone["id"])
        assert site.admin.command(package, "start-preparing").status_code == 204
    assert verify(into).wrong is None


def forget(site: Site, customer: int) -> None:
    from api.forgetting import forget_customer, key_of

    key = key_of(site.log, customer)
    assert key is not None
    forget_customer(site.log, site.log.keyring(SECRET), customer, key, actor="test")


def test_without_its_keys_a_backup_tells_of_nobody(database_url: str, into: str, tmp_path: Path) -> None:
    file, keys = tmp_path / "daybook.dump", tmp_path / "keys.jsonl"
    with serving(database_url) as site:
        site.set_up()
        site.order()
        back_up(site.log.direct_url, file, keys)
    with pytest.raises(BackupFailed, match="not there"):
        restore(file, tmp_path / "lost.jsonl", into, SECRET)
    keys.write_text("")
    restore(file, keys, into, SECRET)
    log = EventLog.open(into)
    try:
        [event] = [e for e in log.read(0, 100) if type(e.fact).__name__ == "OrderReceived"]
        assert log.keyring(SECRET).reveal(event.fact.personal) is None
    finally:
        log.close()
    keys.write_text('["key", 7]\n')
    with pytest.raises(BackupFailed, match="not as"):
        from api.backing_up import forget

        forget(into, keys)
