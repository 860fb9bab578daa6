"""Who talked to whom: neighbours we called, receivers we sent to, users who called us, in one account."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from integrations.outside import Attempt
from integrations.traffic import Traffic
from tests.api.site import Site, serving

AT = datetime(2026, 11, 29, 3, 0, tzinfo=UTC)


@pytest.fixture
def own(database_url: str) -> Iterator[Site]:
    with serving(database_url) as site:
        site.set_up()
        yield site


def test_every_direction_is_told(own: Site) -> None:
    keep = Traffic(own.log.listening)
    tried = (("carrier:fast", 201, "ok", None), ("carrier:fast", 422, "declined", "it answered 422"),
             ("stock:shop", None, "failed", "no answer"))  # fmt: skip
    for system, status, outcome, error in tried:
        keep(Attempt(AT, system, "label", 1, "POST", "host/labels", status, 0.25, outcome, error))
    hook = own.admin.post(
        "/whisperer/hooks/", {"target_url": "http://127.0.0.1:9/erp?key=secret", "event_type": "order.*"}
    )
    own.admin.post(f"/whisperer/hooks/{hook['id']}/test/", {}, 200)
    with own.log.listening() as connection:
        connection.execute(
            "insert into webhook_deliveries (id, endpoint, lane, payload, uuid, event_type, kind, object_id, sequence,"
            " position, at) values (1, %s, 'x', 1, gen_random_uuid(), 'order.created', 'order', 1, 1, 1, now())",
            (hook["id"],),
        )
        connection.execute(
            "insert into webhook_attempts (delivery, id, endpoint, nth, at, seconds, url, headers, status)"
            " values (1, gen_random_uuid(), %s, 1, now(), 0.5, 'http://127.0.0.1:9/erp?key=secret', '{}', 503)",
            (hook["id"],),
        )
    edges = {(e["from"], e["to"]): e for e in own.admin.get("traffic/summary/")["results"]}
    fast = edges["daybook", "carrier:fast"]
    assert (fast["calls"], fast["ok"], fast["declined"], fast["failed"], fast["seconds"]) == (2, 1, 1, 0, 0.25)
    assert edges["daybook", "stock:shop"]["last_error"] == "no answer"
    assert edges["daybook", f"webhook:{hook['id']}"]["what"] == ["order.created"]
    assert edges["admin", "daybook"]["calls"] >= 2
    rows = own.admin.get("traffic/?limit=100")["results"]
    assert [row["date"] for row in rows] == sorted((row["date"] for row in rows), reverse=True)
    assert "secret" not in str(rows)
    assert {row["to"] for row in own.admin.get("traffic/?party=carrier:fast")["results"]} == {"carrier:fast"}
    assert {row["outcome"] for row in own.admin.get("traffic/?outcome=failed")["results"]} == {"failed"}
    assert own.admin("GET", "traffic/?colour=red").status_code == 400
