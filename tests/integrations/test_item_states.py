"""The states of items told to the order source: in order per order, never lost, listed where it fails (spec 1.5, 5)."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from domain.application_settings import ApplicationSetting
from domain.cancellation_plan import Asked
from domain.cancellations import answer_plan
from domain.kernel import COMMANDS
from domain.kinds import stream_of
from domain.order import OrderItem
from domain.package_commands import PackInput
from domain.settings import CargoCompany, Channel
from domain.shipping import reported
from domain.states import OrderStatus
from domain.transition_settings import TransitionSetting
from eventlog.secrets import Secrets
from integrations import queue
from tests.integrations.conftest import Bench
from tests.integrations.orders import FAST, set_up, waiting
from tests.webhooks.lives import SECRET
from tests.webhooks.receiver import Answer, Receiver, receiving, wait_for

PACK, SHIP = "complete-packaging-with-shipment", "ship-package"
CHANNEL_PACK = "channel-based-complete-packaging-without-shipment"


def taken(_path: str, _message: dict[str, Any]) -> Answer:
    return 200, {}, b'{"recorded": true}'


@pytest.fixture
def source() -> Iterator[Receiver]:
    with receiving(taken) as receiver:
        yield receiver


def connect(bench: Bench, source: Receiver, *slugs: str, channel: Channel | None = None, **settings: Any) -> None:
    """A shop with a source that is told of these commands."""
    set_up(bench, CargoCompany(FAST, "Fast Cargo", "fast"), channel=channel)
    value = {"urls": {"base_url": f"{source.url}/api"}, **settings}
    bench.save(ApplicationSetting(1, "OMNITRON_CLIENT_SETTINGS", value))
    for slug in slugs:
        command = COMMANDS["package", slug]
        bench.save(TransitionSetting(command.id, settings={"sync_remote_order_status": True}))
    bench.follower()


def orders(bench: Bench, *ids: int) -> None:
    for id in ids:
        lines = (OrderItem(id=id * 10, sku="85123A", quantity=2, omnitron_id=id * 1000),)
        waiting(bench, [id], omnitron_id=id * 100, items=lines)


def told(source: Receiver) -> list[tuple[str, list[str]]]:
    """Where, and the states of the items, as they were taken."""
    return [(row.path, [item["status"] for item in row.payload["items"]]) for row in source.taken()]


def test_what_a_command_changed_is_told_where_it_is_switched_on(bench: Bench, source: Receiver) -> None:
    connect(bench, source, PACK, SHIP, "update-shipment-status")
    bench.runner()
    orders(bench, 1)
    bench.command("start-preparing")  # not switched on, and 200 is 400 as before
    bench.command(PACK, PackInput())
    bench.command(SHIP)
    bench.log.decide(  # what the carrier reports is told as C21
        stream_of("order", 1), lambda o, _: reported(o, bench.shipment().id, "delivered"), actor="carrier", command="x"
    )
    bench.followed()
    calls = bench.until("done", "done", "done")
    assert told(source) == [("/api/orders/100/item_states/", [state]) for state in ("450", "500", "550")]
    message = json.loads(source.got[0].body)
    assert message["payload"] | {"tracking_numbers": []} == {
        "pk": 100,
        "number": "R1",
        "status": "450",
        "tracking_numbers": [],
        "items": [{"pk": 1000, "sku": "85123A", "status": "450"}],
    }
    sequences = [row.event["sequence"] for row in source.got]
    assert sequences == sorted(set(sequences))
    assert [row.headers["Idempotency-Key"] for row in source.got] == [str(call["key"]) for call in calls]
    kept = bench.log.state(stream_of("order", 1)).state.heard
    assert (kept.told, kept.told_of) == (((10, OrderStatus.delivered),), sequences[-1])


def test_each_try_says_the_same_and_later_states_wait_for_it(bench: Bench, source: Receiver) -> None:
    """Down, nonsense, its answer lost after it took it: in order per order, and no order waits for another."""
    good: list[bool] = []

    def bad(path: str, message: dict[str, Any]) -> Answer | None:
        if good or path.endswith("/200/item_states/"):
            return taken(path, message)
        return [(500, {}, b"no"), (200, {}, b"[1]"), None][len(source.got) % 3]

    source.behave = bad
    connect(bench, source, PACK, SHIP)
    bench.runner()
    orders(bench, 1, 2)
    for package in (1, 2):
        bench.command(PACK, PackInput(), package=package)
        bench.command(SHIP, package=package)
    wait_for(lambda: [r.path for r in source.got if "/200/" in r.path].__len__() == 2 and len(source.got) >= 6)
    good.append(True)
    wait_for(lambda: all(call["state"] == "done" for call in bench.calls()) and len(bench.calls()) == 4)
    first = [row for row in source.got if "/100/" in row.path]
    states = [row.payload["status"] for row in first]
    assert states == sorted(states) and set(states) == {"450", "500"}  # 500 never before 450 was taken
    for state in ("450", "500"):
        same = [row for row in first if row.payload["status"] == state]
        assert len({(row.headers["Idempotency-Key"], row.body) for row in same}) == 1


def test_what_cannot_be_told_is_listed_and_an_old_state_never_comes_late(bench: Bench, source: Receiver) -> None:
    source.behave = lambda _path, message: (
        (422, {}, b'{"error": "Not this state."}') if message["payload"]["status"] == "450" else taken("", {})
    )
    connect(bench, source, PACK, SHIP)
    bench.runner()
    orders(bench, 1)
    bench.command(PACK, PackInput())
    [failed] = bench.until("failed")
    assert (
        "Not this state." in failed["note"]
        and failed["what"] == "Tells the order source the states of an order's items."
    )
    bench.command(SHIP)
    bench.until("failed", "done")
    source.behave = taken
    assert queue.retry(bench.connection, failed["id"])
    calls = bench.until("dropped", "done")
    assert "newer" in calls[0]["note"]
    assert [state for _, state in told(source)] == [["500"]]


@pytest.mark.parametrize(
    "settings",
    [
        {"urls": {}},
        {"endpoint_conf": [{"endpoint": "packages", "base_url": "http://127.0.0.1:9/packages"}]},
    ],
    ids=["not connected", "a Seller Center"],
)
def test_where_nobody_is_to_be_told_nothing_is_queued(bench: Bench, source: Receiver, settings: Any) -> None:
    connect(bench, source, PACK, **settings)
    orders(bench, 1)
    bench.command(PACK, PackInput())
    bench.followed()
    assert bench.calls() == []


def test_c4_is_told_by_its_channel_and_what_the_source_asked_for_not_at_all(bench: Bench, source: Receiver) -> None:
    on = {"sync_remote_order_status": True}
    connect(bench, source, "cancel-package", channel=Channel(1, "web", "web", settings=on))
    orders(bench, 1, 2, 3, 4)
    bench.command(CHANNEL_PACK, PackInput())
    bench.command("complete-packaging-without-shipment", PackInput(), package=2)

    def cancelled(id: int, actor: str) -> None:
        def decided(order: Any, given: Any) -> Any:
            return answer_plan(order, "cancel", [Asked(id * 10, 2)], given, uuid=actor, pk=None, confirm=False)

        bench.log.decide(stream_of("order", id), decided, actor=actor, command="cancel-items")

    cancelled(3, "order-source")
    cancelled(4, "support")
    bench.followed()
    assert [call["subject"] for call in bench.calls()] == ["order-1", "order-4"]


def test_endpoints_may_stand_elsewhere_with_tokens_of_their_own(bench: Bench, source: Receiver) -> None:
    name = Secrets(bench.log.listening, SECRET).keep("a token of its own")
    conf = [{"endpoint": "orders", "base_url": f"{source.url}/elsewhere/", "auth": {"token": name}}]
    connect(bench, source, PACK, endpoint_conf=conf)
    bench.runner()
    orders(bench, 1)
    bench.command(PACK, PackInput())
    bench.until("done")
    assert source.got[0].path == "/elsewhere/orders/100/item_states/"
    assert source.got[0].headers["Authorization"] == "Token a token of its own"
