"""The database goes away and comes back: 503 with Retry-After meanwhile, and nothing acknowledged is lost."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from eventlog.embedded import EmbeddedServer
from tests.api.site import Site, order, serving


@pytest.fixture
def server() -> Iterator[EmbeddedServer]:
    """A server of its own, which the test may stop."""
    home = Path(tempfile.mkdtemp(prefix="daybook-test-"))
    home.chmod(0o755)  # the server's unprivileged user passes through it
    made = EmbeddedServer(home, {"fsync": "off"}).start()
    yield made
    made.stop()
    shutil.rmtree(home, ignore_errors=True)


def test_the_database_goes_and_comes(server: EmbeddedServer) -> None:
    with psycopg.connect(server.database_url("postgres"), autocommit=True) as connection:
        connection.execute("create database lost")
    with serving(server.database_url("lost")) as site:
        site.set_up()
        package = site.package()
        acknowledged = [site.admin.post("orders/", order(f"LOST-{n}"))["id"] for n in range(3)]
        server.stop()
        _nothing_but_503(site, package)
        server.start()
        _until_answered(site)
        assert [site.admin.get(f"orders/{id}/")["id"] for id in acknowledged] == acknowledged
        assert site.admin.command(package, "start-preparing").status_code == 204
        assert site.admin("POST", "orders/", order("LOST-0")).status_code == 200


def _nothing_but_503(site: Site, package: int) -> None:
    asked = [
        ("POST", "orders/", order("LOST-9")),
        ("POST", f"packages/{package}/command/", {"slug": "start-preparing"}),
        ("GET", "packages/", None),
        ("GET", "/health/ready", None),
    ]
    for method, path, body in asked:
        answer = site.admin(method, path, body)
        assert answer.status_code == 503, f"{method} {path}: {answer.status_code} {answer.text[:200]}"
        assert answer.headers["Content-Type"] == "application/json"
        assert int(answer.headers["Retry-After"]) > 0
        assert "psycopg" not in answer.text
    assert site.nobody("GET", "/health/live").status_code == 200


def _until_answered(site: Site) -> None:
    end = time.monotonic() + 20
    while site.admin("GET", "packages/").status_code != 200:
        assert time.monotonic() < end, "it does not answer again"
        time.sleep(0.1)
