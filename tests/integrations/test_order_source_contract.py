"""What is asked and told of an order source, against the simulator, or against a real one by setting its address:

    ORDER_SOURCE_URL=https://omnitron.example/api ORDER_SOURCE_TOKEN=… pytest tests/integrations -k source_contract

The token, or ORDER_SOURCE_USERNAME and ORDER_SOURCE_PASSWORD. A real one must have an order; nothing is changed there,
but that an order that ORDER_SOURCE_ORDER names (by pk) is told states of its items: the same that it has.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Any, cast
from uuid import uuid4

import pytest
import requests

from integrations.desk import Desk
from integrations.order_source import asking
from integrations.order_source.connection import Source
from integrations.outside import Outside, posting
from integrations.trouble import Declined
from simulators import order_source, program

NOTHING = cast(Any, None)  # of a desk that only calls


@dataclass
class Contract:
    """`order`: the pk of one that may be told states; None: none may."""

    desk: Desk
    source: Source
    order: str | None

    def some(self, endpoint: str, since: datetime | None = None) -> list[dict[str, Any]]:
        """The first pages."""
        pages = asking.changed(self.desk, self.source, endpoint, since)
        return [row for _, page in zip(range(3), pages, strict=False) for row in page]


@pytest.fixture
def contract(monkeypatch: pytest.MonkeyPatch) -> Iterator[Contract]:
    monkeypatch.setattr(asking, "PAGE", 5)
    said = {
        name: os.environ.get(f"ORDER_SOURCE_{name.upper()}", "") for name in ("url", "token", "username", "password")
    }
    kind = "token" if said["token"] else "basic_auth" if said["username"] else "anonymous"
    auth = {"request_type": kind, **{name: said[name] for name in ("token", "username", "password")}}
    outside = Outside([ip_network("127.0.0.0/8")])
    desk = Desk(NOTHING, outside, NOTHING, NOTHING)
    try:
        if said["url"]:
            settings = {"urls": {"base_url": said["url"]}, "auth": auth}
            yield Contract(desk, Source(settings), os.environ.get("ORDER_SOURCE_ORDER"))
            return
        with program.serving(order_source.build(1)) as url:
            requests.post(f"{url}/admin/orders", json={"count": 12}, timeout=20).raise_for_status()
            yield Contract(desk, Source({"urls": {"base_url": f"{url}/api"}}), "1003")
    finally:
        outside.close()


def test_orders_are_listed_by_their_change_and_each_once(contract: Contract) -> None:
    rows = contract.some("orders")
    assert rows, "it has no order"
    times = [row["modified_date"] for row in rows]
    assert times == sorted(times)
    assert len({row["pk"] for row in rows}) == len(rows)
    for row in rows:
        assert row["number"] and row["channel"] and isinstance(row["orderitem_set"], list)
        assert all({"pk", "product", "price"} <= set(item) for item in row["orderitem_set"])


def test_what_has_changed_since_and_nothing_older(contract: Contract) -> None:
    rows = contract.some("orders")
    middle = datetime.fromisoformat(rows[len(rows) // 2]["modified_date"])
    later = contract.some("orders", middle)
    assert all(datetime.fromisoformat(row["modified_date"]) >= middle for row in later)
    assert rows[len(rows) // 2]["pk"] in [row["pk"] for row in later]
    assert contract.some("orders", datetime.now(UTC) + timedelta(days=1)) == []


def test_one_is_as_it_is_listed_and_one_that_is_none_is_404(contract: Contract) -> None:
    row = contract.some("orders")[0]
    assert asking.one(contract.desk, contract.source, "orders", row["pk"])["number"] == row["number"]
    with pytest.raises(Declined) as none:
        asking.one(contract.desk, contract.source, "orders", 2**52)
    assert none.value.status == 404


def test_reasons_have_a_name_of_their_own(contract: Contract) -> None:
    rows = contract.some("cancellation_reasons")
    assert rows and all(row["pk"] and (row.get("subject") or row.get("title") or row.get("name")) for row in rows)


def test_states_of_items_are_taken_and_the_same_key_acts_once(contract: Contract) -> None:
    if contract.order is None:
        return  # nobody said which order of a real system may be told
    order = asking.one(contract.desk, contract.source, "orders", contract.order)
    items = [
        {"pk": row["pk"], "sku": row["product"]["sku"], "status": str(row.get("status") or "450")}
        for row in order["orderitem_set"]
    ]
    named = {"pk": order["pk"], "number": order["number"], "status": str(order["status"])}
    payload = {**named, "tracking_numbers": [], "items": items}
    key = str(uuid4())
    event = {"type": "order.item_states", "uuid": key, "sequence": 1, "position": 1, "timestamp": None}
    system, url = contract.source.endpoint("orders", f"{contract.order}/item_states/")
    ask = posting(url, "item states", {"event": event, "payload": payload}, key)
    first, second = (contract.desk.call(system, ask, lambda said: said.json()) for _ in range(2))
    assert first == second
    told = asking.one(contract.desk, contract.source, "orders", contract.order)
    assert [str(row["status"]) for row in told["orderitem_set"]] == [row["status"] for row in items]
