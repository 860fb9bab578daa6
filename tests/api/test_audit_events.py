"""`settings/audit_events/`: each request that was to change something, and its outcome; no secret, nothing personal."""

import logging
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from api.http.audit_rows import AuditRow
from api.http.request_audit import RequestAudit
from api.retention import let_go
from api.settings import Settings
from tests.api.site import PASSWORD, Site, order, serving

PATH = "settings/audit_events/"


@pytest.fixture
def own(database_url: str) -> Iterator[Site]:
    with serving(database_url) as made:
        made.set_up()
        yield made


def found(site: Site, query: str = "", **headers: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = site.admin.get(f"{PATH}?limit=100&{query}", **headers)["results"]
    return rows


def row(n: int, at: datetime | None = None, path: str = "/x") -> AuditRow:
    uuid = f"{n:032x}"
    data = '{"query_params": {}, "post_data": null, "headers": {}, "content": {}}'
    return AuditRow(at or datetime.now(UTC), uuid, f"r{n}", 1, "ada", "::1", "POST", path, "", "", 204, data)


def test_who_from_where_what_and_with_which_outcome(site: Site) -> None:
    package = site.package()
    answer = site.admin("POST", f"packages/{package}/command/", {"slug": "start-preparing"}, X_Request_ID="audited-1")
    [kept] = found(site, "request_id=audited-1")
    assert (kept["user"], kept["remote_addr"], kept["method"]) == ("admin", "127.0.0.1", "POST")
    assert kept["url"] == f"/api/v1/oms/packages/{package}/command/"
    assert (kept["content_type"], kept["object_id"], kept["status_code"]) == ("package", str(package), 204)
    assert kept["post_data"] == {"slug": "start-preparing"}
    assert kept["headers"]["Authorization"] == "********"
    assert kept["content"] == {"status_code": 204, "position": int(answer.headers["X-OMS-Position"])}
    assert len(kept["uuid"]) == 32
    assert site.admin.get(f"{PATH}{kept['id']}/") == kept
    refused = site.admin("POST", f"packages/{package}/command/", {"slug": "start-preparing"}, X_Request_ID="audited-2")
    assert refused.status_code == 400
    [kept] = found(site, "request_id=audited-2")
    assert (kept["status_code"], kept["content"]["error"]) == (400, "state_conflict")


def test_reading_and_trying_dry_is_not_in_it(site: Site) -> None:
    package = site.package()
    site.admin("GET", "packages/", X_Request_ID="silent")
    site.admin("POST", f"packages/{package}/command/?dry_run=true", {"slug": "start-preparing"}, X_Request_ID="silent")
    assert found(site, "request_id=silent") == []


def test_no_secret_and_nothing_personal_is_in_it(site: Site) -> None:
    site.user("audited", "viewer")
    for password in (PASSWORD, "a wrong password that is secret"):
        site.nobody("POST", "/api/i1/auth/login/", {"username": "audited", "password": password})
    said = order("AUDITED1", notes="ring at Grandmother's")
    said["customer"] = {"email": "grace@example.org", "first_name": "Gracie", "last_name": "Hopperlike"}
    said["shipping_address"]["line"] = "1 Secret Lane"
    assert site.admin("POST", "orders/", said, X_Request_ID="audited-3").status_code == 201
    value = {"url": "https://sms.example.org", "auth": {"request_type": "token", "token": "hush-audit"}}
    site.admin("POST", "settings/application_settings/", {"key": "SMS_SETTINGS", "json_value": value})
    with site.log.listening() as connection:
        kept = str(connection.execute("select * from request_audit").fetchall())
    for text in (
        PASSWORD,
        "wrong password",
        "Grandmother",
        "grace@",
        "Gracie",
        "Hopperlike",
        "Secret Lane",
        "hush-audit",
    ):
        assert text not in kept, text
    assert (site.admin.key or "") not in kept
    [made] = found(site, "request_id=audited-3")
    assert made["post_data"]["customer"] == "[personal]"
    assert made["post_data"]["number"] == "AUDITED1"
    assert (made["content_type"], made["object_id"]) == ("order", str(made["content"]["id"]))
    outcomes = Counter(r["status_code"] for r in found(site, "user=audited&url=/api/i1/auth/login/"))
    assert outcomes == {200: 2, 400: 1}


def test_nothing_that_was_answered_is_missing_whoever_comes_together(own: Site) -> None:
    packages = [own.package() for _ in range(24)]
    before = len(found(own, "url=/api/v1/oms/packages/"))

    def send(package: int) -> str:
        return own.admin.command(package, "start-preparing").headers["X-Request-ID"]

    with ThreadPoolExecutor(12) as threads:
        ids = list(threads.map(send, packages))
    rows = found(own, "url=/api/v1/oms/packages/")
    assert len(rows) == before + len(ids)
    assert set(ids) <= {one["request_id"] for one in rows}


def test_a_long_body_is_kept_as_its_size(site: Site) -> None:
    rows = [{"erp_code": "WH-01", "sku": f"SKU-{n}", "quantity": 1} for n in range(1000)]
    assert site.admin("PUT", "stock/", {"stock": rows}, X_Request_ID="audited-4").status_code == 200
    [kept] = found(site, "request_id=audited-4")
    assert kept["post_data"]["kept"] is False
    assert kept["post_data"]["bytes"] > 16_384


def test_what_cannot_be_kept_is_said_and_takes_no_other_with_it(
    database_url: str, own: Site, caplog: pytest.LogCaptureFixture
) -> None:
    audit = RequestAudit(own.log.listening)
    bad = AuditRow(datetime.now(UTC), "no uuid", "r", 1, "a", "", "POST", "/bad", "", "", 204, "{}")
    audit._insert([row(1), bad, row(2)])
    audit.close()
    assert {one["request_id"] for one in found(own, "url=/x")} == {"r1", "r2"}

    def away() -> psycopg.Connection[Any]:
        raise psycopg.OperationalError("away")

    with caplog.at_level(logging.ERROR, "daybook.audit"):
        RequestAudit(away).record(row(3))
    assert "away" in caplog.text
    assert "r3" in caplog.text


def test_filters_and_pages(own: Site) -> None:
    audit = RequestAudit(own.log.listening)
    today = datetime.now(UTC)
    for n in range(5):
        audit.record(row(n, today - timedelta(days=40 * n), f"/filtered/{n}"))
    audit.close()
    assert [one["request_id"] for one in found(own, "url=/filtered/&user=ada")] == ["r4", "r3", "r2", "r1", "r0"]
    since = (today - timedelta(days=50)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert {one["request_id"] for one in found(own, f"url=/filtered/&timestamp__gte={since}")} == {"r0", "r1"}
    middle = found(own, "request_id=r2")[0]["id"]
    assert {one["request_id"] for one in found(own, f"url=/filtered/&id__lt={middle}")} == {"r0", "r1"}
    assert found(own, "url=/filtered/&status_code=400") == []
    page = own.admin.get(f"{PATH}?url=/filtered/&limit=2&page=2")
    assert (page["count"], [one["request_id"] for one in page["results"]]) == (5, ["r2", "r1"])
    for wrong in ("status_code=x", "timestamp__gte=soon", "no_such=1", "sort=id", "id__lt=-1"):
        assert own.admin("GET", f"{PATH}?{wrong}").status_code == 400, wrong
    assert own.admin("GET", f"{PATH}999999/").status_code == 404


def test_old_months_go_and_so_do_old_keys(own: Site) -> None:
    audit = RequestAudit(own.log.listening)
    now = own.log.now()
    for n, days in enumerate((0, 100, 500, 900)):
        audit.record(row(n, now - timedelta(days=days), "/kept"))
    audit.close()
    package = own.package()
    own.admin("POST", f"packages/{package}/command/", {"slug": "start-preparing"}, Idempotency_Key="old")
    with own.log.listening() as connection:
        connection.execute("update claims set at = now() - interval '401 days' where key like 'idem:%%'")
        connection.execute("update commands set at = now() - interval '401 days'")
    gone = let_go(own.log, Settings())
    assert gone["months of audit"] == 2
    assert gone["idempotency keys"] >= 1
    assert {one["request_id"] for one in found(own, "url=/kept")} == {"r0", "r1"}
    assert let_go(own.log, Settings()) == {"idempotency keys": 0, "expired keys": 0, "months of audit": 0}
